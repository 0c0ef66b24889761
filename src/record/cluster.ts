import type { Fact } from '../message/fact.js';
import { compareText } from '../message/order.js';
import { anchorIdentity, strictTraits, type AnchorIdentity } from './identity.js';

/** One patient: the anchors whose facts are his, the one that names him first. */
export interface PatientGroup {
  anchors: AnchorIdentity[];
  facts: Fact[];
}

/**
 * Parts the facts of a cluster into patients (DESIGN §4). Two anchors are one patient where one carries the other as an identifier,
 * or where they share a qualified INS and their strict traits agree; an INS with other traits never joins two people.
 */
export function patientGroups(facts: readonly Fact[]): PatientGroup[] {
  const byAnchor = new Map<string, Fact[]>();
  for (const fact of facts) {
    const list = byAnchor.get(fact.patient);
    if (list === undefined) byAnchor.set(fact.patient, [fact]);
    else list.push(fact);
  }
  const anchors = [...byAnchor].map(([anchor, list]) => anchorIdentity(anchor, list)).sort(byRank);
  return groupAnchors(anchors).map((group) => ({
    anchors: group,
    facts:
      group.length === 1 && byAnchor.size === 1 ? [...facts] : group.flatMap((one) => byAnchor.get(one.anchor) ?? []),
  }));
}

/** Hospital identifiers name a patient before others, an INS last; of several the one first seen, then the smallest. */
function byRank(a: AnchorIdentity, b: AnchorIdentity): number {
  return rankOf(a) - rankOf(b) || a.firstSeen - b.firstSeen || compareText(a.anchor, b.anchor);
}

function rankOf(identity: AnchorIdentity): number {
  const types = identity.facts.flatMap((fact) =>
    fact.body.identifiers.filter((one) => `${one.system}|${one.value}` === identity.anchor).map((one) => one.type),
  );
  if (types.includes('PI')) return 0;
  return types.includes('INS') || INS_SYSTEM.test(identity.anchor) ? 2 : 1;
}

const INS_SYSTEM = /^urn:oid:1\.2\.250\.1\.213\.1\.4\.(8|9|10|11)\|/;

/** Joins anchors until none can be joined; each keeps its rank, so the first of a group names the patient. */
function groupAnchors(anchors: AnchorIdentity[]): AnchorIdentity[][] {
  const groups: AnchorIdentity[][] = [];
  for (const anchor of anchors) {
    const joined = groups.filter((group) => group.some((one) => samePatient(one, anchor)));
    const [home, ...others] = joined;
    if (home === undefined) {
      groups.push([anchor]);
      continue;
    }
    home.push(...others.flat(), anchor);
    for (const other of others) groups.splice(groups.indexOf(other), 1);
  }
  return groups.map((group) => group.sort(byRank));
}

function samePatient(a: AnchorIdentity, b: AnchorIdentity): boolean {
  if (carries(a, b.anchor) || carries(b, a.anchor)) return true;
  return a.ins.some((key) => b.ins.includes(key)) && strictTraits(a.elements) === strictTraits(b.elements);
}

/** Does the one name the other by an identifier that belongs to one patient of one hospital? An INS alone proves nothing. */
function carries(identity: AnchorIdentity, anchor: string): boolean {
  return [...identity.identifiers.values()].some(
    ({ type, identifier }) => type === 'PI' && `${identifier.system ?? ''}|${identifier.value ?? ''}` === anchor,
  );
}
