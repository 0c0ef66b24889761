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

/** Durable accept at 1, 8 and 64 connections, each beside the answer-only server under the same load, before and after: machines drift. */
export async function benchAccept(gateway: GatewayProcess, seconds: number): Promise<AcceptRow[]> {
  const rows: AcceptRow[] = [];
  for (const connections of [1, 8, 64]) {
    const before = await answerOnlyRate(connections, seconds / 4, 'B');
    const run = `A${connections}C`;
    const result = await runLoad({ port: gateway.mllpPort, connections, messages: 1_000_000, seconds, run });
    const after = await answerOnlyRate(connections, seconds / 4, 'C');
    const baseline = (before + after) / 2;
    rows.push({
      connections,
      ...result,
      answerOnlyRate: Math.round(baseline),
      ratio: Math.round((result.rate / baseline) * 1000) / 1000,
    });
  }
  return rows;
}

async function answerOnlyRate(connections: number, seconds: number, run: string): Promise<number> {
  const bare = await answerOnly();
  const { rate } = await runLoad({
    port: bare.port,
    connections,
    messages: 1_000_000,
    seconds,
    run: `${run}${connections}C`,
  });
  bare.close();
  return rate;
}
