import type { CodeableConcept, Coding } from 'fhir/r4.js';
import { otherwiseOf, type Coded, type CodeTable } from './codes.js';
import type { Converted, Converter, ConvertContext } from './converter.js';
import type { FieldReader } from './reader.js';
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
export function codedConverter(table: CodeTable, form: CodedForm): Converter {
  const otherwise = otherwiseOf(table);
  return (field, context) => {
    const code = field.value();
    if (code === '') return form === 'CodeableConcept' && field.value(2) !== '' ? textOf(field) : undefined;
    const coded = context.issues.code(table, code, field.path());
    if (coded !== undefined) return converted(inForm(form, coded, sourceCoding(table, field, context)), coded);
    if (table.otherwise === 'park') return undefined;
    const unknown = table.otherwise === 'text-only' ? { system: '', text: field.value(2) || code } : otherwise;
    const value = inForm(form, unknown, sourceCoding(table, field, context));
    return value === undefined ? undefined : { value };
  };
}

function textOf(field: FieldReader): Converted {
  return { value: { text: field.value(2) } };
}

function converted(value: unknown, { row }: Coded): Converted {
  return { value, ...(row === undefined ? {} : { row }) };
}

/** The sender's own code, in its own system, or in one made of the sender's authority and the table. */
function sourceCoding({ name, source }: CodeTable, field: FieldReader, { authorities }: ConvertContext): Coding {
  const display = field.value(2);
  const system = source === '' ? authorities.codeSystem(name) : source;
  return { system, code: field.value(), ...(display === '' ? {} : { display }) };
}

/** A coded value in the form the row asks for; undefined where that form has no place for a text alone. */
function inForm(form: CodedForm, coded: Coded, source: Coding): unknown {
  const { code } = coded;
  if (form === 'code') return code;
  const coding = code === undefined ? undefined : codingOf(code, coded);
  if (form === 'Coding') return coding;
  if (form === 'valueCoding') return coding && { valueCoding: coding };
  const concept = conceptOf(coding, coded.text, source);
  return form === 'language' ? { language: concept } : concept;
}

function codingOf(code: string, { system, display }: Coded): Coding {
  return { ...(system === '' ? {} : { system }), code, ...(display === undefined ? {} : { display }) };
}

/** R4 §2.24.0.1: a code has no blanks but single ones between its words. */
const CODE = /^\S+( \S+)*$/;

/** The mapped coding, and beside it the sender's own unless it is the same code. */
function conceptOf(mapped: Coding | undefined, text: string | undefined, source: Coding): CodeableConcept {
  const { code = '', display } = source;
  const own = mapped?.code === code || !CODE.test(code) ? undefined : source;
  const coding = [mapped, own].filter((one) => one !== undefined);
  const words = text ?? display;
  return { ...(coding.length === 0 ? {} : { coding }), ...(words === undefined ? {} : { text: words }) };
}
