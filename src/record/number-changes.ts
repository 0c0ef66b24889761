import type { NumberChange, PatientIdentifier } from '../message/fact.js';
import { inRecordedOrder, instant } from '../message/order.js';
import type { Doubt } from '../message/stay.js';
import { uuid5 } from '../message/uuid.js';
import { keyOf, numberOf, typedKeyOf, type AnchorIdentity, type IdentityFact } from './identity.js';

/** A number that is no longer in force. */
export interface ReplacedNumber {
  /** Anchor of the message that replaced it. */
  patient: string;
  /** `system|value`, and the same with its type. */
  number: string;
  key: string;
  /** When that was recorded, milliseconds. */
  at: number;
  /** No other number took its place. */
  deleted: boolean;
}

/** What changes of numbers (A47) do among the people of a cluster. */
export interface NumberChanges {
  /** The changes that have effect. */
  facts: IdentityFact[];
  /** Anchors that are one patient by them. */
  links: (readonly [string, string])[];
  replaced: ReplacedNumber[];
  doubts: Doubt[];
}

/** A patient as the changes until now made him. */
interface Bearer {
  anchors: Set<string>;
  /** The anchors that bear each of his numbers: `system|value` of anchors, and every number with its type. */
  numbers: Map<string, Set<string>>;
}

/**
 * Works out which changes have effect, in recorded order: those of a number that somebody has, whose new number nobody else had before. The
 * person goes on under the new number; a number of another patient would join the two, which a merge alone may do (ITI TF-2 §3.30).
 * @param facts changes of numbers
 * @param people the anchors of each patient, as all other facts part them
 */
export function numberChanges(facts: readonly IdentityFact[], people: readonly AnchorIdentity[][]): NumberChanges {
  const births = new Map(people.flat().map(({ anchor, birth }) => [anchor, birth]));
  const bearers = people.map(bearerOf);
  /** Anchors that changes made. */
  const taken = new Set<string>();
  const effects: NumberChanges = { facts: [], links: [], replaced: [], doubts: [] };
  for (const fact of inRecordedOrder(facts)) {
    const bearer = whose(fact, bearers);
    if (bearer === undefined) continue;
    const rivals = rivalsOf(fact, bearer, bearers);
    const at = instant(fact.recordedAt);
    if (rivals.some(({ number }) => taken.has(number) || (births.get(number) ?? at) < at)) {
      effects.doubts.push(takenNumber(fact, facts));
      continue;
    }
    for (const rival of rivals) absorb(bearer, rival.bearer, bearers);
    effects.facts.push(fact);
    for (const anchor of earlierAnchors(fact, bearer)) effects.links.push([fact.patient, anchor]);
    effects.replaced = replacedAfter(fact, effects.replaced);
    follow(bearer, fact);
    taken.add(fact.patient);
  }
  return effects;
}

function bearerOf(identities: readonly AnchorIdentity[]): Bearer {
  const bearer: Bearer = { anchors: new Set(), numbers: new Map() };
  for (const { anchor, identifiers, ins } of identities) {
    bearer.anchors.add(anchor);
    for (const key of [anchor, ...identifiers.keys(), ...ins.map(keyOf)]) addNumber(bearer, key, anchor);
  }
  return bearer;
}

function addNumber({ numbers }: Bearer, key: string, anchor: string): void {
  numbers.set(key, (numbers.get(key) ?? new Set()).add(anchor));
}

/** The anchors under which somebody has a number. */
function bearing({ numbers }: Bearer, number: PatientIdentifier): string[] {
  return [numberOf(number), typedKeyOf(number)].flatMap((key) => [...(numbers.get(key) ?? [])]);
}

/** Who has the number whose place the anchor takes; else who has the anchor. Where several do, it cannot be told. */
function whose(fact: IdentityFact, bearers: readonly Bearer[]): Bearer | undefined {
  const { patient, body } = fact;
  const sought = renaming(fact)?.replaced ?? body.identifiers.find((number) => numberOf(number) === patient);
  const candidates = sought === undefined ? [] : bearers.filter((bearer) => bearing(bearer, sought).length > 0);
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** The change by which the anchor takes the place of another number. */
function renaming({ patient, body }: IdentityFact): NumberChange | undefined {
  return body.replaces?.find(({ successor }) => successor !== undefined && numberOf(successor) === patient);
}

/** The anchors of the person under the number that the anchor of the message takes the place of. */
function earlierAnchors(fact: IdentityFact, bearer: Bearer): string[] {
  const change = renaming(fact);
  return change === undefined ? [] : bearing(bearer, change.replaced);
}

/** New numbers that name another patient. */
function rivalsOf({ patient, body }: IdentityFact, bearer: Bearer, bearers: readonly Bearer[]) {
  const successors = (body.replaces ?? [])
    .flatMap(({ successor }) => successor ?? [])
    // Of one INS with other traits the parting itself makes two people.
    .flatMap((number) => (number.type === 'INS' && numberOf(number) !== patient ? [] : numberOf(number)));
  return successors.flatMap((number) =>
    bearers
      .filter((other) => other !== bearer && other.anchors.has(number))
      .map((other) => ({ number, bearer: other })),
  );
}

/** Who was first called by the new number after the change is the person himself. */
function absorb(bearer: Bearer, other: Bearer, bearers: Bearer[]): void {
  for (const anchor of other.anchors) bearer.anchors.add(anchor);
  for (const [key, anchors] of other.numbers) for (const anchor of anchors) addNumber(bearer, key, anchor);
  bearers.splice(bearers.indexOf(other), 1);
}

/** What the message lists is his from now on, what it replaces no more. */
function follow(bearer: Bearer, { patient, body }: IdentityFact): void {
  for (const { replaced } of body.replaces ?? [])
    for (const key of [numberOf(replaced), typedKeyOf(replaced)]) bearer.numbers.delete(key);
  bearer.anchors.add(patient);
  addNumber(bearer, patient, patient);
  for (const number of numbersIn(body)) addNumber(bearer, typedKeyOf(number), patient);
}

function numbersIn({ identifiers, ins }: IdentityFact['body']): PatientIdentifier[] {
  return [...identifiers.filter(({ erased }) => erased !== true), ...(ins ?? [])];
}

/** A number that a later change gives back is in force again. */
function replacedAfter({ patient, body, recordedAt }: IdentityFact, earlier: readonly ReplacedNumber[]) {
  const inForce = new Set(numbersIn(body).map(typedKeyOf));
  const more = (body.replaces ?? []).map(({ replaced, successor }): ReplacedNumber => {
    const [number, key] = [numberOf(replaced), typedKeyOf(replaced)];
    return { patient, number, key, at: instant(recordedAt), deleted: successor === undefined };
  });
  return [...earlier.filter(({ key }) => !inForce.has(key)), ...more];
}

/** The change waits: a merge (A40) of the two would give it effect. */
function takenNumber({ patient, body }: IdentityFact, facts: readonly IdentityFact[]): Doubt {
  const nameOf = ({ replaces = [] }: IdentityFact['body']) =>
    replaces.map(({ replaced, successor }) => [replaced, ...(successor ? [successor] : [])].map(typedKeyOf).join(' '));
  const name = nameOf(body).join('|');
  const same = facts.filter((fact) => fact.patient === patient && nameOf(fact.body).join('|') === name);
  const text =
    'a change of a patient number (A47) names a number that another patient has; a merge (A40) would join the two';
  return {
    key: `number-taken|${uuid5(`${patient}|${name}`)}`,
    reason: 'identity-conflict',
    field: 'PID-3',
    text,
    messages: [...new Set(same.map(({ messageId }) => messageId))],
    parks: true,
  };
}
