import { parseArgs } from 'node:util';
import { Client, Message, type InboundResponse } from 'node-hl7-client';
import { readPorts } from '../config.js';
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
  const link = await openLink(host, port);
  const results: Sent[] = [];
  try {
    for (const { file, message } of messages) results.push(await sendFile(file, message, link));
  } finally {
    link.close();
  }
  if (values.json === true) console.log(JSON.stringify(results, undefined, 2));
  else
    for (const { file, controlId, code, errors } of results) console.log([code, controlId, file, ...errors].join('  '));
  return results.every(({ code }) => code === 'AA' || code === 'CA') ? 0 : 1;
}

const CONNECT_MS = 5000;

interface Link {
  send(message: Message): Promise<Message>;
  close(): void;
}

/** One connection; `waiting` takes the answer of the one message in flight. */
function openLink(host: string, port: number): Promise<Link> {
  const client = new Client({ host, maxConnectionAttempts: 1 });
  let waiting: ((answer: Message) => void) | undefined;
  return new Promise((resolve, reject) => {
    const connection = client.createConnection(
      { port, waitAck: true, encoding: BYTES },
      (response: InboundResponse) => {
        waiting?.(response.getMessage() as Message);
      },
    );
    const failed = (cause: unknown) => {
      client.closeAll();
      reject(new GatewayError('peer-unreachable', `nobody answers MLLP on ${host}:${port}`, { cause }));
    };
    const late = setTimeout(failed, CONNECT_MS, undefined);
    connection.once('client.error', failed);
    connection.once('error', failed);
    connection.once('connect', () => {
      clearTimeout(late);
      resolve({
        send: (message) =>
          answerOf(host, port, (take) => {
            waiting = take;
            return connection.sendMessage(message);
          }),
        close: () => {
          client.closeAll();
        },
      });
    });
  });
}

const PATIENCE_MS = 30_000;

function answerOf(
  host: string,
  port: number,
  send: (take: (answer: Message) => void) => Promise<void>,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new GatewayError('peer-unreachable', `no answer from ${host}:${port} within 30 seconds`));
    }, PATIENCE_MS);
    send((answer) => {
      clearTimeout(late);
      resolve(answer);
    }).catch((cause: unknown) => {
      clearTimeout(late);
      reject(new GatewayError('peer-unreachable', `the connection to ${host}:${port} was lost`, { cause }));
    });
  });
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

async function sendFile(file: string, message: Message, link: Link): Promise<Sent> {
  const answer = (await link.send(message)).toString().split('\r');
  const [, code = '??', controlId = ''] = (answer.find((line) => line.startsWith('MSA')) ?? '').split('|');
  return { file, controlId, code, errors: answer.filter((line) => line.startsWith('ERR')).map(errorOf) };
}

function errorOf(line: string): string {
  const [, , place = '', condition = '', , , , , text = ''] = line.split('|');
  const [segment = '', , field] = place.split('^');
  return [field === undefined ? segment : `${segment}-${field}`, condition.split('^')[0], text].join(' ').trim();
}
