/* eslint-disable max-lines -- every setting stands on one page, and no other file reads the environment (DESIGN §3) */
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { GatewayError } from './message/failure.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'lower-case letters, digits and dashes, 40 at most');
const zone = z.string().refine((value) => isZone(value), 'an IANA time zone, e.g. Europe/Paris');
const text = z.string().min(1, 'a value is missing');
/** Both the file and the environment give text; an empty one is no zero. */
const number = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'a number')
  .transform(Number);
const whole = number.pipe(z.number().int('a whole number').max(Number.MAX_SAFE_INTEGER));
const port = whole.pipe(z.number().max(65535, 'a port, 65535 at most'));
const seconds = number.pipe(z.number().positive('more than zero'));
const atLeastOne = whole.pipe(z.number().min(1, 'one at least'));

const sourceSchema = z.strictObject({
  name,
  host: text.default('0.0.0.0'),
  /** TCP port of this source's MLLP listener; absent: the default listener's port (`MLLP_PORT`). */
  port: port.optional(),
  /** Folder of `mappings/sites/` whose rows come before the national ones. */
  site: name.optional(),
  charset: z.enum(['8859/1', '8859/15', 'ASCII', 'UNICODE UTF-8']).default('8859/15'),
  zone: zone.default('Europe/Paris'),
  /** `auto` asks PAM.FR's strictness of messages that say FRA in MSH-12 only. */
  strict: z.enum(['auto', 'pam-fr', 'lenient']).default('auto'),
  applications: z.array(text).min(1).optional(),
  facilities: z.array(text).min(1).optional(),
  processingIds: z
    .array(z.enum(['P', 'T', 'D']))
    .min(1)
    .default(['P', 'T', 'D']),
  versions: z.array(text).min(1).optional(),
  maxMessageBytes: atLeastOne.default(16 * 1024 * 1024),
  maxConnections: atLeastOne.default(512),
  frameSeconds: seconds.default(30),
  idleSeconds: seconds.default(3600),
  tls: z
    .strictObject({
      key: text,
      cert: text,
      /** Who signs the senders' certificates. Needed where they are required: else anybody's public certificate would do. */
      ca: text.optional(),
      clientCertificate: z.enum(['none', 'required']).default('required'),
    })
    .optional(),
  /** CX-4/EI namespace or universal id → system URI, where the message's own OID is not to be used. */
  authorities: z.record(text, text).default({}),
});

const professionalSchema = z.strictObject({
  rpps: z.string().regex(/^\d{11}$/, '11 digits'),
  family: text,
  given: text.optional(),
  organisation: name.optional(),
  endpoint: name.optional(),
});

const endpointSchema = z.strictObject({
  id: name,
  kind: z.literal('fhir').default('fhir'),
  url: z
    .url({ protocol: /^https?$/, error: 'an http or https address' })
    .refine(
      (value) => !/^[^/]+\/\/[^/]*@/.test(value),
      'no user and no password here; authorizationEnv names their variable',
    ),
  /** Name of the environment variable that holds the Authorization header's value. */
  authorizationEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, never the secret itself')
    .optional(),
  timeoutSeconds: seconds.default(20),
  concurrency: atLeastOne.pipe(z.number().max(64, '64 at most')).default(4),
  /** A delivery older than this is dead. */
  expireHours: number.pipe(z.number().positive('more than zero')).default(72),
});

const organisationSchema = z.strictObject({
  id: name,
  name: text,
  /** `system|value` keys, e.g. `https://finess.esante.gouv.fr|750000001`. */
  identifiers: z.array(z.string().regex(/^[^|\s]+\|[^|\s]+$/, 'system|value')).min(1),
  endpoint: name.optional(),
});

const eventKinds = ['preadmission', 'admission', 'transfer', 'discharge', 'correction'] as const;

const ruleSchema = z.strictObject({
  id: name,
  /** A cancellation follows the rule of what it cancels: it goes to those who were told. */
  events: z.array(z.enum(eventKinds)).min(1),
  /** Codes of CareTeam.participant.role, e.g. PCP; `any` for all. */
  roles: z.array(text).min(1),
});

const fileSchema = z.strictObject({
  sources: z.array(sourceSchema).default([]),
  organisations: z.array(organisationSchema).default([]),
  professionals: z.array(professionalSchema).default([]),
  endpoints: z.array(endpointSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  /** Days after discharge until the hospital's members leave the circle. */
  hospitalMembersStayDays: number.default(0),
});

const role = z.enum(['receive', 'work', 'serve']);
const environmentSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'an address that begins with postgresql://')
    .optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'an address that begins with redis:// or rediss://')
    .optional(),
  TDU_DATA_DIR: z.string().default('./data'),
  TDU_CONFIG: z.string().default('./config/gateway.yaml'),
  TDU_MAPPINGS: z.string().optional(),
  HTTP_PORT: port.default(8080),
  HTTP_HOST: z.string().default('0.0.0.0'),
  MLLP_PORT: port.default(2575),
  TDU_ROLES: z
    .string()
    .default('receive,work,serve')
    .transform((list) => [...new Set(list.split(',').map((part) => part.trim()))])
    .pipe(z.array(role).min(1)),
  TDU_INSECURE_FHIR: z.enum(['yes', 'no']).default('no'),
  TDU_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** The variables that the gateway reads, beside those that `authorizationEnv` names. */
export const ENVIRONMENT: readonly string[] = Object.keys(environmentSchema.shape);

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
  const ports = parsed.success ? { http: parsed.data.HTTP_PORT, mllp: parsed.data.MLLP_PORT } : undefined;
  const file = readFile(configFile, given, ports, faults);
  if (!parsed.success || file === undefined || faults.length > 0) return { faults };
  const env = parsed.data;
  return {
    settings: Object.freeze({
      databaseUrl: env.DATABASE_URL,
      redisUrl: env.REDIS_URL,
      dataDir: resolve(env.TDU_DATA_DIR),
      configFile,
      mappingsDir: mappingsFolder(given),
      http: { port: env.HTTP_PORT, host: env.HTTP_HOST },
      mllpPort: env.MLLP_PORT,
      roles: env.TDU_ROLES,
      insecureFhir: env.TDU_INSECURE_FHIR === 'yes',
      logLevel: env.TDU_LOG_LEVEL,
      ...file,
      sources: file.sources.length > 0 ? file.sources : [plainSource()],
    }),
  };
}

/** The source of a gateway whose file names none: every sender, national defaults. */
export function plainSource(): SourceSettings {
  return sourceSchema.parse({ name: 'default' });
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
export function readPorts(environment: Environment = process.env): { http: number; mllp: number } {
  const parsed = environmentSchema.pick({ HTTP_PORT: true, MLLP_PORT: true }).safeParse(filled(environment));
  if (parsed.success) return { http: parsed.data.HTTP_PORT, mllp: parsed.data.MLLP_PORT };
  const [fault] = parsed.error.issues.map(environmentFault);
  throw fault ?? new GatewayError('config-invalid', 'the ports of the environment cannot be read');
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

type Ports = { http: number; mllp: number };

function readFile(
  file: string,
  env: Environment,
  ports: Ports | undefined,
  faults: GatewayError[],
): FileSettings | undefined {
  const asked = env['TDU_CONFIG'] !== undefined;
  const read = readText(file, asked, faults);
  if (read === undefined) return asked ? undefined : fileSchema.parse({});
  const lines = new LineCounter();
  const document = parseDocument(read, { schema: 'failsafe', lineCounter: lines });
  for (const error of document.errors) {
    const context = { file, line: error.linePos?.[0].line ?? 1, remedy: 'mend the YAML at that line' };
    faults.push(new GatewayError('config-invalid', error.message.split('\n')[0] ?? 'not YAML', context));
  }
  if (document.errors.length > 0) return undefined;
  const where: Where = (path) => lineOf(document, lines, path);
  const written = (document.toJS() as unknown) ?? {};
  const parsed = fileSchema.safeParse(written);
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => fileFaults(issue, file, where)));
  // The sound items of a faulty file are looked at too, so that all faults come at once.
  const sources = sound(itemsOf(written, 'sources'), sourceSchema);
  const endpoints = sound(itemsOf(written, 'endpoints'), endpointSchema);
  faults.push(...crossFaults(written, file, where), ...listenerFaults(sources, ports, file, where));
  const secrets = withSecrets(sources, endpoints, file, env, where, faults);
  return parsed.success ? { ...parsed.data, ...secrets } : undefined;
}

/** An item of a list, and where it stands in it. */
interface Item<T> {
  index: number;
  item: T;
}

function itemsOf(written: unknown, list: string): Item<unknown>[] {
  const found =
    typeof written === 'object' && written !== null ? (written as Record<string, unknown>)[list] : undefined;
  return Array.isArray(found) ? found.map((item: unknown, index) => ({ index, item })) : [];
}

function sound<T>(items: readonly Item<unknown>[], schema: z.ZodType<T>): Item<T>[] {
  return items.flatMap(({ index, item }) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [{ index, item: parsed.data }] : [];
  });
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

function fileFaults(issue: z.core.$ZodIssue, file: string, where: Where): GatewayError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      fileFault(file, where, [...issue.path, key], 'no such setting', `remove ${key}, or correct its spelling`),
    );
  return [fileFault(file, where, issue.path, issue.message, `correct ${issue.path.join('.') || 'the file'}`)];
}

function fileFault(file: string, where: Where, at: PropertyKey[], what: string, remedy: string): GatewayError {
  const field = at.join('.');
  const message = field === '' ? what : `${field}: ${what}`;
  return new GatewayError('config-invalid', message, { file, line: where(at), field, remedy });
}

/** 1-based line of the deepest node of the path that the file holds. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** Faults that no single value shows: names used twice, references that lead nowhere. Reads the file as it is written. */
function crossFaults(written: unknown, file: string, where: Where): GatewayError[] {
  const values = (list: string, key: string) =>
    itemsOf(written, list).flatMap(({ index, item }) => {
      const value = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[key] : undefined;
      return typeof value === 'string' && value !== '' ? [{ at: [list, index, key], value }] : [];
    });
  const unique = (list: string, key: string) =>
    values(list, key)
      .filter(({ value }, index, all) => all.findIndex((other) => other.value === value) < index)
      .map(({ at, value }) => fileFault(file, where, at, `${value} stands twice`, 'give each its own'));
  const known = (list: string, key: string, target: string) => {
    const names = new Set(values(target, 'id').map(({ value }) => value));
    return values(list, key)
      .filter(({ value }) => !names.has(value))
      .map(({ at, value }) =>
        fileFault(file, where, at, `${target} has no ${value}`, 'declare it there, or correct the name'),
      );
  };
  return [
    ...unique('sources', 'name'),
    ...unique('endpoints', 'id'),
    ...unique('organisations', 'id'),
    ...unique('professionals', 'rpps'),
    ...unique('rules', 'id'),
    ...known('organisations', 'endpoint', 'endpoints'),
    ...known('professionals', 'endpoint', 'endpoints'),
    ...known('professionals', 'organisation', 'organisations'),
  ];
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Two listeners of one address and port, and client certificates that nobody in particular has signed. */
function listenerFaults(
  sources: readonly Item<SourceSettings>[],
  ports: Ports | undefined,
  file: string,
  where: Where,
): GatewayError[] {
  const portOf = (source: SourceSettings) => source.port ?? ports?.mllp;
  const meet = (a: SourceSettings, b: SourceSettings) =>
    portOf(a) === portOf(b) &&
    portOf(a) !== 0 &&
    (a.host === b.host || [a, b].some(({ host }) => EVERYWHERE.has(host)));
  return sources.flatMap(({ index, item: source }, place) => {
    const fault = (key: string, what: string, remedy: string) =>
      fileFault(file, where, ['sources', index, key], what, remedy);
    const earlier = sources.slice(0, place).find((other) => meet(other.item, source))?.item;
    return [
      ...(earlier === undefined
        ? []
        : [fault('port', `${earlier.name} listens on that port already`, 'give each source its own port')]),
      ...(ports !== undefined && portOf(source) === ports.http && ports.http !== 0
        ? [fault('port', 'HTTP_PORT is that port', 'give the source another')]
        : []),
      ...(source.tls?.clientCertificate === 'required' && source.tls.ca === undefined
        ? [
            fault(
              'tls',
              'client certificates are required and ca does not say whose',
              'add ca, or clientCertificate: none',
            ),
          ]
        : []),
    ];
  });
}

/** Resolves what the file names but may not hold: secrets come from the environment, paths are relative to the file. */
function withSecrets(
  ownSources: readonly Item<SourceSettings>[],
  ownEndpoints: readonly Item<EndpointSettings>[],
  path: string,
  env: Environment,
  where: Where,
  faults: GatewayError[],
): Pick<FileSettings, 'endpoints' | 'sources'> {
  const endpoints = ownEndpoints.map(({ index, item: endpoint }): EndpointSettings => {
    const authorization = env[endpoint.authorizationEnv ?? ''];
    if (endpoint.authorizationEnv === undefined) return endpoint;
    if (authorization !== undefined) return { ...endpoint, authorization };
    // The name is not repeated: what stands there by mistake may be the secret itself.
    const at = ['endpoints', index, 'authorizationEnv'];
    faults.push(fileFault(path, where, at, 'that variable is not set', 'set it in the environment of the gateway'));
    return endpoint;
  });
  const sources = ownSources.map(({ index, item: source }): SourceSettings => {
    if (source.tls === undefined) return source;
    const beside = (key: 'key' | 'cert' | 'ca', relative: string) => {
      const found = resolve(dirname(path), relative);
      if (!readable(found))
        faults.push(
          fileFault(
            path,
            where,
            ['sources', index, 'tls', key],
            `${found} cannot be read`,
            'correct the path or its rights',
          ),
        );
      return found;
    };
    const { key, cert, ca } = source.tls;
    return {
      ...source,
      tls: {
        ...source.tls,
        key: beside('key', key),
        cert: beside('cert', cert),
        ...(ca === undefined ? {} : { ca: beside('ca', ca) }),
      },
    };
  });
  return { endpoints, sources };
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Is that an IANA time zone of this Node? */
export function isZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
