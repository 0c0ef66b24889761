import { accountOfStay } from '../message/account-stay.js';
import type { Fact } from '../message/fact.js';
import { instant } from '../message/order.js';
import type { Doubt } from '../message/stay.js';
import { uuid5 } from '../message/uuid.js';
import type { PatientGroup } from '../record/groups.js';
import type { MovementFact } from '../record/movement.js';
import { reduceStay, type ReducedStay } from '../record/stay.js';

/** Facts at the stays that they belong to. */
export interface PlacedFacts {
  facts: Fact[];
  /** Facts whose account has no open stay, or several: they have no effect. */
  unplaced: Fact[];
  doubts: Doubt[];
}

/**
 * Files facts that name an account and no visit number under a stay: the one stay of the account that is open when they take effect. The
 * account of a sender that numbers no visits stands for the visit itself.
 * @param groupOf the person of an anchor: an account that two people share is one of each
 * @param earlier facts as they were placed before, by id: the same fact at the same stay is the same object
 */
export function placeUnnumbered(
  facts: readonly Fact[],
  groupOf: ReadonlyMap<string, PatientGroup>,
  earlier: ReadonlyMap<string, Fact>,
): PlacedFacts {
  const unnumbered = facts.filter(({ stay }) => stay !== undefined && accountOfStay(stay) !== undefined);
  if (unnumbered.length === 0) return { facts: [...facts], unplaced: [], doubts: [] };
  const placed: PlacedFacts = { facts: facts.filter((fact) => !unnumbered.includes(fact)), unplaced: [], doubts: [] };
  const accounts = new Map<string, ReducedStay[]>();
  const waiting = new Map<string, Set<string>>();
  for (const fact of unnumbered) {
    const account = accountOfStay(fact.stay ?? '') ?? '';
    const group = groupOf.get(fact.patient);
    const name = `${account} ${group?.anchors[0]?.anchor ?? ''}`;
    const stays =
      accounts.get(name) ??
      staysOf(
        account,
        placed.facts.filter(({ patient }) => groupOf.get(patient) === group),
      );
    accounts.set(name, stays);
    const stay = stayAt(account, stays, fact.effectiveAt);
    if (stay === undefined) {
      placed.unplaced.push(fact);
      waiting.set(name, (waiting.get(name) ?? new Set()).add(fact.messageId));
    } else placed.facts.push(atStay(fact, stay, earlier.get(fact.id)));
  }
  placed.doubts.push(...[...waiting].map(([name, messages]) => ambiguous(name, [...messages])));
  return placed;
}

/** The numbered stays of an account, without what only the account was named for. */
function staysOf(account: string, facts: readonly Fact[]): ReducedStay[] {
  const movements = facts.filter((fact): fact is MovementFact => fact.kind === 'movement' && fact.account === account);
  const keys = [...new Set(movements.flatMap(({ stay }) => stay ?? []))].sort();
  return keys.map((key) =>
    reduceStay(
      key,
      movements.filter(({ stay }) => stay === key),
    ),
  );
}

function stayAt(account: string, stays: readonly ReducedStay[], at: string): string | undefined {
  if (stays.length === 0) return account;
  const open = stays.filter(({ stay }) => stay !== undefined && isOpen(stay, at));
  return open.length === 1 ? open[0]?.key : undefined;
}

function isOpen({ state }: NonNullable<ReducedStay['stay']>, at: string): boolean {
  return state.status?.value !== 'cancelled' && (state.end === undefined || instant(state.end.value) > instant(at));
}

function atStay(fact: Fact, stay: string, earlier: Fact | undefined): Fact {
  return earlier?.stay === stay && earlier.patient === fact.patient ? earlier : { ...fact, stay };
}

function ambiguous(account: string, messages: readonly string[]): Doubt {
  const text = 'a message names an account without a visit number, and the account has no open stay, or several';
  const key = `stay-of-account|${uuid5(account)}`;
  return { key, reason: 'field-missing', field: 'PV1-19', text, messages, parks: true };
}
