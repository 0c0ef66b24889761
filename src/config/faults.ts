import { z } from 'zod';
import { GatewayError } from '../message/failure.js';
import { nearest, suggestion } from './nearest.js';
import { environmentSchema, fileSchema } from './schema.js';

/** The configuration file as it is written, and how a path of it is found: 1-based line of the deepest node that the file holds. */
export interface ConfigurationFile {
  path: string;
  content: unknown;
  lineOf(path: readonly PropertyKey[]): number;
}

/** A fault at a place of the file. */
export function fileFault(file: ConfigurationFile, at: PropertyKey[], what: string, remedy: string): GatewayError {
  const field = at.join('.');
  const message = field === '' ? what : `${field}: ${what}`;
  return new GatewayError('config-invalid', message, { file: file.path, line: file.lineOf(at), field, remedy });
}

/** What the schema says of the file, as faults with line and remedy; of a place where several things are wrong the first. */
export function schemaFaults(issues: readonly z.core.$ZodIssue[], file: ConfigurationFile): GatewayError[] {
  const fields = new Set<string>();
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownSetting(issue.path, key, file));
    const field = issue.path.join('.');
    if (fields.size === fields.add(field).size) return [];
    return [fileFault(file, issue.path, issue.message, `correct ${field || 'the file'}`)];
  });
}

function unknownSetting(path: PropertyKey[], key: string, file: ConfigurationFile): GatewayError {
  const settings = settingsAt(path);
  const remedy = suggestion(key, settings, `take it out; there are ${settings.join(', ')}`);
  return fileFault(file, [...path, key], 'no such setting', remedy);
}

/** What the schema says of a variable, with its name and a remedy. */
export function environmentFault(issue: z.core.$ZodIssue): GatewayError {
  const variable = String(issue.path[0] ?? '');
  return new GatewayError('config-invalid', `${variable}: ${issue.message}`, {
    field: variable,
    remedy: `set ${variable} to a legal value, or leave it out for its default`,
  });
}

/** Variables of the gateway that are written otherwise than it reads them: it would go by their defaults. */
export function misspeltVariables(variables: Iterable<string>): GatewayError[] {
  const names = Object.keys(environmentSchema.shape).filter((variable) => variable.startsWith('TDU_'));
  return [...variables]
    .filter((variable) => variable.startsWith('TDU_') && !names.includes(variable))
    .flatMap((variable) => {
      const name = nearest(variable, names);
      if (name === undefined) return [];
      const remedy = `did you mean ${name}? Else take it out`;
      return new GatewayError('config-invalid', `${variable}: no such variable`, { field: variable, remedy });
    });
}

/** What the schema has no sentence for, in the words of who writes the file; what stands there is not repeated, it may be a secret. */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is missing';
    return WANTED[issue.expected];
  }
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    const word = nearest(String(issue.input), words);
    return `one of ${words.join(', ')}${word === undefined ? '' : `; did you mean ${word}?`}`;
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message;
  return issue.code === 'too_small' && issue.origin === 'array' ? 'a list of one at least' : undefined;
};

const WANTED: Readonly<Record<string, string>> = {
  array: 'a list, e.g. [a, b], or lines that begin with a dash',
  object: 'settings, e.g. { key: value }',
  record: 'settings, e.g. { key: value }',
  string: 'one plain value',
};

/** The settings that may stand at a place of the file. */
function settingsAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = fileSchema;
  for (const part of path) {
    schema = unwrapped(schema);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodObject) schema = (schema.shape as Record<string, unknown>)[String(part)];
  }
  schema = unwrapped(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}

/** An item of a list, and where it stands in it. */
export interface Item<T> {
  index: number;
  item: T;
}

/** The items of a list of the file, as they are written. */
export function itemsOf(content: unknown, list: string): Item<unknown>[] {
  const items = valueOf(content, list);
  return Array.isArray(items) ? items.map((item: unknown, index) => ({ index, item })) : [];
}

/** What stands under a key; undefined where nothing does. */
export function valueOf(content: unknown, key: string): unknown {
  return typeof content === 'object' && content !== null && Object.hasOwn(content, key)
    ? (content as Record<string, unknown>)[key]
    : undefined;
}

/** A text of the file, and its path. */
export interface PlacedText {
  at: PropertyKey[];
  value: string;
}

/** One text of each item of a list, where it has that. */
export function textsOf(content: unknown, list: string, key: string): PlacedText[] {
  return itemsOf(content, list).flatMap(({ index, item }) => {
    const value = valueOf(item, key);
    return typeof value === 'string' && value !== '' ? [{ at: [list, index, key], value }] : [];
  });
}

/** The texts of a list below a place. */
export function listedTexts(value: unknown, at: readonly PropertyKey[]): PlacedText[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((text: unknown, index) =>
    typeof text === 'string' ? [{ at: [...at, index], value: text }] : [],
  );
}
