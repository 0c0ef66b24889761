import type { CodeableConcept, HumanName, RelatedPerson } from 'fhir/r4.js';
import { SYSTEMS } from '../fhir/systems.js';
import { foldedResource, type FoldedResource, type Origin } from '../message/delivery.js';
import type { Fact } from '../message/fact.js';
import { inRecordedOrder } from '../message/order.js';
import { buildFields, layFragment, type Elements } from './elements.js';

const PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/cds-fr-related-person';
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
const UNKNOWN = { extension: [{ url: ABSENT, valueCode: 'unknown' }] };

type MemberFact = Extract<Fact, { kind: 'member' }>;

/**
 * The relatives that NK1 segments name, as cds-fr-related-person. One who must not be notified is not shown as someone to call
 * (NK1-7 = P, pam-fr §5.1), so has no resource.
 */
export function relatedPersons(facts: readonly Fact[], patientId: string): FoldedResource[] {
  const people = new Map<string, MemberFact[]>();
  for (const fact of inRecordedOrder(facts.filter((one) => one.kind === 'member')))
    if (fact.body.person !== undefined)
      people.set(fact.body.reference, [...(people.get(fact.body.reference) ?? []), fact]);
  return [...people.keys()]
    .sort()
    .flatMap((reference) => relatedPerson(reference, people.get(reference) ?? [], patientId));
}

function relatedPerson(reference: string, facts: MemberFact[], patientId: string): FoldedResource[] {
  const last = facts.at(-1);
  if (last === undefined || last.body.doNotNotify === true) return [];
  const elements: Elements = new Map();
  for (const fact of facts) if (fact.body.person) layFragment(elements, fact.body.person, fact.messageId);
  for (const managed of ['patient', 'meta']) elements.delete(managed);
  const { fields, origins } = buildFields(elements);
  const id = reference.slice(reference.indexOf('/') + 1);
  const completed = complete(fields, id, last);
  const resource = {
    resourceType: 'RelatedPerson',
    id,
    meta: { profile: [PROFILE] },
    ...fields,
    ...completed,
    patient: { reference: `Patient/${patientId}` },
  } as RelatedPerson & { id: string };
  const rules = () => ruleOrigins([...Object.keys(completed), 'patient'], last);
  return [foldedResource(resource, () => [...origins(), ...rules()])];
}

/** What the profile demands and the message may not have: one identifier, one name, the role, a telecom; the unknown is marked so. */
function complete(fields: Record<string, unknown>, id: string, fact: MemberFact): Record<string, unknown> {
  const identifiers = fields['identifier'] as unknown[] | undefined;
  const [first] = identifiers ?? [];
  const telecom = fields['telecom'] as unknown[] | undefined;
  return {
    ...(first === undefined ? { identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }] } : {}),
    ...(identifiers !== undefined && identifiers.length > 1 ? { identifier: [first] } : {}),
    ...withName(fields['name'] as HumanName[] | undefined),
    ...withRole(fields['relationship'] as CodeableConcept[] | undefined, fact),
    ...((telecom?.length ?? 0) === 0 ? { telecom: [{ system: 'phone', _value: UNKNOWN }] } : {}),
  };
}

/** The profile takes a family name and one given name at most: several, as people from abroad have, stand in it side by side. */
function withName(names: HumanName[] | undefined): Record<string, unknown> {
  const [name] = names ?? [];
  const given = name?.given ?? [];
  if (name?.family !== undefined && given.length <= 1) return {};
  const family = name?.family === undefined ? { _family: UNKNOWN } : {};
  return { name: [{ ...name, ...family, ...(given.length === 0 ? {} : { given: [given.join(' ')] }) }] };
}

function withRole(relationship: CodeableConcept[] | undefined, fact: MemberFact): Record<string, unknown> {
  const known = relationship ?? [];
  if (known.some((one) => one.coding?.some((coding) => coding.system === SYSTEMS.roleClass))) return {};
  return { relationship: [{ coding: [fact.body.role] }, ...known] };
}

function ruleOrigins(paths: string[], { messageId }: MemberFact): Origin[] {
  return paths.map((path) => ({ path, messageId, from: 'NK1', row: 'rule:related-person' }));
}
