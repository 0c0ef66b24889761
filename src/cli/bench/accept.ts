import { answerOnly } from './answer-only.js';
import { runLoad } from './load-process.js';
import type { LoadResult } from './load.js';
import type { GatewayProcess } from './gateway-process.js';

export interface AcceptRow extends LoadResult {
  connections: number;
  /** The same load against a server that keeps nothing. */
  answerOnlyRate: number;
  ratio: number;
}

/** Durable accept at 1, 8 and 64 connections, each beside the answer-only server under the same load. */
export async function benchAccept(gateway: GatewayProcess, seconds: number): Promise<AcceptRow[]> {
  const rows: AcceptRow[] = [];
  for (const connections of [1, 8, 64]) {
    const bare = await answerOnly();
    const baseline = await runLoad({
      port: bare.port,
      connections,
      messages: 1_000_000,
      seconds: seconds / 2,
      run: `B${connections}C`,
    });
    bare.close();
    const result = await runLoad({
      port: gateway.mllpPort,
      connections,
      messages: 1_000_000,
      seconds,
      run: `A${connections}C`,
    });
    rows.push({
      connections,
      ...result,
      answerOnlyRate: baseline.rate,
      ratio: Math.round((result.rate / baseline.rate) * 1000) / 1000,
    });
  }
  return rows;
}
