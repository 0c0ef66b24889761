import { identifierOf, keyOf } from '../cda/instance-identifier.js';
import type { Place } from '../cda/place.js';
import type { Authorities } from './identifiers.js';

/** An II as a system and a value, with the aliases that the source is configured with; undefined where it has no extension or nullFlavor. */
export function numberOf(place: Place, authorities: Authorities): { system: string; value: string } | undefined {
  const [root, extension] = [place.attribute('root'), place.attribute('extension')];
  if (place.isNull || root === '' || extension === '') return undefined;
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
