import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../../../src/cli/check.js';
import { printed } from '../../support/output.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-check-'));
const config = join(folder, 'gateway.yaml');
const mappings = join(folder, 'mappings');
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  rmSync(mappings, { recursive: true, force: true });
  cpSync('mappings', mappings, { recursive: true });
  writeFileSync(config, '');
});

function check(args: string[] = [], environment: Record<string, string> = {}) {
  return printed(() => run(args), { TDU_CONFIG: config, TDU_MAPPINGS: mappings, ...environment });
}

/** Writes a mapping file of a hospital. */
function site(path: string, text: string): string {
  const file = join(mappings, 'sites', path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return relative('.', file);
}

const own = (row: string) => `table: EncounterClass\nrows:\n  - ${row}\n`;

describe('tdu check', () => {
  it('says that there is no fault, and what is set up', async () => {
    const { code, out } = await check();
    expect(code).toBe(0);
    expect(out).toMatch(/^configuration and mappings: no fault\n/);
    expect(out).toMatch(/source +default: MLLP 0\.0\.0\.0:2575, no TLS, 8859\/15, Europe\/Paris/);
    expect(out).toMatch(/mappings +version [0-9a-f]{12}, events A01 A02 .*Z99/);
  });

  it('says the same as JSON', async () => {
    const { code, out } = await check(['--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, faults: [], summary: expect.any(Array) });
  });

  it('tells the faults of the configuration and of the mappings together, each with file, line and remedy', async () => {
    writeFileSync(config, 'sources:\n  - { name: chu, colour: blue }\n');
    const first = site('chu/codes/EncounterClass.yaml', own('{ code: H, to: AMB }'));
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(
        /:2: config-invalid: sources\.0\.colour: no such setting — take it out; there are name, host, /,
      ),
      `${first}:3: mapping-invalid: a site row does not say why it differs — add \`because: …\``,
    ]);
  });

  it('tells them as JSON', async () => {
    writeFileSync(config, 'sources:\n  - { name: chu, port: x }\n');
    const { code, out } = await check(['--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      faults: [
        {
          code: 'config-invalid',
          message: 'sources.0.port: a number',
          file: config,
          line: 2,
          field: 'sources.0.port',
          remedy: 'correct sources.0.port',
        },
      ],
    });
  });

  it('looks at the rows of every hospital, though no source names it', async () => {
    site('chu/codes/EncounterClass.yaml', own('{ code: H, to: AMB }'));
    site(
      'chi/segments/PID-Patient.yaml',
      'map: PID-Patient\nrows:\n  - { id: gender, from: PID-8, to: gender, as: magic, because: x }\n',
    );
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain('sites/chu/codes/EncounterClass.yaml:3: ');
    expect(out).toContain('sites/chi/segments/PID-Patient.yaml:3: mapping-invalid: as: magic is no converter');
  });

  it.each([
    [
      'segments/PV1-Encounter.yaml',
      'segment: PV1\nrows:\n  - { id: type, from: PV1-4, to: type, as: concept, because: x }\n',
      1,
      'the file does not say what it is',
    ],
    ['segments/PV1-Encounter.yaml', 'foo: bar\nrows: []\n', 1, 'the file does not say what it is'],
    [
      'segments/PV1-Encounter.yaml',
      'map: PV1-Encounter\nrows:\n  - { id: service, from: PV1-10, to: typ, as: concept, because: x }\n',
      3,
      'to: typ is no element of Encounter',
    ],
    [
      'codes/EncounterClass.yaml',
      'table: EncounterClass\notherwise: IMP\nrows: []\n',
      1,
      'otherwise stands in the head',
    ],
    [
      'codes/EncounterClass.yaml',
      'table: EncounterClass\nsystem: http://mon.systeme\nrows: []\n',
      1,
      'system stands in the head',
    ],
    ['codes/EncounterClass.yaml', 'table: EncounterClass\ncolour: red\nrows: []\n', 1, 'colour stands in the head'],
    [
      'messages/visit.yaml',
      'message: visit\nrows:\n  - { id: zzz, from: ZZZ, to: Patient, as: ZZZ-Patient, because: x }\n',
      3,
      'there is no segment map ZZZ-Patient',
    ],
  ])('finds what would do nothing, or wrong: %s with %j', async (path, text, line, fault) => {
    const file = site(`bellevue/${path}`, text);
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain(`${file}:${line}: `);
    expect(out).toContain(fault);
  });

  it('tells a fault of the national rows once, however many hospitals share them', async () => {
    const row = own('{ code: H, to: AMB, because: sessions }');
    for (const name of ['a', 'b', 'c']) site(`${name}/codes/EncounterClass.yaml`, row);
    writeFileSync(join(mappings, 'segments/NK1-RelatedPerson.yaml'), 'map: NK1-RelatedPerson\nrows: [\n');
    const { out } = await check();
    expect(out.split('\n').filter((line) => line.includes('NK1-RelatedPerson.yaml:'))).toHaveLength(1);
  });

  it('names the hospitals that have rows, and tells a source whose hospital has none', async () => {
    site('chu/codes/EncounterClass.yaml', own('{ code: H, to: AMB, because: sessions }'));
    writeFileSync(config, 'sources: [{ name: chu, site: chu }]');
    expect((await check()).out).toMatch(/sites +chu/);
    writeFileSync(config, 'sources: [{ name: chu, site: chuu }]');
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain('1: config-invalid: sources.0.site: no mappings of a site chuu — did you mean chu?');
  });

  it('tells sites and rules that lead nowhere with all other faults, each at its own line', async () => {
    site('chu/codes/EncounterClass.yaml', own('{ code: H, to: SS, because: sessions }'));
    const rules = ['rules:', '  - { id: a, events: [admission], roles: [PCPP], when: { class: [IMPP] } }'];
    writeFileSync(
      config,
      ['zone: Paris', 'sources:', '  - { name: chi }', '  - name: chu', '    port: 1', '    site: chuu', ...rules].join(
        '\n',
      ),
    );
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out.split('\n').map((line) => line.replace(/ — .*$/, ''))).toEqual([
      `${config}:1: config-invalid: zone: an IANA time zone, e.g. Europe/Paris`,
      `${config}:6: config-invalid: sources.1.site: no mappings of a site chuu`,
      `${config}:8: config-invalid: rules.0.roles.0: nobody can have the role PCPP`,
      `${config}:8: config-invalid: rules.0.when.class.0: no admission can be of class IMPP`,
    ]);
  });

  it('takes for rules what the rows of a hospital give, as long as a source is read by them', async () => {
    site('chu/codes/EncounterClass.yaml', own('{ code: H, to: SS, because: sessions }'));
    site('chu/datatypes/ROL-3.yaml', 'table: ROL-3\nrows:\n  - { code: IDE, to: NURSE, because: ours }\n');
    const rules = 'rules: [{ id: a, events: [admission], roles: [NURSE], when: { class: [SS] } }]';
    writeFileSync(config, `sources: [{ name: chi }, { name: chu, port: 1, site: chu }]\n${rules}`);
    expect((await check()).code).toBe(0);
    writeFileSync(config, `sources: [{ name: chi }]\n${rules}`);
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain('nobody can have the role NURSE');
    expect(out).toContain('no admission can be of class SS');
  });

  it('holds rules to nothing while the rows that would say it are broken', async () => {
    site('chu/datatypes/ROL-3.yaml', 'table: ROL-3\nrows:\n  - { code: IDE, to: NURSE }\n');
    const rules = 'rules: [{ id: a, events: [admission], roles: [NURSE] }]';
    writeFileSync(config, `sources: [{ name: chu, site: chu }]\n${rules}`);
    const { out } = await check();
    expect(out).toContain('a site row does not say why it differs');
    expect(out).not.toContain('NURSE');
  });

  it('shows what is set up and tells nobody', async () => {
    const endpoint = (id: string) => `  - { id: ${id}, url: 'https://fhir.example/${id}' }\n`;
    const people = `professionals:\n  - { rpps: 10000000001, family: A, endpoint: used }\n  - { rpps: 10000000002, family: B }\n`;
    writeFileSync(config, `endpoints:\n${endpoint('used')}${endpoint('idle')}${people}`);
    const { code, out } = await check();
    expect(code).toBe(0);
    expect(out).toMatch(/professionals +2, 1 of them without an endpoint\n/);
    expect(out).toMatch(/endpoint +used: .* 20 s\n/);
    expect(out).toMatch(/endpoint +idle: .* 20 s, nobody is told there\n/);
  });

  it('shows the address that callers know', async () => {
    const { out } = await check([], { TDU_PUBLIC_URL: 'https://fhir.example/tdu/' });
    expect(out).toMatch(/FHIR API +callers of this machine only, at https:\/\/fhir\.example\/tdu\/fhir\n/);
  });

  it('tells a mapping file that is no UTF-8, at its line', async () => {
    const path = site('chu/codes/EncounterClass.yaml', '');
    const text = 'table: EncounterClass\nrows:\n  - { code: H, to: AMB, display: séance, because: x }\n';
    writeFileSync(path, Buffer.from(text, 'latin1'));
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain(`${path}:3: mapping-invalid: a letter that is no UTF-8 — save the file as UTF-8`);
  });

  it('tells a folder of mappings that is not there', async () => {
    const { code, out } = await check([], { TDU_MAPPINGS: join(folder, 'none') });
    expect(code).toBe(1);
    expect(out).toContain(`the mappings cannot be read from ${join(folder, 'none')}`);
  });

  it('never prints a secret, with faults or without', async () => {
    const secret = 'hush-hush-4c7';
    const environment = {
      DATABASE_URL: `postgresql://tdu:${secret}@db.example/tdu`,
      REDIS_URL: `redis://default:${secret}@queue.example`,
      CPTS_AUTHORIZATION: `Bearer ${secret}`,
    };
    const endpoint = `id: cpts, url: 'https://fhir.example/r4', authorizationEnv: CPTS_AUTHORIZATION`;
    for (const more of ['', `, token: ${secret}`, `, unchanged: ${secret}`, `, concurrency: ${secret}`]) {
      writeFileSync(config, `endpoints: [{ ${endpoint}${more} }]`);
      for (const args of [[], ['--json']]) {
        const { code, out, err } = await check(args, environment);
        expect([code, out.includes('https://fhir.example/r4, with Authorization')]).toEqual(
          more === '' ? [0, true] : [1, false],
        );
        expect(out + err).not.toContain(secret);
      }
    }
  });
});
