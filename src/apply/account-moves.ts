import type { Fact, FactOf, PatientIdentifier } from '../message/fact.js';
import { inRecordedOrder, instant } from '../message/order.js';
import type { PatientGroup } from '../record/groups.js';
import { numberOf, typedKeyOf } from '../record/identity.js';

/** Facts under the patients whose they are. */
export interface MovedFacts {
  facts: Fact[];
  /** The moves that have effect, each with the patients between whom it does. */
  moves: string[];
}

type Move = FactOf<'move'>;

/** What a stay is told by, under the patient whom a message named or the one to whom it was moved. */
type StayFact = Fact & { stay: string };

/**
 * Files what was said of an account under the patient to whom it was moved (A44), in recorded order: what was recorded of its stays under the
 * first patient until then. Documents stay where they are: they speak of their patient. A move between people of whom one is unknown, or who are
 * one, has no effect.
 * @param earlier facts as they were filed before, by id: the same fact of the same patient is the same object
 */
export function moveAccounts(
  facts: readonly Fact[],
  groups: readonly PatientGroup[],
  earlier: ReadonlyMap<string, Fact>,
): MovedFacts {
  const moves = inRecordedOrder(facts.filter((fact): fact is Move => fact.kind === 'move'));
  if (moves.length === 0) return { facts: [...facts], moves: [] };
  const patients = new Map<string, string>();
  const effective: string[] = [];
  for (const move of moves) {
    const [from, to] = [move.body.from, move.body.to].map((number) => patientOf(number, groups));
    if (from === undefined || to === undefined || from === to) continue;
    effective.push(`${move.id} ${anchorIn(from)} ${anchorIn(to)}`);
    for (const { id } of factsOfAccount(move, facts.filter(isOfStay), from, patients)) patients.set(id, anchorIn(to));
  }
  return { facts: facts.map((fact) => underPatient(fact, patients.get(fact.id), earlier)), moves: effective };
}

/** Who is called by a number, or lists it; undefined where nobody is known by it, or several list it. */
function patientOf(number: PatientIdentifier, groups: readonly PatientGroup[]): PatientGroup | undefined {
  const called = groups.find(({ anchors }) => anchors.some(({ anchor }) => anchor === numberOf(number)));
  if (called !== undefined) return called;
  const listing = groups.filter(({ anchors }) =>
    anchors.some(({ identifiers }) => identifiers.has(typedKeyOf(number))),
  );
  return listing.length === 1 ? listing[0] : undefined;
}

function anchorIn({ anchors }: PatientGroup): string {
  return anchors[0]?.anchor ?? '';
}

function isOfStay(fact: Fact): fact is StayFact {
  return fact.stay !== undefined && fact.kind !== 'document' && fact.kind !== 'visit';
}

/** What was recorded until the move, under its first patient, of stays of which a movement names the account. */
function factsOfAccount(
  { body, recordedAt }: Move,
  facts: readonly StayFact[],
  from: PatientGroup,
  patients: ReadonlyMap<string, string>,
): StayFact[] {
  const anchors = new Set(from.anchors.map(({ anchor }) => anchor));
  const own = facts.filter(
    (fact) => anchors.has(patients.get(fact.id) ?? fact.patient) && instant(fact.recordedAt) <= instant(recordedAt),
  );
  const stays = new Set(
    own.flatMap(({ kind, account, stay }) => (kind === 'movement' && account === body.account ? [stay] : [])),
  );
  return own.filter(({ stay }) => stays.has(stay));
}

function underPatient(fact: Fact, patient: string | undefined, earlier: ReadonlyMap<string, Fact>): Fact {
  if (patient === undefined || patient === fact.patient) return fact;
  const before = earlier.get(fact.id);
  return before?.patient === patient && before.stay === fact.stay ? before : { ...fact, patient };
}
