import { createHash } from 'node:crypto';
import type { Attachment, CodeableConcept, Coding, DocumentReferenceContent, HumanName } from 'fhir/r4.js';
import type { OpenedDocument } from '../../cda/opened.js';
import { unstructuredBody } from '../../cda/unstructured-body.js';
import { SYSTEMS } from '../../fhir/systems.js';
import type { PatientIdentifier } from '../../message/fact.js';
import type { Element, Trace } from '../../message/fragment.js';
import type { Contributions } from '../contributions.js';

/** What DocumentReference says beside what the rows of the header contribute: of the bytes, of the carrier, and of whose it is. */
export function computedElements(
  document: OpenedDocument,
  read: Contributions,
  patient: readonly Element[],
  ins: PatientIdentifier,
): Element[] {
  return [contentOf(document, read), ...categoryOf(document, read), ...masksOf(document), sourcePatient(patient, ins)];
}

/** The attachment, whose address the fold knows: two messages that bring the same bytes say the same. PDSm asks for a title. */
function contentOf(document: OpenedDocument, read: Contributions): Element {
  const { bytes, sha1, mediaType } = document;
  const [language, title, creation] = ['language', 'title', 'writtenAt'].map((name) => read.filled<string>(name));
  const attachment: Attachment = {
    contentType: mediaType,
    ...(language === undefined ? {} : { language }),
    size: bytes.length,
    hash: Buffer.from(sha1, 'hex').toString('base64'),
    ...(title === undefined ? {} : { title }),
    ...(creation === undefined ? {} : { creation }),
  };
  const carried = document.carriage.metadata?.['formatCode'];
  const format = carried ?? read.filled<Coding>('format');
  const content: DocumentReferenceContent = { attachment, ...(format === undefined ? {} : { format }) };
  const file = bodyContent(document, attachment);
  const parts = read.traces(
    new Map([
      ['language', 'content[0].attachment.language'],
      ['title', 'content[0].attachment.title'],
      ['writtenAt', 'content[0].attachment.creation'],
      ...(carried === undefined ? ([['format', 'content[0].format']] as const) : []),
    ]),
  );
  const ofCarrier: Trace[] = carried === undefined ? [] : [['content[0].format', METADATA, 'rule:metadata']];
  const trace: Trace[] = [
    ['content[0]', 'ClinicalDocument', 'rule:bytes'],
    ...parts,
    ...ofCarrier,
    ...file.map((_, index): Trace => [`content[${index + 1}]`, 'component/nonXMLBody/text', 'rule:bytes']),
  ];
  return { path: 'content', field: 'ClinicalDocument', value: [content, ...file], trace };
}

/** The file of a body that is not structured, ready to be shown: a reader of PDF needs no reader of CDA. */
function bodyContent(document: OpenedDocument, { language, title, creation }: Attachment): DocumentReferenceContent[] {
  const body = document.format === 'cda' ? unstructuredBody(document.root) : undefined;
  if (body === undefined) return [];
  const attachment: Attachment = {
    contentType: body.mediaType,
    ...(language === undefined ? {} : { language }),
    size: body.bytes.length,
    hash: createHash('sha1').update(body.bytes).digest('base64'),
    ...(title === undefined ? {} : { title }),
    ...(creation === undefined ? {} : { creation }),
  };
  return [{ attachment }];
}

const METADATA = 'METADATA.XML';

/** The class that the carrier gives, else the one of the type. */
function categoryOf({ carriage }: OpenedDocument, read: Contributions): Element[] {
  const carried = carriage.metadata?.['classCode'];
  const coding = carried ?? read.filled<Coding>('classCode');
  if (coding === undefined) return [];
  const value: CodeableConcept[] = [{ coding: [coding] }];
  const trace: Trace[] =
    carried === undefined
      ? read.traces(new Map([['classCode', 'category[0]']]))
      : [['category[0]', METADATA, 'rule:metadata']];
  return [{ path: 'category', field: carried === undefined ? 'code' : METADATA, value, trace }];
}

/** What the carrier hides, and from whom, beside the confidentiality of the document: what METADATA.XML restricts is restricted. */
function masksOf({ carriage }: OpenedDocument): Element[] {
  const confidentiality = carriage.metadata?.['confidentialityCode'];
  const isRestricting = confidentiality?.code === 'R' || confidentiality?.code === 'V';
  const codings: Coding[] = [
    ...(isRestricting ? [{ system: SYSTEMS.confidentiality, code: confidentiality.code }] : []),
    ...carriage.masks.map((code) => ({ system: SYSTEMS.visibility, code })),
  ];
  if (codings.length === 0) return [];
  const value = codings.map((coding): CodeableConcept => ({ coding: [coding] }));
  const trace = value.map((_, index): Trace => [`securityLabel[${index}]`, 'carrier', 'rule:mask']);
  return [{ path: 'securityLabel', field: 'carrier', value, trace }];
}

/** Whom the document was made about, by the INS that it carries. */
function sourcePatient(patient: readonly Element[], { system, value }: PatientIdentifier): Element {
  const name = patient.find(({ path }) => path === 'name');
  const [first] = (name?.value ?? []) as HumanName[];
  const display = [...(first?.given ?? []), first?.family ?? ''].join(' ').trim();
  const [, from = 'recordTarget/patientRole/id'] = name?.trace[0] ?? [];
  return {
    path: 'context.sourcePatientInfo',
    field: 'recordTarget/patientRole',
    value: { type: 'Patient', identifier: { system, value }, ...(display === '' ? {} : { display }) },
    trace: [['context.sourcePatientInfo', from, 'rule:source-patient']],
  };
}
