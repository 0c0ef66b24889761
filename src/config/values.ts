import { isIP } from 'node:net';
import { z } from 'zod';
import { isIns, SYSTEMS } from '../fhir/systems.js';

/** What a source, an endpoint, an organisation, a rule or a site is called. */
export const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, 40 at most');

export const zone = z.string().refine((value) => isZone(value), 'an IANA time zone, e.g. Europe/Paris');

/** Blanks at its ends are seen by nobody, and what is compared with it has none. */
export const text = z
  .string()
  .min(1, 'a value is missing')
  .regex(/^(?:[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?)?$/u, 'one line of text, without blanks before or after it');

/** Both the file and the environment give text; an empty one is no zero. */
export const number = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'a number')
  .transform(Number);
export const whole = number.pipe(z.number().int('a whole number').max(Number.MAX_SAFE_INTEGER));
export const port = whole.pipe(z.number().max(65535, 'a port, 65535 at most'));
export const atLeastOne = whole.pipe(z.number().min(1, 'one at least'));

/** More is milliseconds by mistake, or more than a timer can wait. */
export function seconds(most: number) {
  return number.pipe(z.number().positive('more than zero').max(most, `seconds, ${most} at most`));
}

/** Ten years at most: more is no number of days, or leads to no date. */
export const days = whole.pipe(z.number().max(3650, 'days, 3650 at most'));

/** Less holds no message, more no process: megabytes by mistake. */
export const messageBytes = whole.pipe(
  z.number().min(4096, 'bytes, 4096 at least').max(268_435_456, 'bytes, 268435456 (256 MiB) at most'),
);

/** Identifier.system (R4 datatypes, uri): with a scheme, an OID or a UUID as its URN. A `|` would end it in a token search (R4 §3.1.1.4.10). */
export const system = z
  .string()
  .regex(/^[a-z][a-z0-9+.-]*:[^\s|]+$/i, 'a URI, e.g. urn:oid:2.999.71.1')
  .refine(
    (value) => !/^urn:oid:/i.test(value) || /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/.test(value),
    'an OID as urn:oid:2.999.71.1',
  )
  .refine(
    (value) => !/^urn:uuid:/i.test(value) || /^urn:uuid:[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value),
    'a UUID in lower case after urn:uuid:',
  );

/** The hospital's own numbers. */
export const authority = system.refine(
  (value) => !isIns(value),
  'the hospital’s own; the INS is no number of a hospital',
);

/** An assigning authority as messages have it. */
export const authorityName = text.refine((value) => !/^urn:/i.test(value), 'as HD-1 or HD-2 has it, e.g. 2.999.71.1');

/** Systems that look like the one by which a structure with a FINESS number is known, and find nobody. */
const ALMOST_FINESS = /^(https?:\/\/finess\.(esante|sante)\.gouv\.fr\/?|urn:oid:1\.2\.250\.1\.71\.4\.2\.2)$/;

/** What a structure is known by: `system|value`. */
export const structureKey = z.string().superRefine((key, context) => {
  const wrong = wrongKey(key);
  if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
});

function wrongKey(key: string): string | undefined {
  const [, prefix = '', value = ''] = /^([^|\s]+)\|([^|\s]+)$/.exec(key) ?? [];
  if (value === '') return 'system|value';
  const uri = system.safeParse(prefix);
  if (!uri.success) return `system|value, whose system is ${uri.error.issues[0]?.message ?? 'a URI'}`;
  const isFiness = /^\d[\dAB]\d{7}$/.test(value.slice(-9));
  if (prefix === SYSTEMS.finess) return isFiness && value.length === 9 ? undefined : 'a FINESS number has 9 characters';
  if (!ALMOST_FINESS.test(prefix) || !isFiness || !/^1?.{9}$/.test(value)) return undefined;
  return `a FINESS number is known as ${SYSTEMS.finess}|${value.slice(-9)}`;
}

export const variableName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, never the secret itself');

/** Of a FHIR server, as it is called: without what stands at the end of a base, and without the port that its scheme means. */
export const baseAddress = z
  .url({ protocol: /^https?$/, error: 'an http or https address' })
  .refine(
    (value) => !/^[^/]+\/\/[^/]*@/.test(value),
    'no user and no password here; authorizationEnv names their variable',
  )
  .refine((value) => !/[?#]/.test(value), 'no query and no fragment: the base address alone')
  .transform((value) => new URL(value).href.replace(/\/+$/, ''));

/** An address to listen on: an IP address or a name, for which the system finds one. */
export const host = z
  .string()
  .refine(
    (value) => isIP(value) !== 0 || /^(?=.*[a-z])[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value),
    'an IP address or a host name, without a port',
  );

/** An IP address, or a range of them. */
export const addressRange = z
  .string()
  .refine((value) => isAddressRange(value), 'an IP address, or a range such as 10.1.2.0/24')
  .refine(
    (value) => !isAddressRange(value) || !/\/0+$/.test(value),
    'that range is everybody; TDU_INSECURE_FHIR=yes says so',
  );

/** The address of PostgreSQL or Redis, with its password in it: never repeated. */
export function storeAddress(schemes: RegExp, beginning: string) {
  return z
    .string()
    .regex(schemes, `an address that begins with ${beginning}`)
    .refine(
      (value) => !schemes.test(value) || (URL.canParse(value) && !value.includes('#')),
      'no address; in a password # / ? @ are written %23 %2F %3F %40',
    );
}

function isAddressRange(value: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

/** Is that an IANA time zone of this Node? An offset (+01:00) is none: it knows no summer. */
export function isZone(value: string): boolean {
  if (!/^[a-z]/i.test(value)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
