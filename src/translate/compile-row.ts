import { codesGiven, type CodeTable } from './codes.js';
import { codedConverter, FORMS, type CodedForm } from './coded.js';
import { CONDITIONS, type Condition } from './condition.js';
import type { Converter, ConverterParts, Hl7v2 } from './converter.js';
import type { Dialect } from './dialect.js';
import type { Format } from './format.js';
import { fault, isSite, type Faults, type Row } from './mapping-file.js';
import { fits, type ElementKind, type ElementType } from './targets.js';

/** One row, ready to run. */
export interface CompiledRow<F extends Format = Hl7v2> {
  /** For traces: `PID-Patient:name`, `PID-Patient:name@site`. */
  id: string;
  from: F['path'];
  /** Segment and field: `PID-5`; in a document the way from the element that the map reads. */
  field: string;
  /** Element of the target. */
  to: string;
  /** Does the element hold a list? */
  list: boolean;
  each: boolean;
  when: Condition<F> | undefined;
  convert: Converter<F>;
  /** Members laid over a converted object; undefined where the row sets none. */
  set: Readonly<Record<string, string>> | undefined;
  /** All the codes that it can give; undefined where that may be any, or none at all. */
  codes: readonly string[] | undefined;
}

/** The rows that read one segment, or one element of a document, into one target. */
export interface RowMap<F extends Format = Hl7v2> {
  /** `PV1-Encounter`, or `PID-identity-numbers` for one of several of a segment and a target. */
  name: string;
  /** Name of the segment or element. */
  reads: string;
  target: string;
  rows: CompiledRow<F>[];
}

/** What rows may refer to. */
export interface RowContext<F extends Format> {
  dialect: Dialect<F>;
  map: string;
  reads: string;
  target: string;
  elements: ReadonlyMap<string, ElementKind>;
  tables: ReadonlyMap<string, CodeTable>;
  extensions: ReadonlyMap<string, string>;
  faults: Faults;
}

const ROW_KEYS = new Set(['id', 'from', 'to', 'as', 'codes', 'when', 'set', 'each', 'note', 'because', 'drop']);
const EXTENSION = /^extension\.(.+)$/;

/** Compiles one row of a map; undefined where a fault leaves nothing to run. */
export function compileRow<F extends Format>(row: Row, context: RowContext<F>): CompiledRow<F> | undefined {
  const { dialect, map, reads, faults } = context;
  const { id = '', from = '', to = '', when, each } = row.values;
  const wrong = (text: string, remedy: string) => {
    fault(faults, row.file, row.line, text, remedy);
  };
  for (const key of Object.keys(row.values))
    if (!ROW_KEYS.has(key)) wrong(`${key} is no key of a row`, 'use id, from, to, as, codes, when, set, each, note');
  const source = dialect.from(from, reads);
  if (source === undefined) wrong(`from: ${from} is no path of ${reads}`, `write e.g. from: ${dialect.example(reads)}`);
  if (each !== undefined && each !== 'yes' && each !== 'no') wrong(`each: ${each} says nothing`, 'write `each: yes`');
  const condition = when === undefined ? undefined : dialect.condition(when);
  if (when !== undefined && condition === undefined) wrong(`when: ${when} is no condition`, `use ${CONDITIONS}`);
  const [, extension] = EXTENSION.exec(to) ?? [];
  const kind = extension === undefined ? elementOf(to, context, wrong) : EXTENSION_KIND;
  const url = extension === undefined ? undefined : partsOf(context, wrong).extension(extension);
  const reading = readingOf(row, context, wrong);
  if (source === undefined || kind === undefined || reading === undefined) return undefined;
  if (!fits(reading.gives, kind.type))
    wrong(
      `${reading.name} gives ${article(reading.gives)}, and ${to} holds ${article(kind.type)}`,
      remedyFor(kind, dialect),
    );
  return {
    id: `${map}:${id}${isSite(row.file) ? '@site' : ''}`,
    from: source.path,
    field: source.field,
    to: extension === undefined ? to : 'extension',
    list: kind.list,
    each: each === 'yes',
    when: condition,
    convert: reading.convert,
    set: settingOf(row.set, url),
    codes: row.set['code'] === undefined ? reading.codes : [row.set['code']],
  };
}

const EXTENSION_KIND: ElementKind = { type: 'Extension', list: true };

function settingOf(set: Row['set'], url: string | undefined): Row['set'] | undefined {
  const all = { ...(url === undefined ? {} : { url }), ...set };
  return Object.keys(all).length === 0 ? undefined : all;
}

type Target = Pick<RowContext<Format>, 'target' | 'elements'>;
type Parts = Pick<RowContext<Format>, 'tables' | 'extensions'>;
type Wrong = (text: string, remedy: string) => void;

function elementOf(to: string, { target, elements }: Target, wrong: Wrong): ElementKind | undefined {
  const kind = to === 'extension' ? undefined : elements.get(to);
  if (kind !== undefined) return kind;
  if (to === 'extension') wrong('to: extension names none', 'write e.g. to: extension.birth-place');
  else wrong(`to: ${to} is no element of ${target} that a row writes`, `use ${[...elements.keys()].join(' ')}`);
  return undefined;
}

function partsOf({ tables, extensions }: Parts, wrong: Wrong): ConverterParts {
  return {
    table(name) {
      const table = tables.get(name);
      if (table === undefined)
        wrong(`there is no code table ${name}`, 'name a table of mappings/codes/ or mappings/datatypes/');
      return table ?? { name, system: '', source: '', otherwise: 'text-only', codes: new Map() };
    },
    extension(name) {
      const url = extensions.get(name);
      if (url === undefined) {
        const names = [...extensions.keys()].join(' ');
        wrong(`there is no extension ${name}`, `use one of ${names}, or add it to extensions.yaml`);
      }
      return url ?? '';
    },
  };
}

interface ReadingOfRow<F extends Format> {
  name: string;
  gives: ElementType;
  convert: Converter<F>;
  codes: readonly string[] | undefined;
}

/** What reads the field of a row: a code table in some form, or a converter. */
function readingOf<F extends Format>(
  { values, set }: Row,
  context: RowContext<F>,
  wrong: Wrong,
): ReadingOfRow<F> | undefined {
  const { as, codes } = values;
  const parts = partsOf(context, wrong);
  if (codes !== undefined) {
    const form = FORMS.get(as ?? 'code');
    if (form === undefined) wrong(`as: ${as ?? ''} cannot hold a code`, `use ${[...FORMS.keys()].join(', ')}`);
    const table = parts.table(codes);
    if (form === undefined) return undefined;
    const convert = codedConverter<F>(table, (as ?? 'code') as CodedForm);
    return { name: `as: ${as ?? 'code'}`, gives: form, convert, codes: codesGiven(table) };
  }
  const { converters } = context.dialect;
  const entry = as === undefined ? undefined : converters.get(as);
  if (entry === undefined) {
    wrong(`as: ${as ?? '(none)'} is no converter`, `use one of ${[...converters.keys()].join(' ')}, or codes`);
    return undefined;
  }
  if (as === 'fixed' && Object.keys(set).length === 0)
    wrong('as: fixed gives what set says, and the row sets nothing', 'add e.g. `set: { value: patient }`');
  const convert: Converter<F> =
    as === 'fixed' ? () => ({ value: set['value'] ?? set, shallow: true }) : entry.make(parts);
  const given = entry.table === undefined ? undefined : codesGiven(parts.table(entry.table));
  return { name: `as: ${as ?? ''}`, gives: entry.gives, convert, codes: given };
}

function article(type: ElementType): string {
  return `${/^[aeiou]/i.test(type) ? 'an' : 'a'} ${type}`;
}

function remedyFor<F extends Format>({ type }: ElementKind, { converters }: Dialect<F>): string {
  const forms = [...FORMS].filter(([, gives]) => fits(gives, type)).map(([name]) => `codes with as: ${name}`);
  const names = [...converters].filter(([, { gives }]) => gives !== 'any' && fits(gives, type)).map(([name]) => name);
  return `use ${[...names, ...forms].join(', ') || 'another element'}`;
}
