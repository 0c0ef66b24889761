import type { MoveBody, PatientIdentifier } from '../../message/fact.js';
import type { Contributions, PartNames } from '../contributions.js';
import { personIdentifiers } from '../identifiers.js';
import type { Issues } from '../issues.js';

const PARTS: PartNames = new Map([
  ['from', 'from'],
  ['account', 'account'],
  ['accountAfter', 'account'],
]);

/** A move as it was read. */
export interface Move {
  /** The number that names the patient who had the account. */
  from: PatientIdentifier | undefined;
  account: string | undefined;
  /** PID-18. */
  accountAfter: string | undefined;
  trace: MoveBody['trace'];
}

/** Whose account moves (A44), and which: MRG-3, or PID-18 where MRG-3 is empty. */
export function moveOf(read: Contributions): Move {
  const numbers = personIdentifiers(read.filled<PatientIdentifier[]>('from') ?? []);
  const accountAfter = read.filled<string>('accountAfter');
  return {
    from: numbers.find(({ erased }) => erased !== true),
    account: read.filled<string>('account') ?? accountAfter,
    accountAfter,
    trace: read.traces(PARTS),
  };
}

/**
 * The move to a patient; undefined where it does not say all of it, which stops the message. An account that takes another number with the move
 * keeps the one it had, and somebody must look at it.
 */
export function moveBody(
  { from, account, accountAfter, trace }: Move,
  to: PatientIdentifier,
  issues: Issues,
): MoveBody | undefined {
  if (from === undefined || account === undefined) {
    const field = from === undefined ? 'MRG-1' : 'MRG-3';
    const text =
      from === undefined ? 'MRG-1 holds no number that names one patient' : 'the message names no account to move';
    issues.add({ blocking: true, reason: 'field-missing', field, text }, field);
    return undefined;
  }
  if (accountAfter !== undefined && accountAfter !== account) {
    const text = 'the account takes another number with its move; it was moved under the number that it had';
    issues.add({ blocking: false, reason: 'field-invalid', field: 'PID-18', text }, 'PID-18');
  }
  return { account, from, to, trace };
}
