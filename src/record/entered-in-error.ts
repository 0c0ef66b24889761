import type { CodeableConcept, FhirResource } from 'fhir/r4.js';

type Identified = FhirResource & { id: string };

const VERIFICATION: Readonly<Record<string, string>> = {
  Condition: 'http://terminology.hl7.org/CodeSystem/condition-ver-status',
  AllergyIntolerance: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
};

const WITH_STATUS: ReadonlySet<string> = new Set([
  'Encounter',
  'CarePlan',
  'DocumentReference',
  'Appointment',
  'ServiceRequest',
  'Procedure',
  'MedicationRequest',
  'MedicationStatement',
  'Immunization',
  'Consent',
  'Device',
]);

/**
 * What should never have been is not deleted: those who hold it learn that it was entered in error.
 * @returns undefined for a type that knows no such status
 */
export function enteredInError<R extends Identified>(resource: R): R | undefined {
  const type = resource.resourceType;
  const system = VERIFICATION[type];
  if (system !== undefined) return unverified(resource, system);
  if (type === 'Goal') return { ...resource, lifecycleStatus: 'entered-in-error' };
  if (!WITH_STATUS.has(type)) return undefined;
  const document = type === 'DocumentReference' ? { docStatus: 'entered-in-error' } : {};
  return { ...resource, ...document, status: 'entered-in-error' };
}

/** It has no clinical status then (R4 Condition con-5, AllergyIntolerance ait-2). */
function unverified<R extends Identified>(resource: R, system: string): R {
  const { clinicalStatus: _none, ...rest } = resource as R & { clinicalStatus?: CodeableConcept };
  return { ...rest, verificationStatus: { coding: [{ system, code: 'entered-in-error' }] } } as unknown as R;
}
