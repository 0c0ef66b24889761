import type { CircleMember } from '../message/folded.js';

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
  find(member: CircleMember): Whereabouts;
}

const RPPS_SYSTEM = 'https://rpps.esante.gouv.fr';

/**
 * Who is who in the territory. A professional is a number and a family name: the same number under another name is another person
 * (DESIGN §10). Whoever has no endpoint of his own is told through his organisation's.
 */
export function buildDirectory(
  professionals: readonly DirectoryProfessional[],
  organisations: readonly DirectoryOrganisation[],
): Directory {
  const structures = new Map(organisations.map((organisation) => [organisation.id, organisation]));
  const byIdentifier = new Map(organisations.flatMap((one) => one.identifiers.map((key) => [key, one] as const)));
  const people = new Map(professionals.map((one) => [`${RPPS_SYSTEM}|${one.rpps}`, one]));
  const at = (endpoint: string | undefined): Whereabouts =>
    endpoint === undefined ? { kind: 'no-endpoint' } : { kind: 'endpoint', endpoint };
  return {
    find({ identifier, family }) {
      if (identifier === undefined) return { kind: 'not-in-directory' };
      const organisation = byIdentifier.get(identifier);
      if (organisation !== undefined) return at(organisation.endpoint);
      const person = people.get(identifier);
      if (person === undefined) return { kind: 'not-in-directory' };
      if (family === undefined || plain(family) !== plain(person.family)) return { kind: 'name-differs' };
      return at(person.endpoint ?? structures.get(person.organisation ?? '')?.endpoint);
    },
  };
}

/** Names compared without case, accents, hyphens or spaces. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toUpperCase();
}
