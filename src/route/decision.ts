import type { Membership } from '../message/membership.js';
import { plainName } from '../message/plain-name.js';
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

/**
 * The circle person by person: who is of it twice, in two roles, under two places of exercise or for two stays, is considered once. A
 * professional is a number and a family name.
 */
export function people(circle: readonly Membership[]): Membership[][] {
  const professionals = new Map(circle.flatMap((membership) => numberAndName(membership)));
  const byPerson = new Map<string, Membership[]>();
  for (const membership of circle) {
    const key = professionals.get(membership.person) ?? membership.person;
    const list = byPerson.get(key);
    if (list === undefined) byPerson.set(key, [membership]);
    else list.push(membership);
  }
  return [...byPerson.values()];
}

function numberAndName({ person, identifier, family }: Membership): [person: string, professional: string][] {
  return identifier === undefined || family === undefined ? [] : [[person, `${identifier}|${plainName(family)}`]];
}
