import { identifierOf, isNumber, keyOf, MAX_NUMBER } from '../../cda/instance-identifier.js';
import type { Place } from '../../cda/place.js';
import { isIns } from '../../fhir/systems.js';
import type { PatientIdentifier } from '../../message/fact.js';
import { hasInsKey, isUsableIns, type Authorities } from '../identifiers.js';

/** An II as a system and a value, with the aliases that the source is configured with; undefined where it has no extension or nullFlavor. */
export function numberOf(place: Place, authorities: Authorities): { system: string; value: string } | undefined {
  const [root, extension] = [place.attribute('root'), place.attribute('extension')];
  if (place.isNull || root === '' || extension === '') return undefined;
  if (root.length > MAX_NUMBER || !isNumber(extension)) return undefined;
  return { system: authorities.systemOf({ namespace: '', universalId: root, type: 'ISO' }), value: extension };
}

/** An II as FHIR writes it, whatever source sends it: documents are known so. */
export function instanceOf(place: Place): { system: string; value: string } | undefined {
  return place.isNull
    ? undefined
    : identifierOf({ root: place.attribute('root'), extension: place.attribute('extension') });
}

/** The same as `system|value`. */
export function instanceKey(place: Place): string | undefined {
  return place.isNull ? undefined : keyOf({ root: place.attribute('root'), extension: place.attribute('extension') });
}

/**
 * A number of the patient. The INS is qualified by its issuer; one whose key is wrong is set aside, or kept where its system holds invented
 * ones.
 */
export function patientNumberOf(place: Place, authorities: Authorities): PatientIdentifier | undefined {
  const number = numberOf(place, authorities);
  if (number === undefined || authorities.isShared(number.system, number.value)) return undefined;
  if (!isIns(number.system)) return { ...number, type: 'PI' };
  return isUsableIns(number) ? { ...number, type: 'INS' } : undefined;
}

/** Is it an INS with a wrong key, kept or not? */
export function isInsOfWrongKey(place: Place, authorities: Authorities): boolean {
  const number = numberOf(place, authorities);
  return number !== undefined && isIns(number.system) && !hasInsKey(number.value);
}
