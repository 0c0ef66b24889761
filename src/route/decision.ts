import type { Membership } from '../message/membership.js';
import type { ReceiptReason } from '../message/receipt.js';

/** What was decided of one person considered. */
export interface Decision {
  member: string;
  label: string;
  role: string;
  from: string | null;
  to: string | null;
  reason: ReceiptReason;
  rule: string | null;
  endpoint: string | undefined;
  /** The delivery that told what is corrected. */
  respondsTo?: string | undefined;
}

/** The circle person by person: who is of it twice, in two roles or for two stays, is considered once. */
export function people(circle: readonly Membership[]): Membership[][] {
  const byPerson = new Map<string, Membership[]>();
  for (const membership of circle) {
    const list = byPerson.get(membership.person);
    if (list === undefined) byPerson.set(membership.person, [membership]);
    else list.push(membership);
  }
  return [...byPerson.values()];
}
