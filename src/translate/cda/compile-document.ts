import type { Path } from '../../cda/path.js';
import { elementPath } from './dialect.js';
import type { Cda } from './format.js';
import type { RowMap } from '../compile-row.js';
import { fault, type Faults, type ParsedFile, type Row } from '../mapping-file.js';

/** An element map as a document uses it: over the first place of a path, or over each. */
export interface DocumentMap {
  map: RowMap<Cda>;
  from: Path;
  each: boolean;
}

/** Target → the element maps that read it, in order. */
export type DocumentMaps = ReadonlyMap<string, readonly DocumentMap[]>;

/** What is read of documents: of each from ClinicalDocument on, and of sections by the templates that they conform to. */
export interface DocumentMappings {
  header: DocumentMaps;
  /** By templateId/@root. */
  sections: ReadonlyMap<string, DocumentMaps>;
}

const HEAD = new Set(['document', 'sections', 'note']);
const KEYS = new Set(['id', 'from', 'to', 'as', 'each', 'note', 'because', 'drop']);
/** Targets of which a document has one. */
const SINGLE = new Set(['Patient', 'identity', 'DocumentReference', 'document', 'visit', 'Encounter']);

/** Compiles the document maps: those without `sections` read the header of every document. */
export function compileDocuments(
  files: readonly ParsedFile[],
  maps: ReadonlyMap<string, RowMap<Cda>>,
  faults: Faults,
): DocumentMappings {
  const header = new Map<string, DocumentMap[]>();
  const sections = new Map<string, Map<string, DocumentMap[]>>();
  for (const file of files) {
    for (const key of Object.keys(file.head))
      if (!HEAD.has(key))
        fault(faults, file.file, 1, `${key} is no key of a document`, 'use document, sections, note, rows');
    const used = file.rows.flatMap((row) => documentMapOf(row, maps, faults) ?? []);
    for (const target of targetsOf(file, header, sections, faults))
      for (const map of used) target.set(map.map.target, [...(target.get(map.map.target) ?? []), map]);
  }
  return { header, sections };
}

function targetsOf(
  { file, head }: ParsedFile,
  header: Map<string, DocumentMap[]>,
  sections: Map<string, Map<string, DocumentMap[]>>,
  faults: Faults,
): Map<string, DocumentMap[]>[] {
  if (head['sections'] === undefined) return [header];
  return [...new Set(head['sections'].split('|'))].map((template) => {
    if (!/^[0-2](\.\d+)+$/.test(template))
      fault(faults, file, 1, `${template} is no templateId`, 'write them as `sections: 1.2.3|1.2.4`');
    const target = sections.get(template) ?? new Map<string, DocumentMap[]>();
    sections.set(template, target);
    return target;
  });
}

function documentMapOf(row: Row, maps: ReadonlyMap<string, RowMap<Cda>>, faults: Faults): DocumentMap | undefined {
  const { from = '', to = '', as = '', each } = row.values;
  const wrong = (text: string, remedy: string) => {
    fault(faults, row.file, row.line, text, remedy);
  };
  for (const key of Object.keys(row.values))
    if (!KEYS.has(key)) wrong(`${key} is no key of a document row`, 'use id, from, to, as, each, note');
  if (each !== undefined && each !== 'yes' && each !== 'no') wrong(`each: ${each} says nothing`, 'write `each: yes`');
  const map = maps.get(as);
  if (map === undefined) {
    wrong(`there is no element map ${as || '(none)'}`, 'name a file of mappings/cda/');
    return undefined;
  }
  const path = elementPath(from);
  if (path === undefined || path.leaf !== undefined || !leadsTo(path, map.reads))
    wrong(`from: ${from} leads to no ${map.reads}, which ${as} reads`, `write e.g. from: component/${map.reads}`);
  if (to !== map.target) wrong(`to: ${to} is not the target of ${as}`, `write to: ${map.target}`);
  if (each === 'yes' && SINGLE.has(map.target))
    wrong(`a document has one ${map.target}: each element cannot make one`, 'take each out');
  return path && { map, from: path, each: each === 'yes' };
}

/** `.` stands for the section, or for ClinicalDocument. */
function leadsTo({ steps }: Path, element: string): boolean {
  const last = steps.at(-1);
  if (last === undefined) return element === 'section' || element === 'ClinicalDocument';
  return last.name === undefined || last.name === element;
}
