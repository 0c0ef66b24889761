import { createHash } from 'node:crypto';
import { plainName } from '../message/plain-name.js';
import { openArchive, type ArchiveEntry } from './archive.js';
import type { XmlElement } from './element.js';
import { readInstanceIdentifier, type InstanceIdentifier } from './instance-identifier.js';
import { readMetadata, type DocumentEntryMetadata, type SubmissionMetadata } from './metadata.js';
import { openCda } from './open-cda.js';
import type { Carriage, OpenedDocument } from './opened.js';
import { childOf, childrenOf, textOf } from './path.js';
import { inconsistent, ofNobody, unreadable } from './unreadable.js';

type OpenedCda = OpenedDocument & { format: 'cda' };

/** Media types under which METADATA.XML names a CDA. */
const CDA_TYPES = new Set(['text/xml', 'application/xml', 'application/xslt+xml', 'application/hl7-cda+xml']);

/**
 * Opens an XDM package (IHE ITI TF-2 §3.32): every CDA that a METADATA.XML of it names. File, size, hash, id and patient must be those of
 * METADATA.XML, and all of it must be about one patient. Other files, the page for people among them, are not read.
 * @throws GatewayError `document-unreadable`, `document-inconsistent`, `document-identity`
 */
export async function openPackage(bytes: Buffer): Promise<OpenedDocument[]> {
  const entries = await openArchive(bytes);
  const subsets = await submissionsOf(entries);
  const stated = subsets.flatMap(({ submission }) => [submission, ...submission.documents]);
  const patients = new Set(stated.flatMap(({ patientId }) => (patientId === undefined ? [] : [patientKey(patientId)])));
  if (patients.size > 1) throw ofNobody('the package is about several patients', 'patientId');
  const documents: OpenedCda[] = [];
  const unread: string[] = [];
  for (const { folder, submission } of subsets)
    for (const metadata of submission.documents) {
      const file = await readFile(entries, folder, metadata);
      if (isCda(metadata)) documents.push(openEntry(file, metadata, submission, documents.length));
      else unread.push('the package holds a document that is no CDA: it is not read');
    }
  const [first, ...rest] = documents;
  if (first === undefined) throw unreadable('the package holds no CDA', 'METADATA.XML');
  if (!rest.every((document) => shareAnId(first, document)))
    throw ofNobody('the package is about several patients', 'recordTarget');
  return [{ ...first, warnings: [...first.warnings, ...unread] }, ...rest];
}

interface Subset {
  /** In capitals, with its slash. */
  folder: string;
  submission: SubmissionMetadata;
}

/** The subsets of a package, in the order of their names. */
async function submissionsOf(entries: Map<string, ArchiveEntry>): Promise<Subset[]> {
  const subsets: Subset[] = [];
  for (const [name, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (/(^|\/)METADATA\.XML$/.test(name))
      subsets.push({ folder: name.slice(0, -'METADATA.XML'.length), submission: readMetadata(await entry.read()) });
  if (subsets.length === 0) throw unreadable('the package has no METADATA.XML', 'METADATA.XML');
  return subsets;
}

function isCda({ mediaType, uri }: DocumentEntryMetadata): boolean {
  return mediaType === '' ? /\.xml$/i.test(uri) : CDA_TYPES.has(mediaType);
}

function fileOf(entries: Map<string, ArchiveEntry>, name: string): ArchiveEntry {
  const entry = entries.get(name);
  if (entry === undefined) throw inconsistent('METADATA.XML names a file that is not in the package', 'URI');
  return entry;
}

/** The bytes of a document, which are those that METADATA.XML speaks of. */
async function readFile(
  entries: Map<string, ArchiveEntry>,
  folder: string,
  { uri, size, hash }: DocumentEntryMetadata,
): Promise<Buffer> {
  const bytes = await fileOf(entries, folder + uri.replaceAll('\\', '/').replace(/^\.\//, '').toUpperCase()).read();
  if (bytes.length === 0) throw unreadable('the document is empty', 'URI');
  if (size !== undefined && size !== bytes.length)
    throw inconsistent('the document is not of the size that METADATA.XML says', 'size');
  if (hash !== undefined && hash !== createHash('sha1').update(bytes).digest('hex'))
    throw inconsistent('the document has not the hash that METADATA.XML says', 'hash');
  return bytes;
}

function openEntry(
  bytes: Buffer,
  metadata: DocumentEntryMetadata,
  submission: SubmissionMetadata,
  part: number,
): OpenedCda {
  const { carriage, warnings } = carriageOf(metadata, submission);
  const document = openCda(bytes, carriage, part);
  const { root } = document;
  const id = readInstanceIdentifier(childOf(root, 'id'));
  if (metadata.uniqueId !== undefined && (id === undefined || metadata.uniqueId !== uniqueIdOf(id)))
    throw inconsistent('the id of the document is not the uniqueId of METADATA.XML', 'uniqueId');
  const ids = patientIdsOf(root);
  for (const patient of [metadata.patientId, submission.patientId])
    if (patient !== undefined && !ids.includes(patientKey(patient)))
      throw inconsistent('the patient of METADATA.XML is not the one of the document', 'patientId');
  checkSourcePatient(ids, metadata.sourcePatientId);
  checkTraits(root, metadata.patientInfo);
  return { ...document, warnings: [...document.warnings, ...warnings, ...differencesOf(root, metadata)] };
}

/** What of METADATA.XML differs from the document and does no harm. */
function differencesOf(root: XmlElement, { codes, patientInfo }: DocumentEntryMetadata): string[] {
  const typeCode = codes.get('typeCode')?.[0]?.code;
  const isOfType = typeCode === undefined || typeCode === childOf(root, 'code')?.attributes['code'];
  return [
    ...(isOfType ? [] : ['the type of the document is not the typeCode of METADATA.XML']),
    ...(hasGivenName(root, patientInfo) ? [] : ['the given name of METADATA.XML is none of the document']),
  ];
}

/** XDS uniqueId: a root, with `^` and the extension where there is one. */
function uniqueIdOf({ root, extension }: InstanceIdentifier): string {
  return extension === '' ? root : `${root}^${extension}`;
}

const MASKS = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'] as const;
/** Of several confidentialities the strictest, the last one, counts. */
const RESTRICTING = ['R', 'V'];
const REQUESTS: ReadonlyMap<string | undefined, Carriage['request']> = new Map([
  ['C', 'replace'],
  ['D', 'delete'],
]);

/** What METADATA.XML says beside the document. Of the confidentiality codes the masks stand apart from N, R and V. */
function carriageOf(
  { codes, action, size, hash }: DocumentEntryMetadata,
  { sentAt, warnings }: SubmissionMetadata,
): { carriage: Carriage; warnings: string[] } {
  const request = REQUESTS.get(action);
  const metadata: NonNullable<Carriage['metadata']> = {};
  for (const [name, list] of codes) {
    const [code] = list
      .filter((entry) => !(MASKS as readonly string[]).includes(entry.code))
      .sort((a, b) => RESTRICTING.indexOf(b.code) - RESTRICTING.indexOf(a.code));
    if (code?.system !== undefined) Object.assign(metadata, { [name]: { ...code, system: code.system } });
  }
  const set = codes.get('confidentialityCode') ?? [];
  const carriage: Carriage = {
    ...(request === undefined ? {} : { request }),
    replaces: [],
    masks: MASKS.filter((mask) => set.some(({ code }) => code === mask)),
    metadata,
    ...(sentAt === undefined ? {} : { sentAt }),
  };
  return {
    carriage,
    warnings: [
      ...warnings,
      ...(action === undefined || request !== undefined
        ? []
        : ['METADATA.XML asks for an action that is none of C and D']),
      ...(size === undefined || hash === undefined ? ['METADATA.XML lacks the size or the hash of the document'] : []),
    ],
  };
}

/** A CX `matricule^^^&OID&ISO^NH` as `OID|matricule`. */
function patientKey(cx: string): string {
  const [number = '', , , authority = ''] = cx.split('^');
  return `${authority.split('&')[1] ?? ''}|${number}`;
}

function patientIdsOf(root: XmlElement): string[] {
  return childrenOf(root, 'recordTarget')
    .flatMap((target) => childrenOf(target, 'patientRole'))
    .flatMap((role) => childrenOf(role, 'id'))
    .map(({ attributes }) => `${attributes['root']?.trim() ?? ''}|${attributes['extension']?.trim() ?? ''}`);
}

/** Of an authority of which the document has a number, the number of METADATA.XML is that one. */
function checkSourcePatient(ids: readonly string[], cx: string | undefined): void {
  const key = cx === undefined ? '|' : patientKey(cx);
  const [authority = ''] = key.split('|');
  const isNamed = authority !== '' && ids.some((id) => id.startsWith(`${authority}|`));
  if (isNamed && !ids.includes(key))
    throw inconsistent('the patient of METADATA.XML is not the one of the document', 'sourcePatientId');
}

/** Documents of one patient name one number in common. */
function shareAnId(document: OpenedCda, other: OpenedCda): boolean {
  const ids = patientIdsOf(document.root);
  return patientIdsOf(other.root).some((id) => ids.includes(id));
}

/** Name of birth, birth date and sex of sourcePatientInfo (PID-5 of type L, PID-7, PID-8) are those of the header, where both say them. */
function checkTraits(root: XmlElement, info: readonly string[]): void {
  const role = childrenOf(root, 'recordTarget').flatMap((target) => childrenOf(target, 'patientRole'))[0];
  const patient = role && childOf(role, 'patient');
  if (patient === undefined) return;
  const field = (name: string) =>
    info.filter((line) => line.startsWith(`${name}|`)).map((line) => line.slice(name.length + 1));
  const names = field('PID-5').map((name) => name.split('^'));
  const stated = names.find((name) => name[6] === 'L')?.[0];
  check('PID-5', ANY, stated, officialFamily(patient));
  check('PID-7', /^\d{8}/, field('PID-7')[0], childOf(patient, 'birthTime')?.attributes['value']);
  check('PID-8', /^[FM]$/, field('PID-8')[0], childOf(patient, 'administrativeGenderCode')?.attributes['code']);
}

/** Is the given name of birth in sourcePatientInfo (PID-5.2 of type L) one that the header has, alone or the first of its list? */
function hasGivenName(root: XmlElement, info: readonly string[]): boolean {
  const birth = info.map((line) => line.split('^')).find((name) => name[0]?.startsWith('PID-5|') && name[6] === 'L');
  const given = childrenOf(root, 'recordTarget')
    .flatMap((target) => childrenOf(target, 'patientRole'))
    .flatMap((role) => childrenOf(role, 'patient'))
    .flatMap((patient) => childrenOf(patient, 'name'))
    .flatMap((name) => childrenOf(name, 'given'));
  const stated = wholeAndFirst(birth?.[1] ?? '');
  const written = given.flatMap((part) => wholeAndFirst(textOf(part)));
  return stated.length === 0 || written.length === 0 || stated.some((name) => written.includes(name));
}

/** A list of given names, and the first of them, as names are compared. */
function wholeAndFirst(names: string): string[] {
  return [names, names.trim().split(/\s+/)[0] ?? ''].map(plainName).filter((name) => name !== '');
}

/** The family name of birth; where no qualifier tells several apart, that of a name for legal use (EN.use L, C, OR). */
function officialFamily(patient: XmlElement): string | undefined {
  for (const name of childrenOf(patient, 'name')) {
    const families = childrenOf(name, 'family').map((family) => ({
      text: textOf(family),
      qualifiers: (family.attributes['qualifier'] ?? '').split(/\s+/),
    }));
    const textWith = (...wanted: string[]) =>
      families
        .filter(({ qualifiers }) => wanted.some((qualifier) => qualifiers.includes(qualifier)))
        .map(({ text }) => text)
        .join(' ');
    const birth = textWith('BR');
    if (birth !== '') return birth;
    if (textWith('CL', 'SP') === '' && /^(L|C|OR)\b/.test(name.attributes['use'] ?? ''))
      return families.map(({ text }) => text).join(' ');
  }
  return undefined;
}

const ANY = /.+/s;

/** @param form the part of both that is compared; where one has it not, nothing is said */
function check(field: string, form: RegExp, stated = '', header = ''): void {
  const [first, second] = [stated, header].map((value) => plainName(form.exec(value)?.[0] ?? ''));
  if (first !== '' && second !== '' && first !== second)
    throw inconsistent('the traits of METADATA.XML are not those of the document', `sourcePatientInfo ${field}`);
}
