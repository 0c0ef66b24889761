import { readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { SourceSettings } from '../config/schema.js';
import type { Log } from './committer.js';

type TlsSettings = NonNullable<SourceSettings['tls']>;

/** How often the files are looked at: a certificate that was renewed is in use a minute later. */
const RELOAD_MS = 60_000;

/** How long a sender may take over its handshake. */
const HANDSHAKE_MS = 10_000;

interface TlsSenders {
  /** Whoever connects, before the handshake says who it is; destroys who may not. */
  admit(socket: Socket): void;
  /** A sender; `isKnown` where its certificate says who it is. */
  take(socket: TLSSocket, isKnown: boolean): void;
}

/**
 * A listener under TLS 1.2 at least. Certificates of others than the source's `subjects` are refused, and every refusal is logged; files that
 * change are read again.
 */
export function tlsListener(
  { name, tls }: { name: string; tls: TlsSettings },
  { admit, take }: TlsSenders,
  log: Log,
  reloadMs = RELOAD_MS,
): Server {
  const required = tls.clientCertificate === 'required';
  const refused = (code: string) => {
    log('warn', 'receive.certificate-refused', { source: name, code });
  };
  const options = {
    requestCert: required,
    rejectUnauthorized: required,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
  } as const;
  // A sender that has said all it has to say still reads: its half of the connection may end before ours.
  const server = createServer({ allowHalfOpen: true, ...options, ...filesOf(tls) }, (socket) => {
    if (!required || isOf(socket, tls.subjects)) return take(socket, required);
    refused('subject');
    socket.destroy();
  });
  server.on('connection', admit);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    refused(error.code ?? 'unknown');
    socket.destroy();
  });
  const watch = setInterval(reloader(name, tls, server, log), reloadMs).unref();
  server.on('close', () => {
    clearInterval(watch);
  });
  return server;
}

/** Is the peer's certificate one of those subjects' (CN, or a DNS name of the SAN)? */
function isOf(socket: TLSSocket, subjects: readonly string[] | undefined): boolean {
  if (subjects === undefined) return true;
  const { subject, subjectaltname = '' } = socket.getPeerCertificate();
  const alternatives = subjectaltname.split(', ').flatMap((entry) => (entry.startsWith('DNS:') ? entry.slice(4) : []));
  return [subject.CN, ...alternatives].flat().some((name) => name !== undefined && subjects.includes(name));
}

function filesOf({ key, cert, ca }: TlsSettings): SecureContextOptions {
  return { key: readFileSync(key), cert: readFileSync(cert), ...(ca === undefined ? {} : { ca: readFileSync(ca) }) };
}

/** Puts files that have changed since the last look to use; where they cannot be, the former ones stay. */
function reloader(source: string, tls: TlsSettings, server: Server, log: Log): () => void {
  const stamp = () =>
    [tls.key, tls.cert, tls.ca].map((file) => (file === undefined ? 0 : statSync(file).mtimeMs)).join();
  let inUse = stamp();
  return () => {
    try {
      const now = stamp();
      if (now === inUse) return;
      inUse = now;
      server.setSecureContext({ ...filesOf(tls), minVersion: 'TLSv1.2' });
      log('info', 'receive.certificates-reloaded', { source });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      log('error', 'receive.certificates-unusable', { source, code });
    }
  };
}
