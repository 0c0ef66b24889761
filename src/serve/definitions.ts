import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CapabilityStatement, CodeSystem, NamingSystem, StructureDefinition, ValueSet } from 'fhir/r4.js';
import type { SearchPage, SearchQuery } from '../fhir/search.js';
import { GatewayError } from '../message/failure.js';

/** What the gateway defines itself, as a file of `profiles/` holds it. */
export type Definition = (StructureDefinition | CodeSystem | ValueSet | NamingSystem | CapabilityStatement) & {
  id: string;
};

/** The folder beside `src/` and `dist/`. */
const FOLDER = fileURLToPath(new URL('../../profiles/', import.meta.url));

/**
 * Reads every definition of a folder, in the order of their ids.
 * @throws GatewayError config-invalid where the folder or a file of it cannot be read
 */
export function loadDefinitions(folder = FOLDER): Definition[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Definition)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  } catch (cause) {
    const remedy = 'install the gateway again: the folder comes with it';
    throw new GatewayError('config-invalid', `the profiles cannot be read from ${folder}`, { remedy, cause });
  }
}

/** Answers a search over the definitions, a page at a time in the order of their ids. */
export function searchDefinitions(definitions: readonly Definition[], query: SearchQuery): SearchPage {
  const matches = definitions.filter((definition) => matchesQuery(definition, query));
  const { after, count } = query;
  const rest = matches.filter(({ id }) => id > (after?.id ?? ''));
  const resources = query.countOnly ? [] : rest.slice(0, count);
  const last = resources.at(-1)?.id;
  const total = matches.length;
  if (last === undefined || rest.length <= count) return { total, resources };
  return { total, resources, next: { id: last, until: new Date(0), total } };
}

/** `url` is the one parameter of a search for definitions. */
function matchesQuery(definition: Definition, { type, ids, all }: SearchQuery): boolean {
  const word = 'url' in definition ? `url=${definition.url ?? ''}` : '';
  return (
    definition.resourceType === type &&
    ids.every((any) => any.includes(definition.id)) &&
    all.every((words) => words.includes(word))
  );
}
