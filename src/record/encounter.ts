import type { Encounter, Meta } from 'fhir/r4.js';
import { period } from '../fhir/period.js';
import { splitIdentifier } from '../message/identifier.js';
import type { FoldedResource, Origin } from '../message/resource.js';
import { originAt, type Sourced } from '../message/sourced.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, NOTHING, valueOf, type Contributions, type Part } from './contributions.js';
import type { Spell, StayState } from './stay-state.js';

const PROFILE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-encounter';
const ESTIMATED_DISCHARGE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-estimated-discharge-date';
const IDENTIFIER_TYPE = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type';
const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const NULL_FLAVOR = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor';

/**
 * The Encounter of a stay (fr-core-encounter 2.1.0), one for the whole venue.
 * @param key PV1-19 as `system|value`
 * @param first what the stay's first movement said, for the values that every Encounter must have
 */
export function encounterOf(key: string, patientId: string, state: StayState, first: Sourced<string>): FoldedResource {
  const rule = (from: string): Sourced<string> => ({ ...first, from, row: 'rule:stay' });
  const mapped = mappedPart(key, state.contributions, rule('PV1-19'));
  const extensions = (mapped.fields['extension'] as unknown[] | undefined)?.length ?? 0;
  const parts = [
    mapped,
    statusPart(state, first),
    classPart(state, rule('PV1-2')),
    periodPart(state, first, extensions),
    locationPart(state),
    participantPart(state),
    providerPart(state),
    field('subject', { reference: `Patient/${patientId}` }, rule('PID-3')),
  ];
  const extension = parts.flatMap((part) => (part.fields['extension'] as unknown[] | undefined) ?? []);
  const resource = {
    resourceType: 'Encounter',
    id: resourceId('Encounter', key),
    ...Object.assign({}, ...parts.map((part) => part.fields)),
    meta: { profile: [PROFILE], ...(valueOf(state.contributions, 'meta') as Meta | undefined) },
    ...(extension.length > 0 ? { extension } : {}),
  } as Encounter & { id: string };
  return { resource, sentBy: key, origins: () => parts.flatMap((part) => part.origins()) };
}

function field(name: string, value: unknown, origin: Sourced<unknown>): Part {
  return { fields: { [name]: value }, origins: () => [originAt(name, origin)] };
}

/** What the rows mapped, and the visit number, which the profile demands. */
function mappedPart(key: string, contributions: Contributions, rule: Sourced<string>): Part {
  const { fields, origins } = buildFields(contributions);
  const { system, value } = splitIdentifier(key);
  const listed = (fields['identifier'] as { system?: string; value?: string }[] | undefined) ?? [];
  if (listed.some((identifier) => identifier.system === system && identifier.value === value))
    return { fields, origins };
  const visit = { type: { coding: [{ system: IDENTIFIER_TYPE, code: 'VN' }] }, system, value };
  const index = `identifier[${String(listed.length)}]`;
  return {
    fields: { ...fields, identifier: [...listed, visit] },
    origins: () => [...origins(), originAt(index, rule)],
  };
}

function statusPart({ status, statusHistory }: StayState, first: Sourced<string>): Part {
  const value = status?.value ?? 'planned';
  const history = statusHistory.map((spell) => ({ status: spell.value, period: spellPeriod(spell) }));
  return {
    fields: history.length === 0 ? { status: value } : { status: value, statusHistory: history },
    origins: () => [originAt('status', status?.since ?? first), ...historyOrigins('statusHistory', statusHistory)],
  };
}

/** The class is required and never guessed: where no message says it, it is unknown. */
function classPart(state: StayState, rule: Sourced<string>): Part {
  if (state.class === undefined) return field('class', { system: NULL_FLAVOR, code: 'UNK' }, rule);
  const { value, since } = state.class;
  const history = state.classHistory.map((spell) => ({ class: spell.value, period: spellPeriod(spell) }));
  return {
    fields: history.length === 0 ? { class: value } : { class: value, classHistory: history },
    origins: () => [originAt('class', since), ...historyOrigins('classHistory', state.classHistory)],
  };
}

function historyOrigins(element: string, spells: readonly Spell<unknown>[]): Origin[] {
  return spells.flatMap((spell, index) => spellOrigins(`${element}[${String(index)}]`, spell));
}

/** A planned stay is expected from PV2-8 on; the estimated discharge is a day (FR Core), the local one. */
function periodPart(state: StayState, first: Sourced<string>, extensions: number): Part {
  const start = state.start ?? state.expectedAdmission ?? first;
  const { end } = state;
  const origins = () => [originAt('period.start', start), ...(end === undefined ? [] : [originAt('period.end', end)])];
  const fields = { period: period(start.value, end?.value) };
  const expected = state.expectedDischarge;
  if (expected === undefined || state.status?.value === 'finished') return { fields, origins };
  return {
    fields: { ...fields, extension: [{ url: ESTIMATED_DISCHARGE, valueDate: expected.value.slice(0, 10) }] },
    origins: () => [...origins(), originAt(`extension[${String(extensions)}]`, expected)],
  };
}

function locationPart(state: StayState): Part {
  const { place, places, status, expectedPlace } = state;
  if (status?.value === 'planned' && place?.value.location !== undefined)
    return field(
      'location',
      [{ location: reference(place.value.location, place.value.label), status: 'planned' }],
      place,
    );
  const reserved = expectedPlace?.value.location === undefined ? [] : [expectedPlace];
  const location = [
    ...places.map((spell) => ({
      location: reference(spell.value.value.location, spell.value.value.label),
      status: spell.until === undefined ? 'active' : 'completed',
      period: spellPeriod(spell),
    })),
    ...reserved.map(({ value }) => ({ location: reference(value.location, value.label), status: 'reserved' })),
  ];
  if (location.length === 0) return NOTHING;
  const origins = () => [
    ...places.flatMap((spell, index) => [
      originAt(`location[${String(index)}]`, spell.value),
      ...spellOrigins(`location[${String(index)}].period`, spell, ''),
    ]),
    ...reserved.map((place) => originAt(`location[${String(places.length)}]`, place)),
  ];
  return { fields: { location }, origins };
}

function participantPart(state: StayState): Part {
  const doctors = state.present.filter((spell) => spell.value.type !== 'UF');
  const expected =
    state.status?.value === 'planned'
      ? [...state.doctors].flatMap(([type, named]) => named.map((doctor) => ({ type, doctor })))
      : [];
  const participant = [
    ...doctors.map((spell) => ({
      ...participantOf(spell.value.type, spell.value.person, spell.value.label),
      period: spellPeriod(spell),
    })),
    ...expected.map(({ type, doctor }) => participantOf(type, doctor.value.role, doctor.value.label)),
  ];
  if (participant.length === 0) return NOTHING;
  const origins = () => [
    ...doctors.flatMap((spell, index) => [
      originAt(`participant[${String(index)}]`, spell.value.origin),
      ...spellOrigins(`participant[${String(index)}].period`, spell, ''),
    ]),
    ...expected.map(({ doctor }, index) => originAt(`participant[${String(doctors.length + index)}]`, doctor)),
  ];
  return { fields: { participant }, origins };
}

function participantOf(type: string, individual: string, label: string) {
  return { type: [{ coding: [{ system: PARTICIPATION, code: type }] }], individual: reference(individual, label) };
}

/** Priority of the composite responsibility: medical, hosting, care. */
function providerPart(state: StayState): Part {
  const { medicalUnit, place, careUnit } = state;
  if (medicalUnit !== undefined)
    return field('serviceProvider', reference(medicalUnit.value.organization, medicalUnit.value.label), medicalUnit);
  if (place?.value.unit !== undefined)
    return field('serviceProvider', reference(place.value.unit.organization, place.value.unit.label), place);
  if (careUnit === undefined) return NOTHING;
  return field('serviceProvider', reference(careUnit.value.organization, careUnit.value.label), careUnit);
}

function reference(target: string | undefined, label = '') {
  return label === '' ? { reference: target } : { reference: target, display: label };
}

function spellPeriod(spell: Spell<unknown>) {
  return period(spell.since.value, spell.until?.value);
}

/** A spell as a whole comes from what began it, its end from what ended it. */
function spellOrigins(path: string, spell: Spell<unknown>, child = '.period'): Origin[] {
  const origins = [originAt(path, spell.since)];
  if (spell.until !== undefined) origins.push(originAt(`${path}${child}.end`, spell.until));
  return origins;
}
