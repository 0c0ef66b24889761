import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, Message, type InboundResponse } from 'node-hl7-client';
import { readEnvironment } from '../config.js';
import { decodeText } from '../hl7v2/charset.js';
import { GatewayError } from '../message/failure.js';

interface Sent {
  file: string;
  controlId: string;
  code: string;
  /** ERR-8 of each ERR segment. */
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
  const port = Number(values.port ?? readEnvironment().mllpPort);
  const link = await openLink(host, port);
  const results: Sent[] = [];
  try {
    for (const file of positionals) results.push(await sendFile(file, link));
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
    const connection = client.createConnection({ port, waitAck: true }, (response: InboundResponse) => {
      waiting?.(response.getMessage() as Message);
    });
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

async function sendFile(file: string, link: Link): Promise<Sent> {
  const { text } = decodeText(readFileSync(file), '8859/15');
  const message = new Message({ text: text.replace(/\r?\n/g, '\r').replace(/\r+$/, '') });
  const answer = (await link.send(message)).toString().split('\r');
  const [, code = '??', controlId = ''] = (answer.find((line) => line.startsWith('MSA')) ?? '').split('|');
  const errors = answer.filter((line) => line.startsWith('ERR')).map((line) => line.split('|')[8] ?? '');
  return { file, controlId, code, errors };
}
