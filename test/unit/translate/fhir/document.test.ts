import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Bundle, FhirResource } from 'fhir/r4.js';
import type { DocumentEntry } from '../../../../src/message/document.js';
import type { Fact, FactOf } from '../../../../src/message/fact.js';
import { translateDocuments } from '../../../../src/translate/documents.js';
import { take } from '../../../../src/translate/fhir/take.js';
import type { Mappings } from '../../../../src/translate/compile.js';
import { dischargeReport, opened } from '../../../support/fhir-document.js';

function read(bundle: Bundle, authorities: Readonly<Record<string, string>> = {}) {
  return translateDocuments([opened(bundle)], {
    messageId: '7',
    // No row reads a FHIR document: its elements are those of the resources that it gives.
    mappings: { version: 'v1' } as Mappings,
    zone: 'Europe/Paris',
    source: { name: 'mss', authorities },
    receivedAt: '2025-06-03T15:00:00+02:00',
  });
}

function factsOf<Kind extends Fact['kind']>(bundle: Bundle, kind: Kind): FactOf<Kind>[] {
  return read(bundle).facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind);
}

function documentOf(bundle: Bundle) {
  return factsOf(bundle, 'document')[0]?.body;
}

function resourceOf({ resource }: Pick<DocumentEntry, 'resource'>): Record<string, unknown> {
  return Object.fromEntries(resource.elements.map(({ path, value }) => [path, value]));
}

function entriesOf(more: FhirResource[]): DocumentEntry[] {
  const before = documentOf(dischargeReport())?.entries.length ?? 0;
  return documentOf(dischargeReport(more))?.entries.slice(before) ?? [];
}

const HL7 = 'http://terminology.hl7.org/CodeSystem/';
const SUBJECT = { reference: 'Patient/patient-secret' };

describe('a FHIR document', () => {
  const bundle = dischargeReport();
  const translation = read(bundle);

  it('gives the facts of a CDA: who the patient is, relatives, the document, the stay', () => {
    expect(translation.issues).toEqual([]);
    expect(translation.facts.map(({ kind }) => kind)).toEqual(['identity', 'contact', 'document', 'visit']);
    expect(translation.facts.map(({ id, patient, recordedAt }) => [id, patient, recordedAt])[0]).toEqual([
      '7.0',
      'urn:oid:2.999.7|IPP-0042',
      '2025-06-03T14:12:00+02:00',
    ]);
    expect(translation.identifiers.map(({ type, value }) => [type, value])).toEqual([
      ['PI', 'IPP-0042'],
      ['INS', '254063818599957'],
    ]);
  });

  it.each(['2.999.7', 'urn:oid:2.999.7'])('has its numbers under the system that the source gives %s', (authority) => {
    const { identifiers, facts } = read(bundle, { [authority]: 'urn:oid:2.999.70' });
    expect(identifiers.map(({ system, value }) => `${system}|${value}`)[0]).toBe('urn:oid:2.999.70|IPP-0042');
    const identity = facts.find(({ kind }) => kind === 'identity');
    expect(JSON.stringify(identity)).not.toContain('urn:oid:2.999.7"');
    expect(JSON.stringify(identity)).toContain('"system":"urn:oid:2.999.70"');
  });

  it('says who the patient is, as far as a document may', () => {
    const [identity] = factsOf(bundle, 'identity');
    expect(identity?.body).toMatchObject({ secondary: true, ins: [{ value: '254063818599957', type: 'INS' }] });
    const elements = identity?.body.patient.elements ?? [];
    const value = (path: string) => elements.filter((element) => element.path === path).map((element) => element.value);
    expect(value('name')).toEqual([[{ use: 'official', family: 'TESTVALMY', given: ['Odette'] }]]);
    expect(value('birthDate')).toEqual(['1954-06-12']);
    expect(value('identifier')[0]).toMatchObject([
      { use: 'official', value: '254063818599957' },
      { value: 'IPP-0042' },
    ]);
    expect(value('extension')).toEqual([
      [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
          valueAddress: {
            city: 'GRENOBLE',
            extension: [expect.objectContaining({ valueCoding: expect.objectContaining({ code: '38185' }) })],
          },
        },
      ],
      [expect.objectContaining({ url: expect.stringMatching(/identity-reliability$/) })],
    ]);
  });

  it('names its versions, and what was made of it', () => {
    const body = documentOf(bundle);
    expect(body).toMatchObject({
      id: 'urn:oid:2.999.5|V-1',
      set: 'urn:oid:2.999.5|SET-1',
      replaces: ['urn:oid:2.999.5|V-0'],
      request: 'replace',
      writtenAt: '2025-06-03T14:12:00+02:00',
      part: 0,
      masked: false,
    });
    expect(factsOf(bundle, 'document')[0]?.documents).toEqual([
      'urn:oid:2.999.5|V-1',
      'urn:oid:2.999.5|SET-1',
      'urn:oid:2.999.5|V-0',
    ]);
    const reference = resourceOf({ resource: body?.reference ?? { target: '', elements: [] } });
    expect(reference).toMatchObject({
      type: { coding: [{ code: '11490-0' }] },
      docStatus: 'final',
      description: 'Lettre de liaison à la sortie',
      securityLabel: [{ coding: [{ code: 'R' }] }],
      category: [{ coding: [{ code: '10' }] }],
      content: [{ attachment: { contentType: 'application/fhir+json', language: 'fr-FR' } }],
    });
    expect(JSON.stringify(reference['author'])).toMatch(/PractitionerRole\/.*Paul TESTAUTEUR/);
  });

  it('tells of its stay by number, time and place', () => {
    const [visit] = factsOf(bundle, 'visit');
    expect(visit).toMatchObject({ stay: 'urn:oid:2.999.8|V-42' });
    expect(visit?.body).toMatchObject({
      begin: '2025-05-28',
      end: '2025-06-03',
      facility: { label: 'CH Essai', identifier: 'https://finess.esante.gouv.fr|380000001' },
    });
    expect(resourceOf({ resource: visit?.body.encounter ?? { target: '', elements: [] } })).toMatchObject({
      class: { code: 'IMP' },
      identifier: [{ value: 'V-42' }],
    });
  });

  it('names the circle: each once, the family doctor in his role', () => {
    const members = documentOf(bundle)?.members.map(({ label, role, scope }) => [label, role.code, scope]);
    expect(members).toEqual([
      ['Agnès TESTTRAITANT', 'PCP', 'patient'],
      ['Paul TESTAUTEUR', 'PROV', 'stay'],
      ['Lise TESTORMEAU', 'ECON', 'patient'],
    ]);
    const rpps = translation.mentions.flatMap(({ resource }) =>
      resource.resourceType === 'Practitioner' ? (resource.identifier?.[0]?.value ?? '') : [],
    );
    expect(rpps.sort()).toEqual(['99700000013', '99700000021']);
  });

  it('gives its resources as entries that refer to one another, and its plan', () => {
    const body = documentOf(bundle);
    expect(body?.entries.map(({ type }) => type)).toEqual(['Condition', 'MedicationStatement', 'ServiceRequest']);
    const [condition, medication, request] = body?.entries ?? [];
    expect(condition && resourceOf(condition)).toMatchObject({
      code: { coding: [{ code: 'I10' }] },
      recorder: { reference: expect.stringMatching(/^PractitionerRole\//), display: 'Paul TESTAUTEUR' },
    });
    expect(medication && resourceOf(medication)).toEqual({
      status: 'active',
      medicationCodeableConcept: { text: 'Amlodipine 5 mg' },
      reasonReference: [{ reference: `entry:${condition?.key ?? ''}` }],
      dosage: [{ text: '1 le matin', timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } } }],
    });
    expect(body?.plans).toMatchObject([
      {
        addresses: [condition?.key],
        activities: [
          { entry: request?.key },
          { detail: { status: 'scheduled', description: 'Revoir le médecin traitant' } },
        ],
      },
    ]);
  });

  it('lets none of its own ids out, nor an extension, nor a foreign address', () => {
    const text = JSON.stringify([translation.facts, translation.mentions]);
    expect(text).not.toContain('secret');
    expect(text).not.toContain('elsewhere');
  });

  it('traces every value to the resource that says it', () => {
    const body = documentOf(bundle);
    const traces = body?.entries.flatMap(({ resource }) => resource.elements.flatMap(({ trace }) => trace)) ?? [];
    expect(traces.length).toBeGreaterThan(8);
    expect(traces).toContainEqual(['code', 'entry[7].resource.code', 'rule:fhir-document']);
    expect(translation.unused()).toEqual([]);
    const observation: FhirResource = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
    expect(read(dischargeReport([observation])).unused()).toEqual(['entry[12].resource']);
  });

  it.each<[string, FhirResource]>([
    [
      'refuted',
      {
        resourceType: 'Condition',
        subject: SUBJECT,
        code: { text: 'x' },
        verificationStatus: { coding: [{ code: 'refuted' }] },
      },
    ],
    ['not done', { resourceType: 'Procedure', subject: SUBJECT, status: 'not-done', code: { text: 'x' } }],
    [
      'a vaccine not given',
      {
        resourceType: 'Immunization',
        patient: SUBJECT,
        status: 'not-done',
        vaccineCode: { text: 'x' },
        occurrenceString: 'x',
      },
    ],
    [
      'not to be done',
      {
        resourceType: 'ServiceRequest',
        subject: SUBJECT,
        status: 'active',
        intent: 'plan',
        doNotPerform: true,
        code: { text: 'x' },
      },
    ],
    [
      'entered in error',
      {
        resourceType: 'ServiceRequest',
        subject: SUBJECT,
        status: 'entered-in-error',
        intent: 'plan',
        code: { text: 'x' },
      },
    ],
    [
      'no known allergy',
      {
        resourceType: 'AllergyIntolerance',
        patient: SUBJECT,
        clinicalStatus: { coding: [{ code: 'active' }] },
        code: { coding: [{ system: 'http://snomed.info/sct', code: '716186003' }] },
      },
    ],
    ['without what it is about', { resourceType: 'Condition', subject: SUBJECT }],
    [
      'without a product',
      {
        resourceType: 'MedicationRequest',
        subject: SUBJECT,
        status: 'active',
        intent: 'order',
      } as unknown as FhirResource,
    ],
    [
      'altered by an extension',
      {
        resourceType: 'Condition',
        subject: SUBJECT,
        code: { text: 'x' },
        modifierExtension: [{ url: 'http://x', valueBoolean: true }],
      },
    ],
    [
      'of rules that nobody here knows',
      { resourceType: 'Condition', subject: SUBJECT, code: { text: 'x' }, implicitRules: 'http://x' },
    ],
    [
      'about somebody else',
      { resourceType: 'Condition', subject: { reference: 'Patient/other' }, code: { text: 'x' } },
    ],
    ['about nobody', { resourceType: 'Condition', code: { text: 'x' } } as unknown as FhirResource],
    ['of a kind that is not carried', { resourceType: 'Task', status: 'ready', intent: 'order', for: SUBJECT }],
  ])('makes no entry of what is %s', (_, resource) => {
    expect(entriesOf([resource])).toEqual([]);
  });

  it('names entries by their number, else by their code, several alike by their order', () => {
    const request = (code: string, identifier?: string): FhirResource => ({
      resourceType: 'ServiceRequest',
      id: `x${String(Math.abs(code.length))}${identifier ?? ''}`,
      status: 'active',
      intent: 'plan',
      subject: SUBJECT,
      code: { coding: [{ system: 'urn:oid:2.999', code }] },
      ...(identifier === undefined ? {} : { identifier: [{ system: 'urn:oid:2.998', value: identifier }] }),
    });
    expect(entriesOf([request('A'), request('A'), request('A', '7')]).map(({ key }) => key)).toEqual([
      'ServiceRequest|urn:oid:2.999|A',
      'ServiceRequest|urn:oid:2.999|A#2',
      'ServiceRequest|urn:oid:2.998|7',
    ]);
  });

  it('that was entered in error takes itself back, and says nothing more', () => {
    const body = documentOf(dischargeReport([], { status: 'entered-in-error' }));
    expect(body).toMatchObject({ request: 'delete', members: [], entries: [], plans: [] });
    expect(factsOf(dischargeReport([], { status: 'entered-in-error' }), 'visit')[0]?.body.withdrawn).toBe(true);
  });

  it.each<[string, (bundle: Bundle) => void, string]>([
    [
      'its patient has no INS',
      ({ entry }) => {
        delete (entry?.[1]?.resource as { identifier?: unknown }).identifier;
      },
      'document-identity',
    ],
    [
      'its subject is not in it',
      ({ entry }) => {
        (entry?.[0]?.resource as unknown as { subject: unknown }).subject = { reference: 'Patient/zzz' };
      },
      'document-identity',
    ],
    [
      'nothing names it',
      (target) => {
        delete target.identifier;
      },
      'field-missing',
    ],
  ])('is stopped where %s', (_, spoil, reason) => {
    const spoiled = structuredClone(bundle);
    spoil(spoiled);
    const { facts, mentions, issues } = read(spoiled);
    expect([facts, mentions]).toEqual([[], []]);
    expect(issues).toMatchObject([{ blocking: true, reason }]);
  });

  it.each<[string, (bundle: Bundle) => void]>([
    [
      'by the end of absolute addresses, where nothing has an id',
      ({ entry = [] }) => {
        for (const { resource } of entry) delete (resource as { id?: string }).id;
        if (entry[1] !== undefined) entry[1].fullUrl = 'https://h.example/fhir/Patient/patient-secret';
      },
    ],
    [
      'by type and id, where nothing has an address',
      ({ entry = [] }) => {
        for (const part of entry) delete part.fullUrl;
      },
    ],
  ])('finds its resources %s', (_, change) => {
    const changed = structuredClone(bundle);
    change(changed);
    (changed.entry?.[0]?.resource as { subject?: unknown }).subject = { reference: 'Patient/patient-secret' };
    expect(documentOf(changed)?.entries).toHaveLength(documentOf(bundle)?.entries.length ?? 0);
    expect(factsOf(changed, 'identity')[0]?.body.identifiers).toEqual(factsOf(bundle, 'identity')[0]?.body.identifiers);
  });

  it('refers to no entry of which nothing is made', () => {
    const spoiled = structuredClone(bundle);
    const condition = spoiled.entry?.find(({ resource }) => resource?.resourceType === 'Condition')?.resource;
    delete (condition as { code?: unknown }).code;
    const statement = documentOf(spoiled)?.entries.find(({ type }) => type === 'MedicationStatement');
    expect(statement).toBeDefined();
    expect(statement?.resource.elements.map(({ path }) => path)).not.toContain('reasonReference');
  });

  it.each([
    ['https://rpps.esante.gouv.fr', '8 99700000013', 'https://rpps.esante.gouv.fr|99700000013'],
    ['https://rpps.esante.gouv.fr', 'inconnu', undefined],
    ['https://adeli.esante.gouv.fr', '0381234567', 'https://adeli.esante.gouv.fr|381234567'],
    ['urn:oid:1.2.250.1.71.4.2.1', '381234567', 'https://adeli.esante.gouv.fr|381234567'],
    ['urn:oid:2.999.4', 'A1', 'urn:oid:2.999.4|A1'],
  ])('knows a professional by %s %s', (system, value, number) => {
    const changed = structuredClone(bundle);
    const author = changed.entry?.[3]?.resource as { identifier?: unknown };
    author.identifier = [{ system, value }];
    const member = documentOf(changed)?.members.find(({ family }) => family === 'TESTAUTEUR');
    expect(member?.identifier).toBe(number);
  });

  it('that was written after it came is recorded when it came', () => {
    const { facts, issues } = read(dischargeReport([], { date: '2026-06-03' }));
    expect(facts[0]?.recordedAt).toBe('2025-06-03T15:00:00+02:00');
    expect(issues).toMatchObject([{ blocking: false, reason: 'field-invalid' }]);
  });

  it('is read without a fault whatever stands in the place of any of its elements', () => {
    const values = fc.constantFrom<unknown>(null, 5, '', 'x', [], {}, [null], [{}], { reference: 7 }, true);
    const text = JSON.stringify(bundle);
    const paths: (string | number)[][] = [];
    const visit = (value: unknown, path: (string | number)[]): void => {
      if (path.length > 3) paths.push(path);
      if (typeof value !== 'object' || value === null) return;
      for (const [name, child] of Object.entries(value)) visit(child, [...path, name]);
    };
    visit(bundle, []);
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => {
        const spoiled = JSON.parse(text) as Record<string, unknown>;
        const last = path.at(-1) ?? '';
        const holder = path
          .slice(0, -1)
          .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, spoiled);
        holder[last] = value;
        let document;
        try {
          document = opened(spoiled);
        } catch (error) {
          expect(error).toMatchObject({ code: 'document-unreadable' });
          return;
        }
        expect(() => read(document.bundle)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is taken of an element', () => {
  const nobody = () => undefined;
  const clinical = (code: string) => ({
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code }],
  });
  it.each<[string, unknown, unknown]>([
    ['Coding', { code: 'a', system: 'u:x', userSelected: true, id: 'i', extension: [] }, { code: 'a', system: 'u:x' }],
    ['Coding', { code: 'a', system: 'x' }, { code: 'a' }],
    ['CodeableConcept', { text: ' mal de tête ' }, { text: 'mal de tête' }],
    ['Coding', { system: 'x' }, undefined],
    ['Coding', { code: 5 }, undefined],
    ['CodeableConcept', { coding: [{ code: ' ' }], text: ' ' }, undefined],
    ['Period', { start: '2025-02', end: '2025-6-1' }, { start: '2025-02' }],
    ['Period', { start: '2025-06-01T10:00' }, undefined],
    ['Quantity', { value: 'NaN' }, undefined],
    ['Quantity', { value: 0, unit: 'mg' }, { value: 0, unit: 'mg' }],
    ['Identifier', { system: 'u:x', value: ' y ', use: 'nickname' }, { system: 'u:x', value: 'y' }],
    ['Identifier', { system: 'x', value: 'y' }, undefined],
    ['date', '2025-02-30', undefined],
    ['dateTime', '2024-02-29', '2024-02-29'],
    ['instant', '2025-04-31T10:00:00Z', undefined],
    ['Period', { start: '2025-06-02', end: '2025-06-01' }, undefined],
    ['Period', { start: '2025', end: '2025-06-01' }, { start: '2025', end: '2025' }],
    ['Range', { low: { value: 3 }, high: { value: 1 } }, undefined],
    [
      'Range',
      { low: { value: 3, unit: 'g' }, high: { value: 4, unit: 'g' } },
      { low: { value: 3, unit: 'g' }, high: { value: 4, unit: 'g' } },
    ],
    ['Ratio', { numerator: { value: 3 } }, undefined],
    ['Quantity', { value: 3, code: 'mg' }, { value: 3 }],
    ['Timing', { event: ['2025'], repeat: { period: 1, frequency: 2 } }, { event: ['2025'] }],
    ['TimingRepeat', { when: ['MORN'], timeOfDay: ['10:00:00'] }, undefined],
    ['TimingRepeat', { countMax: 3 }, undefined],
    ['TimingRepeat', { duration: -1, durationUnit: 'd' }, undefined],
    ['TimingRepeat', { frequency: 2, period: 1, periodUnit: 'd' }, { frequency: 2, period: 1, periodUnit: 'd' }],
    ['GoalTarget', { detailString: 'x', dueDate: '2025-07-01' }, { dueDate: '2025-07-01' }],
    ['GoalTarget', { detailString: 'x' }, undefined],
    [
      'Condition',
      { code: { text: 'x' }, onsetDateTime: '2020', onsetString: 'jadis' },
      { code: { text: 'x' }, onsetDateTime: '2020' },
    ],
    ['Condition', { code: { text: 'x' }, onsetAge: { value: 3 } }, { code: { text: 'x' } }],
    [
      'Condition',
      { code: { text: 'x' }, onsetAge: { value: 3, system: 'http://unitsofmeasure.org', code: 'a' } },
      { code: { text: 'x' }, onsetAge: { value: 3, system: 'http://unitsofmeasure.org', code: 'a' } },
    ],
    [
      'Condition',
      { code: { text: 'x' }, clinicalStatus: clinical('active'), abatementDateTime: '2024' },
      { code: { text: 'x' }, clinicalStatus: clinical('active') },
    ],
    [
      'Condition',
      { code: { text: 'x' }, abatementDateTime: '2024' },
      { code: { text: 'x' }, clinicalStatus: clinical('resolved'), abatementDateTime: '2024' },
    ],
    [
      'Condition',
      { code: { text: 'x' }, clinicalStatus: clinical('zzz'), verificationStatus: { text: 'sûr' } },
      { code: { text: 'x' } },
    ],
    ['Appointment', { status: 'booked' }, { status: 'proposed' }],
    ['Appointment', { status: 'proposed', start: '2025-07-01T10:00:00Z' }, { status: 'proposed' }],
    [
      'Appointment',
      {
        status: 'booked',
        start: '2025-07-01T10:00:00Z',
        end: '2025-07-01T11:00:00Z',
        cancelationReason: { text: 'x' },
      },
      { status: 'booked', start: '2025-07-01T10:00:00Z', end: '2025-07-01T11:00:00Z' },
    ],
    ['AllergyIntolerance', { code: { text: 'x' }, clinicalStatus: clinical('active') }, undefined],
    [
      'Dosage',
      { doseAndRate: [{ doseQuantity: { value: 1 } }], text: 5 },
      { doseAndRate: [{ doseQuantity: { value: 1 } }] },
    ],
    ['Dosage', { text: 'x', modifierExtension: [] }, undefined],
    ['Annotation', { text: 'un\u0001deux' }, undefined],
    ['HumanName', { family: 'X\u001b', text: 'un\tdeux\ntrois' }, { text: 'un\tdeux\ntrois' }],
    ['Identifier', { system: 'urn:oid:2.999.5\u0001', value: '1' }, undefined],
    [
      'CodeableConcept',
      {
        coding: [
          { system: `${HL7}v3-ActCode`, code: 'EXTERNE' },
          { system: `${HL7}v3-ActCode`, code: 'AMB' },
        ],
        text: 'x',
      },
      { coding: [{ system: `${HL7}v3-ActCode`, code: 'AMB' }], text: 'x' },
    ],
    ['Coding', { system: `${HL7}v2-0131`, code: 'VOISIN' }, undefined],
    ['Coding', { system: 'urn:oid:2.999.9', code: 'VOISIN' }, { system: 'urn:oid:2.999.9', code: 'VOISIN' }],
    ['constructor', { x: 1 }, undefined],
  ])('of %s is what R4 knows: %j', (type, value, expected) => {
    expect(take(type, value, nobody)).toEqual(expected);
  });
});
