import type { FhirResource, Identifier } from 'fhir/r4.js';
import { splitSearchValue } from '../../fhir/search-value.js';

/** One token of an identifier search (R4 Search, "token"): a system alone, a value alone, or both; a system may be empty, which means none. */
export interface IdentifierToken {
  system: string | undefined;
  value: string;
}

/** A search by identifier: any of its tokens, and none of those that are excluded. */
export interface Condition {
  type: string;
  tokens: IdentifierToken[];
  excluded?: IdentifierToken[];
}

/**
 * Reads `Type?identifier=…` as R4 Search says under "Escaping Search Parameters": percent-decoded, commas that are not escaped part alternatives, then `\,` `\|` `\$` `\\`
 * stand for themselves. `identifier:not=…` before it excludes; what follows is not read, as HAPI FHIR does in a transaction, where it looks
 * up a first number without modifier alone.
 * @returns undefined where it is no search by identifier alone
 */
export function readCondition(url: string): Condition | undefined {
  const mark = url.indexOf('?');
  if (mark < 0) return undefined;
  const parameters = [...new URLSearchParams(url.slice(mark + 1))];
  const at = parameters.findIndex(([name]) => name === 'identifier');
  const sought = parameters[at]?.[1] ?? '';
  const excluding = parameters.slice(0, Math.max(at, 0));
  if (parameters.some(([name, text]) => text === '' || !/^identifier(:not)?$/.test(name)) || sought === '')
    return undefined;
  const excluded = excluding.flatMap(([, text]) => readTokens(text));
  return { type: url.slice(0, mark), tokens: readTokens(sought), ...(excluded.length === 0 ? {} : { excluded }) };
}

export function readTokens(text: string): IdentifierToken[] {
  return splitSearchValue(text, ',').map((token) => {
    const [first = '', second] = splitSearchValue(token, '|').map((part) => part.replaceAll(/\\(.)/gs, '$1'));
    return second === undefined ? { system: undefined, value: first } : { system: first, value: second };
  });
}

export function satisfies(resource: FhirResource, { tokens, excluded = [] }: Omit<Condition, 'type'>): boolean {
  const carries = (wanted: readonly IdentifierToken[]) =>
    identifiersOf(resource).some((identifier) => wanted.some((token) => isMeant(identifier, token)));
  return carries(tokens) && !carries(excluded);
}

function isMeant({ system = '', value = '' }: Identifier, token: IdentifierToken): boolean {
  if (token.system !== undefined && token.system !== system) return false;
  return token.value === '' ? token.system !== undefined && token.system !== '' : token.value === value;
}

export function identifiersOf(resource: FhirResource): Identifier[] {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  return Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier];
}
