import type { ContactPoint } from 'fhir/r4.js';
import type { Place } from '../../cda/place.js';
import { FR_CORE, SYSTEMS } from '../../fhir/systems.js';
import type { CodeTable } from '../codes.js';
import type { Converted } from '../converter.js';
import type { Issues } from '../issues.js';

const SCHEME = /^([a-z][a-z0-9+.-]*):(?:\/\/)?(.*)$/i;
const SYSTEM = new Map<string, NonNullable<ContactPoint['system']>>(
  Object.entries({
    tel: 'phone',
    fax: 'fax',
    mailto: 'email',
    http: 'url',
    https: 'url',
    ftp: 'url',
    mllp: 'url',
  } as const),
);

/** TEL → ContactPoint, by the table of its use; undefined where it says nothing. A number without scheme is a telephone's. */
export function contactPointOf(place: Place, uses: CodeTable, issues: Issues): Converted | undefined {
  const text = place.value();
  if (text === '') return undefined;
  const [, scheme = text.includes('@') ? 'mailto' : 'tel', rest = text] = SCHEME.exec(text) ?? [];
  const system = SYSTEM.get(scheme.toLowerCase()) ?? 'other';
  const value = system === 'url' || system === 'other' ? text : rest.trim();
  if (value === '') return undefined;
  const point: ContactPoint = {
    ...(system === 'email' && isMssante(value) ? { extension: [MSSANTE] } : {}),
    system,
    value,
    ...useOf(place, uses, issues),
  };
  return { value: point, parts: [['value', `${place.path()}/@value`]] };
}

/** Secure mail of health: of professionals and structures, and of patients at `patient.mssante.fr`. */
function isMssante(address: string): boolean {
  return /@([\w-]+\.)*mssante\.fr$/i.test(address);
}

const MSSANTE = {
  url: `${FR_CORE}/fr-core-contact-point-email-type`,
  valueCoding: { system: SYSTEMS.mailType, code: 'MSSANTE' },
};

/** TEL.use lists several; the first that the table knows counts. */
function useOf(place: Place, uses: CodeTable, issues: Issues): Pick<ContactPoint, 'use'> {
  for (const code of place.attribute('use').split(/\s+/)) {
    const coded = issues.code(uses, code, `${place.path()}/@use`);
    if (coded?.code !== undefined) return { use: coded.code as NonNullable<ContactPoint['use']> };
  }
  return {};
}
