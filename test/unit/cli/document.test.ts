import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Bundle } from 'fhir/r4.js';
import { main } from '../../../src/cli/tdu.js';
import { printed } from '../../support/output.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-document-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const EXAMPLE = 'mappings/examples/CDA/cda-discharge-letter.xml';
const example = readFileSync(EXAMPLE, 'utf8');

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const documented = (...args: string[]) => printed(() => main(['document', ...args]), { TDU_CONFIG: undefined });

interface Explained {
  answer: { code: string; errors: { severity: string; code: string | number; location?: string }[] };
  bundle: Bundle;
  traces: { resource: string; path: string; from: string; row: string }[];
  unused: string[];
}

async function explained(path: string): Promise<Explained> {
  return JSON.parse((await documented(path, '--explain', '--json')).out) as Explained;
}

/** An MDM that carries the example, as the CI-SIS volet has it. */
function mdm(event: string, control: string, status: string): string {
  const base64 = Buffer.from(example).toString('base64');
  return [
    `MSH|^~\\&|DPI|CH|PFI|PFI|20260306154000||MDM^${event}^MDM_T02|42|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
    `EVN||20260306154000`,
    'PID|||800042^^^CH&2.999.73.8&ISO^PI~251047500002175^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||EXEMPLE^LOUISE^^^^^L||19510412|F',
    'PV1||N',
    `ORC|${control}`,
    'OBR|1|||11490-0^Lettre de liaison^LN',
    `TXA|1|11490-0|TEXT|20260306||||||||2.999.73.9.1|||||AU`,
    `OBX|1|ED|11490-0^Lettre de liaison^LN||^text^XML^Base64^${base64}||||||${status}`,
  ].join('\r');
}

describe('tdu document', () => {
  it('prints the FHIR of a document as a bundle, and nothing else', async () => {
    const { code, out, err } = await documented(EXAMPLE);
    expect([code, err]).toEqual([0, '']);
    const types = (JSON.parse(out) as Bundle).entry?.map(({ resource }) => resource?.resourceType);
    expect(types).toEqual(
      expect.arrayContaining(['Patient', 'DocumentReference', 'CareTeam', 'Encounter', 'CarePlan', 'Appointment']),
    );
  });

  it('prints the same for the same file, whenever it is asked', async () => {
    expect((await documented(EXAMPLE)).out).toBe((await documented(EXAMPLE)).out);
  });

  it('explains the answer, where each value comes from, and the elements that nothing used', async () => {
    const { answer, traces, unused } = await explained(EXAMPLE);
    expect(answer).toEqual({ code: '202', errors: [] });
    const birthDate = traces.find(({ resource, path }) => resource.startsWith('Patient/') && path === 'birthDate');
    expect(birthDate).toMatchObject({
      from: 'recordTarget/patientRole/patient/birthTime',
      row: 'patientRole-Patient:birth-date',
    });
    expect(unused).toContain('author/time');
    const { out } = await documented(EXAMPLE, '--explain');
    expect(out).toMatch(/^answer: 202\nevent: document 2/);
    expect(out).toMatch(
      /birthDate .*1951-04-12.* ← recordTarget\/patientRole\/patient\/birthTime patientRole-Patient:birth-date/,
    );
    expect(out).toMatch(/unused: .*legalAuthenticator\/signatureCode/);
  });

  it.each([
    ['422', 'without an INS', example.replace(/<id root="1.2.250.1.213.1.4.10"[^>]*>/, ''), 'document-identity'],
    [
      '422',
      'without the sex of the patient',
      example.replace(/<administrativeGenderCode[^>]*>/, ''),
      'document-identity',
    ],
    ['400', 'that ends too early', example.slice(0, 4000), 'document-unreadable'],
    [
      '400',
      'with a DOCTYPE',
      example.replace('<ClinicalDocument', '<!DOCTYPE x><ClinicalDocument'),
      'document-unreadable',
    ],
  ])('answers %s to a document %s, and gives nothing of it', async (status, name, text, code) => {
    const path = file(`${name}.xml`, text);
    const { answer, bundle } = await explained(path);
    expect(answer.code).toBe(status);
    expect(answer.errors).toContainEqual(expect.objectContaining({ severity: 'E', code }));
    expect(bundle.entry ?? []).toEqual([]);
    const silent = await documented(path);
    expect(silent.code).toBe(1);
    expect(silent.err).toMatch(/not translated by the gateway/);
  });

  it('reads a message that carries a document, and answers as over MLLP', async () => {
    const { answer, bundle } = await explained(file('new.hl7', mdm('T02', 'NW', 'F')));
    expect(answer.code).toBe('AA');
    expect(bundle.entry?.some(({ resource }) => resource?.resourceType === 'DocumentReference')).toBe(true);
  });

  it('refuses a message whose event says otherwise than its order', async () => {
    const { answer, bundle } = await explained(file('wrong.hl7', mdm('T02', 'CA', 'D')));
    expect(answer.code).toBe('AE');
    expect(bundle.entry ?? []).toEqual([]);
  });

  it('deletes: the document is entered in error, and says nothing more', async () => {
    const { answer, bundle } = await explained(file('gone.hl7', mdm('T04', 'CA', 'D')));
    expect(answer.code).toBe('AA');
    const reference = bundle.entry?.find(({ resource }) => resource?.resourceType === 'DocumentReference')?.resource;
    expect(reference).toMatchObject({ status: 'entered-in-error' });
    expect(bundle.entry?.some(({ resource }) => resource?.resourceType === 'CarePlan')).toBe(false);
  });

  it.each(['ADT^A01^ADT_A01', 'ACK^T10', 'ORM^O01', ''])(
    'sends a message of another type elsewhere: «%s»',
    async (type) => {
      const path = file('other.hl7', mdm('T02', 'NW', 'F').replace('MDM^T02^MDM_T02', type));
      expect(await documented(path)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('tdu translate') });
    },
  );

  it('asks for a file', async () => {
    const { code, err } = await documented();
    expect(code).not.toBe(0);
    expect(err).toMatch(/tdu document FILE/);
  });
});
