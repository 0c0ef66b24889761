import { answerOnly } from './answer-only.js';
import { runLoad } from './load-process.js';
import { round, type LoadResult } from './load.js';
import type { GatewayProcess } from './gateway-process.js';

/** All slices together: p50 is their mean, p99 the worst of them. */
export interface AcceptRow extends Omit<LoadResult, 'startedAt' | 'seconds'> {
  connections: number;
  /** The same load against a server that keeps nothing. */
  answerOnlyRate: number;
  ratio: number;
}

/** A machine drifts by a third within a minute: the two servers are measured in turns. */
const SLICES = 4;
/** Less than the messages that a load has ready, so that neither server waits for its sender to write them. */
const BARE_SECONDS = 0.6;

/** Durable accept at 1, 8 and 64 connections, each slice between two of the answer-only server under the same load. */
export async function benchAccept(gateway: GatewayProcess, seconds: number): Promise<AcceptRow[]> {
  const rows: AcceptRow[] = [];
  for (const connections of [1, 8, 64]) {
    const kept: LoadResult[] = [];
    const bare = [await answerOnlyRate(connections, 0)];
    for (let slice = 1; slice <= SLICES; slice++) {
      const run = `A${connections}S${slice}C`;
      const order = { connections, messages: 1_000_000, seconds: seconds / SLICES, run };
      kept.push(await runLoad({ port: gateway.mllpPort, ...order }));
      bare.push(await answerOnlyRate(connections, slice));
    }
    rows.push(rowOf(connections, kept, mean(bare)));
  }
  return rows;
}

function rowOf(connections: number, kept: readonly LoadResult[], answerOnlyRate: number): AcceptRow {
  const sum = (of: (result: LoadResult) => number) => kept.reduce((total, result) => total + of(result), 0);
  const messages = sum((result) => result.messages);
  const rate = messages / sum((result) => result.seconds);
  return {
    connections,
    messages,
    rate: Math.round(rate),
    p50: round(mean(kept.map(({ p50 }) => p50))),
    p99: Math.max(...kept.map(({ p99 }) => p99)),
    max: Math.max(...kept.map(({ max }) => max)),
    refused: sum((result) => result.refused),
    answerOnlyRate: Math.round(answerOnlyRate),
    ratio: Math.round((rate / answerOnlyRate) * 1000) / 1000,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

async function answerOnlyRate(connections: number, slice: number): Promise<number> {
  const bare = await answerOnly();
  const order = { connections, messages: 1_000_000, seconds: BARE_SECONDS, run: `B${connections}S${slice}C` };
  const { rate } = await runLoad({ port: bare.port, ...order });
  bare.close();
  return rate;
}
