import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeFailure, GatewayError } from '../message/failure.js';
import { compileMappings, mappingsOfSource, type Mappings } from '../translate/compile.js';
import type { MappingFile } from '../translate/mapping-file.js';
import { mappingsFolder } from './load.js';
import type { Settings } from './schema.js';

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

/** Compiles the mappings of every site, named by a source or not. The national files are shared, so a fault of those is told once. */
export function checkMappings(settings: Settings | undefined): CheckedMappings {
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
    const faults = [...distinct.values(), ...missingSites(settings, sites)];
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

/** A source whose site has no rows is read by the national ones alone: more likely a slip of the pen than a wish. */
function missingSites(settings: Settings | undefined, sites: readonly string[]): GatewayError[] {
  return (settings?.sources ?? []).flatMap(({ name, site }) =>
    site === undefined || sites.includes(site)
      ? []
      : new GatewayError('config-invalid', `the source ${name} names the site ${site}, which has no mappings`, {
          file: settings?.configFile ?? '',
          remedy: `add mappings/sites/${site}/, correct the name, or take site out`,
        }),
  );
}
