import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '@jest/globals';

/** Real messages lie beside a checkout, never in it; where they do not, the suites that read them are skipped. */
const FOLDER = fileURLToPath(new URL('../../../shared/data/hl7v2/', import.meta.url));
const here = existsSync(FOLDER);

export const describeSamples = here ? describe : describe.skip;

/** Paths of the sample messages under a folder; none where there are no samples. */
export function samplesIn(folder: string): string[] {
  return here
    ? readdirSync(join(FOLDER, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(er7|hl7)$/.test(name))
        .map((name) => join(folder, name))
    : [];
}

export function readSample(path: string): Buffer {
  return readFileSync(join(FOLDER, path));
}
