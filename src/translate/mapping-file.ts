import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { GatewayError } from '../message/failure.js';

/** One file of `mappings/`, as read. */
export interface MappingFile {
  /** Path below the mappings folder, e.g. `segments/PID-Patient.yaml`. */
  path: string;
  text: string;
}

/** One row: every value text, `set` a flat map. */
export interface Row {
  values: Readonly<Record<string, string>>;
  set: Readonly<Record<string, string>>;
  file: string;
  line: number;
}

/** What a file is of; the key that its head begins with. */
const FILE_KINDS = ['map', 'message', 'document', 'table', 'extensions'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

export interface ParsedFile {
  file: string;
  kind: FileKind;
  /** What the head calls it, e.g. `PID-Patient`. */
  name: string;
  head: Readonly<Record<string, string>>;
  rows: Row[];
}

export type Faults = GatewayError[];

export function fault(faults: Faults, file: string, line: number, text: string, remedy: string): void {
  faults.push(new GatewayError('mapping-invalid', text, { file, line, remedy }));
}

/** Is that path one of a hospital's own files? */
export function isSite(path: string): boolean {
  return path.startsWith('sites/');
}

/** Reads a mapping file with every scalar as text (`NO` stays NO, `01` stays 01); what is no flat list of rows is a fault. */
export function parseMappingFile({ path, text }: MappingFile, faults: Faults): ParsedFile | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  const broken = text.indexOf('\uFFFD');
  if (broken >= 0)
    fault(
      faults,
      path,
      text.slice(0, broken).split('\n').length,
      'a letter that is no UTF-8',
      'save the file as UTF-8',
    );
  for (const error of document.errors) {
    const what = error.message.split('\n')[0] ?? 'not YAML';
    fault(faults, path, error.linePos?.[0].line ?? 1, what, 'mend the YAML; put quotes around text with a comma');
  }
  if (document.errors.length > 0) return undefined;
  const { contents } = document;
  if (!isMap(contents)) {
    fault(faults, path, 1, 'the file is no map', 'begin with `map:`, `message:`, `document:` or `table:`');
    return undefined;
  }
  const head = scalars(contents);
  const kind = FILE_KINDS.find((key) => head[key] !== undefined);
  if (kind === undefined) {
    const remedy =
      'begin with `map: <segment>-<target>`, e.g. map: PV1-Encounter, with `message:`, `document:` or `table:`';
    fault(faults, path, 1, 'the file does not say what it is', remedy);
    return undefined;
  }
  const rows = contents.get('rows');
  if (!isSeq(rows)) {
    fault(faults, path, 1, 'the file has no rows', 'add `rows:` with one `- { … }` a line');
    return undefined;
  }
  const name = head[kind] ?? '';
  return { file: path, kind, name, head, rows: rows.items.flatMap((item) => rowOf(item, path, lines, faults)) };
}

function rowOf(item: unknown, file: string, lines: LineCounter, faults: Faults): Row[] {
  if (!isMap(item)) {
    fault(faults, file, 1, 'a row is no map', 'write rows as `- { from: …, to: … }`');
    return [];
  }
  const line = item.range ? lines.linePos(item.range[0]).line : 1;
  const set = item.get('set');
  for (const pair of item.items)
    if (pair.value === null || (isScalar(pair.value) && pair.value.value === '')) {
      const text = `the key ${String(pair.key)} has no value`;
      fault(faults, file, line, text, 'give it one, or put quotes around text with a comma');
    } else if (!isScalar(pair.value) && !(String(pair.key) === 'set' && isMap(pair.value)))
      fault(faults, file, line, `the key ${String(pair.key)} holds no plain value`, 'write it as one text');
  return [{ values: scalars(item), set: isMap(set) ? scalars(set) : {}, file, line }];
}

function scalars(map: YAMLMap): Record<string, string> {
  return Object.fromEntries(
    map.items.flatMap(({ key, value }) =>
      isScalar(key) && isScalar(value) ? [[String(key.value), String(value.value)]] : [],
    ),
  );
}
