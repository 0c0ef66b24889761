import { mappingsFolder, readSettings } from '../config/load.js';
import { loadMappingFiles, sitesOf } from '../config/mapping-files.js';
import { plainSource, type SourceSettings } from '../config/schema.js';
import { isZone } from '../config/values.js';
import { GatewayError } from '../message/failure.js';
import { compileMappings, mappingsOfSource, type Mappings } from '../translate/compile.js';

/** What commands without a gateway may be told of whose message it is, and how it is shown. */
export const TRANSLATION_OPTIONS = {
  explain: { type: 'boolean' },
  json: { type: 'boolean' },
  source: { type: 'string' },
  site: { type: 'string' },
  zone: { type: 'string' },
} as const;

/** The source named, or one with the national defaults; `--site` and `--zone` come before what it says. */
export function sourceOf({
  source: name,
  site,
  zone,
}: {
  source?: string;
  site?: string;
  zone?: string;
}): SourceSettings {
  const source = name === undefined ? plainSource() : configured(name);
  return { ...source, ...(site === undefined ? {} : { site }), ...(zone === undefined ? {} : { zone: zoneOf(zone) }) };
}

function configured(name: string): SourceSettings {
  const read = readSettings();
  if ('faults' in read)
    throw new GatewayError('config-invalid', 'the configuration has faults', { remedy: 'tdu check lists them' });
  const source = read.settings.sources.find((candidate) => candidate.name === name);
  if (source === undefined)
    throw new GatewayError('request-invalid', `no source is called ${name}`, { remedy: 'tdu check lists them' });
  return source;
}

function zoneOf(zone: string): string {
  if (isZone(zone)) return zone;
  throw new GatewayError('request-invalid', `${zone} is no time zone`, { remedy: 'e.g. --zone Europe/Paris' });
}

/** The mappings by which the source is read. */
export function mappingsOf(source: SourceSettings): Mappings {
  const { site } = source;
  const files = loadMappingFiles(mappingsFolder());
  if (site !== undefined && !sitesOf(files).has(site))
    throw new GatewayError('request-invalid', `the site ${site} has no mappings`, { remedy: 'see mappings/sites/' });
  const compiled = compileMappings(files, site);
  if ('mappings' in compiled) return mappingsOfSource(compiled.mappings, source);
  throw new GatewayError('mapping-invalid', 'the mappings have faults', { remedy: 'tdu check lists them' });
}
