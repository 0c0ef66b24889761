import { parseArgs } from 'node:util';
import { readSettings } from '../config/load.js';
import { checkMappings } from '../config/mapping-files.js';
import { describeFailure } from '../message/failure.js';
import { summaryOf } from './summary.js';

/**
 * `tdu check`: every fault of the configuration and of the mappings of every site, named by a source or not, with place and remedy;
 * where there is none, what is set up. Never a secret.
 */
export function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const read = readSettings();
  const settings = 'settings' in read ? read.settings : undefined;
  const { faults: mappingFaults, mappings, sites } = checkMappings(read);
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
  } else for (const fault of faults) console.log(describeFailure(fault));
  return Promise.resolve(ok ? 0 : 1);
}
