import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeFailure, GatewayError } from '../message/failure.js';
import { compileMappings, mappingsOfSource, type Mappings } from '../translate/compile.js';
import type { MappingFile } from '../translate/mapping-file.js';
import { vocabularyOf, type Vocabulary } from '../translate/vocabulary.js';
import { fileFault, itemsOf, textsOf, type ConfigurationFile } from './faults.js';
import { mappingsFolder, type ReadSettings } from './load.js';
import { suggestion } from './nearest.js';
import { ruleFaults } from './rule-checks.js';
import { name } from './values.js';

/** The mappings that come with the gateway. */
const OWN_MAPPINGS = fileURLToPath(new URL('../../mappings/', import.meta.url));

/**
 * Reads every mapping file below a folder, paths relative to it, in a stable order.
 * @throws GatewayError mapping-invalid where there is no such folder
 */
export function loadMappingFiles(folder = OWN_MAPPINGS): MappingFile[] {
  return namesIn(folder)
    .filter((path) => path.endsWith('.yaml') && !path.startsWith('examples'))
    .sort()
    .map((path) => ({
      path: relative('.', path).replaceAll('\\', '/'),
      text: readFileSync(join(folder, path), 'utf8'),
    }));
}

/** The hospitals that have rows of their own. */
export function sitesOf(files: readonly MappingFile[]): Set<string> {
  return new Set(files.flatMap(({ path }) => /^sites\/([^/]+)\//.exec(path)?.[1] ?? []));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    const remedy = 'point TDU_MAPPINGS at a folder of mappings, or leave it out';
    throw new GatewayError('mapping-invalid', `the mappings cannot be read from ${folder}`, { remedy, cause });
  }
}

export interface CheckedMappings {
  faults: GatewayError[];
  /** The national ones, where they have no fault. */
  mappings?: Mappings;
  sites: string[];
  /** With the rows of a site in place; the national ones where there is none. */
  ofSite: ReadonlyMap<string | undefined, Mappings>;
  /** By the name of a source: those of its site, under a version that covers its settings too. */
  ofSource: ReadonlyMap<string, Mappings>;
}

/**
 * Compiles the mappings of every site, named by a source or not, and compares what the configuration says of them: its sites, and what its
 * rules ask for. The national files are shared, so a fault of those is told once.
 * @param read the configuration, with faults or without; absent: there is none
 */
export function checkMappings(read?: ReadSettings): CheckedMappings {
  const settings = read !== undefined && 'settings' in read ? read.settings : undefined;
  const folder = settings?.mappingsDir ?? mappingsFolder() ?? OWN_MAPPINGS;
  try {
    const files = loadMappingFiles(folder);
    const sites = [...sitesOf(files)];
    const compiled = [undefined, ...sites].map((site) => ({ site, result: compileMappings(files, site) }));
    const compileFaults = compiled.flatMap(({ result }) => ('faults' in result ? result.faults : []));
    const distinct = new Map(compileFaults.map((fault) => [describeFailure(fault), inFolder(fault, folder)]));
    const ofSite = new Map(
      compiled.flatMap(({ site, result }) => ('mappings' in result ? [[site, result.mappings] as const] : [])),
    );
    const national = ofSite.get(undefined);
    const file = read?.file;
    const faults = [...(file === undefined ? [] : fileFaults(file, sites, ofSite)), ...distinct.values()];
    const ofSource = new Map(
      (settings?.sources ?? []).flatMap((source): [string, Mappings][] => {
        const mappings = ofSite.get(source.site);
        return mappings === undefined ? [] : [[source.name, mappingsOfSource(mappings, source)]];
      }),
    );
    return { faults, sites, ofSite, ofSource, ...(national === undefined ? {} : { mappings: national }) };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { faults: [error], sites: [], ofSite: new Map(), ofSource: new Map() };
  }
}

/** Mapping files are named from their folder; an operator opens them from where he is. */
function inFolder(fault: GatewayError, folder: string): GatewayError {
  const { code, message, file = '', line = 1, remedy = '' } = fault;
  return new GatewayError(code, message, { file: relative('.', join(folder, file)), line, remedy });
}

/** Sites that have no rows, and rules that ask for what no mapping gives. */
function fileFaults(
  file: ConfigurationFile,
  sites: readonly string[],
  ofSite: ReadonlyMap<string | undefined, Mappings>,
): GatewayError[] {
  const named = textsOf(file.content, 'sources', 'site');
  // A name that none can have has a fault of its own.
  const missing = named.filter(({ value }) => name.safeParse(value).success && !sites.includes(value));
  const vocabulary = vocabularyFor(
    file,
    named.every(({ value }) => sites.includes(value)) ? named.map(({ value }) => value) : sites,
    ofSite,
  );
  return [
    // Read by the national rows alone: more likely a slip of the pen than a wish.
    ...missing.map(({ at, value }) => {
      const remedy = suggestion(value, sites, `add mappings/sites/${value}/, or take site out`);
      return fileFault(file, at, `no mappings of a site ${value}`, remedy);
    }),
    ...(vocabulary === undefined ? [] : ruleFaults(file, vocabulary)),
  ];
}

/** What those sites give, and the national rows where a source goes by them alone; undefined where some of that has faults of its own. */
function vocabularyFor(
  file: ConfigurationFile,
  sites: readonly string[],
  ofSite: ReadonlyMap<string | undefined, Mappings>,
): Vocabulary | undefined {
  const sources = itemsOf(file.content, 'sources').length;
  const national = sources === 0 || sources > textsOf(file.content, 'sources', 'site').length;
  const used = [...new Set<string | undefined>([...sites, ...(national ? [undefined] : [])])];
  const mappings = used.flatMap((site) => ofSite.get(site) ?? []);
  return mappings.length === used.length ? vocabularyOf(mappings) : undefined;
}
