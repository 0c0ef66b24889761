import { readFileSync } from 'node:fs';
import { GatewayError } from '../message/failure.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the gateway that hold a password. */
const SECRETS = ['DATABASE_URL', 'REDIS_URL'];

/**
 * A variable's value, or the text of the file that `NAME_FILE` names, without the line's end: containers hand secrets over in files.
 * @returns undefined where there is neither, or the file cannot be read
 */
export function secretOf(environment: Environment, name: string): string | undefined {
  const file = environment[`${name}_FILE`];
  if (environment[name] !== undefined || file === undefined) return environment[name];
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** What a header can carry (RFC 9110 §5.5); a quotation mark before it is of the file that it was written in. */
export const HEADER = /^(?!["'])[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;
/** What a bearer token is made of (RFC 6750 §2.1). */
export const TOKEN = /^[\w.~+/-]+=*$/;

/** What is wrong with a secret of that form, and what to do about it. */
export function wrongSecret(secret: string | undefined, form: RegExp): [what: string, remedy: string] | undefined {
  if (secret === undefined)
    return [
      'that variable is not set',
      'set it in the environment of the gateway, or let the same name with _FILE after it name a file that can be read',
    ];
  if (form.test(secret)) return undefined;
  return [
    'that variable holds what no request can carry',
    'take line ends, blanks and quotation marks around it and the like out of it',
  ];
}

/** The environment with the addresses that stand in files, and a fault for each file that gives none: without it the gateway would start a store of its own. */
export function withSecretFiles(environment: Environment): { variables: Environment; faults: GatewayError[] } {
  const secrets = SECRETS.map((name) => ({ name, value: secretOf(environment, name) }));
  const faults = secrets.flatMap(({ name, value }) =>
    value !== undefined || environment[`${name}_FILE`] === undefined
      ? []
      : new GatewayError('config-invalid', `${name}_FILE: no text can be read from that file`, {
          remedy: `correct ${name}_FILE, or the rights of its file`,
        }),
  );
  const values = secrets.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return { variables: { ...environment, ...Object.fromEntries(values) }, faults };
}
