import type { HumanName, Identifier } from 'fhir/r4.js';
import type { Fact, FactOf, PatientIdentifier, Trace } from '../message/fact.js';
import { identifierKey } from '../message/identifier.js';
import { inRecordedOrder, instant } from '../message/order.js';
import { plainName } from '../message/plain-name.js';
import { filledWith, layFragment, keysOf, valueOf, type Contributions } from './contributions.js';

export type IdentityFact = FactOf<'identity'>;

/** A FHIR identifier with what says it; of the trace what lies beneath `at` is about this one. */
export interface SourcedIdentifier {
  type: string;
  identifier: Identifier;
  trace: readonly Trace[];
  at: string;
  messageId: string;
  /** When it was recorded, milliseconds. */
  recorded: number;
}

/** What the messages that name one anchor say of its patient. */
export interface AnchorIdentity {
  anchor: string;
  /** CX-5 of the number that is the anchor. */
  type: string;
  /** When the anchor was first recorded. */
  birth: number;
  /** In recorded order. */
  facts: IdentityFact[];
  /** Identifiers in force but the INS, by system, value and type. */
  identifiers: Map<string, SourcedIdentifier>;
  contributions: Contributions;
  /** The INS in force, and when it was recorded. */
  ins: SourcedIdentifier[];
  insRecorded: number;
}

/** Folds the identity facts of one anchor, in the order in which they were recorded. */
export function anchorIdentity(anchor: string, facts: readonly IdentityFact[], birth: number): AnchorIdentity {
  const ordered = inRecordedOrder(facts);
  const identity: AnchorIdentity = {
    anchor,
    type: '',
    birth,
    facts: ordered,
    identifiers: new Map(),
    contributions: new Map(),
    ins: [],
    insRecorded: 0,
  };
  for (const fact of byWeight(ordered)) layIdentity(identity, fact);
  identity.contributions = layIdentities(ordered);
  return identity;
}

/** What documents say of the person first: what a hospital's messages say holds, whenever it was recorded. */
function byWeight(facts: readonly IdentityFact[]): IdentityFact[] {
  return [true, false].flatMap((secondary) => facts.filter(({ body }) => (body.secondary === true) === secondary));
}

/** The contributions of facts in recorded order; those of documents fill what no message of a hospital says. */
export function layIdentities(facts: readonly IdentityFact[]): Contributions {
  const [secondary, primary] = [true, false].map((wanted) => {
    const contributions: Contributions = new Map();
    for (const { body, messageId } of facts)
      if ((body.secondary === true) === wanted) layFragment(contributions, withoutIdentifiers(body.patient), messageId);
    return contributions;
  }) as [Contributions, Contributions];
  return secondary.size === 0 ? primary : filledWith(primary, secondary);
}

function layIdentity(identity: AnchorIdentity, fact: IdentityFact): void {
  const { ins, identifiers } = fact.body;
  const supplied = sourcedIdentifiers(fact);
  for (const erased of identifiers.filter((identifier) => identifier.erased)) withdraw(identity.identifiers, erased);
  for (const sourced of supplied) if (sourced.type !== 'INS') identity.identifiers.set(keyOf(sourced), sourced);
  if (ins !== undefined) {
    identity.ins = supplied.filter((sourced) => isListed(sourced, ins));
    identity.insRecorded = instant(fact.recordedAt);
  }
  identity.type = identifiers.find((identifier) => numberOf(identifier) === identity.anchor)?.type ?? identity.type;
}

/**
 * Which identity facts of one anchor still matter: those that a later one does not say again in all that they say. What withdraws stays, and
 * so does what changes numbers: whether it counts others decide.
 * @returns ids of the facts that matter no more
 */
export function outdatedIdentities(facts: readonly IdentityFact[]): string[] {
  const statements = facts.filter((fact) => !changesNumbers(fact));
  const ordered = inRecordedOrder(statements);
  const owners = new Map<string, string>();
  for (const { id, body } of ordered)
    for (const key of statedKeys(body)) owners.set(body.secondary === true ? `secondary|${key}` : key, id);
  const needed = new Set(owners.values());
  return statements.filter(({ id }) => !needed.has(id)).map(({ id }) => id);
}

/** Is it a change of numbers (A47)? */
export function changesNumbers(fact: Fact): boolean {
  return fact.kind === 'identity' && fact.body.replaces !== undefined;
}

/** All that an identity fact says, as keys of which the last to be recorded holds. */
function statedKeys({ identifiers, ins, patient }: IdentityFact['body']): string[] {
  return [
    ...identifiers.map(({ erased, type, ...number }) =>
      erased === true ? `erased|${type}|${number.system}` : `identifier|${type}|${numberOf(number)}`,
    ),
    ...(ins === undefined ? [] : ['ins']),
    ...patient.elements.flatMap((element) =>
      element.value === null ? [`erased|${element.field}`] : statedBy(element),
    ),
  ];
}

function statedBy(element: IdentityFact['body']['patient']['elements'][number]): string[] {
  if (element.path !== 'identifier') return keysOf(element);
  return (element.value as Identifier[]).map(({ system, value, type }) => {
    const code = type?.coding?.[0]?.code ?? type?.text ?? '';
    return `listed|${code}|${identifierKey(system ?? '', value ?? '')}`;
  });
}

/**
 * Birth family name, first given name, sex and birth date, compared without case, accents and hyphens: of two people with one INS these tell
 * whether they are one (INS identity requirements, strict traits).
 */
export function strictTraits(contributions: Contributions): string {
  const names = valueOf(contributions, 'name') as HumanName[] | undefined;
  const name = names?.find(({ use }) => use === 'official') ?? names?.[0];
  return [
    plainName(name?.family ?? ''),
    plainName(name?.given?.[0] ?? ''),
    valueOf(contributions, 'birthDate'),
    valueOf(contributions, 'gender'),
  ].join('|');
}

export function keyOf({ identifier, type }: SourcedIdentifier): string {
  return `${identifierKey(identifier.system ?? '', identifier.value ?? '')}|${type}`;
}

/** The same of a number of a fact. */
export function typedKeyOf({ system, value, type }: PatientIdentifier): string {
  return `${identifierKey(system, value)}|${type}`;
}

/** `system|value` of a number. */
export function numberOf({ system, value }: Pick<PatientIdentifier, 'system' | 'value'>): string {
  return identifierKey(system, value);
}

/** `""` withdraws the identifiers of that type and system. */
function withdraw(identifiers: Map<string, SourcedIdentifier>, erased: PatientIdentifier): void {
  for (const [key, { type, identifier }] of identifiers)
    if (type === erased.type && identifier.system === erased.system) identifiers.delete(key);
}

function isListed({ type, identifier }: SourcedIdentifier, ins: readonly PatientIdentifier[] | null): boolean {
  return (
    type === 'INS' &&
    ins?.some(({ system, value }) => system === identifier.system && value === identifier.value) === true
  );
}

function withoutIdentifiers(fragment: IdentityFact['body']['patient']): IdentityFact['body']['patient'] {
  return { ...fragment, elements: fragment.elements.filter(({ path }) => path !== 'identifier') };
}

/** The mapped identifiers of a message, each with its v2 type. */
function sourcedIdentifiers(fact: IdentityFact): SourcedIdentifier[] {
  const element = fact.body.patient.elements.find(({ path }) => path === 'identifier');
  if (!Array.isArray(element?.value)) return [];
  return (element.value as Identifier[]).flatMap((identifier, index) => {
    if (identifier.system === undefined || identifier.value === undefined) return [];
    const at = `identifier[${String(index)}]`;
    const { messageId, recordedAt } = fact;
    const type = typeOf(identifier, fact);
    return [{ type, identifier, trace: element.trace, at, messageId, recorded: instant(recordedAt) }];
  });
}

/** The v2 type of a FHIR identifier: one OID serves the INS and the NIR of billing, so the type coding tells them apart. */
function typeOf({ type, system, value }: Identifier, { body }: IdentityFact): string {
  const code = type?.coding?.[0]?.code ?? type?.text ?? '';
  if (code.startsWith('INS-NI')) return 'INS';
  const same = body.identifiers.filter(
    (identifier) => identifier.system === system && identifier.value === value && identifier.erased !== true,
  );
  return (same.find((identifier) => identifier.type === code) ?? same[0])?.type ?? code;
}
