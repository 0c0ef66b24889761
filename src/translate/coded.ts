import type { CodeableConcept, Coding } from 'fhir/r4.js';
import { otherwiseOf, type Coded, type CodeTable } from './codes.js';
import type { Converted, Converter } from './converter.js';
import type { CommonContext, Format, Reading } from './format.js';
import type { ElementType } from './targets.js';

export type CodedForm = 'code' | 'Coding' | 'CodeableConcept' | 'valueCoding' | 'language';

/** The forms a code can take, and the type that each gives. */
export const FORMS: ReadonlyMap<string, ElementType> = new Map<CodedForm, ElementType>([
  ['code', 'code'],
  ['Coding', 'Coding'],
  ['CodeableConcept', 'CodeableConcept'],
  ['valueCoding', 'Extension'],
  ['language', 'Communication'],
]);

/**
 * Reads a code by a table. An unknown one is never guessed: it stops the message where the table parks it, else its text is kept where the
 * form has a place for it, or the code that stands for all others; and somebody is asked to look.
 */
export function codedConverter<F extends Format>(table: CodeTable, form: CodedForm): Converter<F> {
  const inForm = FORM[form];
  const mapped = new Map([...table.codes].map(([code, coded]) => [code, { coded, coding: codingOf(coded) }]));
  const otherwise = otherwiseOf(table);
  return (field, context) => {
    const { code } = field;
    if (code === '') return form === 'CodeableConcept' && field.display !== '' ? textOf(field) : undefined;
    const entry = mapped.get(code);
    if (entry !== undefined)
      return converted(inForm(entry.coding, entry.coded.text, table, field, context), entry.coded);
    context.issues.code(table, code, field.path());
    if (table.otherwise === 'park') return undefined;
    const words = field.display || code;
    const value =
      table.otherwise === 'text-only'
        ? inForm(undefined, words, table, field, context)
        : inForm(codingOf(otherwise), undefined, table, field, context);
    return value === undefined ? undefined : { value };
  };
}

function textOf({ display }: Reading): Converted {
  return { value: { text: display } };
}

function converted(value: unknown, { row }: Coded): Converted {
  return row === undefined ? { value } : { value, row };
}

function codingOf({ code, system, display }: Coded): Coding | undefined {
  if (code === undefined) return undefined;
  return { ...(system === '' ? {} : { system }), code, ...(display === undefined ? {} : { display }) };
}

/** Puts a mapped coding and its words into a form; undefined where that form has no place for words alone. */
type InForm = (
  mapped: Coding | undefined,
  text: string | undefined,
  table: CodeTable,
  field: Reading,
  context: CommonContext,
) => unknown;

const FORM: Readonly<Record<CodedForm, InForm>> = {
  code: (mapped) => mapped?.code,
  Coding: (mapped) => mapped,
  valueCoding: (mapped) => mapped && { valueCoding: mapped },
  CodeableConcept: conceptOf,
  language: (mapped, text, _table, field) => ({ language: languageOf(mapped, text, field) }),
};

/** R4 §8.1.3: every code of a language is one of BCP 47, so a sender's own is words. */
function languageOf(mapped: Coding | undefined, text: string | undefined, { code, display }: Reading): CodeableConcept {
  const own = mapped?.code?.toLowerCase() === code.toLowerCase() ? '' : code;
  const words = (text ?? display) || own;
  return { ...(mapped === undefined ? {} : { coding: [mapped] }), ...(words === '' ? {} : { text: words }) };
}

/** R4 §2.24.0.1: a code has no blanks but single ones between its words. */
const CODE = /^\S+( \S+)*$/;

/** The mapped coding, and beside it the sender's own unless it is the same code: in the system that it names,
 * in the table's where that has it, or in one made of the sender and the table. */
function conceptOf(
  mapped: Coding | undefined,
  text: string | undefined,
  { name, source }: CodeTable,
  { code, display, codeSystem }: Reading,
  { authorities }: CommonContext,
): CodeableConcept {
  const concept: CodeableConcept = {};
  if (mapped !== undefined) concept.coding = [mapped];
  if (mapped?.code?.toLowerCase() !== code.toLowerCase() && CODE.test(code)) {
    const system = codeSystem || (mapped === undefined ? '' : source) || authorities.codeSystem(name);
    (concept.coding ??= []).push(display === '' ? { system, code } : { system, code, display });
  }
  const words = text ?? display;
  if (words !== '') concept.text = words;
  return concept;
}
