import type { CodeTable } from './codes.js';
import { CDA } from './cda/dialect.js';
import type { Cda } from './cda/format.js';
import { compileRow, type RowMap } from './compile-row.js';
import type { Dialect } from './dialect.js';
import type { Format } from './format.js';
import { HL7V2 } from './hl7v2/dialect.js';
import { fault, type Faults, type ParsedFile } from './mapping-file.js';
import { elementsOf, TARGET_NAMES, type ElementKind } from './targets.js';

const SEGMENT_MAP = /^([A-Z][A-Z0-9]{2})-([A-Za-z]+)(-[a-z]+)*$/;
const ELEMENT_MAP = /^([a-z][A-Za-z0-9]*|ClinicalDocument)-([A-Za-z]+)(-[a-z]+)*$/;
const HEAD = new Set(['map', 'note']);

/** What rows may refer to. */
interface Parts {
  tables: ReadonlyMap<string, CodeTable>;
  extensions: ReadonlyMap<string, string>;
  faults: Faults;
}

/** Compiles the maps of HL7 v2 segments (`PID-Patient`), and those of the elements of CDA documents (`patientRole-Patient`). */
export function compileMaps(files: readonly ParsedFile[], parts: Parts) {
  const segments = new Map<string, RowMap>();
  const elements = new Map<string, RowMap<Cda>>();
  for (const file of files) {
    const [, segment] = SEGMENT_MAP.exec(file.name) ?? [];
    const [, element] = ELEMENT_MAP.exec(file.name) ?? [];
    if (segment !== undefined) add(segments, compileMap(file, segment, HL7V2, parts));
    else if (element !== undefined) add(elements, compileMap(file, element, CDA, parts));
    else {
      const remedy = 'call it <segment>-<target>, e.g. PID-Patient, or <element>-<target>, e.g. patientRole-Patient';
      fault(parts.faults, file.file, 1, `${file.name} is no name of a map`, remedy);
    }
  }
  return { segments, elements };
}

function add<F extends Format>(maps: Map<string, RowMap<F>>, map: RowMap<F> | undefined): void {
  if (map !== undefined) maps.set(map.name, map);
}

function compileMap<F extends Format>(
  file: ParsedFile,
  reads: string,
  dialect: Dialect<F>,
  parts: Parts,
): RowMap<F> | undefined {
  const { name } = file;
  const { faults } = parts;
  for (const key of Object.keys(file.head))
    if (!HEAD.has(key)) fault(faults, file.file, 1, `${key} is no key of a map`, 'use map, note, rows');
  const target = name.split('-')[1] ?? '';
  const elements = elementsOf(target);
  if (elements === undefined) {
    fault(faults, file.file, 1, `${target} is no target that rows write`, `use one of ${TARGET_NAMES.join(' ')}`);
    return undefined;
  }
  const context = { ...parts, dialect, map: name, reads, target, elements };
  const rows = file.rows.flatMap((row) => compileRow(row, context) ?? []);
  refuseClashes(file, elements, faults);
  return { name, reads, target, rows };
}

/** Two rows that write one single element, where neither a condition nor a predicate of their paths tells them apart. */
function refuseClashes({ rows }: ParsedFile, elements: ReadonlyMap<string, ElementKind>, faults: Faults): void {
  const written = new Set<string>();
  for (const { values, file, line } of rows) {
    const { to = '', from = '', when } = values;
    if (when !== undefined || from.includes('[') || elements.get(to)?.list === true) continue;
    if (written.has(to))
      fault(faults, file, line, `two rows write ${to} and nothing tells them apart`, 'give one a `when`');
    written.add(to);
  }
}
