import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from '../../../src/cli/tdu.js';
import { openCda } from '../../../src/cda/open-cda.js';
import { translatedDocuments } from '../../support/cda-documents.js';
import { printed } from '../../support/output.js';

/** Every `*.xml` below mappings/examples, with its facts and its FHIR beside it. `UPDATE_EXAMPLES=yes` writes what is found, for review. */
const FOLDER = fileURLToPath(new URL('../../../mappings/examples/', import.meta.url));
const examples = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.xml'))
  .sort();

/** What stands beside an example; written anew where that is asked. */
function beside(path: string, ending: string, given: unknown): unknown {
  const file = FOLDER + path.replace(/\.xml$/, ending);
  if (process.env['UPDATE_EXAMPLES'] === 'yes') writeFileSync(file, `${JSON.stringify(given, undefined, 2)}\n`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : 'nothing';
}

describe('the examples of documents', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(2);
  });

  it.each(examples)('%s gives the facts that stand beside it', (path) => {
    const { facts, unused, issues } = translatedDocuments([openCda(readFileSync(FOLDER + path))]);
    const bodies = facts.map(({ kind, stay, documents, effectiveAt, body }) => ({
      kind,
      stay,
      documents,
      effectiveAt,
      body,
    }));
    const given: unknown = JSON.parse(JSON.stringify({ facts: bodies, unused: unused(), issues }));
    expect(given).toEqual(beside(path, '.facts.json', given));
  });

  it.each(examples)('%s gives the FHIR that stands beside it', async (path) => {
    const { out, err } = await printed(() => main(['document', FOLDER + path]), { TDU_CONFIG: undefined });
    expect(err).toBe('');
    const given: unknown = JSON.parse(out);
    expect(given).toEqual(beside(path, '.fhir.json', given));
  });
});
