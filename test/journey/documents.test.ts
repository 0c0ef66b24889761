import { describe, expect, it } from '@jest/globals';
import type { Appointment, CarePlan, CareTeam, DocumentReference, Encounter, FhirResource } from 'fhir/r4.js';
import { parseSearch } from '../../src/fhir/search.js';
import { deliveringTo } from '../support/delivery.js';
import { appointment, cdaMember, entry, plan, type TestDocument } from '../support/documents.js';
import { HOSPITAL, movement, pam, segment } from '../support/pam.js';
import { DECLARED, DOCTOR, type Stages } from '../support/stages.js';
import type { TestVendor } from '../support/vendor.js';

const PATIENT = 'urn:oid:2.999.71.1|IPP1';
const STAY = 'urn:oid:2.999.71.1|V1';
const SET = 'urn:oid:2.999.7|SET';
const version = (number: number) => `urn:oid:2.999.7|${String(number)}`;

const LETTER: TestDocument = {
  id: version(1),
  set: SET,
  version: 1,
  at: '2026-03-05T10:00:00+01:00',
  patient: PATIENT,
  members: [cdaMember(DOCTOR.rpps, DOCTOR.family)],
  entries: [
    appointment('rdv', '2026-03-20'),
    entry('ServiceRequest', 'pansement', { code: { text: 'Pansement un jour sur deux' } }),
    entry('Goal', 'marche', { description: { text: 'Marcher sans aide' } }),
  ],
  plans: [plan('suites', 'Suites à donner', ['rdv', 'pansement'], { goals: ['marche'] })],
  visit: { number: STAY, begin: '2026-03-02T08:00:00+01:00', end: '2026-03-05T09:00:00+01:00' },
};
const SECOND: TestDocument = {
  ...LETTER,
  id: version(2),
  version: 2,
  replaces: [version(1)],
  request: 'replace',
  at: '2026-03-06T10:00:00+01:00',
  entries: [entry('ServiceRequest', 'pansement', { code: { text: 'Pansement chaque jour' } })],
  plans: [plan('suites', 'Suites à donner', ['pansement'])],
};
const BYTES = Buffer.from('<ClinicalDocument/>');

let stages: Stages;
let vendor: TestVendor;

deliveringTo((delivery) => ({ stages, vendor } = delivery));

const served = async <T extends FhirResource>(type: T['resourceType'], query = '') =>
  (await stages.store.searchResources(parseSearch(type, new URLSearchParams(query), { zone: 'UTC' })))
    .resources as unknown as T[];
const documents = {
  root: 'https://gateway.example/fhir',
  open: () => Promise.resolve({ length: BYTES.length, bytes: pieces() }),
};
async function* pieces() {
  yield await Promise.resolve(BYTES);
}
const deliver = () => stages.deliver(vendor.url, { documents });

describe('a document', () => {
  it('is served, told once with its plan and appointment, and carried with its bytes', async () => {
    await stages.translateDocuments(LETTER);
    const [reference] = await served<DocumentReference>(
      'DocumentReference',
      `identifier=${encodeURIComponent(version(1))}`,
    );
    expect(reference).toMatchObject({ status: 'current', context: { encounter: [{}] } });
    expect(await served('Appointment', 'date=2026-03-20&status=proposed')).toHaveLength(1);
    const outcomes = await deliver();
    expect(outcomes.map(({ ok }) => ok)).toEqual([true]);
    const [held] = await vendor.search<DocumentReference>('DocumentReference');
    expect(held?.content[0]?.attachment).toMatchObject({ data: BYTES.toString('base64') });
    expect(held?.content[0]?.attachment.url).toMatch(/^https:\/\/gateway\.example\/fhir\/Binary\/\d+\.0$/);
    const [carePlan] = await vendor.search<CarePlan>('CarePlan');
    const [visit] = await vendor.search<Appointment>('Appointment');
    expect(carePlan?.activity?.[0]?.reference?.reference).toBe(`Appointment/${visit?.id ?? ''}`);
    expect(carePlan?.goal).toHaveLength(1);
    expect((await vendor.search<Encounter>('Encounter')).map(({ status }) => status)).toEqual(['finished']);
    const [communication, ...more] = await vendor.communications();
    expect(more).toEqual([]);
    expect(communication?.about).toEqual([{ reference: `DocumentReference/${held?.id ?? ''}` }]);
  });

  it('that is replaced, then deleted, leaves nothing at the vendor that does not say so', async () => {
    await stages.translateDocuments(LETTER);
    await deliver();
    await stages.translateDocuments(SECOND);
    await deliver();
    expect(await statuses()).toEqual({
      DocumentReference: ['current', 'superseded'],
      CarePlan: ['active'],
      Appointment: ['entered-in-error'],
      ServiceRequest: ['active'],
    });
    await stages.translateDocuments({ ...SECOND, request: 'delete', sentAt: '2026-03-07T10:00:00+01:00' });
    await deliver();
    expect(await statuses()).toEqual({
      DocumentReference: ['entered-in-error', 'superseded'],
      CarePlan: ['entered-in-error'],
      Appointment: ['entered-in-error'],
      ServiceRequest: ['entered-in-error'],
    });
  });

  it('that is replaced before it reached anybody goes in its new version', async () => {
    await stages.translateDocuments(LETTER, SECOND);
    await deliver();
    const held = await statuses();
    expect(held['DocumentReference']).toContain('current');
    expect(held['CarePlan']).toEqual(['active']);
    const [request] = await vendor.search<FhirResource & { code?: { text?: string } }>('ServiceRequest');
    expect(request?.code?.text).toBe('Pansement chaque jour');
    expect((await stages.store.listDeliveries({ state: 'due' })).total).toBe(0);
  });

  it('that told of a stay before its feed did is of that stay', async () => {
    await stages.translateDocuments({ ...LETTER, visit: { begin: '2026-03-02T09:00:00+01:00' } });
    await stages.translate(
      pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000'), patientSegments: [DECLARED] }),
    );
    const [reference] = await served<DocumentReference>('DocumentReference');
    const encounters = (await served<Encounter>('Encounter')).filter(({ status }) => status !== 'entered-in-error');
    expect(encounters).toHaveLength(1);
    expect(reference?.context?.encounter?.[0]?.reference).toBe(`Encounter/${encounters[0]?.id ?? ''}`);
    const [carePlan] = (await served<CarePlan>('CarePlan')).filter(({ partOf }) => partOf !== undefined);
    expect(carePlan?.title).toBe('Suites à donner');
    await deliver();
    expect((await vendor.search<Encounter>('Encounter')).filter(({ status }) => status === 'in-progress')).toHaveLength(
      1,
    );
  });

  it('finds the stay of a feed by its time, and others that come later do not move it', async () => {
    await stages.translate(
      pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000'), patientSegments: [DECLARED] }),
    );
    await stages.translateDocuments({ ...LETTER, visit: { begin: '2026-03-02' } });
    expect((await served<Encounter>('Encounter')).map(({ status }) => status)).toEqual(['in-progress']);
    expect((await served<DocumentReference>('DocumentReference'))[0]?.context?.encounter).toHaveLength(1);
  });

  it('whose next version names no stay takes back what it said of the one that it found by its time', async () => {
    const disposition = { text: 'Domicile' };
    const elements = [{ path: 'hospitalization.dischargeDisposition', field: 'x', value: disposition, trace: [] }];
    await stages.translate(
      pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000') }),
      pam({ trigger: 'A03', at: '20260305080000', zbe: movement('M2', '20260305080000') }),
    );
    await stages.translateDocuments({
      ...LETTER,
      visit: { begin: '2026-03-02', encounter: { target: 'Encounter', elements } },
    });
    const dispositions = async () =>
      (await served<Encounter>('Encounter')).map(({ hospitalization }) => hospitalization?.dischargeDisposition);
    expect(await dispositions()).toEqual([disposition]);
    const { visit: _none, ...second } = SECOND;
    await stages.translateDocuments(second);
    expect(await dispositions()).toEqual([undefined]);
  });

  it('stays at the stay that it found by its time when a version before it comes late and names none', async () => {
    await stages.translate(pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000') }));
    const [stay] = await served<Encounter>('Encounter');
    await stages.translateDocuments({ ...SECOND, visit: { begin: '2026-03-02' } });
    for (const visit of [undefined, { begin: '2026-02-01' }]) {
      const { visit: _none, ...first } = LETTER;
      const id = visit === undefined ? version(1) : version(0);
      await stages.translateDocuments({
        ...first,
        id,
        at: `2026-03-0${visit === undefined ? 4 : 3}T10:00:00+01:00`,
        ...(visit && { visit }),
      });
      const current = (await served<DocumentReference>('DocumentReference')).find(({ status }) => status === 'current');
      expect(current?.context?.encounter).toEqual([{ reference: `Encounter/${stay?.id ?? ''}` }]);
    }
  });

  it.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
    'that gives the stay of a feed another number leaves no circle under that number, in the order %p',
    async (order) => {
      const beside = { 19: `X9^^^${HOSPITAL}^VN` };
      const contact = segment('NK1', { 1: '1', 2: 'PROCHE^LUCIE', 3: 'SPO', 7: 'K', 33: `K1^^^${HOSPITAL}^PN` });
      const tellings = [
        () =>
          stages.translate(
            pam({
              trigger: 'A01',
              at: '20260302080000',
              zbe: movement('M1', '20260302080000'),
              patientSegments: [DECLARED],
            }),
          ),
        () =>
          stages.translateDocuments({
            ...LETTER,
            visit: { number: 'urn:oid:2.999.71.1|X9', begin: '2026-03-02T08:00:00+01:00' },
          }),
        () => stages.translate(pam({ trigger: 'A08', at: '20260303080000', pv1: beside, patientSegments: [contact] })),
      ];
      for (const index of order) await tellings[index]?.();
      const encounters = (await served<Encounter>('Encounter')).filter(({ status }) => status !== 'entered-in-error');
      expect(encounters.map(({ status }) => status)).toEqual(['in-progress']);
      const teams = await served<CareTeam>('CareTeam');
      const members = teams.flatMap(({ participant = [] }) => participant.map(({ member }) => member?.reference ?? ''));
      expect(members.filter((reference) => reference.startsWith('RelatedPerson/'))).toEqual([]);
    },
  );

  it('and another of the same stay, in any order with its feed, make one Encounter', async () => {
    await stages.translateDocuments(SECOND, {
      ...LETTER,
      id: version(9),
      set: version(9),
      visit: { begin: '2026-03-02' },
    });
    await stages.translate(
      pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000'), patientSegments: [DECLARED] }),
    );
    await stages.translateDocuments(LETTER);
    expect((await served<Encounter>('Encounter')).filter(({ status }) => status !== 'entered-in-error')).toHaveLength(
      1,
    );
  });
});

async function statuses(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const type of ['DocumentReference', 'CarePlan', 'Appointment', 'ServiceRequest'] as const)
    found[type] = (await vendor.search<FhirResource & { status: string }>(type)).map(({ status }) => status).sort();
  return found;
}
