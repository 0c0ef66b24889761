import type { Attachment, CodeableConcept, Coding, DocumentReference, Identifier, Meta } from 'fhir/r4.js';
import { SYSTEMS } from '../fhir/systems.js';
import { binaryId, bodyBinaryId } from '../message/binary.js';
import type { DocumentBody } from '../message/document.js';
import { splitIdentifier } from '../message/identifier.js';
import type { FoldedResource } from '../message/resource.js';
import { originAt } from '../message/sourced.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, layFragment, valueOf, type Contributions } from './contributions.js';
import { ownIdentifier } from './document-entries.js';
import { parentsOf, type DocumentVersion, type ReducedDocument } from './document-versions.js';

/** What a document belongs to. */
export interface DocumentContext {
  patientId: string;
  /** Absent while the patient has no circle. */
  teamId: string | undefined;
  /** `Encounter/<id>` of the stay that it tells of, and `CarePlan/<id>` where that stay has a plan. */
  encounter: string | undefined;
  stayPlan: string | undefined;
}

/** The DocumentReference of one version (shaped to PDSm): what the rows mapped, and what follows from the versions beside it. */
export function documentReference(
  version: DocumentVersion,
  document: ReducedDocument,
  { patientId, encounter }: Pick<DocumentContext, 'patientId' | 'encounter'>,
): FoldedResource {
  const { fact, deleted } = version;
  const id = resourceId('DocumentReference', version.id);
  const contributions: Contributions = new Map();
  layFragment(contributions, fact.body.reference, fact.messageId);
  const { fields, origins } = buildFields(contributions);
  const mapped = fields as Partial<DocumentReference>;
  const relatesTo = relationsOf(version, document);
  const context = { ...mapped.context, ...(encounter === undefined ? {} : { encounter: [{ reference: encounter }] }) };
  const resource: DocumentReference & { id: string } = {
    ...mapped,
    resourceType: 'DocumentReference',
    id,
    ...withMeta(mapped),
    masterIdentifier: mapped.masterIdentifier ?? splitIdentifier(version.id),
    identifier: identifiersOf(id, fact.body.set, mapped.identifier),
    status: deleted ? 'entered-in-error' : version === document.current ? 'current' : 'superseded',
    docStatus: deleted ? 'entered-in-error' : (mapped.docStatus ?? 'final'),
    subject: { reference: `Patient/${patientId}` },
    date: mapped.date ?? fact.effectiveAt,
    content: contentOf(version, mapped.content),
    ...(relatesTo.length === 0 ? {} : { relatesTo }),
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
  const rule = { messageId: fact.messageId, from: 'ClinicalDocument/id', row: 'rule:document' };
  const paths = ['masterIdentifier', 'identifier', 'status', 'docStatus', 'subject', 'date', 'relatesTo', 'content'];
  return {
    resource,
    sentBy: `${SYSTEMS.uri}|urn:uuid:${id}`,
    origins: () => [
      ...origins(),
      ...paths.map((path) => originAt(path, rule)),
      ...(encounter === undefined ? [] : [originAt('context.encounter', { ...rule, from: 'componentOf' })]),
    ],
  };
}

/** Its own first, by which receivers find the version: the set is of all versions. */
function identifiersOf(id: string, set: string | undefined, mapped: Identifier[] = []): Identifier[] {
  const listed = (identifier: Identifier) =>
    mapped.some(({ system, value }) => system === identifier.system && value === identifier.value);
  const named = set === undefined ? [] : [splitIdentifier(set)].filter((identifier) => !listed(identifier));
  return [ownIdentifier(id), ...mapped, ...named];
}

/** The replaced version by its reference where it came, and by its identifier for whoever was never sent it. */
function relationsOf({ fact }: DocumentVersion, { versions }: ReducedDocument) {
  return parentsOf(fact).map((parent) => ({
    code: 'replaces' as const,
    target: {
      ...(versions.some(({ id }) => id === parent)
        ? { reference: `DocumentReference/${resourceId('DocumentReference', parent)}` }
        : {}),
      type: 'DocumentReference',
      identifier: splitIdentifier(parent),
    },
  }));
}

/** The bytes as they came stand behind the address of their Binary, and so does the file that they hold in place of a body. */
function contentOf(
  { fact: { body, messageId } }: DocumentVersion,
  content: DocumentReference['content'] | undefined,
): DocumentReference['content'] {
  const [first, ...more] = content ?? [];
  const attachment: Attachment = {
    hash: Buffer.from(body.sha1, 'hex').toString('base64'),
    ...first?.attachment,
    url: `Binary/${binaryId(messageId, body.part)}`,
  };
  const files = more.map((file) => ({
    ...file,
    attachment: { ...file.attachment, url: `Binary/${bodyBinaryId(messageId, body.part)}` },
  }));
  return [{ ...first, attachment }, ...files];
}

/** Labels that restrict who may see the document stand in its meta too, where access is decided by. */
function withMeta({ meta, securityLabel = [] }: Partial<DocumentReference>): { meta?: Meta } {
  const codings = securityLabel.flatMap(({ coding = [] }) => coding).filter(isRestricting);
  const security = [
    ...(meta?.security ?? []),
    ...codings.map(({ system, code, display }) => ({
      ...(system === undefined ? {} : { system }),
      ...(code === undefined ? {} : { code }),
      ...(display === undefined ? {} : { display }),
    })),
  ];
  const merged = { ...meta, ...(security.length === 0 ? {} : { security }) };
  return Object.keys(merged).length === 0 ? {} : { meta: merged };
}

function isRestricting({ system, code }: Coding): boolean {
  return system === SYSTEMS.confidentiality && (code === 'R' || code === 'V');
}

/** Is the confidentiality of the document restricted or very restricted, or does it say itself that it is masked to professionals? */
export function isRestricted({ reference }: DocumentBody): boolean {
  const contributions: Contributions = new Map();
  layFragment(contributions, reference, '');
  const labels = valueOf(contributions, 'securityLabel') as CodeableConcept[] | undefined;
  return (labels ?? []).some(({ coding = [] }) => coding.some((label) => isRestricting(label) || isMask(label)));
}

function isMask({ system, code }: Coding): boolean {
  return system === SYSTEMS.visibility && code === 'MASQUE_PS';
}
