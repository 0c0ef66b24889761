import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freeAddress } from '../../../src/store/embedded-address.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folder(...path: string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tdu-address-'));
  folders.push(root);
  const made = join(root, ...path);
  await mkdir(made, { recursive: true });
  return made;
}

const portOf = (host: string) => host.slice(host.lastIndexOf(':') + 1);

describe('the address of the embedded PostgreSQL', () => {
  it('is a socket beside its files, and the loopback for others', async () => {
    const beside = await folder('with, "quotes"');
    const { host, settings } = await freeAddress(beside);
    expect(host).toBe(`${encodeURIComponent(beside)}:${portOf(host)}`);
    expect(settings).toEqual([
      'listen_addresses=127.0.0.1',
      `port=${portOf(host)}`,
      `unix_socket_directories="${beside.replaceAll('"', '""')}"`,
    ]);
    expect(await readdir(beside)).toEqual([]);
  });

  it('is the loopback alone where the path is too long for a socket', async () => {
    const { host, settings } = await freeAddress(await folder('x'.repeat(100)));
    expect(host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(settings).toContain('unix_socket_directories=');
  });

  it('clears away what a killed PostgreSQL left', async () => {
    const beside = await folder();
    const left = createServer().listen(join(beside, '.s.PGSQL.5000'));
    await new Promise((resolve) => left.once('listening', resolve));
    await mkdir(join(beside, 'base'));
    await freeAddress(beside);
    expect(await readdir(beside)).toEqual(['base']);
    await new Promise((resolve) => left.close(resolve));
  });
});
