import type { Reference } from 'fhir/r4.js';
import type { Place } from '../../cda/place.js';
import type { CdaContext } from './format.js';
import { personName, professionalNumber, structureNumber, type TypedNumber } from './party.js';
import { conceptOf, nameOf, wordsOf } from './entry-words.js';
import type { Authorities } from '../identifiers.js';
import { PERSON_ROOT, STRUCTURE_ROOT } from '../national-numbers.js';

/**
 * Who takes part in an entry, as words with the number he is known by: what the directory knows of him is not for a document to say.
 * Undefined where neither a name nor a role is given.
 */
export function roleReference(role: Place, { references, authorities }: CdaContext): Reference | undefined {
  const organization = role.child('representedOrganization') ?? role.child('scopingEntity');
  const own = nameOfPerson(role) || wordsOf(role.child('playingEntity')?.child('name'), references);
  const called = own || nameOf(conceptOf(role.child('code'), references));
  const structure = ['name', 'desc'].map((name) => wordsOf(organization?.child(name), references)).find(isFilled) ?? '';
  const display = [called, structure].filter(isFilled).join(', ');
  if (display === '') return undefined;
  const number =
    called === '' && organization !== undefined
      ? structureNumber(organization, authorities)
      : numberOf(role, authorities);
  return { ...(number && { identifier: { system: number.system, value: number.value } }), display };
}

/** Of the ids of a role those that are not national are the document's own. */
function numberOf(role: Place, authorities: Authorities): TypedNumber | undefined {
  const roots = role.children('id').map((id) => id.attribute('root'));
  if (roots.includes(PERSON_ROOT)) return professionalNumber(role, authorities);
  return roots.includes(STRUCTURE_ROOT) ? structureNumber(role, authorities) : undefined;
}

/** `DR Charles MULLER`: the name as it is spoken, a title rather than a civility. */
function nameOfPerson(role: Place): string {
  const name = personName(role.child('assignedPerson') ?? role.child('relatedPerson'))?.name;
  if (name === undefined) return '';
  const { text, prefix, suffix, given, family } = name;
  const spoken = [(suffix ?? prefix)?.[0], given?.[0], family].filter((part) => part !== undefined);
  return spoken.length > 0 ? spoken.join(' ') : (text ?? '');
}

function isFilled(text: string): boolean {
  return text !== '';
}
