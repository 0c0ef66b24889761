import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { listenFailure } from '../config/listening.js';
import type { SourceSettings } from '../config/schema.js';
import type { ReceiveDeps } from './accept.js';
import { PeerShares } from './address-budget.js';
import { Connection } from './connection.js';
import { tlsListener } from './tls.js';

export interface MllpListener {
  source: string;
  port: number;
  /** Stops accepting, lets every answer under way go out, closes. */
  close(): Promise<void>;
}

/** How long senders that read nothing, or never finish their handshake, hold up a stop. */
const FAREWELL_MS = 3000;

/**
 * Opens the MLLP listener of one source (HL7 v2.5 appendix C.4): answers go out in the order of the frames, a slow or flooding sender is
 * held back, half frames and idle connections time out.
 * @throws GatewayError port-in-use
 */
export async function openMllp(source: SourceSettings, port: number, deps: ReceiveDeps): Promise<MllpListener> {
  const connections = new Set<Connection>();
  const overBudget = (what: 'connections' | 'listener') => {
    deps.log('warn', 'receive.over-budget', { source: source.name, what });
  };
  const shares = new PeerShares(source);
  const admit = (socket: Socket) => {
    if (shares.admit(socket)) return true;
    overBudget('connections');
    socket.destroy();
    return false;
  };
  const take = (socket: Socket, isKnown: boolean) => {
    const share = isKnown ? shares.identified(socket) : shares.of(socket);
    const connection = new Connection(socket, source, deps, share, () => connections.delete(connection));
    connections.add(connection);
  };
  const { tls } = source;
  const server =
    tls === undefined ? plainListener(admit, take) : tlsListener({ name: source.name, tls }, { admit, take }, deps.log);
  server.on('drop', () => {
    overBudget('listener');
  });
  // Sockets of every kind, those that never finish a TLS handshake too.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    deps.log('error', 'receive.listener-error', { source: source.name, code: error.code ?? 'unknown' });
  });
  server.maxConnections = source.maxConnections;
  const bound = await listen(server, port, source.host);
  return {
    source: source.name,
    port: bound,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), FAREWELL_MS);
      await Promise.race([Promise.all([...connections].map((connection) => connection.finish())), closed]);
      clearTimeout(cut);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function plainListener(admit: (socket: Socket) => boolean, take: (socket: Socket, isKnown: boolean) => void): Server {
  // A sender that has said all it has to say still reads: its half of the connection may end before ours.
  return createServer({ allowHalfOpen: true }, (socket) => {
    if (admit(socket)) take(socket, false);
  });
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const whereTaken = 'free the port, or give the source another';
    server.once('error', (cause) => {
      reject(listenFailure({ door: 'MLLP', host, port, hostSetting: 'the host of the source', whereTaken }, cause));
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}
