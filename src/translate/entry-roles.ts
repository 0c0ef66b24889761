import type { Reference } from 'fhir/r4.js';
import type { Place } from '../cda/place.js';
import { numberOf } from './cda-identifier.js';
import { conceptOf, nameOf, wordsOf } from './entry-words.js';
import type { CdaContext } from './cda-format.js';

/**
 * Who takes part in an entry, as words with the number he is known by: what the directory knows of him is not for a document to say.
 * Undefined where neither a name nor a role is given.
 */
export function roleReference(role: Place, { references, authorities }: CdaContext): Reference | undefined {
  const person = role?.child('assignedPerson') ?? role?.child('relatedPerson');
  const entity = role?.child('playingEntity');
  const organization = role?.child('representedOrganization') ?? role?.child('scopingEntity');
  const name = personName(person?.child('name')) || wordsOf(entity?.child('name'), references);
  const place = wordsOf(organization?.child('name'), references) || wordsOf(organization?.child('desc'), references);
  const profession = nameOf(conceptOf(role?.child('code'), references));
  const display = [name || profession, place].filter((part) => part !== '').join(', ');
  if (display === '') return undefined;
  const ids = [role, ...(name === '' && profession === '' && organization !== undefined ? [organization] : [])]
    .flatMap((of) => of.children('id'))
    .filter((id) => NATIONAL.has(id.attribute('root')));
  const identifier = ids.map((id) => numberOf(id, authorities)).find((number) => number !== undefined);
  return { ...(identifier && { identifier }), display };
}

/** Numbers of persons and of structures. Other ids of a role are the document's own. */
const NATIONAL: ReadonlySet<string> = new Set(['1.2.250.1.71.4.2.1', '1.2.250.1.71.4.2.2']);

/** `DR Charles MULLER`: the name as it is spoken. */
function personName(name: Place | undefined): string {
  if (name === undefined || name.isNull) return '';
  const parts = ['suffix', 'prefix', 'given', 'family'].flatMap((part) => {
    const texts = name.children(part).map((child) => child.value());
    return texts.filter((text) => text !== '').slice(0, 1);
  });
  // A title says what a civility would.
  const isTitled = name?.child('suffix')?.value() !== undefined && name?.child('suffix')?.value() !== '';
  const spoken = isTitled ? parts.filter((part) => part !== name?.child('prefix')?.value()) : parts;
  return spoken.length > 0 ? spoken.join(' ') : name.text();
}
