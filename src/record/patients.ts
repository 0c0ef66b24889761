import type { Fact } from '../message/fact.js';
import { hasCircle, type FoldedPatient, type FoldOptions } from '../message/folded.js';
import { resourceId } from '../message/id.js';
import { compareText, instant } from '../message/order.js';
import { patientGroups, type PatientGroup } from './cluster.js';
import type { MovementFact } from './movement.js';
import { patientOf, replacedPatients } from './patient.js';
import { relatedPersons } from './related-person.js';
import { foldedStay, reduceStay, type ReducedStay } from './stay.js';

/**
 * Folds all facts of a cluster into its patients, each with his stays. The same set of facts gives the same bytes, in whatever order
 * and however often each comes (law 3).
 */
export function foldPatients(facts: readonly Fact[], options: FoldOptions): FoldedPatient[] {
  return patientGroups(known(facts, options.asOf)).map(foldPatient);
}

/** Facts of what had happened by an instant; who the patient is has no date. */
function known(facts: readonly Fact[], asOf: string | undefined): readonly Fact[] {
  if (asOf === undefined) return facts;
  const limit = instant(asOf);
  return facts.filter((fact) => fact.kind === 'identity' || instant(fact.effectiveAt) <= limit);
}

function foldPatient({ anchors, facts }: PatientGroup): FoldedPatient {
  const names = anchors.map((one) => one.anchor);
  const anchor = names[0] ?? '';
  const patientId = resourceId('Patient', anchor);
  const reduced = [...movementFacts(facts)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, movements]) => reduceStay(key, movements));
  const stays = reduced.filter((stay): stay is ReducedStay => 'state' in stay);
  const presences = stays.reduce((sum, stay) => sum + stay.state.present.length, 0);
  const teamId = hasCircle(facts, presences) ? resourceId('CareTeam', anchor) : undefined;
  return {
    anchor,
    anchors: names,
    patientId,
    patient: patientOf(anchors),
    related: [...replacedPatients(anchors), ...relatedPersons(facts, patientId)],
    stays: stays.map((stay) => foldedStay(stay, patientId, teamId)),
    pending: reduced.flatMap((stay) => stay.pending),
  };
}

function movementFacts(facts: readonly Fact[]): Map<string, MovementFact[]> {
  const stays = new Map<string, MovementFact[]>();
  for (const fact of facts) {
    if (fact.kind !== 'movement' || fact.stay === undefined) continue;
    const stay = stays.get(fact.stay);
    if (stay === undefined) stays.set(fact.stay, [fact]);
    else stay.push(fact);
  }
  return stays;
}
