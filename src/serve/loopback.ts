import type { Request } from 'express';

/** Is the address one of this machine's own? */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || plain.startsWith('127.');
}

/**
 * Does the request come from this machine? The socket's own address counts, a header never opens anything; but one that a proxy adds, or
 * a browser for another site's page, says that the caller behind the socket is somebody else.
 */
export function isLocal(request: Request): boolean {
  const relayed = ['forwarded', 'x-forwarded-for', 'x-real-ip'].some((name) => request.headers[name] !== undefined);
  return isLoopback(request.socket.remoteAddress) && !relayed && request.headers['sec-fetch-site'] !== 'cross-site';
}
