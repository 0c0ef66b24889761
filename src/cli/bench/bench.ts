import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { GatewayError } from '../../message/failure.js';
import { table } from '../table.js';
import { benchAccept } from './accept.js';
import { benchAdmission } from './admission.js';
import { benchDocument } from './document.js';
import { BACKLOG, benchDrain } from './drain.js';
import { benchBackends } from './end-to-end.js';
import { startGatewayProcess } from './gateway-process.js';
import { runLoad } from './load-process.js';
import { benchOnePatient } from './one-patient.js';
import { benchParser } from './parser.js';
import { benchTranslation } from './translation.js';

/**
 * `npm run bench [-- --quick]`: every figure beside its baseline of the same run, as a table and as JSON under bench/results.
 * `-- --drain [messages]`: a backlog alone, which takes some minutes.
 */
export async function run(args: string[]): Promise<number> {
  if (args.includes('--drain')) return runDrain(Number(args[args.indexOf('--drain') + 1] ?? BACKLOG));
  const quick = args.includes('--quick');
  const seconds = quick ? 2 : 8;
  const messages = Array.from({ length: 200 }, (_, n) => benchAdmission(n, 'P'));
  const parser = benchParser(messages, seconds);
  show('parser, messages/s', [{ ours: parser.ours, 'node-hl7-client': parser.peer, ratio: parser.ratio }]);
  const translation = benchTranslation(messages, seconds);
  show('bytes → facts → resources, one core', [{ ...translation }]);
  const document = await benchDocument(seconds);
  show('documents, bytes → facts, one core', [{ ...document }]);
  const onePatient = await benchOnePatient(quick ? 100 : 3000);
  show('one patient’s life, translated through the store; milliseconds a message', [{ ...onePatient }]);
  const accept = await acceptAlone(seconds);
  show(
    'durable accept (TDU_ROLES=receive)',
    accept.map((row) => ({ ...row })),
  );
  const { startedAt: _startedAt, ...backlog } = await acceptUnderBacklog(seconds);
  show('accept with all roles on and a backlog', [{ ...backlog }]);
  const { postgres, redis } = await benchBackends(quick ? 2000 : 20_000, 16);
  // Beside the answer-only server under the heaviest load: what this machine can do at all.
  const bare = accept.at(-1)?.answerOnlyRate ?? 1;
  const endToEnd = [
    ...(postgres === undefined ? [] : [{ queue: 'PostgreSQL', ...postgres }]),
    ...(redis === undefined ? [] : [{ queue: 'Redis', ...redis }]),
  ].map((row) => ({ ...row, ratio: Math.round((row.rate / bare) * 10_000) / 10_000 }));
  show('end to end, MLLP to the vendor’s 2xx, median of three', endToEnd);
  write({ parser, translation, document, onePatient, accept, backlog, endToEnd });
  return 0;
}

/** @param messages how many wait */
async function runDrain(messages: number): Promise<number> {
  if (!Number.isInteger(messages) || messages < 1)
    throw new GatewayError('request-invalid', '--drain takes a number of messages');
  const drain = await benchDrain(messages);
  show('a backlog translated, nobody to tell', [{ ...drain }]);
  write({ drain });
  return 0;
}

/** Keeps figures as JSON. */
function write(figures: Record<string, unknown>): void {
  const result = { at: new Date().toISOString(), node: process.version, cores: availableParallelism(), ...figures };
  mkdirSync('bench/results', { recursive: true });
  const file = `bench/results/${result.at.replaceAll(/[:.]/g, '-')}.json`;
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`\n${file}`);
}

async function acceptAlone(seconds: number) {
  const gateway = await startGatewayProcess({ roles: 'receive' });
  try {
    return await benchAccept(gateway, seconds);
  } finally {
    await gateway.stop();
  }
}

/** Everything on, a backlog being translated meanwhile, 64 connections. */
async function acceptUnderBacklog(seconds: number) {
  const gateway = await startGatewayProcess({ roles: 'receive,work,serve' });
  try {
    await runLoad({ port: gateway.mllpPort, connections: 64, messages: 5000, seconds, run: 'L' });
    return await runLoad({ port: gateway.mllpPort, connections: 64, messages: 1_000_000, seconds, run: 'M' });
  } finally {
    await gateway.stop();
  }
}

function show(title: string, rows: Record<string, string | number>[]): void {
  const text = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])));
  console.log(`\n${title}\n${table(text)}`);
}
