import { readSettings } from '../config.js';
import type { GatewayError } from '../message/failure.js';
import { compileMappings } from '../translate/compile.js';
import { loadMappingFiles } from './load-mappings.js';

/** `tdu check`: every fault of the configuration and of the mappings of every site, with place and remedy. Never a secret. */
export function run(args: string[]): Promise<number> {
  const faults = findFaults();
  if (args.includes('--json')) {
    const list = faults.map(({ code, message, file, line, field, remedy }) => ({
      code,
      message,
      file,
      line,
      field,
      remedy,
    }));
    console.log(JSON.stringify({ ok: faults.length === 0, faults: list }, undefined, 2));
  } else if (faults.length === 0) console.log('configuration and mappings: no fault');
  else for (const fault of faults) console.log(describe(fault));
  return Promise.resolve(faults.length === 0 ? 0 : 1);
}

function findFaults(): GatewayError[] {
  const read = readSettings();
  const settings = 'settings' in read ? read.settings : undefined;
  const files = loadMappingFiles(settings?.mappingsDir);
  const sites = new Set(settings?.sources.map((source) => source.site) ?? [undefined]);
  const mapping = [...sites].flatMap((site) => {
    const compiled = compileMappings(files, site);
    return 'faults' in compiled ? compiled.faults : [];
  });
  const distinct = new Map(mapping.map((fault) => [describe(fault), fault]));
  return [...('faults' in read ? read.faults : []), ...distinct.values()];
}

function describe({ file, line, message, remedy }: GatewayError): string {
  const place = file === undefined ? '' : `${file}:${String(line ?? 1)}: `;
  return `${place}${message}${remedy === undefined ? '' : ` — ${remedy}`}`;
}
