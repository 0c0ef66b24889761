import { fileURLToPath } from 'node:url';
import { GatewayError } from '../message/failure.js';

interface Command {
  what: string;
  load(): Promise<{ run(args: string[]): Promise<number> }>;
}

/** The commands; each loads what it needs when it is asked for. */
const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { what: 'run the gateway', load: () => import('./serve.js') },
  send: {
    what: 'FILE… [--host H] [--port P] [--json]   send HL7 v2 messages over MLLP, one in flight',
    load: () => import('./send.js'),
  },
  translate: {
    what: 'FILE [--explain] [--json] [--zone Z]   print the FHIR that a message gives, and where each value comes from',
    load: () => import('./translate.js'),
  },
  check: {
    what: '[--json]   read the configuration and the mappings, tell every fault',
    load: () => import('./check.js'),
  },
  replay: {
    what: 'ID [--url URL]   send a message of the journal through the stages again',
    load: () => import('./replay.js'),
  },
  demo: { what: '[--exit]   a sample day on a fresh store', load: () => import('./demo/demo.js') },
  bench: { what: '[--quick]   measure, beside baselines', load: () => import('./bench/bench.js') },
};

/** Runs one command. @returns the exit code */
export async function main([name, ...args]: string[]): Promise<number> {
  const command = COMMANDS[name ?? ''];
  if (command === undefined) {
    const lines = Object.entries(COMMANDS).map(([known, { what }]) => `  tdu ${known.padEnd(10)} ${what}`);
    console.log(['Trait d’union', ...lines].join('\n'));
    return name === undefined || name === '--help' ? 0 : 2;
  }
  try {
    return await (await command.load()).run(args);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const remedy = error.remedy === undefined ? '' : ` — ${error.remedy}`;
    console.error(`${error.code}: ${error.message}${remedy}`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
