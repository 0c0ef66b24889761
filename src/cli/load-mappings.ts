import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MappingFile } from '../translate/mapping-file.js';

/** The mappings that come with the gateway. */
export const OWN_MAPPINGS = fileURLToPath(new URL('../../mappings/', import.meta.url));

/** Reads every mapping file below a folder, paths relative to it, in a stable order. */
export function loadMappingFiles(folder = OWN_MAPPINGS): MappingFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml') && !path.startsWith('examples'))
    .sort()
    .map((path) => ({
      path: relative('.', path).replaceAll('\\', '/'),
      text: readFileSync(join(folder, path), 'utf8'),
    }));
}
