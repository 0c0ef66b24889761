import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../message/failure.js';
import type { MappingFile } from '../translate/mapping-file.js';

/** The mappings that come with the gateway. */
export const OWN_MAPPINGS = fileURLToPath(new URL('../../mappings/', import.meta.url));

/**
 * Reads every mapping file below a folder, paths relative to it, in a stable order.
 * @throws GatewayError mapping-invalid where there is no such folder
 */
export function loadMappingFiles(folder = OWN_MAPPINGS): MappingFile[] {
  return namesIn(folder)
    .filter((path) => path.endsWith('.yaml') && !path.startsWith('examples'))
    .sort()
    .map((path) => ({
      path: relative('.', path).replaceAll('\\', '/'),
      text: readFileSync(join(folder, path), 'utf8'),
    }));
}

/** The hospitals that have rows of their own. */
export function sitesOf(files: readonly MappingFile[]): Set<string> {
  return new Set(files.flatMap(({ path }) => /^sites\/([^/]+)\//.exec(path)?.[1] ?? []));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    const remedy = 'point TDU_MAPPINGS at a folder of mappings, or leave it out';
    throw new GatewayError('mapping-invalid', `the mappings cannot be read from ${folder}`, { remedy, cause });
  }
}
