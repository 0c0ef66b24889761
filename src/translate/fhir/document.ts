import type { CodeableConcept, Coding, Reference } from 'fhir/r4.js';
import { fhirHead } from '../../cda/fhir-head.js';
import type { OpenedDocument } from '../../cda/opened.js';
import { instantOf } from '../../cda/time.js';
import { languageTag } from '../../fhir/language.js';
import type { DocumentBody, DocumentRequest } from '../../message/document.js';
import type { PatientIdentifier } from '../../message/fact.js';
import type { Element } from '../../message/fragment.js';
import type { DocumentTranslation } from '../cda/document.js';
import { Contributions } from '../contributions.js';
import { computedElements } from '../cda/document-content.js';
import { documentTimes, type DocumentTimes } from '../cda/document-times.js';
import { FactDraft } from '../fact-draft.js';
import { anchorOf, Authorities, isInsNumber, personIdentifiers } from '../identifiers.js';
import { identityBody } from '../identity.js';
import type { Issues } from '../issues.js';
import { MentionCollector } from '../mention-collector.js';
import type { TranslateContext } from '../translate.js';
import { BundleResources, isOf, placeOf, type BundleResource } from './bundle-resources.js';
import { readEntries, type EntryReading } from './entries.js';
import { readMembers } from './members.js';
import { patientElements, patientNumbers, relativesOf } from './patient.js';
import { DocumentPeople } from './people.js';
import { referenceElements } from './reference.js';
import { take, type Rewrite } from './take.js';
import { visitOf } from './visit.js';

type OpenedFhir = Extract<OpenedDocument, { format: 'fhir' }>;

/** What was found out of a document before its facts are made. */
interface Reading {
  document: OpenedFhir;
  resources: BundleResources;
  people: DocumentPeople;
  rewrite: Rewrite;
  person: PatientIdentifier[];
  ins: PatientIdentifier;
  patient: Element[];
  writtenAt: string;
  effectiveAt: string;
}

/**
 * One FHIR document (R4 §3.3) → the facts that a CDA of the same content gives. Its ids stay in it: a resource is known by its business
 * identifier, else by what it says. What stops the document stands in `issues`; then there are no facts.
 * @param before how many facts the message has already
 */
export function translateFhir(
  document: OpenedFhir,
  options: TranslateContext,
  issues: Issues,
  before: number,
): DocumentTranslation {
  const authorities = new Authorities(options.source, '');
  const resources = new BundleResources(document.bundle, (system) => authorities.renamed(system));
  const target = resources.patient;
  const numbers = target === undefined ? [] : patientNumbers(target.resource, authorities);
  const person = personIdentifiers(numbers);
  const ins = person.find(isInsNumber);
  const anchor = anchorOf(person);
  if (target === undefined || ins === undefined || anchor === undefined) {
    const text = 'the patient of the document has no INS';
    issues.add({ blocking: true, reason: 'document-identity', field: 'Composition.subject', text }, 'no-ins');
    return { facts: [], mentions: [], identifiers: [], unused: () => [] };
  }
  const mentions = new MentionCollector();
  const people = new DocumentPeople(resources, mentions, anchor, authorities.own);
  const times = timesOf(document, resources, options, issues);
  const patient = patientElements(target, numbers);
  const rewrite = outsideOf(resources, people);
  const { messageId, source, mappings } = options;
  const frame = { messageId, source: source.name, mapping: mappings.version, patient: anchor, ...times };
  const draft = new FactDraft(frame, before);
  const used = addFacts(draft, { document, resources, people, rewrite, person, ins, patient, ...times }, issues);
  return {
    facts: draft.facts,
    mentions: mentions.mentions(source.name, times.recordedAt),
    identifiers: person,
    unused: () => unusedOf(resources, used),
  };
}

/** As a CDA's. */
function timesOf(
  { carriage }: OpenedFhir,
  { composition }: BundleResources,
  options: TranslateContext,
  issues: Issues,
): DocumentTimes {
  const date = take('dateTime', composition.date, () => undefined) as string | undefined;
  if (date === undefined) issues.malformed('Composition.date', 'Composition.date cannot be read');
  const read = [
    { path: 'writtenAt', value: date },
    { path: 'effectiveAt', value: date && instantOf(date, options.zone) },
  ].map((part): Element => ({ ...part, field: 'Composition.date', trace: [] }));
  return documentTimes(new Contributions(read), carriage, options, issues);
}

/** What becomes of a reference to what is no entry: somebody who is mentioned, else a number and words; the document's own ids never leave it. */
function outsideOf(resources: BundleResources, people: DocumentPeople): Rewrite {
  return (reference) => {
    const display = take('string', reference.display, () => undefined) as string | undefined;
    const party = people.party(reference);
    if (party !== undefined) return { reference: party.role, display: party.label };
    if (resources.resolve(reference)?.resource.resourceType === 'Patient') return undefined;
    const identifier = take('Identifier', reference.identifier, () => undefined) as Reference['identifier'];
    if (identifier === undefined && display === undefined) return undefined;
    return { ...(identifier === undefined ? {} : { identifier }), ...(display === undefined ? {} : { display }) };
  };
}

const NOTHING: EntryReading = { entries: [], plans: [], used: new Set() };

/** @returns the resources that gave something */
function addFacts(draft: FactDraft, reading: Reading, issues: Issues): ReadonlySet<unknown> {
  const { document, resources, people, rewrite, person, patient, writtenAt, effectiveAt } = reading;
  const versions = versionsOf(document, resources);
  if (versions === undefined) {
    const text = 'the document has no identifier that names it';
    issues.add({ blocking: true, reason: 'field-missing', field: 'Bundle.identifier', text }, 'id');
    return new Set();
  }
  const identity = identityBody(
    person,
    { numbers: person, reliability: [], qualified: true, withdrawn: false },
    { target: 'Patient', elements: patient },
  );
  draft.add({ kind: 'identity', body: { ...identity, secondary: true } }, effectiveAt);
  const gone = versions.request === 'delete';
  const relatives = gone ? [] : relativesIn(resources);
  for (const { contact } of relatives) draft.add({ kind: 'contact', body: contact }, effectiveAt);
  const members = gone ? [] : [...readMembers(resources, people), ...relatives.flatMap(({ member }) => member ?? [])];
  const { entries, plans, used } = gone ? NOTHING : readEntries(resources, rewrite);
  const body: DocumentBody = {
    ...versions,
    sha1: document.sha1,
    part: document.part,
    writtenAt,
    reference: { target: 'DocumentReference', elements: documentElements(reading) },
    masked: document.carriage.masks.includes('MASQUE_PS'),
    members,
    plans,
    entries,
  };
  const { id, set, replaces } = versions;
  const documents = [...new Set([id, ...(set === undefined ? [] : [set]), ...replaces])];
  draft.add({ kind: 'document', body }, effectiveAt, { documents });
  const visit = visitOf(resources, people, body, documents);
  if (visit !== undefined) draft.add({ kind: 'visit', body: visit.body }, effectiveAt, { stay: visit.stay, documents });
  return used;
}

function documentElements({ document, resources, rewrite, patient, ins, writtenAt }: Reading): Element[] {
  const stated = statedContent(resources, writtenAt);
  return [...referenceElements(resources, rewrite), ...computedElements(document, stated, patient, ins)];
}

type Versions = Pick<DocumentBody, 'id' | 'set' | 'version' | 'replaces' | 'request'>;

/** A Composition that was entered in error takes itself back. */
function versionsOf({ bundle, carriage }: OpenedFhir, { composition }: BundleResources): Versions | undefined {
  const { key: id, set, version, replaces: parents } = fhirHead(bundle);
  if (id === undefined) return undefined;
  const replaces = [...new Set([...parents, ...carriage.replaces])].filter((parent) => parent !== id);
  const stated: DocumentRequest =
    composition.status === 'entered-in-error' ? 'delete' : replaces.length > 0 ? 'replace' : 'new';
  return {
    id,
    ...(set === undefined ? {} : { set }),
    ...(version === undefined ? {} : { version }),
    replaces,
    request: carriage.request ?? stated,
  };
}

function relativesIn(resources: BundleResources) {
  const { patient } = resources;
  if (patient === undefined) return [];
  const related = resources.list.filter(
    (target) => isOf(target, 'RelatedPerson') && resources.resolve(target.resource.patient) === patient,
  );
  return relativesOf(patient, related as Parameters<typeof relativesOf>[1]);
}

/** What the attachment and the category of a DocumentReference are made of. */
function statedContent({ composition }: BundleResources, writtenAt: string): Contributions {
  const category = take('CodeableConcept', composition.category?.[0], () => undefined) as CodeableConcept | undefined;
  const parts: [path: string, value: unknown, from: string][] = [
    ['language', languageTag(String(composition.language ?? '')), 'language'],
    ['title', take('string', composition.title, () => undefined), 'title'],
    ['writtenAt', writtenAt, 'date'],
    ['classCode', category?.coding?.[0] as Coding | undefined, 'category'],
  ];
  return new Contributions(
    parts.flatMap(([path, value, from]): Element[] => {
      if (value === undefined) return [];
      const trace = [[path, `entry[0].resource.${from}`, 'rule:fhir-document'] as const];
      return [{ path, field: `Composition.${from}`, value, trace }];
    }),
  );
}

/** Resources that nothing was made of, by where they stand. */
function unusedOf(resources: BundleResources, used: ReadonlySet<unknown>): string[] {
  return resources.list.filter((target) => !used.has(target.resource) && !isRead(target)).map(placeOf);
}

const READ = new Set([
  'Composition',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'RelatedPerson',
  'CarePlan',
  'Encounter',
  'CareTeam',
  'Medication',
]);

function isRead({ resource }: BundleResource): boolean {
  return READ.has(resource.resourceType);
}
