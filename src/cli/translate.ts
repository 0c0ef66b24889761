import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decodeText } from '../hl7v2/charset.js';
import { parse } from '../hl7v2/parse.js';
import type { Translation } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import { compileMappings } from '../translate/compile.js';
import { translate } from '../translate/translate.js';
import { remember, type PatientMemory } from '../work/apply-message.js';
import { loadMappingFiles } from './load-mappings.js';

/** `tdu translate FILE [--explain]`: no store, no server; what a message gives, and with `--explain` where each value comes from. */
export function run(args: string[]): Promise<number> {
  const options = {
    explain: { type: 'boolean' },
    json: { type: 'boolean' },
    zone: { type: 'string' },
    site: { type: 'string' },
  } as const;
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options });
  const [file] = positionals;
  if (file === undefined) throw new GatewayError('request-invalid', 'which file?', { remedy: 'tdu translate FILE' });
  const translation = translateFile(file, values.zone ?? 'Europe/Paris', values.site);
  const memory = remember(translation.facts, { hospitalMembersStayDays: 0 });
  const resources = [
    ...[...memory.picture.resources.values()].map(({ folded }) => folded.resource),
    ...translation.mentions.map(({ resource }) => resource),
  ];
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource })),
  };
  const { unused, issues } = translation;
  if (values.explain !== true) console.log(JSON.stringify(bundle, undefined, 2));
  else if (values.json === true)
    console.log(JSON.stringify({ bundle, traces: traces(memory, translation), unused, issues }, undefined, 2));
  else explain(memory, translation);
  return Promise.resolve(issues.some(({ blocking }) => blocking) ? 1 : 0);
}

function translateFile(file: string, zone: string, site: string | undefined): Translation {
  const compiled = compileMappings(loadMappingFiles(), site);
  if ('faults' in compiled)
    throw new GatewayError('mapping-invalid', 'the mappings have faults', { remedy: 'tdu check lists them' });
  const { text } = decodeText(readFileSync(file), '8859/15');
  // No clock: the same file gives the same output.
  return translate(parse(text), {
    messageId: '0',
    mappings: compiled.mappings,
    zone,
    authorities: {},
    receivedAt: '1970-01-01T00:00:00Z',
  });
}

interface ExplainedValue {
  resource: string;
  path: string;
  from: string;
  row: string;
}

function traces({ picture }: PatientMemory, { mentions }: Translation): ExplainedValue[] {
  const folded = [...picture.resources].flatMap(
    ([
      resource,
      {
        folded: { origins },
      },
    ]) => origins.map(({ path, from, row }) => ({ resource, path, from, row })),
  );
  const mentioned = mentions.flatMap(({ resource, trace }) =>
    trace.map(([path, from, row]) => ({ resource: `${resource.resourceType}/${resource.id}`, path, from, row })),
  );
  return [...folded, ...mentioned];
}

function explain(memory: PatientMemory, translation: Translation): void {
  let last = '';
  for (const { resource, path, from, row } of traces(memory, translation)) {
    if (resource !== last) console.log(`\n${resource}`);
    last = resource;
    console.log(`  ${path.padEnd(44)} ← ${from.padEnd(14)} ${row}`);
  }
  console.log(`\nunused: ${translation.unused.join(' ') || 'nothing'}`);
  for (const { field, text } of translation.issues) console.log(`issue: ${field ?? ''} ${text}`);
}
