import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folded, translated } from '../../support/pam.js';

/** Every `*.hl7` below mappings/examples, with its FHIR beside it. `UPDATE_EXAMPLES=yes` writes what is found, for review. */
const FOLDER = fileURLToPath(new URL('../../../mappings/examples/', import.meta.url));
const examples = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.hl7') && !path.startsWith('sites'))
  .sort();

function found(path: string): unknown {
  const translation = translated(readFileSync(FOLDER + path, 'utf8'));
  const resources = [
    ...[...folded(translation.facts).values()].map(({ resource }) => resource),
    ...translation.mentions.map(({ resource }) => resource),
  ];
  return {
    bundle: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource })),
    },
    unused: translation.unused(),
    issues: translation.issues,
  };
}

describe('the mapping examples', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(2);
  });

  it.each(examples)('%s gives the FHIR that stands beside it', (path) => {
    const beside = FOLDER + path.replace(/\.hl7$/, '.fhir.json');
    const given: unknown = JSON.parse(JSON.stringify(found(path)));
    if (process.env['UPDATE_EXAMPLES'] === 'yes') writeFileSync(beside, `${JSON.stringify(given, undefined, 2)}\n`);
    expect(existsSync(beside)).toBe(true);
    expect(given).toEqual(JSON.parse(readFileSync(beside, 'utf8')));
  });
});
