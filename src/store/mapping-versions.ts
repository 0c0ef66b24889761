import type { Queryable } from './pool.js';

const KEEP = `INSERT INTO mapping_version (hash, files) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`;

/** Keeps what stands behind a hash that facts name: once, for the same hash is the same files and settings. */
export async function keepMappings(client: Queryable, hash: string, files: unknown): Promise<void> {
  await client.query(KEEP, [hash, JSON.stringify(files)]);
}
