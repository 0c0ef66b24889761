import { Message as PeerMessage } from 'node-hl7-client';
import { parse } from '../../hl7v2/parse.js';

/** What admission and routing read of every message: the same places for both parsers. */
const FIELDS = [
  'MSH-9.2',
  'MSH-10',
  'MSH-18',
  'PID-3.1',
  'PID-5.1',
  'PID-5.2',
  'PID-7',
  'PV1-2',
  'PV1-3.1',
  'PV1-19.1',
] as const;
const PEER_FIELDS = FIELDS.map((path) => path.replace('-', '.'));

/**
 * Messages per second of our parser and of node-hl7-client's `Message`, each parsing a message and reading the same ten fields.
 * The two take turns, so that a busy machine slows both alike.
 * @param seconds measured time for each of the two
 */
export function benchParser(messages: string[], seconds: number): { ours: number; peer: number; ratio: number } {
  const rounds = 10;
  const slice = (seconds * 1000) / rounds;
  timed(messages, slice, readOurs);
  timed(messages, slice, readPeer);
  let ours = 0;
  let peer = 0;
  for (let round = 0; round < rounds; round++) {
    ours += timed(messages, slice, readOurs) / rounds;
    peer += timed(messages, slice, readPeer) / rounds;
  }
  return { ours, peer, ratio: ours / peer };
}

function readOurs(text: string): number {
  const message = parse(text);
  return FIELDS.reduce((sum, path) => sum + message.value(path).length, 0);
}

function readPeer(text: string): number {
  const message = new PeerMessage({ text });
  return PEER_FIELDS.reduce((sum, path) => sum + message.get(path).toString().length, 0);
}

/** Calls per second; the sum of what was read is checked so that no engine leaves the reading out. */
function timed(messages: string[], milliseconds: number, read: (text: string) => number): number {
  const start = performance.now();
  let count = 0;
  let characters = 0;
  while (performance.now() - start < milliseconds) {
    for (const text of messages) characters += read(text);
    count += messages.length;
  }
  return characters < 0 ? 0 : (count * 1000) / (performance.now() - start);
}
