import type { Bundle, BundleEntry, Communication, FhirResource, Identifier } from 'fhir/r4.js';
import { GatewayError } from '../message/failure.js';
import { uuid5 } from '../message/id.js';
import { withReferences } from './reference.js';

/**
 * A FHIR transaction that is safe to repeat (R4 §3.1.0.11): every entry a conditional update by business identifier, references between
 * entries as `urn:uuid`, the sender's versions left out.
 * @throws GatewayError field-missing for a resource without identifier, which could not be sent twice safely
 */
export function transactionBundle(resources: readonly FhirResource[]): Bundle {
  const urns = new Map(resources.map((resource) => [referenceOf(resource), `urn:uuid:${urnId(resource)}`]));
  return { resourceType: 'Bundle', type: 'transaction', entry: resources.map((resource) => entryOf(resource, urns)) };
}

function entryOf(resource: FhirResource, urns: ReadonlyMap<string, string>): BundleEntry {
  const condition = conditionOf(resource);
  return {
    fullUrl: urns.get(referenceOf(resource)) ?? '',
    resource: rewritten(resource, urns),
    request: { method: 'PUT', url: `${resource.resourceType}?identifier=${condition}` },
  };
}

function referenceOf(resource: FhirResource): string {
  return `${resource.resourceType}/${resource.id ?? ''}`;
}

/** Our ids are UUIDs already; any other becomes one by name. */
function urnId(resource: FhirResource): string {
  const id = resource.id ?? '';
  return /^[0-9a-f-]{36}$/.test(id) ? id : uuid5(referenceOf(resource));
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

/** The resource with its references led into the bundle, without what only our server may say. */
function rewritten(resource: FhirResource, urns: ReadonlyMap<string, string>): FhirResource {
  const copy = withReferences(resource, (reference) => urns.get(reference) ?? reference);
  delete copy.id;
  if (copy.meta === undefined) return copy;
  delete copy.meta.versionId;
  delete copy.meta.lastUpdated;
  if (Object.keys(copy.meta).length === 0) delete copy.meta;
  return copy;
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
