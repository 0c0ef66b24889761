import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { unreadable } from './unreadable.js';

/** What a package may hold at most. */
const MAX_ARCHIVE = 64 * 1024 * 1024;
const MAX_ENTRIES = 500;
const MAX_ENTRY = 32 * 1024 * 1024;
const MAX_TOTAL = 96 * 1024 * 1024;
/** Text is packed some twenty times; only what is made for it is packed more than this. */
const MAX_RATIO = 250;
/** Small entries may be of one repeated letter. */
const RATIO_COUNTS_FROM = 256 * 1024;

export interface ArchiveEntry {
  /** As in the archive, with slashes. */
  name: string;
  /** Inflates it, as many bytes as the archive says and no more. */
  read: () => Promise<Buffer>;
}

/**
 * The entries of a ZIP archive, by their names in capitals: Windows makes no difference. Nothing is written anywhere, and no more is inflated
 * than is read.
 * @throws GatewayError `document-unreadable`: no ZIP or half of one, encrypted, a name that leads out of it or stands twice, a link, an archive
 * within, or more than the limits allow
 */
export async function openArchive(bytes: Buffer): Promise<Map<string, ArchiveEntry>> {
  if (bytes.length > MAX_ARCHIVE) throw unreadable(`the package is larger than ${String(MAX_ARCHIVE)} bytes`);
  // yauzl's own words quote names, which may be those of patients.
  const zip = await fromBufferPromise(bytes, { lazyEntries: true }).catch((cause: unknown) => {
    throw unreadable('the package is no ZIP archive, or not a whole one', undefined, cause);
  });
  if (zip.entryCount > MAX_ENTRIES) throw unreadable(`the package has more than ${String(MAX_ENTRIES)} entries`);
  const entries = new Map<string, ArchiveEntry>();
  let total = 0;
  for (const entry of await listOf(zip)) {
    total += entry.uncompressedSize;
    if (total > MAX_TOTAL) throw unreadable(`the package holds more than ${String(MAX_TOTAL)} bytes`);
    checkEntry(entry);
    const name = entry.fileName;
    if (name.endsWith('/')) continue;
    const key = name.toUpperCase();
    if (entries.has(key)) throw unreadable('a name stands twice in the package');
    entries.set(key, { name, read: () => read(zip, entry) });
  }
  return entries;
}

async function listOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (cause) {
    throw unreadable('a name leads out of the package, or its list is broken', undefined, cause);
  }
  return entries;
}

function checkEntry(entry: Entry): void {
  const { fileName: name, uncompressedSize, compressedSize } = entry;
  const segments = name.split('/');
  if (/^([A-Za-z]:|\/)/.test(name) || segments.includes('..') || /[\x00-\x1f]/.test(name))
    throw unreadable('a name leads out of the package');
  if (isLink(entry)) throw unreadable('the package holds a link');
  if (/\.(zip|jar|7z|rar|tar|gz)$/i.test(name)) throw unreadable('the package holds an archive');
  if (entry.isEncrypted()) throw unreadable('the package is encrypted');
  if (uncompressedSize > MAX_ENTRY) throw unreadable(`an entry is larger than ${String(MAX_ENTRY)} bytes`);
  if (uncompressedSize > RATIO_COUNTS_FROM && uncompressedSize > MAX_RATIO * compressedSize)
    throw unreadable(`an entry is packed more than ${String(MAX_RATIO)} times`);
}

/** Its mode, where a system that has links made the archive, is in the upper half of the attributes. */
function isLink({ externalFileAttributes }: Entry): boolean {
  return ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}

async function read(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  } catch (cause) {
    throw unreadable('an entry of the package cannot be inflated, or is not as large as it says', undefined, cause);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x504b0304) throw unreadable('the package holds an archive');
  return bytes;
}
