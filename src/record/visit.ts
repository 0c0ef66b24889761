import type { Encounter } from 'fhir/r4.js';
import { period } from '../fhir/period.js';
import type { FactOf } from '../message/fact.js';
import { splitIdentifier } from '../message/identifier.js';
import { inRecordedOrder } from '../message/order.js';
import type { FoldedResource } from '../message/resource.js';
import { originAt } from '../message/sourced.js';
import type { FoldedStay } from '../message/stay.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, contributionsTo, layFragment, type Contributions } from './contributions.js';
import { ownIdentifier } from './document-entries.js';
import { ON_DISCHARGE } from './stay-reduce.js';

export type VisitFact = FactOf<'visit'>;

const NULL_FLAVOR = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor';

/** The begin of the key of a stay that has no number: it is known by its patient, facility and day. */
const UNNUMBERED = 'visit|';

/** Names a stay that documents tell of without a number. */
export function unnumberedStay(anchor: string, { body }: VisitFact): string {
  return `${UNNUMBERED}${anchor}|${body.facility?.organization ?? ''}|${body.begin?.slice(0, 10) ?? ''}`;
}

/** Documents of one visit in recorded order: of each bound and of each element what was recorded last. */
interface VisitState {
  begin: { value: string; fact: VisitFact } | undefined;
  end: { value: string; fact: VisitFact } | undefined;
  facility: VisitFact | undefined;
  contributions: Contributions;
}

function stateOf(visits: readonly VisitFact[]): VisitState {
  const state: VisitState = { begin: undefined, end: undefined, facility: undefined, contributions: new Map() };
  for (const fact of inRecordedOrder(visits)) {
    const { begin, end, facility, encounter } = fact.body;
    if (begin !== undefined) state.begin = { value: begin, fact };
    if (end !== undefined) state.end = { value: end, fact };
    if (facility !== undefined) state.facility = fact;
    layFragment(state.contributions, encounter, fact.messageId);
  }
  return state;
}

/** When the visits say that the stay began. */
export function beginOf(visits: readonly VisitFact[]): string | undefined {
  return stateOf(visits).begin?.value;
}

/**
 * A stay that documents alone tell of: finished where both bounds are there; of an open one nobody says whether it lasts.
 * @returns undefined for a stay that has neither number nor begin
 */
export function foldedVisit(key: string, visits: readonly VisitFact[], patientId: string): FoldedStay | undefined {
  const state = stateOf(visits);
  const { begin, end } = state;
  if (visits.length === 0 || (begin === undefined && key.startsWith(UNNUMBERED))) return undefined;
  return {
    key,
    movements: [],
    encounter: visitEncounter(key, state, visits, patientId),
    ...(begin === undefined ? {} : { start: begin.value }),
    ...(begin === undefined || end === undefined ? {} : { end: end.value }),
    restricted: false,
    void: new Set(),
    presences: [],
  };
}

function visitEncounter(
  key: string,
  { begin, end, facility, contributions }: VisitState,
  visits: readonly VisitFact[],
  patientId: string,
): FoldedResource {
  const id = resourceId('Encounter', key);
  const { fields, origins } = buildFields(contributions);
  const mapped = fields as Partial<Encounter>;
  const numbered = !key.startsWith(UNNUMBERED);
  const number = numbered ? splitIdentifier(key) : ownIdentifier(id);
  const listed = (mapped.identifier ?? []).filter(
    ({ system, value }) => system !== number.system || value !== number.value,
  );
  const provider = facility?.body.facility;
  const resource: Encounter & { id: string } = {
    ...mapped,
    resourceType: 'Encounter',
    id,
    identifier: [number, ...listed],
    status: begin !== undefined && end !== undefined ? 'finished' : 'unknown',
    class: mapped.class ?? { system: NULL_FLAVOR, code: 'UNK' },
    subject: { reference: `Patient/${patientId}` },
    ...(begin === undefined ? {} : { period: period(begin.value, end?.value) }),
    ...(provider === undefined
      ? {}
      : { serviceProvider: { reference: provider.organization, display: provider.label } }),
  };
  const messageId = visits[0]?.messageId ?? '';
  const rule = { messageId, from: 'componentOf/encompassingEncounter', row: 'rule:visit' };
  const paths = ['identifier', 'status', 'class', 'subject', 'period', 'serviceProvider'];
  return {
    resource,
    sentBy: `${number.system ?? ''}|${number.value ?? ''}`,
    origins: () => [...origins(), ...paths.map((path) => originAt(path, rule))],
  };
}

/** How and where the patient left, as documents say, where no movement says it; laid over what the movements contribute. */
export function withDischarge(contributions: Contributions, visits: readonly VisitFact[]): Contributions {
  if (visits.length === 0) return contributions;
  const filled: Contributions = new Map(contributions);
  for (const fact of inRecordedOrder(visits)) {
    const elements = fact.body.encounter.elements.filter(
      ({ path }) => ON_DISCHARGE.includes(path) && contributionsTo(contributions, path).length === 0,
    );
    layFragment(filled, { ...fact.body.encounter, elements }, fact.messageId);
  }
  return filled;
}
