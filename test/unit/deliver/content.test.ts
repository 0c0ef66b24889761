import { describe, expect, it } from '@jest/globals';
import type { Encounter, Patient, Practitioner, PractitionerRole, RelatedPerson } from 'fhir/r4.js';
import { deliveringTo } from '../../support/delivery.js';
import { HOSPITAL, INS_TEST, movement, pam, segment } from '../../support/pam.js';
import { DECLARED, DOCTOR, type Stages } from '../../support/stages.js';
import type { TestVendor } from '../../support/vendor.js';

let stages: Stages;
let vendor: TestVendor;
deliveringTo((delivery) => ({ stages, vendor } = delivery));

/** A movement of the stay at an hour of 2 March 2026. */
function moved(trigger: string, hour: string, id: string, place = '2040^12^A', unit = '2040'): string {
  return pam({
    trigger,
    at: `20260302${hour}0000`,
    patientSegments: [DECLARED],
    pv1: { 3: place },
    zbe: movement(id, `20260302${hour}0000`, 'INSERT', { unit }),
  });
}

/** The same for another patient of the hospital, with contacts. */
function admitted(ipp: string, hour: string, id: string, contacts: string[], trigger = 'A01'): string {
  return pam({
    trigger,
    at: `20260302${hour}0000`,
    pid: { 3: `${ipp}^^^${HOSPITAL}^PI`, 5: `ESSAI-${ipp}^CAMILLE^^^^^L` },
    patientSegments: [DECLARED, ...contacts],
    pv1: { 3: trigger === 'A02' ? '3050^1' : '2040^12^A', 19: `V-${ipp}^^^${HOSPITAL}^VN` },
    zbe: movement(id, `20260302${hour}0000`, 'INSERT', { unit: '2040' }),
  });
}

const contact = (kind: string, number: string, relation = 'MTH') =>
  segment('NK1', {
    1: '1',
    2: 'ESSAI^DOMINIQUE^^^^^L',
    3: relation,
    5: '^PRN^PH^^^^^^^^^0300000001',
    7: kind,
    33: number,
  });

const TYPES = ['CarePlan', 'CareTeam', 'Encounter', 'Patient'];

describe('a movement that changes no resource', () => {
  it.each([
    ['an admission said again under another movement', [moved('A01', '08', 'M1'), moved('A01', '08', 'M2')]],
    [
      'a transfer to the place where the patient is',
      [moved('A01', '08', 'M1'), moved('A02', '09', 'M2', '3050^1'), moved('A02', '10', 'M3', '3050^1')],
    ],
    [
      'two of them in a row',
      [moved('A01', '08', 'M1'), moved('A01', '08', 'M2'), moved('A01', '08', 'M3'), moved('A03', '12', 'M4')],
    ],
    [
      'one between two that change something',
      [
        moved('A01', '08', 'M1'),
        moved('A02', '09', 'M2', '3050^1'),
        moved('A02', '10', 'M3', '3050^1'),
        moved('A03', '12', 'M4'),
      ],
    ],
  ])('is delivered with its patient and stay, and blocks nobody: %s', async (_what, messages) => {
    await stages.translate(...messages);
    const outcomes = await stages.deliver(vendor.url, { unchanged: 'send' });
    expect(outcomes.map(({ next }) => next.state)).toEqual(messages.map(() => 'delivered'));
    for (const { sent } of outcomes)
      expect(sent.map((reference) => reference.split('/')[0])).toEqual(expect.arrayContaining(TYPES));
    expect(await vendor.communications()).toHaveLength(messages.length);
  });

  it('carries the same content when it is translated in one batch with what it repeats', async () => {
    const messages = [moved('A01', '08', 'M1'), moved('A01', '08', 'M2'), moved('A02', '09', 'M3', '3050^1')];
    await stages.translateTogether(...messages);
    const outcomes = await stages.deliver(vendor.url, { unchanged: 'send' });
    expect(outcomes.map(({ next }) => next.state)).toEqual(['delivered', 'delivered', 'delivered']);
    const pinned = outcomes.map(({ sent }) => sent.filter((reference) => reference.startsWith('Encounter/')));
    expect(pinned[1]).toEqual(pinned[0]);
    expect(pinned[2]).not.toEqual(pinned[0]);
  });
});

/** All references of a resource, at any depth. */
function referencesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string' ? [inner] : referencesOf(inner),
  );
}

describe('a delivery', () => {
  it.each([
    ['a mother of two children', contact('C', `PC1^^^${HOSPITAL}^PN`), contact('C', `PC1^^^${HOSPITAL}^PN`)],
    [
      'a son who is trusted by both parents',
      contact('K', `PC2^^^${HOSPITAL}^PN`, 'SON'),
      contact('K', `PC2^^^${HOSPITAL}^PN`, 'SON'),
    ],
    ['contacts of strangers, each counted from one', contact('C', '1'), contact('C', '1')],
    ['contacts without number', contact('C', ''), contact('C', '')],
  ])('speaks of one patient, whatever contacts are shared: %s', async (_what, mine, theirs) => {
    await stages.translate(
      admitted('IPP1', '08', 'M1', [mine]),
      admitted('IPP2', '09', 'M2', [theirs]),
      admitted('IPP1', '10', 'M3', [mine], 'A02'),
      admitted('IPP2', '11', 'M4', [theirs], 'A02'),
    );
    const bundles = (await stages.bundles()).map(({ entry = [] }) => entry);
    expect(bundles).toHaveLength(4);
    for (const entries of bundles) {
      const patients = entries.filter(({ resource }) => resource?.resourceType === 'Patient');
      expect(patients).toHaveLength(1);
      for (const { resource } of entries)
        if (resource?.resourceType === 'RelatedPerson')
          expect((resource as RelatedPerson).patient.reference).toBe(patients[0]?.fullUrl);
    }
  });

  const relatives = [
    ['who must not be notified any more', contact('K', `PC1^^^${HOSPITAL}^PN`), contact('P', `PC1^^^${HOSPITAL}^PN`)],
    ['who may be notified again', contact('P', `PC1^^^${HOSPITAL}^PN`), contact('C', `PC1^^^${HOSPITAL}^PN`)],
    ['in whose place another one comes', contact('K', `PC1^^^${HOSPITAL}^PN`), contact('K', `PC9^^^${HOSPITAL}^PN`)],
  ] as const;
  const withRelative = (first: string, second: string) => [
    admitted('IPP1', '08', 'M1', [first]),
    admitted('IPP1', '09', 'M2', [second], 'A02'),
    admitted('IPP1', '10', 'M3', [], 'A03'),
  ];

  it.each(relatives)('leads to nothing that it does not hold, with a relative %s', async (_what, first, second) => {
    await stages.translate(...withRelative(first, second));
    const bundles = await stages.bundles();
    expect(bundles).toHaveLength(3);
    for (const { entry = [] } of bundles) {
      const urls = new Set(entry.map(({ fullUrl }) => fullUrl));
      expect(referencesOf(entry.map(({ resource }) => resource)).filter((one) => !urls.has(one))).toEqual([]);
    }
  });

  it.each(relatives)(
    'is taken by a server that checks references, with a relative %s',
    async (_what, first, second) => {
      await stages.translate(...withRelative(first, second));
      const outcomes = await stages.deliver(vendor.url);
      expect(outcomes.map(({ next }) => next.state)).toEqual(['delivered', 'delivered', 'delivered']);
    },
  );
});

const OTHER_HOSPITAL = 'CH-AUTRE&2.999.72.1&ISO';
const INS = `279037101400144^^^${INS_TEST}^INS`;
const TRAITS = { 5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L', 7: '19790328', 11: '^^^^^^BDL^^71014', 32: 'VALI' };

/** The person of that INS in one of two hospitals: an identity message, or a movement of a stay. */
function joined(trigger: string, at: string, ipp: string, authority: string): string {
  const number = `${ipp}^^^${authority}^PI`;
  const pid = { ...TRAITS, 3: `${number}~${INS}` };
  if (trigger === 'A28' || trigger === 'A31') return pam({ trigger, at, pid, pv1: null });
  return pam({
    trigger,
    at,
    pid,
    patientSegments: [DECLARED],
    pv1: { 3: trigger === 'A02' ? '3050^1' : '2040^12^A', 19: `V-${ipp}^^^${authority}^VN` },
    zbe: movement(`${ipp}-${at}`, at, 'INSERT', { unit: '2040' }),
  });
}

const orders = [
  [
    'the first hospital is heard first',
    'urn:oid:2.999.71.1|IPP1',
    [
      joined('A28', '20260302080000', 'IPP1', HOSPITAL),
      joined('A01', '20260303080000', 'B7', OTHER_HOSPITAL),
      joined('A02', '20260303090000', 'B7', OTHER_HOSPITAL),
    ],
  ],
  [
    'the second hospital is heard first',
    'urn:oid:2.999.72.1|B7',
    [
      joined('A01', '20260302080000', 'B7', OTHER_HOSPITAL),
      joined('A28', '20260303080000', 'IPP1', HOSPITAL),
      joined('A02', '20260303090000', 'B7', OTHER_HOSPITAL),
      joined('A01', '20260304090000', 'IPP1', HOSPITAL),
    ],
  ],
  [
    'the number that sorts last is heard first',
    'urn:oid:2.999.71.1|Z9',
    [
      joined('A01', '20260302080000', 'Z9', HOSPITAL),
      joined('A31', '20260302090000', 'A1', HOSPITAL),
      joined('A02', '20260303090000', 'Z9', HOSPITAL),
    ],
  ],
] as const;

describe('a person joined over two hospitals', () => {
  it.each(orders)('is sent once in each bundle, by one number: %s', async (_which, number, messages) => {
    await stages.translate(...messages);
    const bundles = await stages.bundles();
    const patients = bundles.map(({ entry = [] }) =>
      entry.filter(({ resource }) => resource?.resourceType === 'Patient'),
    );
    expect(bundles).toHaveLength(messages.filter((text) => /ADT.A0[12]/.test(text)).length);
    for (const list of patients) {
      expect(list.map(({ request }) => request?.url)).toEqual([`Patient?identifier=${encodeURIComponent(number)}`]);
      expect(list[0]?.resource).toMatchObject({ active: true });
      expect(list[0]?.resource).not.toHaveProperty('link');
    }
  });

  it.each(orders)('is one Patient at the vendor’s, never an empty one: %s', async (_which, number, messages) => {
    for (const message of messages) {
      await stages.translate(message);
      const outcomes = await stages.deliver(vendor.url);
      expect(outcomes.map(({ next }) => next.state)).toEqual(outcomes.map(() => 'delivered'));
    }
    const held = await vendor.search<Patient>('Patient');
    expect(held).toMatchObject([{ active: true, name: [{ family: 'ESSAI' }] }]);
    expect(held[0]?.identifier?.map(({ system, value }) => `${system ?? ''}|${value ?? ''}`)).toContain(number);
    const stays = await vendor.search<Encounter>('Encounter');
    expect(stays.map(({ subject }) => subject?.reference)).toEqual(stays.map(() => `Patient/${held[0]?.id ?? ''}`));
  });

  it('takes the place of the Patient that the vendor was told of, when the number recorded first comes late', async () => {
    await stages.translate(joined('A01', '20260303080000', 'B7', OTHER_HOSPITAL));
    await stages.deliver(vendor.url);
    await stages.translate(joined('A01', '20260302080000', 'IPP1', HOSPITAL));
    const outcomes = await stages.deliver(vendor.url);
    expect(outcomes.length).toBeGreaterThan(1);
    expect(outcomes.map(({ next }) => next.state)).toEqual(outcomes.map(() => 'delivered'));
    const held = await vendor.search<Patient>('Patient');
    expect(held.map(({ active }) => active).sort()).toEqual([false, true]);
    await stages.translate(joined('A02', '20260304080000', 'B7', OTHER_HOSPITAL));
    expect((await stages.deliver(vendor.url)).map(({ next }) => next.state)).toEqual(['delivered']);
  });

  it('is still delivered when the vendor holds both of his numbers as two Patients', async () => {
    const [, , messages] = orders[0];
    await vendor.create({ resourceType: 'Patient', identifier: [{ system: 'urn:oid:2.999.71.1', value: 'IPP1' }] });
    await vendor.create({ resourceType: 'Patient', identifier: [{ system: 'urn:oid:2.999.72.1', value: 'B7' }] });
    await stages.translate(...messages);
    const outcomes = await stages.deliver(vendor.url);
    expect(outcomes.map(({ next }) => next.state)).toEqual(['delivered', 'delivered']);
  });
});

describe('what a vendor holds already', () => {
  const RPPS = 'https://rpps.esante.gouv.fr';
  const doctor: Practitioner = {
    resourceType: 'Practitioner',
    active: true,
    identifier: [
      { system: 'urn:oid:2.999.9', value: 'user-17' },
      { system: RPPS, value: DOCTOR.rpps },
    ],
    telecom: [{ system: 'email', value: 'medecin@example.org' }],
  };
  const own: Patient = {
    resourceType: 'Patient',
    identifier: [{ system: 'urn:oid:2.999.71.1', value: 'IPP1' }],
    name: [{ family: 'ESSAI-DUPONT' }],
  };
  const doctors = () => vendor.search<Practitioner>('Practitioner', `${RPPS}|${DOCTOR.rpps}`);

  it.each([
    [{}, 'user-17', 'ESSAI'],
    [{ directory: 'overwrite' as const }, DOCTOR.rpps, 'ESSAI'],
    [{ patient: 'theirs' as const }, 'user-17', 'ESSAI-DUPONT'],
    [{ directory: 'overwrite' as const, patient: 'theirs' as const }, DOCTOR.rpps, 'ESSAI-DUPONT'],
  ])('is his own or overwritten, as the endpoint says: %j', async (settings, number, family) => {
    await vendor.create(doctor);
    await vendor.create(own);
    await stages.translate(moved('A01', '08', 'M1'));
    expect(await stages.deliver(vendor.url, settings)).toMatchObject([{ ok: true }]);
    expect(await doctors()).toMatchObject([
      { identifier: expect.arrayContaining([expect.objectContaining({ value: number })]) as unknown },
    ]);
    expect(await vendor.search<Patient>('Patient')).toMatchObject([{ name: [{ family }] }]);
  });

  it('is referred to by what is sent', async () => {
    const held = await vendor.create(doctor);
    await stages.translate(moved('A01', '08', 'M1'));
    await stages.deliver(vendor.url);
    const roles = await vendor.search<PractitionerRole>('PractitionerRole');
    expect(roles.map(({ practitioner }) => practitioner?.reference)).toContain(`Practitioner/${held.id}`);
  });
});

describe('notifications of one patient', () => {
  const long = Array.from({ length: 12 }, (_, index) =>
    moved(index === 0 ? 'A01' : 'A02', String(8 + index).padStart(2, '0'), `M${index}`, `${2000 + index}^1`),
  );

  it('follow each other without a sweep between them', async () => {
    await stages.translate(...long);
    const outcomes = await stages.deliver(vendor.url, {}, 1);
    expect(outcomes.map(({ next }) => next.state)).toEqual(long.map(() => 'delivered'));
    const sent = (await vendor.communications()).map((communication) => communication.sent ?? '');
    expect(sent).toEqual([...sent].sort());
  });

  it.each([
    ['a conflict', '409', {}],
    ['a condition that several match for a moment', '412', {}],
    ['an answer that was lost after all was carried out', '502', { carryOut: true }],
  ] as const)(
    'arrive once each, in order, though one met %s',
    async (_what, mode, how) => {
      await vendor.behave(mode, { ...how, after: 1, times: 1 });
      await stages.translate(...long.slice(0, 3));
      const outcomes = await stages.deliver(vendor.url);
      expect(outcomes.map(({ next }) => next.state)).toEqual(['delivered', 'due', 'delivered', 'delivered']);
      expect(await vendor.communications()).toHaveLength(3);
    },
    20_000,
  );
});
