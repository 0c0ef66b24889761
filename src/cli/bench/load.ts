import { connect, type Socket } from 'node:net';
import { GatewayError } from '../../message/failure.js';

/** What a load run measured; times in milliseconds. */
export interface LoadResult {
  /** When the first byte was sent, milliseconds since 1970. */
  startedAt: number;
  messages: number;
  seconds: number;
  rate: number;
  p50: number;
  p99: number;
  max: number;
  /** Answers other than AA or CA. */
  refused: number;
}

export interface LoadOptions {
  port: number;
  connections: number;
  /** Stops after this many messages, or after `seconds`, whichever comes first. */
  messages: number;
  seconds: number;
  /** The n-th message, n from 0, without framing. */
  message(n: number): string;
}

const VT = 0x0b;
const END = Buffer.from([0x1c, 0x0d]);

/** Sends over several MLLP connections, one message in flight on each, and times every answer. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const times: number[] = [];
  const state = { next: 0, refused: 0 };
  const startedAt = Date.now();
  const started = performance.now();
  const until = started + options.seconds * 1000;
  await Promise.all(Array.from({ length: options.connections }, () => connection(options, state, times, until)));
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    startedAt,
    messages: times.length,
    seconds: round(seconds),
    rate: Math.round(times.length / seconds),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    refused: state.refused,
  };
}

function connection(
  options: LoadOptions,
  state: { next: number; refused: number },
  times: number[],
  until: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(options.port, '127.0.0.1');
    socket.setNoDelay(true);
    let sentAt = 0;
    let answer: Buffer = Buffer.alloc(0);
    const send = () => {
      if (state.next >= options.messages || performance.now() > until) return void socket.end(resolve);
      const bytes = Buffer.from(`\x0b${options.message(state.next++)}\x1c\r`, 'utf8');
      sentAt = performance.now();
      socket.write(bytes);
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      if (!answer.subarray(-2).equals(END) || answer[0] !== VT) return;
      times.push(performance.now() - sentAt);
      if (!accepted(answer)) state.refused += 1;
      answer = Buffer.alloc(0);
      send();
    });
    failOn(socket, reject);
  });
}

function accepted(answer: Buffer): boolean {
  return answer.includes('MSA|AA') || answer.includes('MSA|CA');
}

function failOn(socket: Socket, reject: (error: Error) => void): void {
  socket.on('error', (cause) => {
    reject(new GatewayError('peer-unreachable', 'the load connection failed', { cause }));
  });
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
