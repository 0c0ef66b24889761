import type { Address, ContactPoint } from 'fhir/r4.js';
import type { XmlElement } from './element.js';
import { childrenOf, textOf } from './path.js';

/** HL7 v3 AddressUse: H HP HV WP DIR PUB … */
const ADDRESS_USES: ReadonlyMap<string, NonNullable<Address['use']>> = new Map([
  ['H', 'home'],
  ['HP', 'home'],
  ['HV', 'temp'],
  ['TMP', 'temp'],
  ['WP', 'work'],
  ['DIR', 'work'],
  ['PUB', 'work'],
]);

/** An AD. Parts of the street that stand alone make its line in the order of the document. Undefined where nothing is said. */
export function readAddress(element: XmlElement | undefined): Address | undefined {
  if (element === undefined || element.attributes['nullFlavor'] !== undefined) return undefined;
  const line = linesOf(element);
  const parts: Address = {
    ...(line.length === 0 ? {} : { line }),
    ...part('city', element, 'city'),
    ...part('district', element, 'county'),
    ...part('state', element, 'state'),
    ...part('postalCode', element, 'postalCode'),
    ...part('country', element, 'country'),
  };
  const address = Object.keys(parts).length > 0 ? parts : textAddress(element);
  const use = firstOf(ADDRESS_USES, element.attributes['use']);
  return address && (use === undefined ? address : { use, ...address });
}

/** An address that is words only; one whose parts all have a nullFlavor is none. */
function textAddress(element: XmlElement): Address | undefined {
  const text = element.children
    .filter((child) => typeof child === 'string')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? undefined : { text };
}

/** The parts of one line: the house and its street. */
const STREET = [
  'houseNumber',
  'houseNumberNumeric',
  'buildingNumberSuffix',
  'streetNameType',
  'streetName',
  'streetNameBase',
  'direction',
];
/** Parts that are a line each, those before the street and those after it. */
const BEFORE = ['careOf', 'additionalLocator', 'unitType', 'unitID'];
const AFTER = ['deliveryAddressLine', 'postBox', 'precinct'];

function linesOf(element: XmlElement): string[] {
  const each = (names: string[]) => names.flatMap((name) => valuesOf(element, name));
  const street = STREET.flatMap((name) => valuesOf(element, name)).join(' ');
  return [...each(BEFORE), ...(street === '' ? [] : [street]), ...each(['streetAddressLine']), ...each(AFTER)];
}

function valuesOf(element: XmlElement, name: string): string[] {
  return childrenOf(element, name)
    .filter(({ attributes }) => attributes['nullFlavor'] === undefined)
    .map((child) => textOf(child).replace(/\s+/g, ' '))
    .filter((text) => text !== '');
}

function part(name: keyof Address, element: XmlElement, child: string): Record<string, string> {
  const [value] = valuesOf(element, child);
  return value === undefined ? {} : { [name]: value };
}

const TELECOM_USES: ReadonlyMap<string, NonNullable<ContactPoint['use']>> = new Map([
  ['H', 'home'],
  ['HP', 'home'],
  ['HV', 'temp'],
  ['TMP', 'temp'],
  ['WP', 'work'],
  ['DIR', 'work'],
  ['PUB', 'work'],
  ['MC', 'mobile'],
]);

const SCHEMES: ReadonlyMap<string, NonNullable<ContactPoint['system']>> = new Map([
  ['tel', 'phone'],
  ['fax', 'fax'],
  ['x-text-fax', 'fax'],
  ['mailto', 'email'],
  ['sms', 'sms'],
]);
/** Places that the value names whole. */
const URLS = new Set(['http', 'https', 'ftp', 'mllp', 'file', 'nfs', 'telnet']);

/** A TEL. Undefined where no number or address is there, be it for a nullFlavor or a scheme with nothing after it. */
export function readTelecom(element: XmlElement | undefined): ContactPoint | undefined {
  if (element === undefined || element.attributes['nullFlavor'] !== undefined) return undefined;
  const { system, value } = schemeOf(element.attributes['value']?.trim() ?? '');
  if (value === '') return undefined;
  const use = firstOf(TELECOM_USES, element.attributes['use']);
  return { system, value, ...(use === undefined ? {} : { use }) };
}

function schemeOf(text: string): { system: NonNullable<ContactPoint['system']>; value: string } {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*):(.*)$/is.exec(text) ?? [];
  const name = scheme.toLowerCase();
  const system = SCHEMES.get(name);
  if (system === 'email') return { system, value: (rest.split('?')[0] ?? '').trim() };
  if (system !== undefined) return { system, value: rest.trim() };
  if (URLS.has(name)) return { system: 'url', value: rest.replace(/\/+/, '') === '' ? '' : text };
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return { system: 'email', value: text };
  return { system: /^[\d\s+().-]+$/.test(text) ? 'phone' : 'other', value: text };
}

function firstOf<Use>(uses: ReadonlyMap<string, Use>, use: string | undefined): Use | undefined {
  return (use ?? '')
    .split(/\s+/)
    .map((token) => uses.get(token))
    .find((mapped) => mapped !== undefined);
}
