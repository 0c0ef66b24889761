/* eslint-disable max-lines -- every setting stands on one page, and no other file reads the environment (DESIGN §3) */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { GatewayError } from './message/failure.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'lower-case letters, digits and dashes, 40 at most');
const zone = z.string().refine((value) => isZone(value), 'an IANA time zone, e.g. Europe/Paris');
const seconds = z.coerce.number().positive();

const sourceSchema = z.strictObject({
  name,
  host: z.string().default('0.0.0.0'),
  /** TCP port of this source's MLLP listener; absent: the default listener's port (`MLLP_PORT`). */
  port: z.coerce.number().int().min(0).max(65535).optional(),
  /** Folder of `mappings/sites/` whose rows come before the national ones. */
  site: name.optional(),
  charset: z.enum(['8859/1', '8859/15', 'ASCII', 'UNICODE UTF-8']).default('8859/15'),
  zone: zone.default('Europe/Paris'),
  /** `auto` asks PAM.FR's strictness of messages that say FRA in MSH-12 only. */
  strict: z.enum(['auto', 'pam-fr', 'lenient']).default('auto'),
  applications: z.array(z.string()).optional(),
  facilities: z.array(z.string()).optional(),
  processingIds: z.array(z.enum(['P', 'T', 'D'])).default(['P', 'T', 'D']),
  versions: z.array(z.string()).optional(),
  maxMessageBytes: z.coerce
    .number()
    .int()
    .positive()
    .default(16 * 1024 * 1024),
  maxConnections: z.coerce.number().int().positive().default(512),
  frameSeconds: seconds.default(30),
  idleSeconds: seconds.default(3600),
  tls: z
    .strictObject({
      key: z.string(),
      cert: z.string(),
      ca: z.string().optional(),
      clientCertificate: z.enum(['none', 'required']).default('required'),
    })
    .optional(),
  /** CX-4/EI namespace or universal id → system URI, where the message's own OID is not to be used. */
  authorities: z.record(z.string(), z.string()).default({}),
});

const professionalSchema = z.strictObject({
  rpps: z.string().regex(/^\d{11}$/, '11 digits'),
  family: z.string(),
  given: z.string().optional(),
  organisation: name.optional(),
  endpoint: name.optional(),
});

const endpointSchema = z.strictObject({
  id: name,
  kind: z.literal('fhir').default('fhir'),
  url: z.url(),
  /** Name of the environment variable that holds the Authorization header's value. */
  authorizationEnv: z.string().optional(),
  timeoutSeconds: seconds.default(20),
  concurrency: z.coerce.number().int().min(1).max(64).default(4),
  /** A delivery older than this is dead. */
  expireHours: z.coerce.number().positive().default(72),
});

const organisationSchema = z.strictObject({
  id: name,
  name: z.string(),
  /** `system|value` keys, e.g. `https://finess.esante.gouv.fr|750000001`. */
  identifiers: z.array(z.string()).min(1),
  endpoint: name.optional(),
});

const eventKinds = ['preadmission', 'admission', 'transfer', 'discharge', 'correction'] as const;

const ruleSchema = z.strictObject({
  id: name,
  /** A cancellation follows the rule of what it cancels: it goes to those who were told. */
  events: z.array(z.enum(eventKinds)).min(1),
  /** Codes of CareTeam.participant.role, e.g. PCP; `any` for all. */
  roles: z.array(z.string()).min(1),
});

const fileSchema = z.strictObject({
  sources: z.array(sourceSchema).default([]),
  organisations: z.array(organisationSchema).default([]),
  professionals: z.array(professionalSchema).default([]),
  endpoints: z.array(endpointSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  /** Days after discharge until the hospital's members leave the circle. */
  hospitalMembersStayDays: z.coerce.number().min(0).default(0),
});

const role = z.enum(['receive', 'work', 'serve']);
const environmentSchema = z.object({
  DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  TDU_DATA_DIR: z.string().default('./data'),
  TDU_CONFIG: z.string().default('./config/gateway.yaml'),
  TDU_MAPPINGS: z.string().optional(),
  HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  HTTP_HOST: z.string().default('0.0.0.0'),
  MLLP_PORT: z.coerce.number().int().min(0).max(65535).default(2575),
  TDU_ROLES: z
    .string()
    .default('receive,work,serve')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(role).min(1)),
  TDU_INSECURE_FHIR: z.enum(['yes', 'no']).default('no'),
  TDU_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type SourceSettings = z.infer<typeof sourceSchema>;
export type EndpointSettings = z.infer<typeof endpointSchema> & { authorization?: string };
export type ProfessionalSettings = z.infer<typeof professionalSchema>;
export type OrganisationSettings = z.infer<typeof organisationSchema>;
export type RuleSettings = z.infer<typeof ruleSchema>;
export type Role = z.infer<typeof role>;

/** Every setting of the gateway, read once, frozen, passed down. */
export interface Settings {
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  dataDir: string;
  configFile: string;
  mappingsDir: string | undefined;
  http: { port: number; host: string };
  mllpPort: number;
  roles: Role[];
  insecureFhir: boolean;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  sources: SourceSettings[];
  organisations: OrganisationSettings[];
  professionals: ProfessionalSettings[];
  endpoints: EndpointSettings[];
  rules: RuleSettings[];
  hospitalMembersStayDays: number;
}

type Environment = Record<string, string | undefined>;

/**
 * Reads the environment and the configuration file.
 * @returns the settings, or every fault found, each with file, line and remedy
 */
export function readSettings(
  environment: Environment = process.env,
): { settings: Settings } | { faults: GatewayError[] } {
  const given = filled(environment);
  const parsed = environmentSchema.safeParse(given);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => environmentFault(issue));
  const configFile = resolve(given['TDU_CONFIG'] ?? './config/gateway.yaml');
  const file = readFile(configFile, given['TDU_CONFIG'] !== undefined, given, faults);
  if (!parsed.success || file === undefined || faults.length > 0) return { faults };
  const env = parsed.data;
  return {
    settings: Object.freeze({
      databaseUrl: env.DATABASE_URL,
      redisUrl: env.REDIS_URL,
      dataDir: resolve(env.TDU_DATA_DIR),
      configFile,
      mappingsDir: env.TDU_MAPPINGS === undefined ? undefined : resolve(env.TDU_MAPPINGS),
      http: { port: env.HTTP_PORT, host: env.HTTP_HOST },
      mllpPort: env.MLLP_PORT,
      roles: env.TDU_ROLES,
      insecureFhir: env.TDU_INSECURE_FHIR === 'yes',
      logLevel: env.TDU_LOG_LEVEL,
      ...file,
      sources: file.sources.length > 0 ? file.sources : [sourceSchema.parse({ name: 'default' })],
    }),
  };
}

/** What a command needs that starts no gateway: the environment alone, whatever the configuration file says. */
export interface CommandSettings {
  httpPort: number;
  mllpPort: number;
  mappingsDir: string | undefined;
}

/**
 * Reads the environment for such a command.
 * @throws GatewayError config-invalid, the first fault
 */
export function readEnvironment(environment: Environment = process.env): CommandSettings {
  const parsed = environmentSchema.safeParse(filled(environment));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw issue === undefined ? new GatewayError('config-invalid', 'the environment') : environmentFault(issue);
  }
  const { HTTP_PORT: httpPort, MLLP_PORT: mllpPort, TDU_MAPPINGS: mappings } = parsed.data;
  return { httpPort, mllpPort, mappingsDir: mappings === undefined ? undefined : resolve(mappings) };
}

/** An empty variable is as good as none. */
function filled(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function environmentFault(issue: z.core.$ZodIssue): GatewayError {
  const variable = String(issue.path[0] ?? '');
  return new GatewayError('config-invalid', `${variable}: ${issue.message}`, {
    field: variable,
    remedy: `set ${variable} to a legal value, or leave it out for its default`,
  });
}

type FileSettings = Omit<z.infer<typeof fileSchema>, 'endpoints'> & { endpoints: EndpointSettings[] };

function readFile(file: string, asked: boolean, env: Environment, faults: GatewayError[]): FileSettings | undefined {
  const text = readText(file, asked, faults);
  if (text === undefined) return asked ? undefined : fileSchema.parse({});
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  for (const error of document.errors) {
    const context = { file, line: error.linePos?.[0].line ?? 1, remedy: 'mend the YAML at that line' };
    faults.push(new GatewayError('config-invalid', error.message.split('\n')[0] ?? 'not YAML', context));
  }
  if (document.errors.length > 0) return undefined;
  const parsed = fileSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    faults.push(...parsed.error.issues.map((issue) => fileFault(issue, file, document, lines)));
    return undefined;
  }
  const where: Where = (path) => lineOf(document, lines, path);
  faults.push(...crossFaults(parsed.data, file, where));
  return { ...parsed.data, ...withSecrets(parsed.data, file, env, where, faults) };
}

function readText(file: string, asked: boolean, faults: GatewayError[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (asked) {
      const remedy = 'point TDU_CONFIG at a readable file';
      faults.push(new GatewayError('config-invalid', 'the configuration file cannot be read', { file, remedy, cause }));
    }
    return undefined;
  }
}

type Where = (path: PropertyKey[]) => number;

function fileFault(issue: z.core.$ZodIssue, file: string, document: Document, lines: LineCounter): GatewayError {
  const field = issue.path.join('.');
  const remedy =
    issue.code === 'unrecognized_keys' ? `remove ${issue.keys.join(', ')}` : `correct ${field || 'the file'}`;
  return new GatewayError('config-invalid', `${field}: ${issue.message}`, {
    file,
    line: lineOf(document, lines, issue.path),
    field,
    remedy,
  });
}

/** 1-based line of the deepest node of the path that the file holds. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const range = isScalar(node) || isMap(node) ? node.range : undefined;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

/** Faults that no single value shows: names used twice, references that lead nowhere, two listeners on one port. */
// eslint-disable-next-line max-lines-per-function -- a list of like checks, one line each
function crossFaults(file: z.infer<typeof fileSchema>, path: string, where: Where): GatewayError[] {
  const faults: GatewayError[] = [];
  const fault = (at: PropertyKey[], text: string, remedy: string) =>
    faults.push(new GatewayError('config-invalid', text, { file: path, line: where(at), field: at.join('.'), remedy }));
  const unique = (list: string, values: (string | undefined)[]) =>
    values.forEach((value, index) => {
      if (value !== undefined && value !== '0' && values.indexOf(value) < index)
        fault([list, index], `${value} stands twice in ${list}`, 'give each its own');
    });
  unique(
    'sources',
    file.sources.map((source) => source.name),
  );
  unique(
    'sources',
    file.sources.map((source) => String(source.port ?? 'the default port')),
  );
  unique(
    'endpoints',
    file.endpoints.map((endpoint) => endpoint.id),
  );
  unique(
    'organisations',
    file.organisations.map((organisation) => organisation.id),
  );
  unique(
    'professionals',
    file.professionals.map((professional) => professional.rpps),
  );
  unique(
    'rules',
    file.rules.map((rule) => rule.id),
  );
  const endpoints = new Set(file.endpoints.map((endpoint) => endpoint.id));
  const organisations = new Set(file.organisations.map((organisation) => organisation.id));
  const known = (at: PropertyKey[], value: string | undefined, set: Set<string>, what: string) => {
    if (value !== undefined && !set.has(value))
      fault(at, `no ${what} is called ${value}`, `declare it, or correct the name`);
  };
  file.organisations.forEach((item, index) =>
    known(['organisations', index, 'endpoint'], item.endpoint, endpoints, 'endpoint'),
  );
  file.professionals.forEach((item, index) => {
    known(['professionals', index, 'endpoint'], item.endpoint, endpoints, 'endpoint');
    known(['professionals', index, 'organisation'], item.organisation, organisations, 'organisation');
  });
  return faults;
}

/** Resolves what the file names but may not hold: secrets come from the environment, paths are relative to the file. */
function withSecrets(
  file: z.infer<typeof fileSchema>,
  path: string,
  env: Environment,
  where: Where,
  faults: GatewayError[],
): Pick<FileSettings, 'endpoints' | 'sources'> {
  const endpoints = file.endpoints.map((endpoint, index): EndpointSettings => {
    if (endpoint.authorizationEnv === undefined) return endpoint;
    const authorization = env[endpoint.authorizationEnv];
    if (authorization !== undefined) return { ...endpoint, authorization };
    const at = ['endpoints', index, 'authorizationEnv'];
    const context = { file: path, line: where(at), field: at.join('.'), remedy: `set ${endpoint.authorizationEnv}` };
    faults.push(new GatewayError('config-invalid', `${endpoint.authorizationEnv} is not set`, context));
    return endpoint;
  });
  const beside = (relative: string) => resolve(dirname(path), relative);
  const sources = file.sources.map((source) =>
    source.tls === undefined
      ? source
      : {
          ...source,
          tls: {
            ...source.tls,
            key: beside(source.tls.key),
            cert: beside(source.tls.cert),
            ...(source.tls.ca === undefined ? {} : { ca: beside(source.tls.ca) }),
          },
        },
  );
  return { endpoints, sources };
}

function isZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
