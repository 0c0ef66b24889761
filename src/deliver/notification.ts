import type { Bundle } from 'fhir/r4.js';
import { businessIdentifier } from '../fhir/identifier.js';
import { localType } from '../fhir/references.js';
import { communicationOf } from '../fhir/communication.js';
import { isUnchanged, transactionBundle, type BundleSettings } from '../fhir/transaction.js';
import type { DeliveredResource, DueDelivery } from '../message/delivery.js';
import { GatewayError } from '../message/failure.js';

/** A transaction, and the resources that are its entries beside the Communication. */
export interface NotificationBundle {
  bundle: Bundle;
  sent: DeliveredResource[];
}

/**
 * What one delivery sends: its resources, without those that the endpoint holds already, and the Communication that says what happened.
 * After an attempt that failed all of it is sent.
 * @throws GatewayError field-missing, patients-mixed
 */
export function notificationBundle(delivery: DueDelivery, endpoint: BundleSettings): NotificationBundle {
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
    document: first('DocumentReference'),
  });
  const identifier = businessIdentifier(communication) ?? null;
  const notification = { reference: `Communication/${id}`, identifier, resource: communication };
  const settings: BundleSettings = delivery.attempts > 0 ? { ...endpoint, unchanged: 'send' } : endpoint;
  const isHeld = ({ reference, version, held }: DeliveredResource) =>
    isUnchanged(localType(reference) ?? '', version, held, settings);
  const sent = resources.filter((resource) => !isHeld(resource));
  return { bundle: transactionBundle([...sent, notification], settings, resources.filter(isHeld)), sent };
}
