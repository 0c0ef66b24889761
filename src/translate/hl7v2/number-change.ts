import type { NumberChange, PatientIdentifier } from '../../message/fact.js';
import type { Contributions } from '../contributions.js';
import { isInsNumber, namesPerson } from '../identifiers.js';
import type { IdentityNumbers } from '../identity.js';

/**
 * What a change of numbers (A47) does to each number of MRG-1: the number of PID-3 of its type takes its place, of the same authority where there
 * is one; without one, or where PID-3 erases it, it is taken away. A number that PID-3 lists still stays.
 */
export function numberChangesOf(read: Contributions, identity: IdentityNumbers): NumberChange[] {
  const replaced = read.filled<PatientIdentifier[]>('replaced') ?? [];
  const inForce = identity.numbers.filter(
    (number) => number.erased !== true && (identity.qualified || !isInsNumber(number)),
  );
  const erased = identity.numbers.filter((number) => number.erased === true);
  return replaced.flatMap((number) => (number.erased === true ? [] : changeOf(number, inForce, erased)));
}

/** A number without a type has that of the number of its authority, and is not taken away: which it was cannot be told. */
function changeOf(
  replaced: PatientIdentifier,
  inForce: readonly PatientIdentifier[],
  erased: readonly PatientIdentifier[],
): NumberChange[] {
  const { system, value, type } = replaced;
  const ofType = inForce.filter((number) => type === '' || number.type === type);
  const ofAuthority = ofType.find((number) => number.system === system);
  if (ofType.some((number) => number.system === system && number.value === value)) return [];
  if (type === '')
    return ofAuthority === undefined
      ? []
      : [{ replaced: { ...replaced, type: ofAuthority.type }, successor: ofAuthority }];
  const isErased = erased.some((number) => number.system === system && number.type === type);
  const successor = isErased ? undefined : (ofAuthority ?? ofType[0]);
  return [successor === undefined ? { replaced } : { replaced, successor }];
}

/** The old numbers by which the person is to be found; an INS where no other number names him. */
export function namedByChanges(
  changes: readonly NumberChange[],
  [anchor]: readonly PatientIdentifier[],
): PatientIdentifier[] {
  const byIns = anchor !== undefined && isInsNumber(anchor);
  return changes
    .map(({ replaced }) => replaced)
    .filter((number) => namesPerson(number) && (byIns || !isInsNumber(number)));
}

/** What is said of the identity: an INS that is taken away without another that counts is withdrawn (PAM.FR §6.6.1). */
export function changedIdentity(identity: IdentityNumbers, changes: readonly NumberChange[]): IdentityNumbers {
  const takesIns = changes.some(({ replaced, successor }) => isInsNumber(replaced) && successor === undefined);
  return takesIns ? { ...identity, withdrawn: true } : identity;
}
