import type { CodeableConcept, HumanName, RelatedPerson } from 'fhir/r4.js';
import { BIRTH_LIST, SYSTEMS } from '../fhir/systems.js';
import type { FactOf } from '../message/fact.js';
import type { Contact } from '../message/membership.js';
import { inRecordedOrder } from '../message/order.js';
import type { FoldedResource, Origin } from '../message/resource.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, keysOf, layFragment, type Contributions } from './contributions.js';

const PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/cds-fr-related-person';
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
const UNKNOWN = { extension: [{ url: ABSENT, valueCode: 'unknown' }] };

type ContactFact = FactOf<'contact'>;

/** The relatives of one patient: by key for the circle, and as resources. */
export interface Contacts {
  byKey: Map<string, Contact>;
  resources: FoldedResource[];
}

/**
 * The relatives that NK1 segments name, as cds-fr-related-person. A contact belongs to one patient, whatever its number (R4
 * RelatedPerson.patient). One who must not be notified (NK1-7 = P) is not shown as somebody to call, so has no resource.
 */
export function contactsOf(facts: readonly ContactFact[], anchor: string): Contacts {
  const byKey = new Map<string, Contact>();
  const resources: FoldedResource[] = [];
  for (const [key, own] of [...grouped(facts)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const id = resourceId('RelatedPerson', `${anchor}|${key}`);
    const hidden = own.reduce((before, { body }) => body.doNotNotify ?? before, false);
    byKey.set(key, { person: `RelatedPerson/${id}`, label: own.at(-1)?.body.label ?? '', hidden });
    if (!hidden) resources.push(relatedPerson(id, own, resourceId('Patient', anchor)));
  }
  return { byKey, resources };
}

/** Contact facts that say nothing that a later one of the same contact does not say again. */
export function outdatedContacts(facts: readonly ContactFact[]): string[] {
  const owners = new Map<string, string>();
  for (const { id, body } of inRecordedOrder(facts)) {
    const states = ['label', ...(body.doNotNotify === undefined ? [] : ['notify'])];
    const keys = body.person.elements.flatMap((element) =>
      element.value === null ? [`erased|${element.field}`] : keysOf(element),
    );
    for (const key of [...states, ...keys]) owners.set(`${body.contact}|${key}`, id);
  }
  const needed = new Set(owners.values());
  return facts.filter(({ id }) => !needed.has(id)).map(({ id }) => id);
}

function grouped(facts: readonly ContactFact[]): Map<string, ContactFact[]> {
  const contacts = new Map<string, ContactFact[]>();
  for (const fact of inRecordedOrder(facts))
    contacts.set(fact.body.contact, [...(contacts.get(fact.body.contact) ?? []), fact]);
  return contacts;
}

function relatedPerson(id: string, facts: readonly ContactFact[], patientId: string): FoldedResource {
  const contributions: Contributions = new Map();
  for (const { body, messageId } of facts) layFragment(contributions, body.person, messageId);
  const { fields, origins } = buildFields(contributions);
  const last = facts.at(-1);
  const completed = complete(fields, id, last?.body.role);
  const whole: Partial<RelatedPerson> = { ...fields, ...completed };
  const resource = {
    resourceType: 'RelatedPerson',
    id,
    ...whole,
    ...(hasRole(whole) ? { meta: { profile: [PROFILE] } } : {}),
    patient: { reference: `Patient/${patientId}` },
  } as RelatedPerson & { id: string };
  const rules = [...Object.keys(completed), 'patient'].map((path): Origin => ({
    path,
    messageId: last?.messageId ?? '',
    from: 'NK1',
    row: 'rule:related-person',
  }));
  return { resource, origins: () => [...origins(), ...rules] };
}

/** The profile asks for a role in the circle (its slice Role), which not every relative has. */
function hasRole({ relationship = [] }: Partial<RelatedPerson>): boolean {
  return relationship.some(({ coding = [] }) => coding.some(({ system }) => system === SYSTEMS.roleClass));
}

/**
 * What the profile demands and the message may not have: one identifier, one name, the role, a telecom; the unknown is marked so. NK1-33 is
 * no identifier of its own: two patients' contacts may share it.
 */
function complete(
  fields: Record<string, unknown>,
  id: string,
  role: ContactFact['body']['role'] | undefined,
): Record<string, unknown> {
  const telecom = fields['telecom'] as unknown[] | undefined;
  return {
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    ...withName(fields['name'] as HumanName[] | undefined),
    ...withRelationship(fields['relationship'] as CodeableConcept[] | undefined, role),
    ...((telecom?.length ?? 0) === 0 ? { telecom: [{ system: 'phone', _value: UNKNOWN }] } : {}),
  };
}

/** The profile takes a family name and one given name at most: several, as people from abroad have, stand in it side by side. */
function withName(names: HumanName[] | undefined): Record<string, unknown> {
  const [first, ...more] = names ?? [];
  const name = first && withListInText(first);
  const given = name?.given ?? [];
  if (name === first && name?.family !== undefined && given.length <= 1 && more.length === 0) return {};
  const family = name?.family === undefined ? { _family: UNKNOWN } : {};
  return { name: [{ ...name, ...family, ...(given.length === 0 ? {} : { given: [given.join(' ')] }) }] };
}

/** The extension for a whole list of given names is one of Patient: here it is part of the name in words. */
function withListInText(whole: HumanName): HumanName {
  const { extension = [], ...name } = whole;
  const list = extension.find(({ url }) => url === BIRTH_LIST)?.valueString;
  if (list === undefined) return whole;
  const rest = extension.filter(({ url }) => url !== BIRTH_LIST);
  const text = [list, name.family ?? ''].join(' ').trim();
  return { ...(rest.length === 0 ? {} : { extension: rest }), text, ...name };
}

/** What the person is to the patient: the role of NK1-7 where NK1-3 says none, then every coding in a concept of its own. */
function withRelationship(
  concepts: CodeableConcept[] | undefined,
  role: ContactFact['body']['role'] | undefined,
): Record<string, unknown> {
  const listed = (concepts ?? []).flatMap(parted);
  const roles = listed.some(({ coding }) => coding?.some(({ system }) => system === SYSTEMS.roleClass)) ? [] : [role];
  const relationship = [...roles.flatMap((coding) => (coding === undefined ? [] : [{ coding: [coding] }])), ...listed];
  return relationship.length === (concepts?.length ?? 0) ? {} : { relationship };
}

/** The profile knows a relationship by the system of its codings, all of them: the sender's own coding is no part of the same concept. */
function parted(concept: CodeableConcept): CodeableConcept[] {
  const [first, ...more] = concept.coding ?? [];
  if (first === undefined || more.length === 0) return [concept];
  return [{ ...concept, coding: [first] }, ...more.map((coding) => ({ coding: [coding] }))];
}
