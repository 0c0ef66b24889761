import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

/** An entry of an archive as a test wants it, hostile ones too. */
export interface ZipEntry {
  name: string;
  content: Buffer | string;
  /** Not packed. */
  stored?: boolean;
  /** Sizes after the content instead of before it, as streaming writers do. */
  descriptor?: boolean;
  /** Unix mode. */
  mode?: number;
  encrypted?: boolean;
  /** The size that the list of the archive says. */
  size?: number;
}

/** Writes a ZIP archive (PKWARE APPNOTE §4.3), whatever its entries are called. Checksums are left out: nothing reads them. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { name, content, stored = false, descriptor = false, mode, encrypted = false } = entry;
    const bytes = Buffer.from(content as string);
    const packed = stored ? bytes : deflateRawSync(bytes);
    const nameBytes = Buffer.from(name, 'utf8');
    const flags = 0x0800 | (descriptor ? 8 : 0) | (encrypted ? 1 : 0);
    const sizes = [packed.length, entry.size ?? bytes.length];
    const local = header(0x04034b50, [20, flags, stored ? 0 : 8, 0, 0x21], descriptor ? [0, 0] : sizes, [
      nameBytes.length,
      0,
    ]);
    const trailer = descriptor ? numbers([0x08074b50, 0, ...sizes], 4) : Buffer.alloc(0);
    parts.push(local, nameBytes, packed, trailer);
    const made = mode === undefined ? 20 : (3 << 8) | 20;
    list.push(
      header(0x02014b50, [made, 20, flags, stored ? 0 : 8, 0, 0x21], sizes, [nameBytes.length, 0, 0, 0, 0]),
      numbers([(mode ?? 0) * 0x10000, offset], 4),
      nameBytes,
    );
    offset += local.length + nameBytes.length + packed.length + trailer.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.concat([
    numbers([0x06054b50], 4),
    numbers([0, 0, entries.length, entries.length], 2),
    numbers([directory.length, offset], 4),
    numbers([0], 2),
  ]);
  return Buffer.concat([...parts, directory, end]);
}

function header(signature: number, shorts: number[], sizes: number[], lengths: number[]): Buffer {
  return Buffer.concat([numbers([signature], 4), numbers(shorts, 2), numbers([0, ...sizes], 4), numbers(lengths, 2)]);
}

function numbers(values: number[], width: number): Buffer {
  const bytes = Buffer.alloc(values.length * width);
  values.forEach((value, index) => bytes.writeUIntLE(value, index * width, width));
  return bytes;
}

/** What METADATA.XML of a test says of a document; what is absent is worked out, what is null is left out. */
export interface XdmDocument {
  bytes: Buffer;
  uri?: string;
  mediaType?: string;
  size?: string | null;
  hash?: string | null;
  uniqueId?: string | null;
  patientId?: string | null;
  sourcePatientId?: string;
  /** Lines of sourcePatientInfo. */
  patientInfo?: string[];
  action?: string;
  typeCode?: string;
  masks?: string[];
}

export const INS = '254063818599957^^^&1.2.250.1.213.1.4.10&ISO^NH';

export function metadataOf(documents: readonly XdmDocument[], submissionPatient: string | null = INS): string {
  const objects = documents.map((document, index) => {
    const {
      bytes,
      uri = `DOC000${String(index + 1)}.XML`,
      mediaType = 'text/xml',
      action,
      typeCode = '11490-0',
    } = document;
    const { size = String(bytes.length), patientId = INS, uniqueId = `2.999.1.${String(index + 1)}` } = document;
    const { hash = createHash('sha1').update(bytes).digest('hex').toUpperCase() } = document;
    return `<r:ExtrinsicObject id="D${String(index)}" mimeType="${mediaType}">
      ${slot('URI', [uri])}${slot('size', [size])}${slot('hash', [hash])}
      ${slot('urn:action:extraMetadataSlot', [action])}${slot('sourcePatientId', [document.sourcePatientId?.replaceAll('&', '&amp;')])}${slot('sourcePatientInfo', document.patientInfo ?? [])}
      ${classification('f0306f51-975f-434e-a61c-c59651d33983', typeCode, '2.16.840.1.113883.6.1')}
      ${classification('41a5887f-8865-4c09-adf7-e362475b143a', '10', '1.2.250.1.213.1.1.4.1', 'Compte rendu')}
      ${['N', ...(document.masks ?? [])].map((code) => classification('f4f85eac-e6cb-4883-b524-f2705394840f', code, '2.16.840.1.113883.5.25')).join('')}
      ${external('58a6f841-87b3-4a3e-92fd-a8ffeff98427', patientId)}${external('2e82c1f6-a085-4c72-9da3-8640a32e42ab', uniqueId)}
    </r:ExtrinsicObject>`;
  });
  return `<l:SubmitObjectsRequest xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><r:RegistryObjectList>
    ${objects.join('')}<r:RegistryPackage id="S">${slot('submissionTime', ['20250603121500'])}
    ${external('6b5aea1a-874d-4603-a4bc-96a0a7b38446', submissionPatient)}</r:RegistryPackage></r:RegistryObjectList></l:SubmitObjectsRequest>`;
}

function slot(name: string, values: (string | null | undefined)[]): string {
  const filled = values.filter((value) => value !== null && value !== undefined);
  if (filled.length === 0) return '';
  const list = filled.map((value) => `<r:Value>${value}</r:Value>`).join('');
  return `<r:Slot name="${name}"><r:ValueList>${list}</r:ValueList></r:Slot>`;
}

function classification(scheme: string, code: string, system: string, name = ''): string {
  const label = name === '' ? '' : `<r:Name><r:LocalizedString value="${name}"/></r:Name>`;
  return `<r:Classification classificationScheme="urn:uuid:${scheme}" nodeRepresentation="${code}">${slot('codingScheme', [system])}${label}</r:Classification>`;
}

function external(scheme: string, value: string | null): string {
  if (value === null) return '';
  return `<r:ExternalIdentifier identificationScheme="urn:uuid:${scheme}" value="${value.replaceAll('&', '&amp;')}"/>`;
}

/** An XDM package of these documents, named as ANS names them unless a test changes the names. */
export function xdmOf(
  documents: readonly XdmDocument[],
  {
    metadata = metadataOf(documents),
    rename = (name: string) => name,
    entry = {} as Partial<ZipEntry>,
    more = [] as ZipEntry[],
  } = {},
): Buffer {
  const files: ZipEntry[] = [
    { name: 'README.TXT', content: 'essai' },
    { name: 'INDEX.HTM', content: '<!DOCTYPE html><html/>' },
    { name: 'IHE_XDM/SUBSET01/METADATA.XML', content: metadata },
    ...documents.map(({ bytes, uri }, index) => ({
      name: `IHE_XDM/SUBSET01/${uri ?? `DOC000${String(index + 1)}.XML`}`,
      content: bytes,
    })),
  ];
  return zipOf([...files.map((file) => ({ ...file, ...entry, name: rename(file.name) })), ...more]);
}
