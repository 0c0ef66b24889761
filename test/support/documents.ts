import { createHash } from 'node:crypto';
import type { Coding } from 'fhir/r4.js';
import type { DocumentBody, DocumentEntry, DocumentPlan, VisitBody } from '../../src/message/document.js';
import type { Element, Fact, FactContent, MemberBody, PatientIdentifier, Translation } from '../../src/message/fact.js';
import { splitIdentifier } from '../../src/message/identifier.js';

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const LOINC = 'http://loinc.org';
const IPP = 'urn:oid:2.999.1';

/** Contributions to a resource, one for each element. */
function fragment(target: string, elements: Readonly<Record<string, unknown>>, field = 'component') {
  return {
    target,
    elements: Object.entries(elements).map(([path, value]): Element => ({
      path,
      field: `${field}/${path}`,
      value,
      trace: [[path, `${field}/${path}`, 'CDA:x']],
    })),
  };
}

export function entry(
  type: DocumentEntry['type'],
  key: string,
  elements: Readonly<Record<string, unknown>>,
): DocumentEntry {
  return { type, key, resource: fragment(type, elements, `entry/${key}`) };
}

/** A discharge letter's appointment: a day, and what for. */
export function appointment(key: string, day: string, text = 'Consultation de suivi'): DocumentEntry {
  return entry('Appointment', key, { description: text, requestedPeriod: [{ start: day, end: day }] });
}

export function plan(
  key: string,
  title: string,
  steps: readonly string[],
  change: Partial<DocumentPlan> = {},
): DocumentPlan {
  return {
    key,
    resource: fragment('CarePlan', { title }, `plan/${key}`),
    activities: steps.map((step) => ({ entry: step })),
    goals: [],
    addresses: [],
    ...change,
  };
}

/** A professional of the circle, as a document names one. */
export function cdaMember(rpps: string, family: string, change: Partial<MemberBody> = {}): MemberBody {
  return {
    action: 'add',
    person: `PractitionerRole/${family.toLowerCase()}`,
    role: { system: 'urn:roles', code: 'PCP', display: 'Médecin traitant' },
    label: family,
    identifier: `https://rpps.esante.gouv.fr|${rpps}`,
    family,
    scope: 'stay',
    basis: 'CDA',
    trace: [['person', 'participant', 'CDA-Member:person']],
    ...change,
  };
}

/** One version of a document as a test writes it. Days are of March 2026. */
export interface TestDocument {
  id: string;
  set?: string;
  version?: number;
  replaces?: readonly string[];
  request?: DocumentBody['request'];
  /** When it was written. */
  at?: string;
  sentAt?: string;
  /** Stands for its bytes: their hash follows from it. */
  bytes?: string;
  masked?: boolean;
  confidentiality?: string;
  type?: Coding;
  title?: string;
  members?: readonly MemberBody[];
  plans?: readonly DocumentPlan[];
  entries?: readonly DocumentEntry[];
  /** `system|value`; the patient whom its facts are about. */
  patient?: string;
  /** Numbers beside that one. */
  numbers?: readonly string[];
  /** What it says of the stay; `number` is `system|value`. */
  visit?: Partial<VisitBody> & { number?: string };
  source?: string;
  family?: string;
}

/** What translation makes of a document. */
export function documentTranslation(messageId: string, document: TestDocument): Translation {
  const { patient = `${IPP}|IPP1`, numbers = [] } = document;
  const contents = contentsOf(document, [patient, ...numbers]);
  const at = document.at ?? '2026-03-05T10:00:00+01:00';
  const facts = contents.map(({ stay, documents, ...content }, index): Fact => ({
    id: `${messageId}.${String(index)}`,
    messageId,
    source: document.source ?? 'default',
    patient,
    ...(stay === undefined ? {} : { stay }),
    ...(documents === undefined ? {} : { documents }),
    effectiveAt: at,
    recordedAt: at,
    sentAt: document.sentAt ?? at,
    mapping: 'm',
    ...content,
  }));
  const identifiers = [patient, ...numbers].map(identifierOf);
  return { facts, mentions: [], identifiers, unused: () => [], issues: [] };
}

type Content = FactContent & Pick<Fact, 'stay' | 'documents'>;

function contentsOf(document: TestDocument, numbers: readonly string[]): Content[] {
  const { id, set, version, replaces = [], request = 'new', visit, family = 'MARTIN' } = document;
  const documents = [id, ...(set === undefined ? [] : [set]), ...replaces];
  const at = document.at ?? '2026-03-05T10:00:00+01:00';
  const identity: Content = {
    kind: 'identity',
    body: {
      identifiers: numbers.map(identifierOf),
      secondary: true,
      reliability: [],
      patient: fragment('Patient', {
        identifier: numbers.map((number) => ({
          ...splitIdentifier(number),
          type: {
            coding: [{ system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type', code: 'PI' }],
          },
        })),
        name: [{ use: 'official', family }],
      }),
    },
  };
  const body: DocumentBody = {
    id,
    ...(set === undefined ? {} : { set }),
    ...(version === undefined ? {} : { version }),
    replaces: [...replaces],
    request,
    sha1: createHash('sha1')
      .update(document.bytes ?? id)
      .digest('hex'),
    part: 0,
    writtenAt: at,
    reference: fragment('DocumentReference', referenceElements(document), 'ClinicalDocument'),
    masked: document.masked ?? false,
    members: [...(document.members ?? [])],
    plans: [...(document.plans ?? [])],
    entries: [...(document.entries ?? [])],
  };
  return [
    identity,
    { kind: 'document', documents, body },
    ...(visit === undefined ? [] : [visitContent(document, documents)]),
  ];
}

function referenceElements({ type, title = 'Lettre de liaison', confidentiality }: TestDocument) {
  return {
    type: { coding: [type ?? { system: LOINC, code: '11490-0', display: 'Lettre de liaison à la sortie' }] },
    category: [{ coding: [{ system: 'urn:oid:1.2.250.1.213.1.1.4.1', code: '10' }] }],
    description: title,
    content: [{ attachment: { contentType: 'text/xml', title, size: 100 } }],
    ...(confidentiality === undefined
      ? {}
      : { securityLabel: [{ coding: [{ system: CONFIDENTIALITY, code: confidentiality }] }] }),
  };
}

function visitContent({ id, version, request, visit = {} }: TestDocument, documents: readonly string[]): Content {
  const { number, ...change } = visit;
  const body: VisitBody = {
    document: id,
    ...(version === undefined ? {} : { version }),
    keys: documents.filter((key) => key !== id),
    withdrawn: request === 'delete',
    encounter: fragment('Encounter', {}, 'componentOf'),
    trace: [],
    ...change,
  };
  return { kind: 'visit', documents, ...(number === undefined ? {} : { stay: number }), body };
}

function identifierOf(key: string): PatientIdentifier {
  return { ...splitIdentifier(key), type: 'PI' };
}
