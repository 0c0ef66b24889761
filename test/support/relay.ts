import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A cable between a gateway and a server, which may be cut: what is on it stays, and nobody hears that it does. */
export interface Relay {
  readonly port: number;
  cut(): void;
  /** Ends what is connected, and whoever connects. */
  refuse(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startRelay(to: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let refuses = false;
  const server = createServer((near) => {
    if (refuses) return void near.destroy();
    const far = connect(to, '127.0.0.1');
    for (const [from, onto] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      if (isCut) from.pause();
      from.on('data', (chunk) => onto.write(chunk));
      from.on('error', () => onto.destroy());
      from.on('close', () => {
        sockets.delete(from);
        onto.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    refuse() {
      refuses = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = refuses = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
