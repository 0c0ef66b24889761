import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '@jest/globals';

/** Real messages lie beside a checkout, or beside the folder of its worktrees, never in it; where they do not, the suites that read them are skipped. */
const FOLDERS = ['../../../shared/data/', '../../../../shared/data/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const DATA = FOLDERS.find((folder) => existsSync(folder));
const FOLDER = join(DATA ?? '', 'hl7v2');
const CASES = join(DATA ?? '', 'cases');
const here = DATA !== undefined;

export const describeSamples = here ? describe : describe.skip;

/** Paths of the sample messages under a folder; none where there are no samples. */
export function samplesIn(folder: string): string[] {
  return here
    ? readdirSync(join(FOLDER, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(er7|hl7)$/.test(name))
        .map((name) => join(folder, name))
    : [];
}

/** One of the small inputs made after the faults of other software, e.g. `adt/01a-two-msh-one-frame.hl7`. */
export function readCase(path: string): Buffer {
  return readFileSync(join(CASES, path));
}

export function readSample(path: string): Buffer {
  return readFileSync(join(FOLDER, path));
}

/** Paths of the sample documents and packages under a folder, `cda`, `xdm` or `cases/documents`; none where there are no samples. */
export function sampleDocumentsIn(folder: string): string[] {
  return here
    ? readdirSync(join(DATA ?? '', folder))
        .filter((name) => /\.(xml|zip)$/.test(name))
        .map((name) => `${folder}/${name}`)
    : [];
}

export function readSampleDocument(path: string): Buffer {
  return readFileSync(join(DATA ?? '', path));
}
