import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../message/failure.js';
import { isProgram } from '../../work/process.js';
import { benchAdmission } from './admission.js';
import { load, type LoadResult } from './load.js';

export interface LoadOrder {
  port: number;
  connections: number;
  messages: number;
  seconds: number;
  /** Prefix of control ids, patients and stays, so that no two runs share any. */
  run: string;
}

/** Runs a load in a process of its own, so that the sender's work is not counted as the gateway's. */
export function runLoad(order: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (result) => {
      resolve(result as LoadResult);
    });
    child.once('exit', (code) => {
      if (code !== 0) reject(new GatewayError('peer-unreachable', `the load process ended with code ${String(code)}`));
    });
  });
}

if (isProgram(import.meta.url)) {
  const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
  // Messages are written before the clock starts: building them is no part of the measure.
  const prepared = Array.from({ length: Math.min(order.messages, 20_000) }, (_, n) => benchAdmission(n, order.run));
  const message = (n: number) => prepared[n] ?? benchAdmission(n, order.run);
  process.send?.(await load({ ...order, message }));
  process.disconnect();
}
