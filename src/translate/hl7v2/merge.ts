import type { MergeBody, PatientIdentifier, Trace } from '../../message/fact.js';
import { identifierKey } from '../../message/identifier.js';
import type { Contributions, PartNames } from '../contributions.js';
import { namesPerson } from '../identifiers.js';

/** A merge, and the numbers that it replaces. */
export interface Merge {
  bodies: MergeBody[];
  replaced: PatientIdentifier[];
}

const PARTS: PartNames = new Map([
  ['replaced', 'replaced'],
  ['survivor', 'survivor'],
]);

/**
 * A merge (A40): each number of MRG-1 is replaced by the number of PID-3 that has its type, of the same authority where there is one.
 * A number merged into itself says nothing.
 */
export function mergeOf(read: Contributions): Merge {
  const survivors = persons(read.filled<PatientIdentifier[]>('survivor'));
  const replaced = persons(read.filled<PatientIdentifier[]>('replaced'));
  const trace: Trace[] = read.traces(PARTS);
  const bodies = replaced.flatMap((number): MergeBody[] => {
    const ofType = survivors.filter(({ type }) => type === number.type);
    const survivor = ofType.find(({ system }) => system === number.system) ?? ofType[0];
    if (survivor === undefined) return [];
    const [from, to] = [number, survivor].map(({ system, value }) => identifierKey(system, value));
    return from === undefined || to === undefined || from === to ? [] : [{ replaced: from, survivor: to, trace }];
  });
  return { bodies, replaced };
}

function persons(numbers: readonly PatientIdentifier[] = []): PatientIdentifier[] {
  return numbers.filter((number) => number.erased !== true && namesPerson(number));
}
