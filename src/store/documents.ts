import type { Patient } from 'fhir/r4.js';
import type { DocumentClaim, DocumentKnowledge, DocumentQuestion, KnownPatient } from '../message/document-claim.js';
import { GatewayError } from '../message/failure.js';
import { identifierKey } from '../message/identifier.js';
import { resourceId } from '../message/uuid.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const CLAIM: Statement = [
  'documents-claim',
  `
  INSERT INTO document_content (key, sha1)
  SELECT key, decode(sha1, 'hex') FROM unnest($1::text[], $2::text[]) AS input (key, sha1)
  ORDER BY key
  ON CONFLICT DO NOTHING`,
];

const OTHER_CONTENT: Statement = [
  'documents-other-content',
  `
  SELECT FROM unnest($1::text[], $2::text[]) AS input (key, sha1)
  CROSS JOIN LATERAL (SELECT sha1 FROM document_content WHERE document_content.key = input.key OFFSET 0) AS content
  WHERE content.sha1 <> decode(input.sha1, 'hex')`,
];

const SAVE: Statement = [
  'documents-save',
  `
  INSERT INTO document (message_id, part, key, set_key, version, request, sha1, parties)
  SELECT $1, part, key, set_key, version, request, decode(sha1, 'hex'), ARRAY (SELECT jsonb_array_elements_text(parties::jsonb))
  FROM unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[])
    AS input (part, key, set_key, version, request, sha1, parties)`,
];

/**
 * Keeps what a message claims of its documents, in the transaction of its row. A deletion claims no content: it names the id of what it deletes.
 * @throws GatewayError document-id-reused where the id of one of them stands for another content
 */
export async function saveDocuments(
  client: Queryable,
  messageId: string,
  documents: readonly DocumentClaim[],
): Promise<void> {
  const claiming = documents.filter(({ request }) => request !== 'delete');
  const claims = [claiming.map(({ key }) => key), claiming.map(({ sha1 }) => sha1)];
  if (claiming.length > 0) {
    await prepared(client, CLAIM, claims);
    const { rowCount } = await prepared(client, OTHER_CONTENT, claims);
    if (rowCount !== 0) throw new GatewayError('document-id-reused', 'the id of a document stands for another content');
  }
  await prepared(client, SAVE, [
    messageId,
    documents.map(({ part }) => part),
    documents.map(({ key }) => key),
    documents.map(({ set }) => set ?? null),
    documents.map(({ version }) => version ?? null),
    documents.map(({ request }) => request),
    documents.map(({ sha1 }) => sha1),
    documents.map(({ parties }) => JSON.stringify(parties)),
  ]);
}

const REPEATED: Statement = [
  'documents-repeated',
  `
  SELECT FROM control_id
  WHERE source = $1 AND sender = $2 AND control_id = $3 AND sha256 = decode($4, 'hex')`,
];

/** Everybody whom the numbers lead to, by all numbers of each. */
const PATIENT_KEYS: Statement = [
  'documents-patient-keys',
  `
  SELECT probe.key
  FROM unnest($1::text[]) AS asked (key)
  CROSS JOIN LATERAL (SELECT cluster FROM identifier WHERE identifier.key = asked.key OFFSET 0) AS own
  CROSS JOIN LATERAL (SELECT key FROM identifier WHERE identifier.cluster = own.cluster OFFSET 0) AS probe`,
];

const PATIENTS: Statement = [
  'documents-patients',
  `
  SELECT probe.body
  FROM unnest($1::text[]) AS asked (id)
  CROSS JOIN LATERAL (
    SELECT version, removed FROM resource WHERE type = 'Patient' AND resource.id = asked.id OFFSET 0) AS current
  CROSS JOIN LATERAL (
    SELECT body FROM resource_version
    WHERE type = 'Patient' AND resource_version.id = asked.id AND resource_version.version = current.version OFFSET 0) AS probe
  WHERE NOT current.removed`,
];

/** Versions of one set that are looked at, the latest first. */
const MOST = 50;

const VERSIONS: Statement = [
  'documents-versions',
  `
  SELECT DISTINCT ON (probe.message_id, probe.part) probe.part, probe.key, probe.set_key AS set, probe.version, probe.request,
    encode(probe.sha1, 'hex') AS sha1, probe.parties
  FROM unnest($1::text[]) AS asked (key)
  CROSS JOIN LATERAL (
    (SELECT * FROM document WHERE document.key = asked.key ORDER BY message_id DESC LIMIT ${MOST})
    UNION ALL
    (SELECT * FROM document WHERE document.set_key = asked.key ORDER BY version DESC NULLS LAST LIMIT ${MOST})) AS probe`,
];

/** What is known of the patient and of the other versions of the documents that came. */
export async function documentKnowledge(client: Queryable, question: DocumentQuestion): Promise<DocumentKnowledge> {
  const { source, sender, controlId, sha256, patients, documents } = question;
  const { rowCount } = await prepared(client, REPEATED, [source, sender, controlId, sha256]);
  const keys = await prepared<{ key: string }>(client, PATIENT_KEYS, [patients]);
  const ids = [...new Set(keys.rows.map(({ key }) => resourceId('Patient', key)))];
  const bodies = ids.length === 0 ? [] : (await prepared<{ body: string }>(client, PATIENTS, [ids])).rows;
  const versions = await prepared<StoredClaim>(client, VERSIONS, [documents]);
  return {
    repeated: rowCount !== 0,
    patients: bodies.map(({ body }) => JSON.parse(body) as Patient).flatMap((patient) => knownPatient(patient)),
    versions: versions.rows.map(claimOf),
  };
}

type StoredClaim = Omit<DocumentClaim, 'set' | 'version'> & { set: string | null; version: number | null };

function claimOf({ set, version, ...claim }: StoredClaim): DocumentClaim {
  return { ...claim, ...(set === null ? {} : { set }), ...(version === null ? {} : { version }) };
}

const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';

/** One that another replaced says nothing of himself. */
function knownPatient({
  active,
  identifier = [],
  name = [],
  gender,
  birthDate,
  extension = [],
}: Patient): KnownPatient[] {
  if (active === false) return [];
  const official = name.find(({ use }) => use === 'official') ?? name[0];
  const place = extension.find(({ url }) => url === BIRTH_PLACE)?.valueAddress;
  return [
    {
      identifiers: identifier.flatMap(({ system, value }) =>
        system === undefined || value === undefined ? [] : [identifierKey(system, value)],
      ),
      birthName: official?.family ?? '',
      sex: gender ?? '',
      birthDate: birthDate ?? '',
      birthPlace: place?.extension?.[0]?.valueCoding?.code ?? '',
    },
  ];
}

const OF_MESSAGE: Statement = [
  'documents-of-message',
  `
  SELECT part, key, set_key AS set, version, request, encode(sha1, 'hex') AS sha1, parties
  FROM document WHERE message_id = $1 ORDER BY part`,
];

/** The documents of a message. */
export async function documentsOfMessage(client: Queryable, messageId: string): Promise<DocumentClaim[]> {
  return (await prepared<StoredClaim>(client, OF_MESSAGE, [messageId])).rows.map(claimOf);
}
