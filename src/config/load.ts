import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { GatewayError } from '../message/failure.js';
import { crossCheck } from './checks.js';
import { environmentFault, inPlainWords, misspeltVariables, schemaFaults, type ConfigurationFile } from './faults.js';
import { parseFile } from './parse-file.js';
import { environmentSchema, fileSchema, plainSource, type Ports, type Settings } from './schema.js';
import { withSecretFiles } from './secrets.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, or every fault of them; and the file as it is written, where it can be read. */
export type ReadSettings = ({ settings: Settings } | { faults: GatewayError[] }) & {
  file?: ConfigurationFile | undefined;
};

/**
 * Reads the environment and the configuration file.
 * @returns the settings, or every fault found, each with file, line and remedy
 */
export function readSettings(environment: Environment = process.env): ReadSettings {
  const { variables, faults } = withSecretFiles(filled(environment));
  faults.push(...misspeltVariables(Object.keys(variables)));
  const parsed = environmentSchema.safeParse(variables, { error: inPlainWords });
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => environmentFault(issue)));
  const configFile = resolve(variables['TDU_CONFIG'] ?? './config/gateway.yaml');
  const ports = parsed.success ? { http: parsed.data.HTTP_PORT, mllp: parsed.data.MLLP_PORT } : undefined;
  const { file, read } = readFile(configFile, variables, ports, faults);
  if (!parsed.success || read === undefined || faults.length > 0) return { faults, file };
  const env = parsed.data;
  const sources = read.sources.map((source) => ({ ...source, zone: source.zone ?? read.zone }));
  return {
    file,
    settings: Object.freeze({
      databaseUrl: env.DATABASE_URL,
      redisUrl: env.REDIS_URL,
      dataDir: resolve(env.TDU_DATA_DIR),
      configFile,
      mappingsDir: mappingsFolder(variables),
      http: { port: env.HTTP_PORT, host: env.HTTP_HOST },
      mllpPort: env.MLLP_PORT,
      roles: env.TDU_ROLES,
      translators: env.TDU_TRANSLATORS,
      insecureFhir: env.TDU_INSECURE_FHIR === 'yes',
      publicUrl: env.TDU_PUBLIC_URL,
      logLevel: env.TDU_LOG_LEVEL,
      ...read,
      sources: sources.length > 0 ? sources : [plainSource(read.zone)],
    }),
  };
}

/** `TDU_MAPPINGS` as a whole path; undefined for the mappings that come with the gateway. */
export function mappingsFolder(environment: Environment = process.env): string | undefined {
  const folder = filled(environment)['TDU_MAPPINGS'];
  return folder === undefined ? undefined : resolve(folder);
}

/**
 * The ports of this machine's gateway, for commands that speak to it, whatever the configuration file says.
 * @throws GatewayError config-invalid, the first fault of the environment
 */
export function readPorts(environment: Environment = process.env): Ports {
  const parsed = environmentSchema.pick({ HTTP_PORT: true, MLLP_PORT: true }).safeParse(filled(environment));
  if (parsed.success) return { http: parsed.data.HTTP_PORT, mllp: parsed.data.MLLP_PORT };
  const [fault] = parsed.error.issues.map(environmentFault);
  throw fault ?? new GatewayError('config-invalid', 'the ports of the environment cannot be read');
}

/** The environment of another process of the gateway, which reads its settings itself: this one's, with these variables in their place. */
export function childEnvironment(
  variables: Readonly<Record<string, string>>,
  environment: Environment = process.env,
): Record<string, string | undefined> {
  return { ...environment, ...variables };
}

/** The version of this gateway, as its package says. */
export function releaseVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Was the gateway started by `npm start` or `npx`? They run it under a shell, which ends at a signal without passing it on. */
export function isUnderNpm(environment: Environment = process.env): boolean {
  return environment['npm_command'] !== undefined || environment['npm_lifecycle_event'] !== undefined;
}

const OF_THE_MACHINE = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH', 'SystemRoot'];

/** The environment of a program that is not the gateway: what the machine needs to run it, no setting and no secret. */
export function programEnvironment(environment: Environment = process.env): Record<string, string> {
  return Object.fromEntries(
    OF_THE_MACHINE.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** An empty variable is as good as none. */
function filled(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

type FileSettings = z.infer<typeof fileSchema>;

/** The file as it is written, and what it says; that is undefined where a fault leaves nothing to go by. */
function readFile(
  path: string,
  environment: Environment,
  ports: Ports | undefined,
  faults: GatewayError[],
): { file?: ConfigurationFile | undefined; read?: FileSettings } {
  const isNamed = environment['TDU_CONFIG'] !== undefined;
  const text = readText(path, isNamed, faults);
  if (text === undefined) return isNamed || faults.length > 0 ? {} : { read: fileSchema.parse({}) };
  const file = parseFile(path, text, faults);
  if (file === undefined) return {};
  const parsed = fileSchema.safeParse(file.content, { error: inPlainWords });
  if (!parsed.success) faults.push(...schemaFaults(parsed.error.issues, file));
  const checked = crossCheck(file, environment, ports);
  faults.push(...checked.faults);
  return parsed.success ? { file, read: { ...parsed.data, ...checked.resolved } } : { file };
}

/** The default file may be absent; one that is there and cannot be read was meant to count. */
function readText(file: string, isNamed: boolean, faults: GatewayError[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (isNamed || !isAbsent(cause)) {
      const remedy = isNamed ? 'point TDU_CONFIG at a readable file' : 'correct the rights of the file';
      faults.push(new GatewayError('config-invalid', 'the configuration file cannot be read', { file, remedy, cause }));
    }
    return undefined;
  }
}

function isAbsent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
