import type { Bundle } from 'fhir/r4.js';
import { businessIdentifier } from '../fhir/identifier.js';
import { localType } from '../fhir/references.js';
import { communicationOf } from '../fhir/communication.js';
import { transactionBundle, type Ownership } from '../fhir/transaction.js';
import type { DueDelivery } from '../message/delivery.js';
import { GatewayError } from '../message/failure.js';
import { canonicalJson } from '../message/canonical-json.js';

/**
 * What one delivery sends: its resources, and the Communication that says what happened.
 * @throws GatewayError field-missing, patients-mixed
 */
export function notificationBundle(delivery: DueDelivery, ownership: Ownership): Bundle {
  const { notification: id, kind, eventNumber, thread, respondsTo, effectiveAt, member, resources } = delivery;
  const first = (type: string) => resources.find(({ reference }) => localType(reference) === type)?.reference;
  const patient = first('Patient');
  if (patient === undefined)
    throw new GatewayError('field-missing', 'the delivery holds no Patient', { field: 'Patient' });
  const communication = communicationOf({
    id,
    kind,
    eventNumber,
    thread,
    respondsTo,
    sent: effectiveAt,
    recipient: member,
    patient,
    encounter: first('Encounter'),
  });
  const identifier = businessIdentifier(communication) ?? null;
  const notification = { reference: `Communication/${id}`, identifier, body: canonicalJson(communication) };
  return transactionBundle([...resources, notification], ownership);
}
