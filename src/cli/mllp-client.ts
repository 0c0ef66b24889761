import { connect } from 'node:net';
import { frame } from '../hl7v2/frame.js';
import { GatewayError } from '../message/failure.js';

/** Sends one message on a connection of its own and gives the answer's text, unframed. */
export function exchange(host: string, port: number, text: string, withinMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let held = Buffer.alloc(0);
    const fail = (cause?: Error) => {
      socket.destroy();
      reject(new GatewayError('peer-unreachable', `no answer from ${host}:${port}`, { cause }));
    };
    socket.setTimeout(withinMs, () => {
      fail();
    });
    socket.on('error', fail);
    socket.on('connect', () => socket.write(frame(Buffer.from(text, 'utf8'))));
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf(0x1c);
      if (end < 0) return;
      socket.end();
      resolve(held.subarray(1, end).toString('utf8'));
    });
    socket.on('end', () => {
      if (held.indexOf(0x1c) < 0) fail();
    });
  });
}
