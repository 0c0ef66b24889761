import { readCoding } from '../../cda/concept.js';
import type { Place } from '../../cda/place.js';
import { languageTag } from '../../fhir/language.js';
import { addressOf, birthPlaceOf } from './address.js';
import type { Cda } from './format.js';
import { instanceKey, instanceOf, numberOf } from './identifier.js';
import { namesOf } from './name.js';
import { contactPointOf } from './telecom.js';
import { TIME_CONVERTERS } from './time-converters.js';
import type { Converter, ConverterEntry } from '../converter.js';
import { ENTRY_CONVERTERS } from './entry-converters.js';
import { conceptOf } from './entry-words.js';
import { HEADER_CONVERTERS } from './header-converters.js';
import type { ElementType } from '../targets.js';

type CdaConverter = Converter<Cda>;

/** A value of a form: nothing where the place says nothing, a work item where it is filled and gives nothing. */
function formed(place: Place, value: unknown): ReturnType<CdaConverter> {
  if (value !== undefined) return { value };
  return place.value() === '' ? undefined : 'malformed';
}

function filled(value: unknown): ReturnType<CdaConverter> {
  return value === undefined ? undefined : { value };
}

function flag(place: Place): boolean | undefined {
  return place.value() === 'true' ? true : place.value() === 'false' ? false : undefined;
}

const text: CdaConverter = (place) => filled(place.value() || undefined);
const words: CdaConverter = (place) => filled(place.display || undefined);
const valueString: CdaConverter = (place) => {
  const valueString = place.value();
  return valueString === '' ? undefined : { value: { valueString } };
};
const integer: CdaConverter = (place) =>
  formed(place, /^(0|[1-9]\d{0,8})$/.test(place.value()) ? Number(place.value()) : undefined);
const number: CdaConverter = (place, { authorities }) => {
  const number = numberOf(place, authorities);
  return filled(number && `${number.system}|${number.value}`);
};
const identifier: CdaConverter = (place, { authorities }) => filled(numberOf(place, authorities));
const instance: CdaConverter = (place) => formed(place, instanceOf(place));
const key: CdaConverter = (place) => formed(place, instanceKey(place));
const names: CdaConverter = (place) => {
  const given = namesOf(place);
  return given.length === 0 ? undefined : given;
};
const language: CdaConverter = (place) => formed(place, languageTag(place.value()));
/** What `set` says, whatever the place holds; `set: { value: … }` for a plain text. */
const fixed: CdaConverter = () => ({ value: {} });

const plain = (gives: ElementType, convert: CdaConverter): ConverterEntry<Cda> => ({ gives, make: () => convert });

/** The closed list of converters that rows over a document may name. The data types are those of CDA R2. */
export const CDA_CONVERTERS: ReadonlyMap<string, ConverterEntry<Cda>> = new Map<string, ConverterEntry<Cda>>([
  ['text', plain('string', text)],
  ['display', plain('string', words)],
  ['fixed', plain('any', fixed)],
  ['filled', plain('boolean', (place) => (place.isFilled ? { value: true } : undefined))],
  ['valueString', plain('Extension', valueString)],
  ['INT-integer', plain('integer', integer)],
  ['CS-language', plain('code', language)],
  ['BL-boolean', plain('boolean', (place) => formed(place, flag(place)))],
  ['II-Identifier', plain('Identifier', identifier)],
  ['II-Instance', plain('Identifier', instance)],
  ['II-Number', plain('Number', number)],
  ['II-Key', plain('string', key)],
  ['EN-HumanName', plain('HumanName', names)],
  [
    'AD-Address',
    {
      gives: 'Address',
      make({ table }) {
        const uses = table('AddressUse');
        return (place, { issues }) => addressOf(place, uses, issues);
      },
    },
  ],
  ['AD-BirthPlace', plain('Extension', birthPlaceOf)],
  [
    'TEL-ContactPoint',
    {
      gives: 'ContactPoint',
      make({ table }) {
        const uses = table('TelecomUse');
        return (place, { issues }) => contactPointOf(place, uses, issues);
      },
    },
  ],
  ['CD-Coding', plain('Coding', ({ element }) => filled(readCoding(element)))],
  ['CD-CodeableConcept', plain('CodeableConcept', (place, { references }) => filled(conceptOf(place, references)))],
  ...TIME_CONVERTERS,
  ...ENTRY_CONVERTERS,
  ...HEADER_CONVERTERS,
]);
