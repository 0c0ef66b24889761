import type { Membership } from '../message/membership.js';
import { instant } from '../message/order.js';

/**
 * Who is of the circle at an instant, hidden ones included. Who leaves at that very instant still is, because a discharge or transfer
 * concerns those whom it ends.
 * @param asOf ISO 8601 with offset
 */
export function membersAt(memberships: readonly Membership[], asOf: string): Membership[] {
  const at = instant(asOf);
  return memberships.filter(
    (member) => !isEmpty(member) && instant(member.from) <= at && (member.to === undefined || at <= instant(member.to)),
  );
}

/** Was somebody dismissed no later than he was declared, and so never a member? */
export function isEmpty({ from, to, ended }: Membership): boolean {
  return to !== undefined && ended !== undefined && instant(to) <= instant(from);
}
