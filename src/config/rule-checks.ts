import { HAPPENINGS, isOfDocument, type Happening } from '../message/event.js';
import type { GatewayError } from '../message/failure.js';
import type { Codes, Vocabulary } from '../translate/vocabulary.js';
import { fileFault, itemsOf, listedTexts, valueOf, type ConfigurationFile, type PlacedText } from './faults.js';
import { suggestion } from './nearest.js';

/** A role with the system of its code. */
const WITH_SYSTEM = /^[a-z][a-z0-9+.-]*:[^\s|]+\|\S+$/i;
const ATTRIBUTES = ['nature', 'class', 'unit', 'type'] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/**
 * Rules that could never tell anybody, wholly or in part: roles that nobody can have, and what no event of theirs can be.
 * @param vocabulary of the mappings of all sources
 */
export function ruleFaults(file: ConfigurationFile, vocabulary: Vocabulary): GatewayError[] {
  return itemsOf(file.content, 'rules').flatMap(({ index, item }) => [
    ...roleFaults(listedTexts(valueOf(item, 'roles'), ['rules', index, 'roles']), vocabulary.roles, file),
    ...ATTRIBUTES.flatMap((attribute) => attributeFaults(item, index, attribute, vocabulary, file)),
  ]);
}

function roleFaults(roles: readonly PlacedText[], codes: Codes, file: ConfigurationFile): GatewayError[] {
  if (codes === undefined) return [];
  const choices = ['any', ...[...codes].sort()];
  return roles
    .filter(({ value }) => !choices.includes(value) && !WITH_SYSTEM.test(value))
    .map(({ at, value }) => {
      const otherwise = `one of ${choices.join(' ')}, one that a row of the site gives, or system|code of a FHIR document’s care team`;
      return fileFault(file, at, `nobody can have the role ${value}`, suggestion(value, choices, otherwise));
    });
}

function attributeFaults(
  rule: unknown,
  index: number,
  attribute: Attribute,
  vocabulary: Vocabulary,
  file: ConfigurationFile,
): GatewayError[] {
  const condition = valueOf(valueOf(rule, 'when'), attribute);
  if (condition === undefined) return [];
  const events = listedTexts(valueOf(rule, 'events'), ['rules', index, 'events']).flatMap(({ at, value }) => {
    const kind = HAPPENINGS.find((happening) => happening === value);
    return kind === undefined ? [] : [{ at, kind, codes: codesOf(kind, attribute, vocabulary) }];
  });
  const lacking = events.filter(({ codes }) => codes === 'none');
  const having = events.flatMap(({ at, kind, codes }) => (codes === 'none' ? [] : [{ at, kind, codes }]));
  const faults = lacking.map(({ at, kind }) =>
    fileFault(file, at, `${kind} has no ${attribute}, so it is never told`, `give ${kind} a rule of its own`),
  );
  const values = listedTexts(condition, ['rules', index, 'when', attribute]);
  const unknown =
    having.length === 0 ? [] : values.filter(({ value }) => !having.some(({ codes }) => holds(codes, value)));
  if (unknown.length > 0) return [...faults, ...unknown.map((value) => valueFault(value, attribute, having, file))];
  // A list without values has a fault of its own.
  if (values.length === 0) return faults;
  const untold = having.filter(({ codes }) => !values.some(({ value }) => holds(codes, value)));
  const words = values.map(({ value }) => value).join(' or ');
  return [
    ...faults,
    ...untold.map(({ at, kind }) =>
      fileFault(file, at, `${kind} is never of ${attribute} ${words}`, `give ${kind} a rule of its own`),
    ),
  ];
}

function valueFault(
  { at, value }: PlacedText,
  attribute: Attribute,
  events: readonly { kind: Happening; codes: Codes }[],
  file: ConfigurationFile,
): GatewayError {
  const choices = [...new Set(events.flatMap(({ codes }) => [...(codes ?? [])]))].sort();
  const kinds = events.map(({ kind }) => kind).join(', ');
  const otherwise = `one of ${choices.join(' ')}, or one that a row of the site gives`;
  return fileFault(file, at, `no ${kinds} can be of ${attribute} ${value}`, suggestion(value, choices, otherwise));
}

/** What an attribute of such events can be; `none` where they do not have it. */
function codesOf(kind: Happening, attribute: Attribute, vocabulary: Vocabulary): Codes | 'none' {
  const ofDocument = isOfDocument(kind);
  if (attribute === 'class') return ofDocument ? vocabulary.documentClasses : vocabulary.classes;
  if (attribute === 'type') return ofDocument ? undefined : 'none';
  if (ofDocument) return 'none';
  if (attribute === 'unit') return undefined;
  return kind === 'bed-change' ? BED_CHANGE : vocabulary.natures;
}

/** A change of bed or tariff alone. */
const BED_CHANGE: Codes = new Set(['L', 'D']);

function holds(codes: Codes, value: string): boolean {
  return codes === undefined || codes.has(value);
}
