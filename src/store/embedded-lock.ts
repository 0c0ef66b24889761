import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { GatewayError } from '../message/failure.js';

/**
 * The lock that a gateway holds on its store: a listening socket, so that the kernel releases it however the process ends.
 * On Linux the socket is abstract and leaves no file; elsewhere it stands in the data folder.
 * @throws GatewayError store-owned-by-another when a live gateway holds it
 */
export async function lockStore(dataDir: string): Promise<{ release(): Promise<void> }> {
  const folder = realpathSync(dataDir);
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const path = process.platform === 'linux' ? `\0trait-d-union-${name}` : join(folder, 'gateway.lock');
  const server = createServer((socket) => socket.destroy());
  await listen(server, path, folder);
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

function listen(server: Server, path: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const remedy = 'stop the other gateway, or give this one its own TDU_DATA_DIR';
      reject(
        new GatewayError('store-owned-by-another', `another gateway holds the store in ${folder}`, { remedy, cause }),
      );
    });
    server.listen(path, resolve);
  });
}
