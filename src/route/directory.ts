import { SYSTEMS } from '../fhir/systems.js';
import type { Membership } from '../message/membership.js';
import { plainName } from '../message/plain-name.js';

/** A professional of the territory, as the configuration describes one. */
export interface DirectoryProfessional {
  rpps: string;
  family: string;
  organisation?: string | undefined;
  endpoint?: string | undefined;
}

export interface DirectoryOrganisation {
  id: string;
  identifiers: string[];
  endpoint?: string | undefined;
}

/** Where a member can be told, or why not. */
export type Whereabouts =
  { kind: 'endpoint'; endpoint: string } | { kind: 'not-in-directory' | 'no-endpoint' | 'name-differs' };

export interface Directory {
  find(member: Pick<Membership, 'identifier' | 'family'>): Whereabouts;
}

/**
 * Who is who in the territory. A professional is a number and a family name: the same number under another name is another person.
 * Whoever has no endpoint of his own is told through his organisation's.
 */
export function buildDirectory(
  professionals: readonly DirectoryProfessional[],
  organisations: readonly DirectoryOrganisation[],
): Directory {
  const structures = new Map(organisations.map((organisation) => [organisation.id, organisation]));
  const byIdentifier = new Map(
    organisations.flatMap((organisation) => organisation.identifiers.map((key) => [key, organisation] as const)),
  );
  const people = new Map(professionals.map((professional) => [`${SYSTEMS.rpps}|${professional.rpps}`, professional]));
  const at = (endpoint: string | undefined): Whereabouts =>
    endpoint === undefined ? { kind: 'no-endpoint' } : { kind: 'endpoint', endpoint };
  return {
    find({ identifier, family }) {
      if (identifier === undefined) return { kind: 'not-in-directory' };
      const organisation = byIdentifier.get(identifier);
      if (organisation !== undefined) return at(organisation.endpoint);
      const person = people.get(identifier);
      if (person === undefined) return { kind: 'not-in-directory' };
      if (family === undefined || plainName(family) !== plainName(person.family)) return { kind: 'name-differs' };
      return at(person.endpoint ?? structures.get(person.organisation ?? '')?.endpoint);
    },
  };
}
