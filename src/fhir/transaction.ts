import type { Communication } from 'fhir/r4.js';
import type { EventKind } from '../message/event.js';
import { GatewayError } from '../message/failure.js';
import { asciiJson, uuid5 } from '../message/id.js';
import { Recent } from '../message/recent.js';
import type { StoredResource } from '../message/resource.js';
import { referencesIn } from './references.js';
import { OWN } from './systems.js';

/** What a bundle needs of a resource: its canonical JSON, and its version where the store has given it one. */
export type ResourceText = Pick<StoredResource, 'reference' | 'identifier' | 'body'> & { readonly version?: number };

/**
 * A FHIR transaction that is safe to repeat (R4 §3.1.0.11): every entry a conditional update by business identifier, references between
 * entries as `urn:uuid`, our ids left out. The stored texts go in as they are: to read, copy and write every resource again took ten times
 * as long.
 * @returns the Bundle as JSON, in ASCII
 * @throws GatewayError field-missing for a resource without identifier, which could not be sent twice safely
 */
export function transactionBundle(resources: readonly ResourceText[]): Buffer {
  const urns = new Map(resources.map(({ reference }) => [reference, `urn:uuid:${urnId(reference)}`]));
  const entries = resources.map((resource) => entryOf(resource, urns));
  return Buffer.from(`{"resourceType":"Bundle","type":"transaction","entry":[${entries.join()}]}`, 'latin1');
}

/** An entry as last made, and which of its references lay in that bundle. */
interface Entry {
  text: string;
  targets: Map<string, boolean>;
}

/** Places and professionals are in many bundles, and a version never changes: their entries are made once. */
const SHARED = /^(Organization|Location|Practitioner|PractitionerRole)\//;
const recent = new Recent<Entry>(1000);

function entryOf(resource: ResourceText, urns: ReadonlyMap<string, string>): string {
  if (resource.version === undefined || !SHARED.test(resource.reference)) return makeEntry(resource, urns).text;
  const key = `${resource.reference}/_history/${resource.version}`;
  const known = recent.get(key);
  if (known !== undefined && [...known.targets].every(([target, inside]) => urns.has(target) === inside))
    return known.text;
  const entry = makeEntry(resource, urns);
  recent.set(key, entry);
  return entry.text;
}

function makeEntry({ reference, identifier, body }: ResourceText, urns: ReadonlyMap<string, string>): Entry {
  const [type = '', id = ''] = reference.split('/');
  if (identifier === null)
    throw new GatewayError('field-missing', `${type} has no identifier to be sent by`, { field: `${type}.identifier` });
  const targets = new Map<string, boolean>();
  // In canonical order `resourceType` comes after `id`, so a comma does too. What an earlier release stored may not be ASCII.
  const resource = asciiJson(body).replace(`"id":"${id}",`, '');
  let text = `{"fullUrl":"${urns.get(reference) ?? ''}","resource":`;
  let done = 0;
  for (const { target, at } of referencesIn(resource)) {
    const urn = urns.get(target);
    targets.set(target, urn !== undefined);
    if (urn === undefined) continue;
    text += resource.slice(done, at) + urn;
    done = at + target.length;
  }
  text += `${resource.slice(done)},"request":{"method":"PUT","url":"${type}?identifier=${encodeURIComponent(identifier)}"}}`;
  return { text, targets };
}

/** Our ids are UUIDs already; any other becomes one by name. */
function urnId(reference: string): string {
  const id = reference.slice(reference.indexOf('/') + 1);
  return /^[0-9a-f-]{36}$/.test(id) ? id : uuid5(reference);
}

/** What the recipient's software shows of an event, in French: the displays of the code system of events. */
export const EVENT_SUBJECTS: Readonly<Record<EventKind, string>> = {
  preadmission: 'Préadmission à l’hôpital',
  admission: 'Admission à l’hôpital',
  transfer: 'Mutation pendant le séjour',
  'bed-change': 'Changement de lit pendant le séjour',
  discharge: 'Sortie de l’hôpital',
  'preadmission-cancelled': 'Annulation de la préadmission',
  'admission-cancelled': 'Annulation de l’admission : l’information précédente est sans effet',
  'transfer-cancelled': 'Annulation de la mutation : l’information précédente est sans effet',
  'bed-change-cancelled': 'Annulation du changement de lit : l’information précédente est sans effet',
  'discharge-cancelled': 'Annulation de la sortie : le patient est toujours hospitalisé',
  correction: 'Correction d’une information transmise',
  'patient-replaced': 'Le dossier du patient est remplacé par un autre',
};

export interface Notification {
  /** Delivery id: the same delivery sent twice is the same Communication. */
  id: string;
  kind: EventKind;
  /** Instant of the event. */
  sent: string;
  recipient: string;
  patient: string;
  encounter: string;
}

/** The notification itself: who is told what about whom, as a Communication. */
export function communicationOf({ id, kind, sent, recipient, patient, encounter }: Notification): Communication {
  const text = EVENT_SUBJECTS[kind];
  return {
    resourceType: 'Communication',
    id,
    meta: { profile: [OWN.eventCommunication] },
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    status: 'completed',
    category: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'notification' }],
        text: 'Notification d’événement de séjour',
      },
    ],
    subject: { reference: patient },
    encounter: { reference: encounter },
    topic: { coding: [{ system: OWN.event, code: kind }], text },
    sent,
    recipient: [{ reference: recipient }],
    payload: [{ contentString: text }],
  };
}
