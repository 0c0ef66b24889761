import { createHash } from 'node:crypto';
import { parsePath, type Path } from '../hl7v2/path.js';
import type { GatewayError } from '../message/failure.js';
import { compileTable, type CodeTable } from './codes.js';
import { compileCondition, type Condition } from './condition.js';
import type { Converter } from './converter.js';
import { CONVERTERS } from './converters.js';
import { fault, parseMappingFile, type Faults, type MappingFile, type ParsedFile, type Row } from './mapping-file.js';

export type CodedForm = 'code' | 'Coding' | 'CodeableConcept' | 'valueCoding' | 'language';

/** One row, ready to run. */
export interface CompiledRow {
  /** For traces: `PID-Patient:4`. */
  id: string;
  from: Path;
  to: string;
  each: boolean;
  when: Condition | undefined;
  convert: Converter | undefined;
  codes: { table: CodeTable; form: CodedForm } | undefined;
  /** Members laid over a converted object; undefined where the row sets none. */
  set: Readonly<Record<string, string>> | undefined;
}

export interface SegmentMap {
  name: string;
  segment: string;
  target: string;
  rows: CompiledRow[];
}

/** Everything that rows say, compiled once at start. */
export interface Mappings {
  /** First 12 hex digits of the sha-256 of all files. */
  version: string;
  triggers: ReadonlySet<string>;
  /** Trigger → the segment maps its message uses. */
  maps: ReadonlyMap<string, readonly SegmentMap[]>;
}

const ROW_KEYS = new Set(['from', 'to', 'as', 'codes', 'when', 'set', 'each', 'note', 'because']);
const CODED = new Set(['code', 'Coding', 'CodeableConcept', 'valueCoding', 'language']);

/**
 * Compiles the mapping files; rows of `sites/<site>/` take the place of those with the same `from`, `to` and `when`.
 * @returns the mappings, or every fault of every file with line and remedy
 */
export function compileMappings(
  files: readonly MappingFile[],
  site?: string,
): { mappings: Mappings } | { faults: GatewayError[] } {
  const faults: Faults = [];
  const used = files.filter(
    ({ path }) => !path.startsWith('sites/') || (site !== undefined && path.startsWith(`sites/${site}/`)),
  );
  const parsed = used.flatMap((file) => parseMappingFile(file, faults) ?? []);
  const national = parsed.filter(({ file }) => !file.startsWith('sites/'));
  const local = parsed.filter(({ file }) => file.startsWith('sites/'));
  const tables = new Map(
    withSite(national, local, 'table', faults).map((file) => [file.head['table'] ?? '', compileTable(file, faults)]),
  );
  const maps = new Map(
    withSite(national, local, 'map', faults).map((file) => [file.head['map'] ?? '', compileMap(file, tables, faults)]),
  );
  const messages = withSite(national, local, 'message', faults);
  const byTrigger = new Map(messages.flatMap((file) => triggersOf(file, maps, faults)));
  if (byTrigger.size === 0) fault(faults, 'messages/', 1, 'no message is mapped', 'add a file to mappings/messages/');
  if (faults.length > 0) return { faults };
  return { mappings: { version: versionOf(used), triggers: new Set(byTrigger.keys()), maps: byTrigger } };
}

function versionOf(files: readonly MappingFile[]): string {
  const hash = createHash('sha256');
  for (const { path, text } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${path}\0${text}\0`);
  return hash.digest('hex').slice(0, 12);
}

/** National files of a kind with the rows of the site's in their place. */
function withSite(
  national: readonly ParsedFile[],
  local: readonly ParsedFile[],
  kind: string,
  faults: Faults,
): ParsedFile[] {
  const place = ({ values }: Row) => [values['from'], values['to'], values['when'], values['code']].join('|');
  const files = national.filter(({ head }) => head[kind] !== undefined);
  for (const file of local.filter(
    ({ head }) => head[kind] !== undefined && !files.some((one) => one.head[kind] === head[kind]),
  ))
    fault(
      faults,
      file.file,
      1,
      `there is no national ${kind} ${file.head[kind] ?? ''}`,
      'a site changes rows of existing files only',
    );
  return files.map((file) => {
    const own = local.filter(({ head }) => head[kind] === file.head[kind]).flatMap(({ rows }) => rows);
    for (const row of own)
      if (row.values['because'] === undefined)
        fault(faults, row.file, row.line, 'a site row does not say why it differs', 'add `because: …`');
    const replaced = new Set(own.map(place));
    return { ...file, rows: [...file.rows.filter((row) => !replaced.has(place(row))), ...own] };
  });
}

function triggersOf(file: ParsedFile, maps: ReadonlyMap<string, SegmentMap>, faults: Faults): [string, SegmentMap[]][] {
  const used = file.rows.flatMap((row) => {
    const map = maps.get(row.values['as'] ?? '');
    if (map !== undefined) return [map];
    fault(
      faults,
      row.file,
      row.line,
      `there is no segment map ${row.values['as'] ?? '(none)'}`,
      'name a file of mappings/segments/',
    );
    return [];
  });
  const triggers = (file.head['triggers'] ?? '').split('|').filter((trigger) => trigger !== '');
  if (triggers.length === 0) fault(faults, file.file, 1, 'the message names no triggers', 'add `triggers: A01|A04`');
  return triggers.map((trigger) => [trigger, used]);
}

function compileMap(file: ParsedFile, tables: ReadonlyMap<string, CodeTable>, faults: Faults): SegmentMap {
  const name = file.head['map'] ?? '';
  const dash = name.indexOf('-');
  if (dash !== 3)
    fault(faults, file.file, 1, `${name} is no name of a segment map`, 'call it after HL7’s own, e.g. PID-Patient');
  const rows = file.rows.flatMap((row) => compileRow(row, name, tables, faults) ?? []);
  const places = new Map<string, Row>();
  for (const row of file.rows) {
    const { to = '', when, each } = row.values;
    if (each !== undefined || when !== undefined || REPEATING.has(to)) continue;
    if (places.has(to))
      fault(faults, row.file, row.line, `two rows write ${to} and nothing tells them apart`, 'give one a `when`');
    places.set(to, row);
  }
  return { name, segment: name.slice(0, 3), target: name.slice(dash + 1), rows };
}

/** FHIR elements that hold a list. */
export const REPEATING = new Set(
  (
    'identifier name telecom address extension communication contact generalPractitioner type reasonCode relationship account ' +
    'hospitalization.specialArrangement hospitalization.specialCourtesy hospitalization.dietPreference'
  ).split(' '),
);

// eslint-disable-next-line max-lines-per-function -- every fault a row can have, one line each
function compileRow(
  row: Row,
  map: string,
  tables: ReadonlyMap<string, CodeTable>,
  faults: Faults,
): CompiledRow | undefined {
  const { from = '', to = '', as, codes, when } = row.values;
  const wrong = (text: string, remedy: string) => {
    fault(faults, row.file, row.line, text, remedy);
  };
  for (const key of Object.keys(row.values))
    if (!ROW_KEYS.has(key)) wrong(`${key} is no key of a row`, 'use from, to, as, codes, when, set, each, note');
  const path = parsePath(from);
  if (path === undefined || path.field === 0 || path.segment !== map.slice(0, 3))
    wrong(`from: ${from} is no path of ${map.slice(0, 3)}`, `write e.g. from: ${map.slice(0, 3)}-3`);
  if (!/^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)?$/.test(to))
    wrong(`to: ${to} is no FHIR element`, 'write e.g. to: birthDate or to: hospitalization.admitSource');
  const table = codes === undefined ? undefined : tables.get(codes);
  if (codes !== undefined && table === undefined)
    wrong(`there is no code table ${codes}`, 'name a table of mappings/codes/');
  const convert =
    table === undefined && as !== undefined && as in CONVERTERS ? CONVERTERS[as as keyof typeof CONVERTERS] : undefined;
  if (table === undefined && codes === undefined && convert === undefined)
    wrong(`as: ${as ?? '(none)'} is no converter`, `use one of ${Object.keys(CONVERTERS).join(' ')}`);
  if (table !== undefined && as !== undefined && !CODED.has(as))
    wrong(`as: ${as} cannot hold a code`, 'use code, Coding, CodeableConcept, valueCoding or language');
  const condition = when === undefined ? undefined : compileCondition(when);
  if (when !== undefined && condition === undefined)
    wrong(
      `when: ${when} is no condition`,
      'use `X is empty`, `X is filled`, `X is A`, `X is one of A|B`, joined by `and`',
    );
  if (path === undefined) return undefined;
  const form = (as ?? 'code') as CodedForm;
  const id = `${map}:${row.line}${row.file.startsWith('sites/') ? '@site' : ''}`;
  return {
    id,
    from: path,
    to,
    each: row.values['each'] === 'yes',
    when: condition,
    convert,
    codes: table && { table, form },
    set: Object.keys(row.set).length === 0 ? undefined : row.set,
  };
}
