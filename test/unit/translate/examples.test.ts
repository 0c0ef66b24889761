import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadMappingFiles } from '../../../src/config/mapping-files.js';
import type { FactOf } from '../../../src/message/fact.js';
import { compileMappings, type Mappings } from '../../../src/translate/compile.js';
import { translated } from '../../support/pam.js';

/** Every `*.hl7` below mappings/examples, with its facts beside it. `UPDATE_EXAMPLES=yes` writes what is found, for review. */
const FOLDER = fileURLToPath(new URL('../../../mappings/examples/', import.meta.url));
const examples = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.hl7'))
  .sort();

/** The national mappings, with the rows of an example hospital where the path names one. */
function mappingsFor(path: string): Mappings {
  const site = /^sites\/([^/]+)\//.exec(path)?.[1];
  const own = site === undefined ? [] : loadMappingFiles(`${FOLDER}sites/${site}/`);
  const placed = own.map((file) => ({ ...file, path: `sites/${site ?? ''}/${file.path}` }));
  const compiled = compileMappings([...loadMappingFiles(), ...placed], site);
  if ('faults' in compiled) throw compiled.faults[0] ?? new Error('the mappings have faults');
  return compiled.mappings;
}

function translationOf(path: string, mappings = mappingsFor(path)) {
  return translated(readFileSync(FOLDER + path, 'utf8'), '1', { mappings });
}

describe('the mapping examples', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(3);
  });

  it.each(examples)('%s gives the facts that stand beside it', (path) => {
    const { facts, unused, issues } = translationOf(path);
    const bodies = facts.map(({ kind, stay, account, effectiveAt, body }) => ({
      kind,
      stay,
      account,
      effectiveAt,
      body,
    }));
    const given: unknown = JSON.parse(JSON.stringify({ facts: bodies, unused: unused(), issues }));
    const beside = FOLDER + path.replace(/\.hl7$/, '.facts.json');
    if (process.env['UPDATE_EXAMPLES'] === 'yes') writeFileSync(beside, `${JSON.stringify(given, undefined, 2)}\n`);
    expect(existsSync(beside)).toBe(true);
    expect(given).toEqual(JSON.parse(readFileSync(beside, 'utf8')));
  });
});

describe('a hospital whose fields stand elsewhere', () => {
  const path = 'sites/hopital-exemple/ADT_A01/adt-a01-day-hospital.hl7';

  it('is served by rows alone: UF in ZBE-7.1, family doctor in PV1-8, stay number in PV1-50, a code of its own in PV1-2', () => {
    const { facts, issues } = translationOf(path);
    expect(issues).toEqual([]);
    const movement = facts.find((fact): fact is FactOf<'movement'> => fact.kind === 'movement');
    expect(movement).toMatchObject({
      stay: 'urn:oid:2.999.73.1|V80001',
      account: 'urn:oid:2.999.73.1|D80001',
      body: { medicalUnit: { code: '3070', label: 'UF 3070' } },
    });
    expect(movement?.body).not.toHaveProperty('doctors');
    expect(movement?.body).not.toHaveProperty('careUnit');
    expect(movement?.body.encounter.elements).toContainEqual(
      expect.objectContaining({
        path: 'class',
        value: expect.objectContaining({ code: 'AMB' }),
        trace: [['class', 'PV1-2', 'PV1-Encounter:class EncounterClass:H@site']],
      }),
    );
    const members = facts.filter((fact): fact is FactOf<'member'> => fact.kind === 'member');
    expect(members.map(({ body }) => [body.role.code, body.label, body.scope, body.basis])).toEqual([
      ['PCP', 'Claire BERTHIER', 'patient', 'PV1'],
    ]);
    expect(members[0]?.body.trace).toContainEqual(['person[0]', 'PV1-8', 'PV1-member:person@site']);
  });

  it('is parked by the national rows', () => {
    expect(translationOf(path, mappingsFor('')).issues).toContainEqual(
      expect.objectContaining({ blocking: true, reason: 'code-unknown', field: 'PV1-2', code: 'H' }),
    );
  });

  it('names its stay by the fields that its rows read', () => {
    expect(mappingsFor(path).stayFields).toEqual(['PV1-50', 'PID-18']);
    expect(mappingsFor('').stayFields).toEqual(['PV1-19', 'PID-18']);
  });
});
