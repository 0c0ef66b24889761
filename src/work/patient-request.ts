import { stayOfAccount } from '../message/account-stay.js';
import type { Fact, Translation } from '../message/fact.js';
import { instant } from '../message/order.js';
import type { PatientRequest } from '../message/translation.js';

const DAY = 86_400_000;

/** What one translated message touches. */
export function requestOf(
  messageId: string,
  { facts, identifiers }: Pick<Translation, 'facts' | 'identifiers'>,
): PatientRequest {
  const named = new Set(facts.flatMap(({ stay }) => stay ?? []));
  const number = facts.find(({ account }) => account !== undefined)?.account;
  const documents = [...new Set(facts.flatMap((fact) => fact.documents ?? []))];
  const request = { messageId, identifiers, ...(documents.length === 0 ? {} : { documents }), ...aroundOf(facts) };
  if (number === undefined) return { ...request, stays: [...named] };
  const account = { number, alone: named.has(stayOfAccount(number)) };
  // The account may stand for a stay of its own.
  const stays = [...named.add(stayOfAccount(number)).add(number)];
  return { ...request, stays, account };
}

/** The times at which a stay begins, or may begin, and some days about them: which stay a document means is told by time too. */
function aroundOf(facts: readonly Fact[]): Pick<PatientRequest, 'around'> {
  const times = facts.flatMap((fact) => {
    const at = fact.kind === 'movement' ? fact.effectiveAt : fact.kind === 'visit' ? fact.body.begin : undefined;
    return at === undefined ? [] : [instant(at)];
  });
  if (times.length === 0) return {};
  const at = (moment: number) => new Date(moment).toISOString();
  return { around: { from: at(Math.min(...times) - AROUND), to: at(Math.max(...times) + AROUND) } };
}

/** A document and a feed date the begin of one stay within a day of each other, and either may give a day alone. */
const AROUND = 4 * DAY;
