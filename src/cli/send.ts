import { EventEmitter } from 'node:events';
import { parseArgs } from 'node:util';
import { Client, Message, type InboundResponse } from 'node-hl7-client';
import { readPorts } from '../config/load.js';
import { GatewayError } from '../message/failure.js';
import { readMessageFile } from './message-file.js';

interface Sent {
  file: string;
  controlId: string;
  code: string;
  /** Of each ERR segment the place, the condition and the sentence: `ZBE-4 102 …`. */
  errors: string[];
}

/**
 * `tdu send FILE…`: sends messages through node-hl7-client, an implementation that is not ours, one in flight (its receiver joins
 * frames when several are).
 * @returns 0 when every answer was AA or CA
 */
export async function run(args: string[]): Promise<number> {
  const options = { host: { type: 'string' }, port: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options });
  if (positionals.length === 0) throw new GatewayError('request-invalid', 'which files?', { remedy: 'tdu send FILE…' });
  const host = values.host ?? '127.0.0.1';
  const port = portOf(values.port) ?? readPorts().mllp;
  const messages = positionals.map((file) => ({ file, message: messageIn(file) }));
  const link = new Link(host, port);
  const results: Sent[] = [];
  try {
    const send = await link.open();
    for (const { file, message } of messages) {
      const sent = sentOf(file, await send(message));
      results.push(sent);
      if (values.json !== true) console.log([sent.code, sent.controlId, file, ...sent.errors].join('  '));
    }
  } finally {
    link.close();
  }
  if (values.json === true) console.log(JSON.stringify(results, undefined, 2));
  return results.every(({ code }) => code === 'AA' || code === 'CA') ? 0 : 1;
}

const CONNECT_MS = 5000;
const PATIENCE_MS = 30_000;

/** One connection of node-hl7-client, with at most one message in flight. */
class Link {
  private readonly client: Client;
  private answered: ((answer: Message) => void) | undefined;
  private failed: ((cause?: unknown) => void) | undefined;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {
    this.client = new Client({ host, maxConnectionAttempts: 1 });
  }

  /** @throws GatewayError peer-unreachable */
  async open(): Promise<(message: Message) => Promise<Message>> {
    const options = { port: this.port, waitAck: true, encoding: BYTES } as const;
    const connection = this.client.createConnection(options, (response: InboundResponse) => {
      this.answered?.(response.getMessage() as Message);
    });
    connection.on('client.error', (cause) => this.failed?.(cause));
    connection.on('error', (cause) => this.failed?.(cause));
    socketOf(connection)?.once('close', () => this.failed?.());
    await this.expect('nobody answers MLLP', CONNECT_MS, (done) => connection.once('connect', () => done(undefined)));
    return (message) =>
      this.expect<Message>('no answer came', PATIENCE_MS, (done) => {
        this.answered = done;
        connection.sendMessage(message).catch((cause: unknown) => this.failed?.(cause));
      });
  }

  close(): void {
    this.failed = undefined;
    this.client.closeAll();
  }

  /** What happens in time, or the connection's end, or the end of patience. */
  private expect<T>(otherwise: string, withinMs: number, start: (done: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.failed = (cause) => {
        clearTimeout(late);
        const remedy = 'is the gateway up? --host and --port say where';
        reject(new GatewayError('peer-unreachable', `${otherwise} on ${this.host}:${this.port}`, { remedy, cause }));
      };
      const late = setTimeout(this.failed, withinMs);
      start((value) => {
        clearTimeout(late);
        resolve(value);
      });
    });
  }
}

/** The library says nothing of a connection that ends; where its socket cannot be had, patience is what is left. */
function socketOf(connection: object): { once(event: 'close', then: () => void): unknown } | undefined {
  const held: unknown = Reflect.get(connection, '_socket');
  return held instanceof EventEmitter ? held : undefined;
}

/** A byte a character both ways: the message goes out in the charset that its MSH-18 declares, as it stands in the file. */
const BYTES = 'latin1';

function portOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : 65_536;
  if (port > 65_535) throw new GatewayError('request-invalid', '--port is no port', { remedy: 'a number up to 65535' });
  return port;
}

function messageIn(file: string): Message {
  const text = readMessageFile(file).toString(BYTES).replace(/\r?\n/g, '\r').replace(/\r+$/, '');
  try {
    return new Message({ text });
  } catch (cause) {
    const remedy = 'a file holds one message, which begins with MSH';
    throw new GatewayError('request-invalid', `${file} holds no message that node-hl7-client can send`, {
      remedy,
      cause,
    });
  }
}

function sentOf(file: string, message: Message): Sent {
  const answer = message.toString().split('\r');
  const [, code = '??', controlId = ''] = (answer.find((line) => line.startsWith('MSA')) ?? '').split('|');
  return { file, controlId, code, errors: answer.filter((line) => line.startsWith('ERR')).map(errorOf) };
}

function errorOf(line: string): string {
  const [, , place = '', condition = '', , , , , text = ''] = line.split('|');
  const [segment = '', , field] = place.split('^');
  return [field === undefined ? segment : `${segment}-${field}`, condition.split('^')[0], text].join(' ').trim();
}
