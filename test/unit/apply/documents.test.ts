import { describe, expect, it } from '@jest/globals';
import type { Appointment, CarePlan, CareTeam, DocumentReference, Encounter, Patient } from 'fhir/r4.js';
import { AGNES, BRUNO, happened, MemoryGateway, reasons, sent } from '../../support/applied.js';
import { appointment, cdaMember, entry, plan, type TestDocument } from '../../support/documents.js';
import type { DocumentEntry } from '../../../src/message/document.js';
import { movement, pam } from '../../support/pam.js';

const SET = 'urn:oid:2.999.7|SET-1';
const V1 = 'urn:oid:2.999.7|V1';
const V2 = 'urn:oid:2.999.7|V2';
const V3 = 'urn:oid:2.999.7|V3';
const RULES = [{ id: 'documents', events: ['document', 'care-plan', 'appointment'], roles: ['PCP'] }];
const DOCTOR = cdaMember(AGNES.rpps, AGNES.family);

const LETTER: TestDocument = {
  id: V1,
  set: SET,
  version: 1,
  at: '2026-03-05T10:00:00+01:00',
  members: [DOCTOR],
  entries: [
    appointment('rdv', '2026-03-20'),
    entry('ServiceRequest', 'pansement', { code: { text: 'Pansement un jour sur deux' } }),
  ],
  plans: [plan('suites', 'Suites à donner', ['rdv', 'pansement'])],
};
const SECOND: TestDocument = {
  ...LETTER,
  id: V2,
  version: 2,
  replaces: [V1],
  request: 'replace',
  at: '2026-03-06T10:00:00+01:00',
  entries: [entry('ServiceRequest', 'pansement', { code: { text: 'Pansement chaque jour' } })],
  plans: [plan('suites', 'Suites à donner', ['pansement'])],
};

function gateway() {
  return new MemoryGateway({ rules: RULES });
}

describe('a document', () => {
  it('gives a DocumentReference, its plan, its appointment and its circle, told once', async () => {
    const memory = gateway();
    const step = await memory.takeDocument(LETTER);
    const reference = memory.only<DocumentReference>('DocumentReference');
    expect(reference).toMatchObject({
      status: 'current',
      docStatus: 'final',
      masterIdentifier: { system: 'urn:oid:2.999.7', value: 'V1' },
      description: 'Lettre de liaison',
      content: [{ attachment: { url: 'Binary/1.0', contentType: 'text/xml' } }],
    });
    const carePlan = memory.only<CarePlan>('CarePlan');
    const visit = memory.only<Appointment>('Appointment');
    expect(carePlan).toMatchObject({
      status: 'active',
      supportingInfo: [{ reference: `DocumentReference/${reference.id ?? ''}` }],
      careTeam: [{ reference: `CareTeam/${memory.only<CareTeam>('CareTeam').id ?? ''}` }],
    });
    expect(carePlan.activity?.map(({ reference }) => reference)).toEqual([
      { reference: `Appointment/${visit.id ?? ''}`, display: 'Consultation de suivi' },
      { reference: expect.stringMatching(/^ServiceRequest\//), display: 'Pansement un jour sur deux' },
    ]);
    expect(visit.participant[0]?.actor?.reference).toMatch(/^Patient\//);
    expect(happened(step)).toEqual(['document', 'care-plan', 'appointment']);
    expect(sent(step)).toEqual(['document to agnes']);
    expect(reasons(step)).toEqual([
      'AGNES: appointment, told-with-document',
      'AGNES: care-plan, told-with-document',
      'AGNES: document, rule-tells',
    ]);
    const [document] = step.receipts.filter(({ event }) => event.kind === 'document');
    expect(step.receipts.map(({ event, carrier }) => [event.kind, carrier])).toEqual([
      ['document', undefined],
      ['care-plan', document?.id],
      ['appointment', document?.id],
    ]);
    expect(step.deliveries.map(({ receiptId }) => receiptId)).toEqual([document?.id]);
    expect(step.deliveries[0]?.resources.map((resource) => resource.split('/')[0])).toEqual([
      'Patient',
      'DocumentReference',
      'CarePlan',
      'Appointment',
      'ServiceRequest',
      'CareTeam',
    ]);
  });

  it.each([
    [
      'its words',
      'ServiceRequest',
      { code: { text: 'Radio', coding: [{ code: 'x', display: 'Radiographie' }] } },
      'Radio',
    ],
    [
      'the display of its code',
      'ServiceRequest',
      { code: { coding: [{ code: 'x' }, { code: 'y', display: 'Scanner' }] } },
      'Scanner',
    ],
    ['its product', 'MedicationRequest', { medicationCodeableConcept: { text: 'PARACETAMOL 1 g' } }, 'PARACETAMOL 1 g'],
    ['its kind of meeting', 'Appointment', { serviceType: [{ text: 'Ophtalmologie' }] }, 'Ophtalmologie'],
    ['nothing, where it says nothing', 'Appointment', {}, undefined],
    ['what was done', 'Procedure', { code: { text: 'Pose de cathéter' } }, 'Pose de cathéter'],
  ] as [string, DocumentEntry['type'], Record<string, unknown>, string | undefined][])(
    'names a step of its plan by %s',
    async (_, type, elements, display) => {
      const memory = gateway();
      await memory.takeDocument({
        ...LETTER,
        entries: [entry(type, 'step', elements)],
        plans: [plan('p', 'P', ['step'])],
      });
      const [activity] = memory.only<CarePlan>('CarePlan').activity ?? [];
      expect((activity?.reference ?? activity?.outcomeReference?.[0])?.display).toBe(display);
    },
  );

  it('names the goals and the problems of its plan', async () => {
    const memory = gateway();
    await memory.takeDocument({
      ...LETTER,
      entries: [
        entry('Goal', 'marche', { description: { text: 'Marcher seul' } }),
        entry('Condition', 'fracture', { code: { text: 'Fracture du col' } }),
      ],
      plans: [plan('p', 'P', [], { goals: ['marche'], addresses: ['fracture'] })],
    });
    const { goal, addresses } = memory.only<CarePlan>('CarePlan');
    expect([goal?.[0]?.display, addresses?.[0]?.display]).toEqual(['Marcher seul', 'Fracture du col']);
  });

  it('that is replaced is superseded, and what its new version no longer has is entered in error and corrected', async () => {
    const memory = gateway();
    await memory.takeDocument(LETTER);
    const step = await memory.takeDocument(SECOND);
    const versions = memory.resources<DocumentReference>('DocumentReference');
    expect(versions.map(({ status }) => status).sort()).toEqual(['current', 'superseded']);
    const current = versions.find(({ status }) => status === 'current');
    expect(current?.relatesTo?.[0]).toMatchObject({
      code: 'replaces',
      target: { reference: `DocumentReference/${versions.find(({ status }) => status === 'superseded')?.id ?? ''}` },
    });
    expect(memory.resources('Appointment')).toEqual([]);
    expect(happened(step)).toEqual(['correction', 'correction', 'appointment-cancelled']);
    expect(sent(step)).toEqual(['correction to agnes']);
    expect(step.deliveries[0]?.resources.filter((resource) => resource.startsWith('Appointment'))).toHaveLength(1);
    expect(step.deliveries[0]?.resources.filter((resource) => resource.startsWith('DocumentReference'))).toHaveLength(
      2,
    );
  });

  it('whose second version came first ends the same', async () => {
    const [forward, backward] = [gateway(), gateway()];
    await forward.takeDocument(LETTER, { messageId: '1' });
    await forward.takeDocument(SECOND, { messageId: '2' });
    await backward.takeDocument(SECOND, { messageId: '2' });
    expect(backward.openItems()).toEqual(['document-version']);
    const step = await backward.takeDocument(LETTER, { messageId: '1' });
    expect(sent(step)).toEqual([]);
    expect(backward.openItems()).toEqual([]);
    for (const type of ['DocumentReference', 'CarePlan', 'Appointment', 'ServiceRequest', 'CareTeam'] as const)
      expect(sorted(backward.resources(type))).toEqual(sorted(forward.resources(type)));
    expect(backward.memberships()).toEqual(forward.memberships());
  });

  it.each([
    ['two', [V1, V2]],
    ['three', [V1, V2, V3]],
  ])('of which %s versions replace each other in a ring has its highest in force', async (_, ids) => {
    const versions = ids.map((id, index): TestDocument => ({
      ...LETTER,
      id,
      version: index + 1,
      replaces: [ids.at(index - 1) ?? V1],
      request: 'replace',
      at: `2026-03-0${String(index + 5)}T10:00:00+01:00`,
    }));
    const states = async (order: TestDocument[]) => {
      const memory = gateway();
      for (const version of order) await memory.takeDocument(version, { messageId: version.id });
      const references = memory.resources('DocumentReference') as DocumentReference[];
      return references.map(({ masterIdentifier, status }) => `${masterIdentifier?.value ?? ''} ${status}`).sort();
    };
    const expected = ids.map((id, index) => `${id.slice(-2)} ${index === ids.length - 1 ? 'current' : 'superseded'}`);
    expect(await states(versions)).toEqual(expected);
    expect(await states([...versions].reverse())).toEqual(expected);
  });

  it('that is deleted is entered in error, and its id stays spent', async () => {
    const memory = gateway();
    await memory.takeDocument({ ...LETTER, request: 'delete', sentAt: '2026-03-07T10:00:00+01:00' });
    await memory.takeDocument(LETTER);
    expect(memory.resources('DocumentReference')).toEqual([]);
    expect(memory.resources('CarePlan')).toEqual([]);
    const other = gateway();
    await other.takeDocument(LETTER);
    const step = await other.takeDocument({ ...LETTER, request: 'delete', sentAt: '2026-03-07T10:00:00+01:00' });
    expect(happened(step)).toEqual(['document-cancelled', 'care-plan-cancelled', 'appointment-cancelled']);
    expect(sent(step)).toEqual(['document-cancelled to agnes']);
    expect(other.memberships()).toEqual([]);
  });

  it.each([
    ['a message', {}],
    ['a message that was sent later', { sentAt: '2026-03-08T10:00:00+01:00' }],
    ['another hospital', { source: 'elsewhere' }],
  ])('whose bytes come again by %s is told to nobody again', async (_name, change) => {
    const memory = gateway();
    expect(sent(await memory.takeDocument(LETTER))).toEqual(['document to agnes']);
    const step = await memory.takeDocument({ ...LETTER, ...change });
    expect([sent(step), reasons(step)]).toEqual([[], []]);
    expect(memory.openItems()).toEqual([]);
  });

  it('whose id comes again with other bytes is parked, the version recorded first holds', async () => {
    const memory = gateway();
    await memory.takeDocument(LETTER);
    const step = await memory.takeDocument({
      ...LETTER,
      bytes: 'other',
      at: '2026-03-08T10:00:00+01:00',
      title: 'Autre',
    });
    expect(step.state).toBe('parked');
    expect(memory.openItems()).toEqual(['document-id-reused']);
    expect(memory.only<DocumentReference>('DocumentReference').description).toBe('Lettre de liaison');
  });

  it.each([
    ['masked', { masked: true }],
    ['of restricted confidentiality', { confidentiality: 'R' }],
    ['of very restricted confidentiality', { confidentiality: 'V' }],
  ])('%s is told to nobody, and the receipts say why', async (_name, change) => {
    const memory = gateway();
    const step = await memory.takeDocument({ ...LETTER, ...change });
    expect(sent(step)).toEqual([]);
    expect(reasons(step)).toContain('AGNES: document, withheld-from-professionals');
  });

  it('that is masked later is taken back from those who have it, without its content', async () => {
    const memory = gateway();
    await memory.takeDocument(LETTER);
    const step = await memory.takeDocument({ ...SECOND, masked: true });
    expect(sent(step)).toEqual(['document-cancelled to agnes']);
    expect(step.deliveries[0]?.resources.map((resource) => resource.split('/')[0])).toEqual([
      'Patient',
      'DocumentReference',
      'CareTeam',
    ]);
    const again = await memory.takeDocument({
      ...SECOND,
      id: V3,
      version: 3,
      replaces: [V2],
      at: '2026-03-09T10:00:00+01:00',
    });
    expect(sent(again)).toEqual(['document to agnes']);
  });

  it('of another patient under the same id changes nothing of the first, and is parked', async () => {
    const memory = gateway();
    await memory.takeDocument(LETTER);
    const step = await memory.takeDocument({
      ...LETTER,
      patient: 'urn:oid:2.999.1|IPP2',
      family: 'DURAND',
      at: '2026-03-08T10:00:00+01:00',
    });
    expect(step.state).toBe('parked');
    expect(memory.openItems()).toEqual(['document-id-reused']);
    expect(memory.resources('DocumentReference')).toHaveLength(1);
  });

  it('tells who is of one of its rules alone of the plan or the appointment alone', async () => {
    const memory = new MemoryGateway({ rules: [{ id: 'rdv', events: ['appointment'], roles: ['PCP'] }] });
    const step = await memory.takeDocument(LETTER);
    expect(sent(step)).toEqual(['appointment to agnes']);
    expect(step.deliveries[0]?.resources.map((resource) => resource.split('/')[0])).toEqual([
      'Patient',
      'Appointment',
      'CareTeam',
    ]);
  });

  it('keeps a member since the first version that names him, and ends one whom it no longer names', async () => {
    const memory = gateway();
    const bruno = cdaMember(BRUNO.rpps, BRUNO.family, { role: { system: 'urn:roles', code: 'PROV', display: '' } });
    await memory.takeDocument({ ...LETTER, members: [DOCTOR, bruno] });
    await memory.takeDocument(SECOND);
    expect(memory.memberships().map(({ label, from, basis }) => [label, from, basis])).toEqual([
      ['AGNES', '2026-03-05T10:00:00+01:00', 'CDA'],
    ]);
  });
});

describe('what a document says of its patient', () => {
  const admission = pam({
    trigger: 'A01',
    at: '20260302080000',
    zbe: movement('M1', '20260302080000'),
    pid: { 5: 'ESSAI^CAMILLE^^^^^L' },
  });
  const document = { ...LETTER, patient: 'urn:oid:2.999.71.1|IPP1', family: 'AUTRE' };

  it.each([
    ['after', [admission, document]],
    ['before', [document, admission]],
  ] as const)('stands beneath what a hospital says, sent %s it', async (_when, order) => {
    const memory = gateway();
    for (const each of order) await (typeof each === 'string' ? memory.take(each) : memory.takeDocument(each));
    const [patient] = memory.resources<Patient>('Patient').filter(({ active }) => active);
    expect(patient?.name?.map(({ family }) => family)).toEqual(['ESSAI']);
  });

  it('is all there is where no hospital says anything', async () => {
    const memory = gateway();
    await memory.takeDocument(document);
    expect(memory.only<Patient>('Patient').name?.[0]?.family).toBe('AUTRE');
  });
});

describe('the stay of a document', () => {
  const visit = { number: 'urn:oid:2.999.2|V1', begin: '2026-03-02T08:00:00+01:00', end: '2026-03-05T09:00:00+01:00' };

  it('is made of it where no feed tells of it, finished where both bounds are there', async () => {
    const memory = gateway();
    await memory.takeDocument({ ...LETTER, visit });
    const encounter = memory.only<Encounter>('Encounter');
    expect(encounter).toMatchObject({ status: 'finished', period: { start: visit.begin, end: visit.end } });
    expect(memory.only<DocumentReference>('DocumentReference').context?.encounter).toEqual([
      { reference: `Encounter/${encounter.id ?? ''}` },
    ]);
  });

  it('without number or period is none', async () => {
    const memory = gateway();
    await memory.takeDocument({ ...LETTER, visit: { end: '2026-03-05' } });
    expect(memory.resources('Encounter')).toEqual([]);
  });

  it('without number is one of its own by facility and day, for two documents the same', async () => {
    const memory = gateway();
    const facility = { organization: 'Organization/chu', label: 'CHU' };
    await memory.takeDocument({ ...LETTER, visit: { begin: '2026-03-02T08:00:00+01:00', facility } });
    await memory.takeDocument({ ...LETTER, id: V3, set: V3, visit: { begin: '2026-03-02T09:30:00+01:00', facility } });
    expect(memory.resources('Encounter')).toHaveLength(1);
  });
});

function sorted(resources: readonly { id?: string | undefined }[]) {
  return [...resources].sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
}
