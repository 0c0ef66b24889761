import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../message/failure.js';
import { endProcess } from '../bench/gateway-process.js';

/** The vendor's FHIR server, in a process of its own. */
export interface VendorProcess {
  /** FHIR base, e.g. `http://127.0.0.1:40123/fhir`. */
  url: string;
  /** How the server behaves from now on. */
  behave(mode: 'ok' | '500' | '422' | 'hang' | 'reset'): Promise<void>;
  /** Waits until that many notifications have been accepted. */
  received(count: number, withinMs: number): Promise<void>;
  count(): Promise<number>;
  stop(): Promise<void>;
}

/** Forks the vendor server on a free port, or on the one given. */
export async function startVendorProcess(port = 0): Promise<VendorProcess> {
  const child = fork(fileURLToPath(new URL('../vendor/server.js', import.meta.url)), [String(port)], {
    // It keeps all it receives, and shares the machine with the gateway that is shown or measured: helpers of its collector would be in the way.
    execArgv: ['--single-threaded-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const root = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => {
      resolve(`http://127.0.0.1:${(message as { port: number }).port}`);
    });
    child.once('exit', () => {
      reject(new GatewayError('peer-unreachable', 'the vendor server ended before it was ready'));
    });
  });
  const countOf = async (query: string, signal?: AbortSignal) => {
    const response = await fetch(`${root}/_received?_summary=count${query}`, signal === undefined ? {} : { signal });
    return ((await response.json()) as { total: number }).total;
  };
  return {
    url: `${root}/fhir`,
    count: () => countOf(''),
    async behave(mode) {
      const body = JSON.stringify({ mode });
      await fetch(`${root}/_behaviour`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    },
    async received(count, withinMs) {
      try {
        await countOf(`&atLeast=${count}`, AbortSignal.timeout(withinMs));
      } catch (cause) {
        throw new GatewayError('endpoint-timeout', 'what was waited for did not come in time', { cause });
      }
    },
    stop: () => endProcess(child),
  };
}

/** Waits for a condition, asking again every 50 ms. */
export async function until(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new GatewayError('endpoint-timeout', 'what was waited for did not come in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
