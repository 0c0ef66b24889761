import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeFailure, GatewayError } from '../message/failure.js';
import { isProgram } from '../work/process.js';
import { GATEWAY_USAGE } from './gateway-client.js';

interface Command {
  what: string;
  /** What may follow its name. */
  takes: string;
  load(): Promise<{ run(args: string[]): Promise<number> }>;
}

/** The commands; each loads what it needs when it is asked for. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { what: 'run the gateway', takes: '', load: () => import('./serve.js') },
  send: {
    what: 'send HL7 v2 messages over MLLP, one in flight, and print the answers',
    takes: 'FILE… [--host H] [--port P] [--json]',
    load: () => import('./send.js'),
  },
  translate: {
    what: 'print the FHIR that a message gives; with --explain the answer it would get, where each value comes from, and what is unused',
    takes: 'FILE [--explain] [--json] [--source NAME] [--site S] [--zone Z]',
    load: () => import('./translate.js'),
  },
  document: {
    what: 'print the FHIR that a document gives (CDA, XDM, FHIR, or an HL7 message that carries some); options as of translate',
    takes: 'FILE [--explain] [--json] [--source NAME] [--site S] [--zone Z]',
    load: () => import('./document.js'),
  },
  check: {
    what: 'read the configuration and all mappings, tell every fault, or what is set up; never a secret',
    takes: '[--json]',
    load: () => import('./check.js'),
  },
  replay: {
    what: 'send a message of the journal through the stages again',
    takes: `ID ${GATEWAY_USAGE}`,
    load: () => import('./replay.js'),
  },
  status: {
    what: 'is a running gateway ready, what waits in it and at each endpoint',
    takes: GATEWAY_USAGE,
    load: () => import('./status.js'),
  },
  items: {
    what: 'the open work items, each with how many messages stand behind it; --release translates all of these again',
    takes: `[--release ID | --close ID] ${GATEWAY_USAGE}`,
    load: () => import('./items.js'),
  },
  dead: {
    what: 'the deliveries that were given up, each with what its last attempt said',
    takes: `[--endpoint E] ${GATEWAY_USAGE}`,
    load: () => import('./dead.js'),
  },
  revive: {
    what: 'dead deliveries are due again: one, those of an endpoint, or all',
    takes: `ID | --endpoint E | --all ${GATEWAY_USAGE}`,
    load: () => import('./revive.js'),
  },
  demo: { what: 'a sample day on a fresh store', takes: '[--exit]', load: () => import('./demo/demo.js') },
  bench: {
    what: 'measure, beside baselines',
    takes: '[--quick | --drain [messages]]',
    load: () => import('./bench/bench.js'),
  },
};

const ASKS_HELP = new Set(['help', '--help', '-h']);
const ASKS_VERSION = new Set(['version', '--version', '-v']);

/** Runs one command. @returns the exit code: 0 done, 1 failed, 2 not understood */
export async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || ASKS_HELP.has(name)) {
    console.log(help(args[0]));
    return 0;
  }
  if (ASKS_VERSION.has(name)) {
    console.log(version());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    console.error(`${name} is no command\n\n${help()}`);
    return 2;
  }
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(help(name));
    return 0;
  }
  return runCommand(name, command, args);
}

async function runCommand(name: string, command: Command, args: string[]): Promise<number> {
  try {
    return await (await command.load()).run(args);
  } catch (error) {
    if (isMisuse(error)) {
      console.error(`${error.message}\n\n${help(name)}`);
      return 2;
    }
    if (!(error instanceof GatewayError)) throw error;
    console.error(describeFailure(error));
    return 1;
  }
}

/** An option that the command does not know, as node:util’s parseArgs says it. */
function isMisuse(error: unknown): error is { message: string } {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return false;
  return String(error.code).startsWith('ERR_PARSE_ARGS');
}

function help(command?: string): string {
  const entry = command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (command !== undefined && entry !== undefined) return `tdu ${command} ${entry.takes}\n  ${entry.what}`;
  const lines = Object.entries(COMMANDS).flatMap(([name, { what, takes }]) => [
    `  tdu ${name} ${takes}`.trimEnd(),
    `      ${what}`,
  ]);
  return [
    `Trait d’union ${version()}`,
    ...lines,
    '  tdu help [COMMAND]',
    '  tdu --version',
    'Settings come from the environment and from TDU_CONFIG: docs/operator.md.',
  ].join('\n');
}

function version(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

if (isProgram(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
