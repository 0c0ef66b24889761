import type { Bundle } from 'fhir/r4.js';
import { businessIdentifier } from '../fhir/identifier.js';
import { communicationOf, transactionBundle, type Ownership } from '../fhir/transaction.js';
import type { DueDelivery } from '../message/delivery.js';
import { GatewayError } from '../message/failure.js';
import { canonicalJson } from '../message/id.js';

/**
 * What one delivery sends: its resources, and the Communication that says what happened.
 * @throws GatewayError field-missing, patients-mixed
 */
export function notificationBundle(delivery: DueDelivery, ownership: Ownership): Bundle {
  const { id, kind, effectiveAt, member, resources } = delivery;
  const first = (type: string) => {
    const held = resources.find(({ reference }) => reference.startsWith(`${type}/`));
    if (held === undefined) throw new GatewayError('field-missing', `the delivery holds no ${type}`, { field: type });
    return held.reference;
  };
  const communication = communicationOf({
    id,
    kind,
    sent: effectiveAt,
    recipient: member,
    patient: first('Patient'),
    encounter: first('Encounter'),
  });
  const identifier = businessIdentifier(communication) ?? null;
  const notification = { reference: `Communication/${id}`, identifier, body: canonicalJson(communication) };
  return transactionBundle([...resources, notification], ownership);
}
