import { BlockList, isIP } from 'node:net';
import type { Request } from 'express';

/**
 * Does a request come through one of the reverse proxies that the configuration names? The socket's own address counts, and the `Host` that
 * callers of the proxy know: a page of another site that has led its own name to a proxy's machine says that name.
 * @param addresses IP addresses, or ranges of them as `10.1.2.0/24`
 * @param publicUrl the address that callers know
 */
export function fromTrustedProxy(
  addresses: readonly string[],
  publicUrl: string | undefined,
): (request: Pick<Request, 'socket' | 'hostname'>) => boolean {
  const host = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return ({ socket, hostname }) => {
    if (host === undefined || hostname.toLowerCase() !== host) return false;
    const address = socket.remoteAddress ?? '';
    // An IPv4 peer of a socket that listens on IPv6 too.
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  };
}
