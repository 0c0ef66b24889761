import { fault, isSite, type Faults, type FileKind, type ParsedFile, type Row } from './mapping-file.js';

/** What names a row in its file, by the kind of file. */
const ROW_NAME: Readonly<Record<FileKind, string>> = {
  map: 'id',
  message: 'id',
  document: 'id',
  table: 'code',
  extensions: 'name',
};

/** What a site may add to in the head of a file: the events of a message, the templates of sections. */
const ADDS_TO: Readonly<Partial<Record<FileKind, string>>> = { message: 'triggers', document: 'sections' };

/**
 * The files of a kind with the rows of the site in place: a row of the site takes the place of the national one of its name, `drop: yes`
 * takes it out, a new one goes to the end. A site may also add whole files.
 */
export function withSite(files: readonly ParsedFile[], kind: FileKind, faults: Faults): ParsedFile[] {
  const ofKind = files.filter((file) => file.kind === kind);
  const merged = new Map<string, ParsedFile>();
  for (const file of ofKind.filter(({ file: path }) => !isSite(path))) {
    const twin = merged.get(file.name);
    if (twin !== undefined)
      fault(faults, file.file, 1, `the ${kind} ${file.name} stands in ${twin.file} too`, 'put the rows in one file');
    else merged.set(file.name, { ...file, rows: withoutDrops({ ...file, rows: distinct(file, faults) }, faults) });
  }
  for (const file of ofKind.filter(({ file: path }) => isSite(path))) {
    requireReasons(file, faults);
    const national = merged.get(file.name);
    const own = { ...file, rows: distinct(file, faults) };
    if (national === undefined) merged.set(file.name, { ...own, rows: withoutDrops(own, faults) });
    else merged.set(file.name, overlay(national, own, faults));
  }
  return [...merged.values()];
}

/** The rows of a file, each name once. */
function distinct({ kind, rows }: ParsedFile, faults: Faults): Row[] {
  const key = ROW_NAME[kind];
  const names = new Set<string>();
  return rows.filter((row) => {
    const name = row.values[key];
    if (name === undefined) {
      if (kind !== 'table') fault(faults, row.file, row.line, `a row has no ${key}`, `add \`${key}: …\``);
      return kind === 'table';
    }
    if (names.has(name)) fault(faults, row.file, row.line, `the ${key} ${name} stands twice`, 'keep one row');
    return names.size < names.add(name).size;
  });
}

function requireReasons({ rows }: ParsedFile, faults: Faults): void {
  for (const { values, file, line } of rows)
    if (values['because'] === undefined)
      fault(faults, file, line, 'a site row does not say why it differs', 'add `because: …`');
}

function withoutDrops({ rows, kind, name }: ParsedFile, faults: Faults): Row[] {
  for (const row of rows) if (row.values['drop'] !== undefined) nothingToDrop(row, kind, name, faults);
  return rows.filter(({ values }) => values['drop'] === undefined);
}

function nothingToDrop({ values, file, line }: Row, kind: FileKind, name: string, faults: Faults): void {
  const row = values[ROW_NAME[kind]] ?? '';
  fault(faults, file, line, `there is no row ${row} to drop in ${name}`, 'correct its name, or take the row out');
}

function overlay(national: ParsedFile, own: ParsedFile, faults: Faults): ParsedFile {
  const { kind, name } = national;
  const key = ROW_NAME[kind];
  const adds = ADDS_TO[kind];
  const mayChange = new Set<string>([
    kind,
    'note',
    ...(adds !== undefined && national.head[adds] !== undefined ? [adds] : []),
  ]);
  for (const head of Object.keys(own.head))
    if (!mayChange.has(head)) {
      const remedy = `take ${head} out: a site changes rows, the head of ${name} is the national one`;
      fault(faults, own.file, 1, `${head} stands in the head of a site’s ${kind}`, remedy);
    }
  const byName = new Map(own.rows.map((row) => [row.values[key], row]));
  for (const row of own.rows) {
    if (row.values['drop'] !== undefined && row.values['drop'] !== 'yes')
      fault(faults, row.file, row.line, `drop: ${row.values['drop']} says nothing`, 'write `drop: yes`');
    if (row.values['drop'] !== undefined && !national.rows.some(({ values }) => values[key] === row.values[key]))
      nothingToDrop(row, kind, name, faults);
  }
  const replaced = national.rows.map((row) => byName.get(row.values[key]) ?? row);
  const added = own.rows.filter(({ values }) => !national.rows.some((row) => row.values[key] === values[key]));
  return {
    ...national,
    head: adds === undefined ? national.head : withAdded(adds, national.head, own.head),
    rows: [...replaced, ...added].filter(({ values }) => values['drop'] === undefined),
  };
}

function withAdded(key: string, national: ParsedFile['head'], own: ParsedFile['head']): ParsedFile['head'] {
  const all = [national[key], own[key]].filter((text) => text !== undefined);
  return all.length === 0 ? national : { ...national, [key]: all.join('|') };
}
