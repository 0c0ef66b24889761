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

export interface ParsedFile {
  file: string;
  head: Readonly<Record<string, string>>;
  rows: Row[];
}

export type Faults = GatewayError[];

export function fault(faults: Faults, file: string, line: number, text: string, remedy: string): void {
  faults.push(new GatewayError('mapping-invalid', text, { file, line, remedy }));
}

/** Reads a mapping file with every scalar as text (`NO` stays NO, `01` stays 01); what is no flat list of rows is a fault. */
export function parseMappingFile({ path, text }: MappingFile, faults: Faults): ParsedFile | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  for (const error of document.errors)
    fault(
      faults,
      path,
      error.linePos?.[0].line ?? 1,
      error.message.split('\n')[0] ?? 'not YAML',
      'mend the YAML; put quotes around text with a comma',
    );
  if (document.errors.length > 0) return undefined;
  if (!isMap(document.contents)) {
    fault(faults, path, 1, 'the file is no map', 'begin with `map:`, `message:` or `table:`');
    return undefined;
  }
  const rows = document.contents.get('rows');
  const head = scalars(document.contents);
  if (!isSeq(rows)) {
    fault(faults, path, 1, 'the file has no rows', 'add `rows:` with one `- { … }` a line');
    return undefined;
  }
  return { file: path, head, rows: rows.items.flatMap((item) => rowOf(item, path, lines, faults)) };
}

function rowOf(item: unknown, file: string, lines: LineCounter, faults: Faults): Row[] {
  if (!isMap(item)) {
    fault(faults, file, 1, 'a row is no map', 'write rows as `- { from: …, to: … }`');
    return [];
  }
  const line = item.range ? lines.linePos(item.range[0]).line : 1;
  const set = item.get('set');
  for (const pair of item.items)
    if (pair.value === null || (isScalar(pair.value) && pair.value.value === ''))
      fault(
        faults,
        file,
        line,
        `the key ${String(pair.key)} has no value`,
        'give it one, or put quotes around text with a comma',
      );
  return [{ values: scalars(item), set: isMap(set) ? scalars(set) : {}, file, line }];
}

function scalars(map: YAMLMap): Record<string, string> {
  return Object.fromEntries(
    map.items.flatMap(({ key, value }) =>
      isScalar(key) && isScalar(value) ? [[String(key.value), String(value.value)]] : [],
    ),
  );
}
