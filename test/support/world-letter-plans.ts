import fc from 'fast-check';
import type { Hospital, Person } from './world-people.js';
import { STEPS, type LetterPlan, type SendingPlan, type VisitPlan } from './world-letters.js';
import type { Doctor } from './world-text.js';

/** Most messages speak of the first, so that they meet. */
export function mostlyFirst(count: number): fc.Arbitrary<number> {
  return fc.oneof(fc.constant(0), fc.nat(count - 1));
}

/** @param weight of ten draws those that have the value */
export function rarely<T>(value: fc.Arbitrary<T>, otherwise: T, weight = 1): fc.Arbitrary<T> {
  return fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(otherwise) }, { weight, arbitrary: value });
}

export const worldDoctor: fc.Arbitrary<Doctor> = fc.record({
  kind: fc.constantFrom('national', 'national', 'local'),
  number: fc.constantFrom(1, 2),
  renamed: rarely(fc.constant(true), false),
});

interface Cast {
  options: { visits?: number; hours?: number; slips?: boolean };
  hospitals: readonly Hospital[];
  people: readonly Person[];
  ownerOf: readonly number[];
}

/** A version of a document of that world. */
export function letterOf({ options, hospitals, people, ownerOf }: Cast): fc.Arbitrary<LetterPlan> {
  const slips = options.slips ?? true;
  const visits = options.visits ?? 2;
  const hours = options.hours ?? 9 * 24;
  const few = fc.nat(15).map((slot) => Math.floor((slot * hours) / 15));
  const slip = slips ? rarely(fc.constant(true), false) : fc.constant(false);
  const meant = fc.record({ hospital: mostlyFirst(hospitals.length), visit: mostlyFirst(visits), strays: slip });
  return meant.chain(({ hospital, visit, strays }) => {
    const owner = ownerOf[(hospital * visits + visit) % ownerOf.length] ?? 0;
    return fc.record<LetterPlan>({
      ...versionOf(few),
      form: rarely(fc.constant('fhir' as const), 'cda' as const, 2),
      hospital: fc.constant(hospital),
      person: strays ? fc.nat(people.length - 1) : fc.constant(owner),
      offset: rarely(fc.constant(true), false, 3),
      ins: slips ? rarely(fc.constant(false), true) : fc.constant(true),
      local: rarely(fc.constant(false), true, 3),
      renamed: slip,
      visit: rarely(visitOf(few, hospital * visits + visit + 1, hospitals.length), undefined, 8),
      author: worldDoctor,
      familyDoctor: rarely(worldDoctor, undefined, 4),
      recipient: rarely(worldDoctor, undefined, 3),
      relative: rarely(fc.constantFrom('ECON' as const, 'NOK' as const, 'CAREGIVER' as const), undefined, 3),
      steps: fc.subarray([...STEPS], { maxLength: 3 }),
      changed: fc.boolean(),
      problem: rarely(fc.constant(true), false, 2),
      restricted: rarely(fc.constant(true), false),
    });
  });
}

function versionOf(few: fc.Arbitrary<number>) {
  return {
    set: rarely(mostlyFirst(2), undefined, 8) as fc.Arbitrary<number | undefined>,
    version: rarely(fc.constantFrom(1, 2, 3), undefined, 8) as fc.Arbitrary<number | undefined>,
    replaces: rarely(fc.nat(4), undefined, 5),
    written: few,
  };
}

function visitOf(few: fc.Arbitrary<number>, visit: number, hospitals: number): fc.Arbitrary<VisitPlan> {
  return fc.record({
    number: fc.constantFrom('feed', 'feed', 'unknown', 'none', 'none'),
    visit: fc.constant(visit),
    begin: rarely(few, undefined, 8),
    day: rarely(fc.constant(true), false, 4),
    end: rarely(few, undefined, 5),
    provider: rarely(fc.nat(hospitals - 1), undefined, 3),
    discharged: rarely(fc.constant(true), false, 4),
  });
}

/** A sending of one of these letters. */
export function sendingOf(
  letters: readonly LetterPlan[],
  hospitals: number,
  { slips = true }: { slips?: boolean },
): fc.Arbitrary<SendingPlan> {
  const meant = fc.record({
    letter: fc.nat(letters.length - 1),
    drawn: fc.constantFrom<SendingPlan['carrier']>('MDM', 'MDM', 'ORU', 'ORU', 'http', 'xdm'),
  });
  return meant.chain(({ letter, drawn }) => {
    const carrier = letters[letter]?.form === 'fhir' ? 'http' : drawn;
    const others = letters.flatMap(({ person, form }, index) =>
      index !== letter && carrier === 'ORU' && form === 'cda' && person === letters[letter]?.person ? [index] : [],
    );
    return fc.record<SendingPlan>({
      letter: fc.constant(letter),
      beside: others.length === 0 ? fc.constant(undefined) : rarely(fc.constantFrom(...others), undefined, 4),
      hospital: rarely(fc.nat(hospitals - 1), letters[letter]?.hospital ?? 0, 2),
      carrier: fc.constant(carrier),
      request: rarely(fc.constant('delete' as const), letters[letter]?.replaces === undefined ? 'new' : 'replace', 2),
      sentAfter: slips ? rarely(fc.constantFrom(-40, 24 * 300), 2, 1) : fc.constantFrom(2, 30),
      masked: rarely(fc.constant(true), false),
    });
  });
}
