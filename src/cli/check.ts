import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { mappingsFolder, readSettings, type Settings } from '../config.js';
import { GatewayError } from '../message/failure.js';
import { compileMappings, type Mappings } from '../translate/compile.js';
import { loadMappingFiles, OWN_MAPPINGS, sitesOf } from './load-mappings.js';
import { summaryOf } from './summary.js';

/**
 * `tdu check`: every fault of the configuration and of the mappings of every site, named by a source or not, with place and remedy;
 * where there is none, what is set up. Never a secret.
 */
export function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const read = readSettings();
  const settings = 'settings' in read ? read.settings : undefined;
  const { faults: mappingFaults, mappings, sites } = checkMappings(settings);
  const faults = [...('faults' in read ? read.faults : []), ...mappingFaults];
  const summary = settings === undefined || mappings === undefined ? undefined : summaryOf(settings, mappings, sites);
  const ok = faults.length === 0;
  if (values.json === true) {
    const list = faults.map(({ code, message, file, line, field, remedy }) => ({
      ...{ code, message, file, line, field, remedy },
    }));
    console.log(JSON.stringify({ ok, faults: list, ...(ok ? { summary } : {}) }, undefined, 2));
  } else if (ok) {
    console.log('configuration and mappings: no fault');
    for (const [name, text] of summary ?? []) console.log(`  ${name.padEnd(15)} ${text}`);
  } else for (const fault of faults) console.log(describe(fault));
  return Promise.resolve(ok ? 0 : 1);
}

interface CheckedMappings {
  faults: GatewayError[];
  /** The national ones. */
  mappings?: Mappings;
  sites: string[];
}

/** All sites at once: their rows share the national files, so a fault of those is told once. */
function checkMappings(settings: Settings | undefined): CheckedMappings {
  const folder = mappingsFolder() ?? OWN_MAPPINGS;
  try {
    const files = loadMappingFiles(folder);
    const sites = [...sitesOf(files)];
    const national = compileMappings(files);
    const compiled = [national, ...sites.map((site) => compileMappings(files, site))];
    const found = compiled.flatMap((result) => ('faults' in result ? result.faults : []));
    const distinct = new Map(found.map((fault) => [describe(fault), inFolder(fault, folder)]));
    const faults = [...distinct.values(), ...missingSites(settings, sites)];
    return { faults, sites, ...('mappings' in national ? { mappings: national.mappings } : {}) };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { faults: [error], sites: [] };
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

function describe({ file, line, message, remedy }: GatewayError): string {
  const place = file === undefined ? '' : `${file}:${String(line ?? 1)}: `;
  return `${place}${message}${remedy === undefined ? '' : ` — ${remedy}`}`;
}
