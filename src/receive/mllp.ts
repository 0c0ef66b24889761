import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { SourceSettings } from '../config/schema.js';
import { GatewayError } from '../message/failure.js';
import type { ReceiveDeps } from './accept.js';
import { Connection } from './connection.js';

export interface MllpListener {
  source: string;
  port: number;
  /** Stops accepting, lets every answer under way go out, closes. */
  close(): Promise<void>;
}

/**
 * Opens the MLLP listener of one source (HL7 v2.5 appendix C.4): answers go out in the order of the frames, a slow or flooding sender is
 * held back, half frames and idle connections time out.
 * @throws GatewayError port-in-use
 */
export async function openMllp(source: SourceSettings, port: number, deps: ReceiveDeps): Promise<MllpListener> {
  const connections = new Set<Connection>();
  const server = listenerFor(source, (socket) => {
    const connection = new Connection(socket, source, deps, () => connections.delete(connection));
    connections.add(connection);
  });
  server.maxConnections = source.maxConnections;
  const bound = await listen(server, port, source.host);
  return {
    source: source.name,
    port: bound,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...connections].map((connection) => connection.finish()));
      await closed;
    },
  };
}

function listenerFor(source: SourceSettings, take: (socket: Socket) => void): Server {
  // A sender that has said all it has to say still reads: its half of the connection may end before ours.
  const allowHalfOpen = true;
  if (source.tls === undefined) return createServer({ allowHalfOpen }, take);
  const { key, cert, ca, clientCertificate } = source.tls;
  const required = clientCertificate === 'required';
  return createTlsServer(
    {
      allowHalfOpen,
      key: readFileSync(key),
      cert: readFileSync(cert),
      ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
      requestCert: required,
      rejectUnauthorized: required,
      minVersion: 'TLSv1.2',
    },
    take,
  );
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const remedy = 'free the port, or give the source another';
      reject(new GatewayError('port-in-use', `MLLP cannot listen on ${host}:${port}`, { remedy, cause }));
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}
