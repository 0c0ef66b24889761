import { parseArgs } from 'node:util';
import type { FhirResource } from 'fhir/r4.js';
import { mappingsFolder, readSettings } from '../config/load.js';
import { isZone, plainSource, type SourceSettings } from '../config/schema.js';
import { decodeText } from '../hl7v2/charset.js';
import { toInstant } from '../hl7v2/datetime.js';
import { parse } from '../hl7v2/parse.js';
import { foldWhole, type FoldedWindow } from '../apply/window.js';
import type { Fact, Translation } from '../message/fact.js';
import type { FoldOptions } from '../message/stay.js';
import { GatewayError } from '../message/failure.js';
import { admit, type Admission } from '../receive/admit.js';
import { compileMappings, mappingsOfSource, type Mappings } from '../translate/compile.js';
import { translate } from '../translate/translate.js';
import { loadMappingFiles, sitesOf } from '../config/mapping-files.js';
import { readMessageFile } from './message-file.js';

const OPTIONS = {
  explain: { type: 'boolean' },
  json: { type: 'boolean' },
  source: { type: 'string' },
  site: { type: 'string' },
  zone: { type: 'string' },
} as const;

/**
 * `tdu translate FILE`: no store, no server; the FHIR that a message gives on its own. With `--explain` the answer that the gateway
 * would give, where each value comes from, and the fields that nothing used.
 * @returns 0, or 1 where the message would be refused or parked
 */
export function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [file] = positionals;
  if (file === undefined) throw new GatewayError('request-invalid', 'which file?', { remedy: 'tdu translate FILE' });
  const source = sourceOf(values);
  const { admission, translation } = read(file, source, mappingsOf(source));
  const refusals = admission.issues.filter(({ severity }) => severity === 'E');
  const parked = translation.issues.filter(({ blocking }) => blocking);
  // Of a message that the gateway refuses nothing is translated.
  const kept = refusals.length > 0 ? { ...translation, facts: [], mentions: [] } : translation;
  const window = foldWhole(kept.facts, foldAt(kept.facts, source));
  const resources = resourcesOf(window, kept);
  const explained = { admission, translation: kept, traces: tracesOf(window, kept), resources };
  if (values.explain !== true) console.log(JSON.stringify(bundleOf(resources), undefined, 2));
  else if (values.json === true) console.log(JSON.stringify(asJson(explained), undefined, 2));
  else explain(explained);
  const stopped = [
    ...refusals.map(({ location, text }) => `${location ?? ''} ${text}`),
    ...parked.map(({ text }) => text),
  ];
  // Beside the bundle on standard output, which says nothing of it.
  if (values.explain !== true) for (const why of stopped) console.error(`not translated by the gateway: ${why}`);
  return Promise.resolve(stopped.length > 0 ? 1 : 0);
}

interface Explanation {
  admission: Admission;
  translation: Translation;
  traces: ExplainedValue[];
  resources: (FhirResource & { id: string })[];
}

function bundleOf(resources: Explanation['resources']) {
  const entry = resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource }));
  return { resourceType: 'Bundle', type: 'collection', ...(entry.length === 0 ? {} : { entry }) };
}

function asJson({ admission, translation, traces, resources }: Explanation) {
  const { code, issues: errors } = admission;
  const { issues } = translation;
  return { answer: { code, errors }, bundle: bundleOf(resources), traces, unused: translation.unused(), issues };
}

/** The source named, or one with the national defaults; `--site` and `--zone` come before what it says. */
function sourceOf({ source: name, site, zone }: { source?: string; site?: string; zone?: string }): SourceSettings {
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

function mappingsOf(source: SourceSettings): Mappings {
  const { site } = source;
  const files = loadMappingFiles(mappingsFolder());
  if (site !== undefined && !sitesOf(files).has(site))
    throw new GatewayError('request-invalid', `the site ${site} has no mappings`, { remedy: 'see mappings/sites/' });
  const compiled = compileMappings(files, site);
  if ('mappings' in compiled) return mappingsOfSource(compiled.mappings, source);
  throw new GatewayError('mapping-invalid', 'the mappings have faults', { remedy: 'tdu check lists them' });
}

function read(
  file: string,
  source: SourceSettings,
  mappings: Mappings,
): { admission: Admission; translation: Translation } {
  const { text, charset, warnings } = decodeText(readMessageFile(file), source.charset);
  const message = parse(text, charset);
  // No clock: the same file gives the same output, as if it came when it says that it was written.
  const receivedAt = toInstant(message.value('MSH-7'), source.zone) ?? '1970-01-01T00:00:00Z';
  const context = { messageId: '0', mappings, zone: source.zone, source, receivedAt };
  return {
    admission: admit(message, warnings, { source, triggers: mappings.triggers, stayFields: mappings.stayFields }),
    translation: translate(message, context),
  };
}

/** No clock: what one message gives is folded as of the moment at which it was recorded, on the settings of a plain gateway. */
function foldAt(facts: readonly Fact[], { zone }: SourceSettings): FoldOptions {
  const now = facts[0]?.recordedAt ?? '1970-01-01T00:00:00Z';
  return { now, zone, hospitalMembersStayDays: 0, circleShowsEndedDays: 90 };
}

function resourcesOf({ people }: FoldedWindow, { mentions }: Translation): (FhirResource & { id: string })[] {
  const folded = people.flatMap(({ resources }) => [...resources.values()].map((written) => written.folded.resource));
  return [...folded, ...mentions.map(({ resource }) => resource)];
}

interface ExplainedValue {
  resource: string;
  path: string;
  from: string;
  row: string;
}

function tracesOf({ people }: FoldedWindow, { mentions }: Translation): ExplainedValue[] {
  const folded = people
    .flatMap(({ resources }) => [...resources])
    .flatMap(([resource, written]) =>
      written.folded.origins().map(({ path, from, row }) => ({ resource, path, from, row })),
    );
  const mentioned = mentions.flatMap(({ resource, trace }) =>
    trace.map(([path, from, row]) => ({ resource: `${resource.resourceType}/${resource.id}`, path, from, row })),
  );
  return [...folded, ...mentioned];
}

function explain({ admission, translation, traces, resources }: Explanation): void {
  const { unused, issues } = translation;
  console.log(`answer: ${admission.code}`);
  for (const { location, code: condition, severity, text } of admission.issues)
    console.log(`  ERR ${severity} ${condition} ${location ?? ''} ${text}`);
  if (resources.length === 0) console.log('\nnothing is translated');
  const byReference = new Map(resources.map((resource) => [`${resource.resourceType}/${resource.id}`, resource]));
  let last = '';
  for (const { resource, path, from, row } of traces) {
    if (resource !== last) console.log(`\n${resource}`);
    last = resource;
    for (const line of explainedLines(path, valueAt(byReference.get(resource), path), from, row)) console.log(line);
  }
  console.log(`\nunused: ${unused().join(' ') || 'nothing'}`);
  for (const { field, text, blocking } of issues)
    console.log(`${blocking ? 'parked' : 'to look at'}: ${field ?? ''} ${text}`);
}

/** What stands at a path such as `participant[0].role`. */
function valueAt(resource: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined,
      resource,
    );
}

const WIDTH = 32;
const INDENT = ' '.repeat(43);
const PIECES = new RegExp(`.{1,${WIDTH}}`, 'gsu');

/** Path, value, field and row on one line, the value whole: on a terminal one that is longer than its column goes on below. */
function explainedLines(path: string, value: unknown, from: string, row: string): string[] {
  const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const pieces = process.stdout.isTTY ? (text.match(PIECES) ?? ['']) : [text];
  const [first = '', ...rest] = pieces;
  const line = `  ${path.padEnd(40)} ${first.padEnd(WIDTH)} ← ${from.padEnd(12)} ${row}`.trimEnd();
  return [line, ...rest.map((piece) => INDENT + piece)];
}
