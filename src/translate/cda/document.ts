import type { OpenedDocument } from '../../cda/opened.js';
import { Place } from '../../cda/place.js';
import { referencesOf } from '../../cda/references.js';
import { messageClock } from '../../hl7v2/datetime.js';
import type { DocumentBody, DocumentRequest, FacilityRef, VisitBody } from '../../message/document.js';
import type { Fact, Mention, PatientIdentifier } from '../../message/fact.js';
import type { Element } from '../../message/fragment.js';
import type { MemberBody } from '../../message/member.js';
import { bodyOf, type BodyContents } from './body/body.js';
import type { CdaContext } from './format.js';
import { DocumentTerritory } from './territory.js';
import type { Contributions } from '../contributions.js';
import { boundsOf } from './bounds.js';
import { computedElements } from './document-content.js';
import { distinctMembers, headerContacts, headerMembers } from './document-members.js';
import { DocumentReading } from './document-reading.js';
import { DocumentRecord } from './document-record.js';
import { documentTimes, type DocumentTimes } from './document-times.js';
import { FactDraft } from '../fact-draft.js';
import { anchorOf, Authorities, isInsNumber, personIdentifiers } from '../identifiers.js';
import { identityBody } from '../identity.js';
import type { Issues } from '../issues.js';
import type { TranslateContext } from '../translate.js';

/** A CDA document, opened. */
type OpenedCda = Extract<OpenedDocument, { format: 'cda' }>;

/** What one document gives. */
export interface DocumentTranslation {
  facts: Fact[];
  mentions: Mention[];
  identifiers: PatientIdentifier[];
  unused(): string[];
}

/** What was read of a document before its facts are made. */
interface Header {
  document: OpenedCda;
  reading: DocumentReading;
  context: CdaContext;
  read: Contributions;
  person: PatientIdentifier[];
  ins: PatientIdentifier;
  patient: Element[];
  times: DocumentTimes;
}

/**
 * One CDA document → facts. What stops it stands in `issues`; then there are no facts.
 * @param before how many facts the message has already
 */
export function translateCda(
  document: OpenedCda,
  options: TranslateContext,
  issues: Issues,
  before: number,
): DocumentTranslation {
  const numbering = contextOf(document, options, issues);
  const { root } = numbering;
  const reading = new DocumentReading(options.mappings.documents.header, root);
  const numbers = reading.contributions('identity', numbering).filled<PatientIdentifier[]>('identifiers') ?? [];
  const person = personIdentifiers(numbers);
  const unused = () => numbering.record.unused(root);
  const ins = person.find(isInsNumber);
  const anchor = anchorOf(person);
  if (ins === undefined || anchor === undefined) {
    const text = 'the header of the document holds no INS';
    issues.add({ blocking: true, reason: 'document-identity', field: 'recordTarget/patientRole/id', text }, 'no-ins');
    return { facts: [], mentions: [], identifiers: [], unused };
  }
  const territory = new DocumentTerritory(options.source.name, anchor, numbering.authorities, issues);
  const context = { ...numbering, territory };
  const read = reading.contributions('document', context);
  const times = documentTimes(read, document.carriage, options, issues);
  const patient = reading.elements('Patient', context);
  const header = { document, reading, context, read, person, ins, patient, times };
  markBytes(context);
  const { messageId, source, mappings } = options;
  const frame = { messageId, source: source.name, mapping: mappings.version, patient: anchor, ...times };
  const draft = new FactDraft(frame, before);
  addFacts(draft, header, options);
  return { facts: draft.facts, mentions: territory.mentions(times.recordedAt), identifiers: person, unused };
}

/** A body that is not structured is in the attachment, as every other byte of the document. */
function markBytes({ root, record }: CdaContext): void {
  for (const component of root.children('component'))
    for (const body of component.children('nonXMLBody')) record.mark(body);
}

function contextOf(document: OpenedCda, { source, zone }: TranslateContext, issues: Issues): CdaContext {
  const root = new Place({ element: document.root });
  const { reliability } = document.carriage;
  const authorities = new Authorities(source, '');
  const effectiveTime = root.child('effectiveTime')?.value() ?? '';
  return {
    root,
    record: new DocumentRecord(),
    issues,
    authorities,
    clock: messageClock(effectiveTime, zone),
    references: referencesOf(root.element),
    territory: new DocumentTerritory(source.name, '', authorities, issues),
    ...(reliability === undefined ? {} : { reliability }),
  };
}

function addFacts(draft: FactDraft, header: Header, { mappings: { documents } }: TranslateContext): void {
  const { document, reading, context, read, person, patient, times, ins } = header;
  const id = read.filled<string>('id');
  if (id === undefined) {
    const text = 'the document has no id that names it';
    context.issues.add({ blocking: true, reason: 'field-missing', field: 'id', text }, 'id');
    return;
  }
  const { effectiveAt } = times;
  const numbers = { numbers: person, reliability: [], qualified: true, withdrawn: false };
  const identity = identityBody(person, numbers, { target: 'Patient', elements: patient });
  draft.add({ kind: 'identity', body: { ...identity, secondary: true } }, effectiveAt);
  const versions = versionsOf(document, read, id);
  const gone = versions.request === 'delete';
  const contacts = gone ? [] : headerContacts(reading, context);
  const contents = gone ? NOTHING : bodyOf(context.root, documents, context, times.writtenAt);
  for (const { contact } of contacts) draft.add({ kind: 'contact', body: contact }, effectiveAt);
  const professionals = gone ? [] : distinctMembers([...headerMembers(reading, context), ...contents.members]);
  const members = [...professionals, ...contacts.flatMap(({ member }) => member ?? [])];
  const elements = [
    ...reading.elements('DocumentReference', context),
    ...computedElements(document, read, patient, ins),
  ];
  const body: DocumentBody = {
    ...versions,
    sha1: document.sha1,
    part: document.part,
    writtenAt: times.writtenAt,
    reference: { target: 'DocumentReference', elements },
    masked: document.carriage.masks.includes('MASQUE_PS'),
    members,
    plans: contents.plans,
    entries: contents.entries,
  };
  const keys = keysOf(body);
  draft.add({ kind: 'document', body }, effectiveAt, { documents: keys });
  addVisit(draft, header, body, keys, contents.encounter);
}

/** What a document that is to go says of its patient's care. */
const NOTHING: BodyContents = { plans: [], entries: [], members: [], encounter: [] };

type Versions = Pick<DocumentBody, 'id' | 'set' | 'version' | 'replaces' | 'request'>;

/** What the document says of its versions, and its carrier of what is to be done with it. */
function versionsOf({ carriage }: OpenedCda, read: Contributions, id: string): Versions {
  const set = read.filled<string>('set');
  const version = read.filled<number>('version');
  const parents = [...(read.filled<string[]>('replaces') ?? []), ...carriage.replaces];
  const replaces = [...new Set(parents)].filter((parent) => parent !== id);
  const request: DocumentRequest = carriage.request ?? (replaces.length > 0 ? 'replace' : 'new');
  return {
    id,
    ...(set === undefined ? {} : { set }),
    ...(version === undefined ? {} : { version }),
    replaces,
    request,
  };
}

/** All by which other versions of a document may be known. */
function keysOf({ id, set, replaces }: Versions): string[] {
  return [...new Set([id, ...(set === undefined ? [] : [set]), ...replaces])];
}

const VISIT_PARTS = new Map(['stay', 'begin', 'end', 'facility'].map((part) => [part, part]));

/** The stay that the document tells of, where it says its number or its begin. */
function addVisit(
  draft: FactDraft,
  header: Header,
  body: DocumentBody,
  documents: string[],
  ofBody: readonly Element[],
): void {
  const { reading, context, times } = header;
  const read = reading.contributions('visit', context);
  const elements = [...reading.elements('Encounter', context), ...ofBody];
  const stay = visitNumber(read, body.members);
  const bounds = boundsOf(read, context.issues);
  if (stay === undefined && bounds.begin === undefined) return;
  const facility = read.filled<FacilityRef>('facility');
  const visit: VisitBody = {
    document: body.id,
    ...(body.version === undefined ? {} : { version: body.version }),
    keys: documents,
    withdrawn: body.request === 'delete',
    ...(facility === undefined ? {} : { facility }),
    ...bounds,
    encounter: {
      target: 'Encounter',
      elements: elements.filter(({ path }) => path !== 'identifier' || stay !== undefined),
    },
    trace: read.traces(VISIT_PARTS),
  };
  draft.add({ kind: 'visit', body: visit }, times.effectiveAt, { stay, documents });
}

/** The number of the stay; what is some professional's number is none. */
function visitNumber(read: Contributions, members: readonly MemberBody[]): string | undefined {
  const stay = read.filled<string>('stay');
  const value = stay?.slice(stay.indexOf('|') + 1);
  const numbers = members.flatMap(({ identifier }) => identifier?.slice(identifier.indexOf('|') + 1) ?? []);
  return numbers.some((number) => value === number || value === `8${number}`) ? undefined : stay;
}
