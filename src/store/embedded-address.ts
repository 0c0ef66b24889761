import { readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Where the embedded PostgreSQL listens, and where its clients find it. */
export interface Address {
  /** `name=value`, as `postgres -c` takes them. */
  settings: string[];
  /** Host and port of a connection string; the host may be a folder, percent-encoded. */
  host: string;
}

/** A free port on the loopback, and a local socket of that number beside PostgreSQL's files where one can stand there. */
export async function freeAddress(folder: string): Promise<Address> {
  const port = await freePort();
  clearSockets(folder);
  const sockets = await holdsSockets(folder);
  // A comma or blank would end the name, but for the quotes.
  const socketFolder = sockets ? `"${folder.replaceAll('"', '""')}"` : '';
  return {
    settings: ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${socketFolder}`],
    host: `${sockets ? encodeURIComponent(folder) : '127.0.0.1'}:${port}`,
  };
}

/** PostgreSQL's name for a socket, without its port. */
const SOCKET = '.s.PGSQL.';

/** A PostgreSQL that was killed has left its own. */
function clearSockets(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.startsWith(SOCKET))) rmSync(join(folder, name));
}

/** The kernels' limit for the path of a socket, without its final zero: 107 on Linux, 103 elsewhere. */
const LONGEST = 103;

/**
 * Can local sockets stand beside PostgreSQL's files? They take less of the processor than the loopback, a twentieth of all that keeping a
 * message costs; but their path must be short, and some file systems have none.
 */
async function holdsSockets(folder: string): Promise<boolean> {
  const longest = join(folder, `${SOCKET}65535`);
  // A longer one would be cut short without a word.
  if (process.platform === 'win32' || Buffer.byteLength(longest) > LONGEST) return false;
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(longest, () => {
      resolve(true);
    });
  });
  if (listening) await new Promise((resolve) => server.close(resolve));
  return listening;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
