import type { FhirResource, Identifier } from 'fhir/r4.js';

/**
 * The identifier by which a conditional update finds a resource (R4 §3.1.0.5.3): the one for usual use, else the first that is not an old one,
 * else the first that has a value.
 * @returns `system|value`, or `value` where no system is known; undefined where there is none
 */
export function businessIdentifier(resource: FhirResource): string | undefined {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  const list = Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier];
  const filled = list.filter(({ value }) => value !== undefined && value !== '');
  const chosen = filled.find(({ use }) => use === 'usual') ?? filled.find(({ use }) => use !== 'old') ?? filled[0];
  if (chosen?.value === undefined) return undefined;
  return chosen.system === undefined ? chosen.value : `${chosen.system}|${chosen.value}`;
}
