import type { Address } from 'fhir/r4.js';
import type { Place } from '../../cda/place.js';
import { FR_CORE, SYSTEMS } from '../../fhir/systems.js';
import type { CodeTable } from '../codes.js';
import type { Converted, PartSource } from '../converter.js';
import type { Issues } from '../issues.js';

/** Parts of an AD that make one line of the street, in the order of writing. */
const STREET = [
  'houseNumber',
  'houseNumberNumeric',
  'buildingNumberSuffix',
  'streetNameType',
  'streetNameBase',
  'streetName',
  'direction',
];
/** Parts that are lines of their own, before the street and behind it. */
const BEFORE = ['additionalLocator', 'unitType', 'unitID', 'careOf'];
const BEHIND = ['deliveryAddressLine', 'deliveryInstallationArea', 'postBox', 'precinct'];

const ELEMENTS = { city: 'city', district: 'county', state: 'state', postalCode: 'postalCode', country: 'country' };

/** AD → Address, by the table of its use; undefined where it says nothing. */
export function addressOf(place: Place, uses: CodeTable, issues: Issues): Converted | undefined {
  if (place.isNull) return undefined;
  const line = linesOf(place);
  const parts: PartSource[] = [];
  const address: Address = { ...useOf(place, uses, issues) };
  if (line.length > 0) address.line = line;
  for (const [name, part] of Object.entries(ELEMENTS) as [keyof typeof ELEMENTS, string][]) {
    const at = filledPart(place, part);
    if (at === undefined) continue;
    address[name] = at.value();
    parts.push([name, at.path()]);
  }
  if (line.length > 0 || parts.length > 0) return { value: address, parts };
  const text = place.element.children.every((child) => typeof child === 'string') ? place.text() : '';
  return text === '' ? undefined : { value: { ...address, text } };
}

function linesOf(place: Place): string[] {
  const lines = place.children('streetAddressLine').map((line) => line.value());
  const part = (name: string) => filledPart(place, name)?.value() ?? '';
  const street = STREET.map(part)
    .filter((text) => text !== '')
    .join(' ');
  return [...BEFORE.map(part), ...lines, street, ...BEHIND.map(part)].filter((line) => line !== '');
}

function filledPart(place: Place, name: string): Place | undefined {
  return place.children(name).find((child) => child.value() !== '');
}

/** AD.use lists several; the first that the table knows counts. */
function useOf(place: Place, uses: CodeTable, issues: Issues): Pick<Address, 'use'> {
  for (const code of place.attribute('use').split(/\s+/)) {
    const coded = issues.code(uses, code, `${place.path()}/@use`);
    if (coded?.code !== undefined) return { use: coded.code as NonNullable<Address['use']> };
  }
  return {};
}

/**
 * The address of a birth place: the COG code of the commune (in `county`) goes to FR Core's INSEE code; one of a country (99…) is not in its
 * value set, so stays text.
 */
export function birthPlaceOf(place: Place): Converted | undefined {
  if (place.isNull) return undefined;
  const [county, city, country] = ['county', 'city', 'country'].map((name) => filledPart(place, name));
  const code = county?.value().toUpperCase() ?? '';
  const commune = /^(\d{2}|2[AB])\d{3}$/.test(code) && !code.startsWith('99');
  const insee = { url: `${FR_CORE}/fr-core-address-insee-code`, valueCoding: { system: SYSTEMS.commune, code } };
  const valueAddress: Address = {
    ...(commune ? { extension: [insee] } : code === '' ? {} : { text: `COG ${code}` }),
    ...(city === undefined ? {} : { city: city.value() }),
    ...(country === undefined ? {} : { country: country.value() }),
  };
  if (Object.keys(valueAddress).length === 0) return undefined;
  return { value: { valueAddress }, parts: [['valueAddress', place.path()]] };
}
