import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Bundle, Encounter, Patient } from 'fhir/r4.js';
import { main } from '../../../src/cli/tdu.js';
import { printed } from '../../support/output.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-translate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const EXAMPLE = 'docs/examples/admission.hl7';
const DAY_HOSPITAL = 'mappings/examples/sites/hopital-exemple/ADT_A01/adt-a01-day-hospital.hl7';
const example = readFileSync(EXAMPLE, 'utf8');

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function translate(args: string[], environment: Record<string, string | undefined> = {}) {
  const config = file('gateway.yaml', environment['TDU_CONFIG'] ?? '');
  return printed(() => main(['translate', ...args]), { ...environment, TDU_CONFIG: config });
}

interface Explained {
  answer: { code: string; errors: { location?: string }[] };
  events: { event: string; at: string }[];
  bundle: Bundle;
  traces: { resource: string; path: string; from: string; row: string }[];
  unused: string[];
  issues: { reason: string; blocking: boolean }[];
}

async function explained(path: string, ...args: string[]): Promise<Explained> {
  return JSON.parse((await translate([path, '--explain', '--json', ...args])).out) as Explained;
}

function resourceOf<T>(bundle: Bundle, type: string): T {
  return bundle.entry?.find(({ resource }) => resource?.resourceType === type)?.resource as T;
}

describe('tdu translate', () => {
  it('prints the FHIR of a message as a bundle, and nothing else', async () => {
    const { code, out, err } = await translate([EXAMPLE]);
    expect([code, err]).toEqual([0, '']);
    const bundle = JSON.parse(out) as Bundle;
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    const types = bundle.entry?.map(({ resource }) => resource?.resourceType);
    expect(types).toEqual(expect.arrayContaining(['Patient', 'Encounter', 'CarePlan', 'CareTeam', 'Organization']));
    expect(resourceOf<Patient>(bundle, 'Patient')).toMatchObject({ gender: 'female', birthDate: '1951-03-12' });
    expect(resourceOf<Encounter>(bundle, 'Encounter')).toMatchObject({
      status: 'in-progress',
      class: { code: 'IMP' },
      period: { start: '2026-03-02T07:00:00+01:00' },
    });
  });

  it('prints the same for the same file, whenever it is asked', async () => {
    expect((await translate([EXAMPLE])).out).toBe((await translate([EXAMPLE])).out);
  });

  it('explains where each value comes from, its mapping row, and what is unused', async () => {
    const { code, out } = await translate([EXAMPLE, '--explain']);
    expect(code).toBe(0);
    expect(out).toMatch(/^answer: AA\n/);
    expect(out).toMatch(/ birthDate +1951-03-12 +← PID-7 +PID-Patient:birth-date\n/);
    expect(out).toMatch(/ period\.start +2026-03-02T07:00:00\+01:00 +← ZBE-2 +ZBE-movement:effective\n/);
    expect(out).toMatch(/ generalPractitioner\[0\] .*Claire BERTHIER.* ← ROL-4 +ROL-member:person\n/);
    expect(out).toMatch(/\nunused: .*\bROL-12\b/);
  });

  it.each([
    ['docs/demarrage-rapide.md', [EXAMPLE]],
    ['docs/adapter-un-hopital.md', [DAY_HOSPITAL]],
    ['docs/adapter-un-hopital.md', [DAY_HOSPITAL, '--site', 'hopital-exemple']],
  ])('leaves unused what %s shows', async (page, words) => {
    const mappings = join(folder, 'mappings');
    cpSync('mappings', mappings, { recursive: true });
    cpSync('mappings/examples/sites', join(mappings, 'sites'), { recursive: true });
    const { out } = await translate([...words, '--explain'], { TDU_MAPPINGS: mappings });
    const [unused = ''] = /^unused: .*$/m.exec(out) ?? [];
    expect(readFileSync(page, 'utf8')).toContain(`\n${unused}\n`);
  });

  it('explains as JSON with a trace for every element of every resource, and no field both used and unused', async () => {
    const { answer, bundle, traces, unused } = await explained(EXAMPLE);
    expect(answer).toEqual({ code: 'AA', errors: [] });
    for (const { resource } of bundle.entry ?? []) {
      const reference = `${resource?.resourceType ?? ''}/${resource?.id ?? ''}`;
      const paths = traces.filter((one) => one.resource === reference).map(({ path }) => path.split(/[.[]/)[0]);
      const elements = Object.keys(resource ?? {}).filter((name) => !['resourceType', 'id', 'meta'].includes(name));
      expect({ reference, untraced: elements.filter((name) => !paths.includes(name)) }).toEqual({
        reference,
        untraced: [],
      });
    }
    const used = new Set(traces.map(({ from }) => from));
    expect(unused.filter((field) => used.has(field))).toEqual([]);
  });

  it.each([
    ['A01', 'admission'],
    ['A05', 'preadmission'],
    ['A14', 'preadmission'],
    ['A15', 'pending-transfer'],
    ['A16', 'pending-discharge'],
    ['A21', 'leave'],
    ['A54', 'doctor-change'],
  ])('names what a rule may tell of: %s is %s', async (trigger, event) => {
    const path = file('event.hl7', example.replace('ADT^A01', `ADT^${trigger}`));
    expect((await explained(path)).events).toEqual([{ event, at: '2026-03-02T07:00:00+01:00' }]);
    expect((await translate([path, '--explain'])).out).toMatch(
      new RegExp(`^answer: AA\nevent: ${event} 2026-03-02T07:00:00\\+01:00\n\n`),
    );
  });

  it.each([
    ['A11', 'A01'],
    ['A52', 'A21'],
    ['A25', 'A16'],
    ['Z99', 'A02'],
  ])('says of %s alone that it waits for what it takes back or corrects', async (trigger, original) => {
    const action = trigger === 'Z99' ? 'UPDATE' : 'CANCEL';
    const text = example.replace('ADT^A01', `ADT^${trigger}`).replace('|INSERT|N|', `|${action}|N|${original}`);
    const path = file('alone.hl7', text);
    const { events, issues } = await explained(path);
    expect([events, issues]).toEqual([[], [expect.objectContaining({ reason: 'movement-unknown', blocking: false })]]);
    expect((await translate([path, '--explain'])).out).toMatch(/\nto look at: ZBE-1 .* takes effect when /);
  });

  it('names the mapping row by its map and its id', async () => {
    const { traces } = await explained(EXAMPLE);
    expect(traces.find(({ path }) => path === 'gender')?.row).toBe('PID-Patient:gender');
  });

  it('cuts no value, however long', async () => {
    const city = 'SAINT-REMY-EN-BOUZEMONT-SAINT-GENEST-ET-ISSON';
    const { out } = await translate([file('long.hl7', example.replaceAll('AUTUN', city)), '--explain']);
    expect(out).toMatch(new RegExp(` address\\[0\\]\\.city +${city} +← PID-11`));
    expect(out).not.toContain('…');
  });

  it('tells on standard error, and by its exit code, that the gateway would refuse the message', async () => {
    const shifted = file('shifted.hl7', example.replace('||INSERT|N|', '|||INSERT|N|'));
    const { code, out, err } = await translate([shifted]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ resourceType: 'Bundle', type: 'collection' });
    expect(err).toMatch(/^not translated by the gateway: ZBE-4 /);
    const { answer, traces } = await explained(shifted);
    expect(answer).toMatchObject({ code: 'AE', errors: [{ location: 'ZBE-4', code: 102 }] });
    expect(traces).toEqual([]);
    expect((await translate([shifted, '--explain'])).out).toMatch(/^answer: AE\n.*\n\nnothing is translated\n/);
  });

  it('tells that the gateway would park the message', async () => {
    const unknown = file('unknown.hl7', example.replace('PV1|1|I|', 'PV1|1|H|'));
    expect(await translate([unknown])).toMatchObject({ code: 1, err: expect.stringContaining('EncounterClass') });
    const { code, out } = await translate([unknown, '--explain']);
    expect(code).toBe(1);
    expect(out).toMatch(/\nparked: PV1-2 /);
    expect((await explained(unknown)).issues).toContainEqual(
      expect.objectContaining({ reason: 'code-unknown', blocking: true }),
    );
  });

  it('reads the message in its own charset, out of the frame of a capture', async () => {
    const latin = Buffer.from(example.replace('UNICODE UTF-8', '8859/1').replace('’', "'"), 'latin1');
    const framed = Buffer.concat([Buffer.from([0x0b]), latin, Buffer.from([0x1c, 0x0d])]);
    const { bundle } = await explained(file('latin.hl7', framed));
    expect(JSON.stringify(bundle)).toContain('Hélène FABRE');
  });

  it('reads times in the zone asked for, or in that of a source', async () => {
    const start = async (...args: string[]) =>
      resourceOf<Encounter>((await explained(EXAMPLE, ...args)).bundle, 'Encounter').period?.start;
    expect(await start('--zone', 'America/Martinique')).toBe('2026-03-02T07:00:00-04:00');
    const { out } = await translate([EXAMPLE, '--source', 'reunion'], {
      TDU_CONFIG: 'sources: [{ name: reunion, zone: Indian/Reunion }]',
    });
    expect(resourceOf<Encounter>(JSON.parse(out) as Bundle, 'Encounter').period?.start).toBe(
      '2026-03-02T07:00:00+04:00',
    );
  });

  it.each([
    ['no file', [], 'request-invalid: which file?'],
    ['two files', [EXAMPLE, EXAMPLE], 'request-invalid: which file?'],
    ['a file that is not there', ['none.hl7'], 'request-invalid: none.hl7 cannot be read'],
    ['a zone that is none', [EXAMPLE, '--zone', 'Mars/Base'], 'request-invalid: Mars/Base is no time zone'],
    ['a source that is not declared', [EXAMPLE, '--source', 'chu'], 'request-invalid: no source is called chu'],
    ['a hospital without rows', [EXAMPLE, '--site', 'chu'], 'request-invalid: the site chu has no mappings'],
  ])('fails with a sentence for %s', async (_, args, sentence) => {
    expect(await translate(args)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(sentence) });
  });

  it('fails with a sentence where a source is asked for and the configuration is broken', async () => {
    const { code, err } = await translate([EXAMPLE, '--source', 'chu'], { TDU_CONFIG: 'sources: 3' });
    expect([code, err]).toEqual([1, 'config-invalid: the configuration has faults — tdu check lists them']);
  });

  it.each(['MDM^T02^MDM_T02', 'MDM^T99', 'ORU^R01'])(
    'sends a message that carries documents elsewhere: %s',
    async (type) => {
      const path = file('document.hl7', example.replace('ADT^A01^ADT_A01', type));
      expect(await translate([path])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('tdu document') });
    },
  );

  it('says of what is no HL7 that the gateway would refuse it', async () => {
    const { code, out } = await translate([file('letter.txt', 'Dear colleague'), '--explain']);
    expect(code).toBe(1);
    expect(out).toMatch(/^answer: AR\n {2}ERR E 100 MSH /);
  });
});
