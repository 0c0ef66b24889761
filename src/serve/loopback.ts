import type { IncomingMessage } from 'node:http';

/** Is the address one of this machine's own? */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || plain.startsWith('127.');
}

/** Names of this machine: a page of another site that has led its own name here says that name. */
const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Does the request come from this machine? The socket's own address counts, a header never opens anything; but one that a proxy adds, or
 * a browser for another site's page, says that the caller behind the socket is somebody else.
 */
export function isLocal({ headers, socket }: IncomingMessage): boolean {
  const relayed = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'].some(
    (name) => headers[name] !== undefined,
  );
  const site = headers['sec-fetch-site'];
  const sameSite = site === undefined || site === 'none' || site === 'same-origin';
  return isLoopback(socket.remoteAddress) && LOCAL_HOST.test(headers.host ?? '') && !relayed && sameSite;
}
