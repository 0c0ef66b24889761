import type { Communication, FhirResource, Identifier } from 'fhir/r4.js';
import type { StoredResource } from '../message/delivery.js';
import { GatewayError } from '../message/failure.js';
import { uuid5 } from '../message/id.js';

/** What a bundle needs of a resource: its canonical JSON, read and never built again. */
export type ResourceText = Pick<StoredResource, 'reference' | 'body'>;

/**
 * A FHIR transaction that is safe to repeat (R4 §3.1.0.11): every entry a conditional update by business identifier, references between
 * entries as `urn:uuid`, our ids left out. Made of the stored texts as they are: to read, copy and write every resource again took ten
 * times as long.
 * @returns the Bundle as JSON
 * @throws GatewayError field-missing for a resource without identifier, which could not be sent twice safely
 */
export function transactionBundle(resources: readonly ResourceText[]): string {
  const urns = new Map(resources.map(({ reference }) => [reference, `urn:uuid:${urnId(reference)}`]));
  const entries = resources.map((resource) => entryOf(resource, urns));
  return `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join()}]}`;
}

function entryOf(resource: ResourceText, urns: ReadonlyMap<string, string>): string {
  const { url, text } = sendable(resource);
  const led = text.replace(REFERENCE, (written, reference: string) => {
    const urn = urns.get(reference);
    return urn === undefined ? written : `"reference":"${urn}"`;
  });
  const fullUrl = urns.get(resource.reference) ?? '';
  return `{"fullUrl":"${fullUrl}","resource":${led},"request":{"method":"PUT","url":"${url}"}}`;
}

/** A quote inside a JSON string is written with a backslash before it, so this is found nowhere but as an element. */
const REFERENCE = /"reference":"([^"\\]+)"/g;

/** Places and professionals are the same for every delivery of a claim. */
const known = new WeakMap<ResourceText, { url: string; text: string }>();

function sendable(resource: ResourceText): { url: string; text: string } {
  const before = known.get(resource);
  if (before !== undefined) return before;
  const read = JSON.parse(resource.body) as FhirResource;
  const url = `${read.resourceType}?identifier=${conditionOf(read)}`;
  // In canonical order `resourceType` comes after `id`, so a comma does too.
  const text = resource.body.replace(`"id":"${read.id ?? ''}",`, '');
  known.set(resource, { url, text });
  return { url, text };
}

/** Our ids are UUIDs already; any other becomes one by name. */
function urnId(reference: string): string {
  const id = reference.slice(reference.indexOf('/') + 1);
  return /^[0-9a-f-]{36}$/.test(id) ? id : uuid5(reference);
}

function conditionOf(resource: FhirResource): string {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  const list = Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier];
  const chosen = list.find((one) => one.use === 'usual' && one.value) ?? list.find((one) => one.value);
  if (chosen?.value === undefined)
    throw new GatewayError('field-missing', `${resource.resourceType} has no identifier to be sent by`, {
      field: `${resource.resourceType}.identifier`,
    });
  return encodeURIComponent(chosen.system === undefined ? chosen.value : `${chosen.system}|${chosen.value}`);
}

/** What the recipient's software shows of an event, in French. */
const SUBJECTS: Readonly<Record<string, string>> = {
  preadmission: 'Préadmission à l’hôpital',
  admission: 'Admission à l’hôpital',
  transfer: 'Mutation pendant le séjour',
  discharge: 'Sortie de l’hôpital',
  'preadmission-cancelled': 'Annulation de la préadmission',
  'admission-cancelled': 'Annulation de l’admission : l’information précédente est sans effet',
  'transfer-cancelled': 'Annulation de la mutation : l’information précédente est sans effet',
  'discharge-cancelled': 'Annulation de la sortie : le patient est toujours hospitalisé',
  correction: 'Correction d’une information transmise',
};

export interface Notification {
  /** Delivery id: the same delivery sent twice is the same Communication. */
  id: string;
  kind: string;
  /** Instant of the event. */
  sent: string;
  recipient: string;
  patient: string;
  encounter: string;
}

/** The notification itself: who is told what about whom, as a Communication. */
export function communicationOf({ id, kind, sent, recipient, patient, encounter }: Notification): Communication {
  const text = SUBJECTS[kind] ?? kind;
  return {
    resourceType: 'Communication',
    id,
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
    topic: { coding: [{ system: 'urn:trait-d-union:event', code: kind }], text },
    sent,
    recipient: [{ reference: recipient }],
    payload: [{ contentString: text }],
  };
}
