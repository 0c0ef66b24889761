import type { Place } from '../../../cda/place.js';
import type { Unit } from './unit.js';

/**
 * Names the entries of a document, the same in each of its versions: by the map that reads them and their own id, where no other entry of the map
 * bears it; else by the map and their place among those that their ids do not tell apart.
 */
export function keysOf(units: readonly Unit[]): string[] {
  const names = units.map(({ map, place }) => {
    const id = idOf(place);
    return id === undefined ? undefined : `${map}|${id}`;
  });
  const counts = new Map<string | undefined, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const places = new Map<string, number>();
  return units.map(({ map }, index) => {
    const name = names[index];
    if (name !== undefined && counts.get(name) === 1) return name;
    const place = (places.get(map) ?? 0) + 1;
    places.set(map, place);
    return `${map}#${String(place)}`;
  });
}

/** The first id that says anything; UUIDs are written in either case. */
function idOf(place: Place): string | undefined {
  for (const id of place.children('id')) {
    const root = id.attribute('root').toLowerCase();
    const extension = id.attribute('extension');
    if (root === '' || id.isNull) continue;
    return extension === '' ? root : `${root}|${extension}`;
  }
  return undefined;
}
