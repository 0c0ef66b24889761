import type { FhirResource, Identifier } from 'fhir/r4.js';

/** All identifiers of a resource, whether its type has one or many; of a document also that of its version. */
export function identifiersOf(resource: FhirResource): Identifier[] {
  const { identifier, masterIdentifier } = resource as {
    identifier?: Identifier | Identifier[];
    masterIdentifier?: Identifier;
  };
  const listed = Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier];
  return masterIdentifier === undefined ? listed : [...listed, masterIdentifier];
}

/** `system|value`, or `value` where no system is known. */
export function keyOf({ system, value = '' }: Identifier): string {
  return system === undefined ? value : `${system}|${value}`;
}

/**
 * The identifier by which a conditional update finds a resource (R4 §3.1.0.5.3): the one for usual use, else the first that is not an old one,
 * else the first that has a value.
 * @returns its key; undefined where there is none
 */
export function businessIdentifier(resource: FhirResource): string | undefined {
  const filled = identifiersOf(resource).filter(({ value }) => value !== undefined && value !== '');
  const chosen = filled.find(({ use }) => use === 'usual') ?? filled.find(({ use }) => use !== 'old') ?? filled[0];
  return chosen === undefined ? undefined : keyOf(chosen);
}
