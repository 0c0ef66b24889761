import { createHash } from 'node:crypto';
import type { GatewayError } from '../message/failure.js';
import { compileTable, type CodeTable } from './codes.js';
import { compileMaps } from './compile-map.js';
import { compileDocuments, type DocumentMappings } from './cda/compile-document.js';
import { compileMessages, stayFieldsOf, type MapsByTarget } from './hl7v2/compile-message.js';
import { fault, isSite, parseMappingFile, type Faults, type MappingFile, type ParsedFile } from './mapping-file.js';
import { withSite } from './site.js';

/** Everything that rows say, compiled once at start. */
export interface Mappings {
  /** First 12 hex digits of a sha-256 of all that decides what a message becomes: code, files, settings of the source. */
  version: string;
  triggers: ReadonlySet<string>;
  /** Trigger → target → the segment maps its message uses, in order. */
  maps: ReadonlyMap<string, MapsByTarget>;
  documents: DocumentMappings;
  /** HL7 paths of the rows that read the visit number, then of those that read the account: `PV1-19`, `PID-18`. */
  stayFields: readonly string[];
  /** The files behind the version, path → text; of the mappings of a source its settings too, as `source.json`. */
  files: ReadonlyMap<string, string>;
}

/** Settings of a source that decide what its messages become. */
export interface SourceReading {
  site?: string | undefined;
  zone: string;
  authority?: string | undefined;
  authorities: Readonly<Record<string, string>>;
  sharedNumbers?: readonly string[] | undefined;
  givenNames?: string | undefined;
}

/** Changes with what converters and facts mean, so that facts say which code read them. */
const CODE_VERSION = '2';

const EXTENSIONS_HEAD = new Set(['extensions', 'note']);
const EXTENSION_KEYS = new Set(['name', 'url', 'note', 'because', 'drop']);

/**
 * Compiles the mapping files, with the rows of `sites/<site>/` in place of the national ones of their name.
 * @returns the mappings, or every fault of every file with line and remedy
 */
export function compileMappings(
  files: readonly MappingFile[],
  site?: string,
): { mappings: Mappings } | { faults: GatewayError[] } {
  const faults: Faults = [];
  const used = files.filter(({ path }) => !isSite(path) || (site !== undefined && path.startsWith(`sites/${site}/`)));
  const parsed = used.flatMap((file) => parseMappingFile(file, faults) ?? []);
  const tables = new Map(
    withSite(parsed, 'table', faults).map((file): [string, CodeTable] => [file.name, compileTable(file, faults)]),
  );
  const extensions = new Map(withSite(parsed, 'extensions', faults).flatMap((file) => extensionsOf(file, faults)));
  const { segments, elements } = compileMaps(withSite(parsed, 'map', faults), { tables, extensions, faults });
  const byTrigger = compileMessages(withSite(parsed, 'message', faults), segments, faults);
  const documents = compileDocuments(withSite(parsed, 'document', faults), elements, faults);
  if (byTrigger.size === 0) fault(faults, 'messages/', 1, 'no message is mapped', 'add a file to mappings/messages/');
  if (faults.length > 0) return { faults };
  const kept = new Map(used.map(({ path, text }) => [path, text]));
  const stayFields = stayFieldsOf(byTrigger);
  const triggers = new Set(byTrigger.keys());
  return { mappings: { version: versionOf(kept), triggers, maps: byTrigger, documents, stayFields, files: kept } };
}

/**
 * The mappings as one source uses them: the same rows, under a version that covers the settings which decide what its messages become.
 */
export function mappingsOfSource(mappings: Mappings, source: SourceReading): Mappings {
  const { site, zone, authority, authorities, sharedNumbers, givenNames } = source;
  const aliases = Object.fromEntries(Object.entries(authorities).sort(([a], [b]) => (a < b ? -1 : 1)));
  const shared = sharedNumbers && [...sharedNumbers].sort();
  const settings = { site, zone, authority, authorities: aliases, sharedNumbers: shared, givenNames };
  const files = new Map([...mappings.files, ['source.json', JSON.stringify(settings)] as const]);
  return { ...mappings, version: versionOf(files), files };
}

function versionOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update(`${CODE_VERSION}\0`);
  for (const path of [...files.keys()].sort()) hash.update(`${path}\0${files.get(path) ?? ''}\0`);
  return hash.digest('hex').slice(0, 12);
}

function extensionsOf({ file: path, head, rows }: ParsedFile, faults: Faults): [string, string][] {
  for (const key of Object.keys(head))
    if (!EXTENSIONS_HEAD.has(key))
      fault(faults, path, 1, `${key} is no key of extensions`, 'use extensions, note, rows');
  return rows.flatMap(({ values, file, line }): [string, string][] => {
    const { name, url } = values;
    for (const key of Object.keys(values))
      if (!EXTENSION_KEYS.has(key))
        fault(faults, file, line, `${key} is no key of an extension`, 'use name, url, note, because');
    if (url === undefined || !/^https?:\/\/\S+$/.test(url))
      fault(faults, file, line, `the extension ${name ?? ''} has no url`, 'add `url: "http://…"`');
    return name === undefined || url === undefined ? [] : [[name, url]];
  });
}
