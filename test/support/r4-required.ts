import type { FhirResource } from 'fhir/r4.js';

/** Elements that R4 requires; of a choice the part before the brackets. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Appointment: ['status', 'participant'],
  ServiceRequest: ['status', 'intent', 'subject', 'code'],
  Procedure: ['status', 'subject', 'code'],
  Goal: ['lifecycleStatus', 'description', 'subject'],
  Condition: ['subject', 'code'],
  AllergyIntolerance: ['patient', 'code', 'clinicalStatus'],
  MedicationRequest: ['status', 'intent', 'medicationCodeableConcept', 'subject'],
  MedicationStatement: ['status', 'medicationCodeableConcept', 'subject'],
  Immunization: ['status', 'vaccineCode', 'patient'],
  Consent: ['status', 'scope', 'category', 'policyRule'],
  CarePlan: ['status', 'intent', 'subject'],
};

/** What R4 forbids of a resource, as far as it can be seen without its definitions: what is required and absent, and what is empty. */
export function faultsOf(resource: FhirResource): string[] {
  const fields = resource as unknown as Record<string, unknown>;
  const { resourceType } = resource;
  const absent = (REQUIRED[resourceType] ?? []).filter((name) => fields[name] === undefined);
  return [...absent.map((name) => `${resourceType}.${name} is absent`), ...emptyIn(resource, resourceType)];
}

/** Empty texts, objects and lists, codings without a code or a system, periods without a bound. */
export function emptyIn(value: unknown, at: string): string[] {
  if (value === undefined || value === null) return [`${at} is ${String(value)}`];
  if (typeof value === 'string') return value.trim() === '' || value !== value.trim() ? [`${at} is "${value}"`] : [];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${at} is no number`];
  if (typeof value !== 'object') return [];
  if (Array.isArray(value))
    return value.length === 0
      ? [`${at} is []`]
      : value.flatMap((item, index) => emptyIn(item, `${at}[${String(index)}]`));
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${at} is {}`];
  const own =
    /\.(coding\[\d+\]|\w*[cC]oding)$/.test(at) && !('system' in value && 'code' in value) ? [`${at} has no code`] : [];
  return [...own, ...entries.flatMap(([name, part]) => emptyIn(part, `${at}.${name}`))];
}
