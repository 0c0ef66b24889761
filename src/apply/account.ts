import type { Fact } from '../message/fact.js';
import type { NewWorkItem } from '../message/message.js';
import { instant } from '../message/order.js';
import { uuid5 } from '../message/uuid.js';
import type { FoldedWindow } from './window.js';

/**
 * Files the facts of a message that names an account (PID-18) and no visit number (PV1-19) under a stay: an account is no stay. Of an account
 * that is known it is the one stay that is open; of one that is unknown the account's number stands for the visit.
 * @returns the facts with their stay, or what somebody must look at where there is none or several
 */
export function atStay(facts: readonly Fact[], window: FoldedWindow): { facts: Fact[] } | { doubt: NewWorkItem } {
  const movement = facts.find(({ kind, stay }) => kind === 'movement' && stay === undefined);
  const account = movement?.account;
  if (movement === undefined || account === undefined) return { facts: [...facts] };
  const stay = stayOf(account, movement.effectiveAt, window);
  if (stay === undefined) return { doubt: ambiguous(account, movement.source) };
  return { facts: facts.map((fact) => (belongsToStay(fact) ? { ...fact, stay } : fact)) };
}

function belongsToStay(fact: Fact): boolean {
  return fact.kind === 'movement' || (fact.kind === 'member' && fact.body.scope === 'stay');
}

function stayOf(account: string, at: string, { facts, stays }: FoldedWindow): string | undefined {
  const named = new Set(
    facts.flatMap((fact) => (fact.account === account && fact.stay !== undefined ? [fact.stay] : [])),
  );
  // A sender that numbers no visits: the account has always stood for it.
  if (named.size === 0 || named.has(account)) return account;
  const open = [...named].filter((key) => {
    const state = stays.get(key)?.reduced.stay?.state;
    return state !== undefined && state.status?.value !== 'cancelled' && !isOver(state.end?.value, at);
  });
  return open.length === 1 ? open[0] : undefined;
}

function isOver(end: string | undefined, at: string): boolean {
  return end !== undefined && instant(end) <= instant(at);
}

function ambiguous(account: string, source: string): NewWorkItem {
  const text = 'the message names an account without a visit number, and the account has no open stay, or several';
  return { reason: 'field-missing', field: 'PV1-19', text, key: `stay-of-account|${source}|${uuid5(account)}` };
}
