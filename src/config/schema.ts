import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { EVENT_KINDS, HAPPENINGS } from '../message/event.js';
import {
  addressRange,
  atLeastOne,
  authority,
  authorityName,
  baseAddress,
  days,
  host,
  messageBytes,
  name,
  number,
  port,
  seconds,
  storeAddress,
  structureKey,
  system,
  text,
  variableName,
  whole,
  zone,
} from './values.js';

const sourceSchema = z.strictObject({
  name,
  host: host.default('0.0.0.0'),
  /** TCP port of this source's MLLP listener; absent: the default listener's port (`MLLP_PORT`). */
  port: port.optional(),
  /** Folder of `mappings/sites/` whose rows come before the national ones. */
  site: name.optional(),
  charset: z.enum(['8859/1', '8859/15', 'ASCII', 'UNICODE UTF-8']).default('8859/15'),
  /** Of times without an offset; absent: the territory's. */
  zone: zone.optional(),
  /** `auto` asks PAM.FR's strictness of messages that say FRA in MSH-12 only. */
  strict: z.enum(['auto', 'pam-fr', 'lenient']).default('auto'),
  /** XPN-3: the full list of given names, which repeats XPN-2 (PAM.FR), or what follows XPN-2 (HL7 v2.5 §2.A.88). `auto`: as MSH-12 says. */
  givenNames: z.enum(['auto', 'insi', 'separate']).default('auto'),
  applications: z.array(text).min(1).optional(),
  facilities: z.array(text).min(1).optional(),
  processingIds: z
    .array(z.enum(['P', 'T', 'D']))
    .min(1)
    .default(['P', 'T', 'D']),
  versions: z.array(text).min(1).optional(),
  maxMessageBytes: messageBytes.default(16 * 1024 * 1024),
  maxConnections: atLeastOne.default(512),
  /** Of one address, unless a certificate says who it is. */
  maxConnectionsPerAddress: atLeastOne.default(256),
  /** Bytes of frames that have not ended, of all connections of one address, unless a certificate says who it is. */
  maxOpenBytesPerAddress: atLeastOne.default(64 * 1024 * 1024),
  /** Repetitions of one field, and segments of one message. */
  maxRepetitions: atLeastOne.default(200),
  maxSegments: atLeastOne.default(20_000),
  /** Bytes of refused messages that are kept in an hour; then as many of their heads. */
  refusedBytesPerHour: whole.default(64 * 1024 * 1024),
  frameSeconds: seconds(3600).default(30),
  idleSeconds: seconds(604_800).default(3600),
  tls: z
    .strictObject({
      key: text,
      cert: text,
      /** Who signs the senders' certificates. Needed where they are required: else anybody's public certificate would do. */
      ca: text.optional(),
      clientCertificate: z.enum(['none', 'required']).default('required'),
      /** Whose certificates are this source's: common names (CN) or DNS names (SAN). Absent: all that `ca` has signed. */
      subjects: z.array(text).min(1).optional(),
    })
    .optional(),
  /** Where its messages may come in. */
  doors: z
    .array(z.enum(['mllp', 'http']))
    .min(1)
    .default(['mllp']),
  /** Name of the environment variable that holds the bearer token for `POST /hl7v2`; without it that door answers this machine only. */
  httpTokenEnv: variableName.optional(),
  /**
   * The system of numbers whose assigning authority is empty. Two sources may share it: two doors of one hospital.
   * Absent: the sending facility's (MSH-4), under the source's name.
   */
  authority: authority.optional(),
  /** CX-4/EI namespace or universal id → system URI, where the message's own OID is not to be used. */
  authorities: z.record(authorityName, system).default({}),
  /** Patient numbers that many people share (unknown persons, tests): they join nobody. */
  sharedNumbers: z.array(text).default(['999999', '99999999', '0', 'TEST', 'INCONNU']),
  /** A document of a patient whom nobody knows makes him, or is refused (CI-SIS, ERR-5 902). */
  documents: z
    .strictObject({ unknownPatients: z.enum(['create', 'refuse']).default('create') })
    .default({ unknownPatients: 'create' }),
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
  url: baseAddress,
  /** Name of the environment variable that holds the Authorization header's value. */
  authorizationEnv: variableName.optional(),
  timeoutSeconds: seconds(3600).default(20),
  concurrency: atLeastOne.pipe(z.number().max(64, '64 at most')).default(4),
  /** A delivery older than this is dead. */
  expireHours: number.pipe(z.number().positive('more than zero').max(8760, 'hours, 8760 (a year) at most')).default(72),
  /** Organisations, places and professionals: made where absent and left alone, or overwritten each time. */
  directory: z.enum(['theirs', 'overwrite']).default('theirs'),
  /** Patients: updated each time, or made where absent and left alone. */
  patient: z.enum(['ours', 'theirs']).default('ours'),
  /** What the server holds already in that version: left out, or sent again to a server that knows no conditional references. */
  unchanged: z.enum(['omit', 'send']).default('omit'),
  /** `meta.profile`, for a server that refuses profiles which it does not have. */
  profiles: z.enum(['keep', 'omit']).default('keep'),
});

const organisationSchema = z.strictObject({
  id: name,
  name: text,
  /** `system|value` keys, e.g. `https://finess.esante.gouv.fr|750000001`. */
  identifiers: z.array(structureKey).min(1),
  endpoint: name.optional(),
});

const happening = z.enum(HAPPENINGS, {
  error: ({ input }) =>
    EVENT_KINDS.some((kind) => kind === input) ? 'needs no rule: it goes to those who were told' : undefined,
});

const ruleSchema = z.strictObject({
  id: name,
  /** A correction needs no rule: it goes to those who were told (docs/design.md#corrections-follow-the-error). */
  events: z.array(happening).min(1),
  /** Codes of CareTeam.participant.role, e.g. PCP, or `system|code`; `any` for all. */
  roles: z.array(text).min(1),
  /**
   * What the event must be besides: letters of ZBE-9, codes of Encounter.class, codes of the medical unit; of a document the codes of its type
   * (LOINC) and of its class (JDV_J06).
   */
  when: z
    .strictObject({
      nature: z.array(text).min(1),
      class: z.array(text).min(1),
      unit: z.array(text).min(1),
      type: z.array(text).min(1),
    })
    .partial()
    .optional(),
});

/** The configuration file. */
export const fileSchema = z.strictObject({
  sources: z.array(sourceSchema).default([]),
  organisations: z.array(organisationSchema).default([]),
  professionals: z.array(professionalSchema).default([]),
  endpoints: z.array(endpointSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  /** The territory's time zone. */
  zone: zone.default('Europe/Paris'),
  /** Days after discharge until the hospital's members leave the circle. */
  hospitalMembersStayDays: days.default(0),
  /** Days that the CareTeam still shows a member who left. */
  circleShowsEndedDays: days.default(90),
  /** Reverse proxies that let through only who may read: whatever they relay is answered at `/fhir`. */
  trustedProxies: z.array(addressRange).default([]),
});

/** The schemas of the items that are checked one by one, so that a faulty list still tells of its sound items. */
export const itemSchemas = { sources: sourceSchema, endpoints: endpointSchema };

const role = z.enum(['receive', 'work', 'serve']);

/** The environment's variables. */
export const environmentSchema = z.object({
  DATABASE_URL: storeAddress(/^postgres(ql)?:\/\//, 'postgresql://').optional(),
  REDIS_URL: storeAddress(/^rediss?:\/\//, 'redis:// or rediss://').optional(),
  TDU_DATA_DIR: z.string().default('./data'),
  TDU_CONFIG: z.string().default('./config/gateway.yaml'),
  TDU_MAPPINGS: z.string().optional(),
  HTTP_PORT: port.default(8080),
  HTTP_HOST: host.default('0.0.0.0'),
  MLLP_PORT: port.default(2575),
  TDU_ROLES: z
    .string()
    .default('receive,work,serve')
    .transform((list) => [...new Set(list.split(',').map((part) => part.trim()))])
    .pipe(z.array(role).min(1)),
  TDU_TRANSLATORS: atLeastOne.pipe(z.number().max(16, '16 at most')).default(() => Math.min(2, availableParallelism())),
  /** The address of the gateway's root as callers know it. */
  TDU_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'an http or https address' })
    .refine((value) => !/[?#@]/.test(value), 'no user, query or fragment')
    .transform((value) => value.replace(/\/+$/, ''))
    .optional(),
  TDU_INSECURE_FHIR: z.enum(['yes', 'no']).default('no'),
  TDU_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** The variables that the gateway reads, beside those that `authorizationEnv` names. */
export const ENVIRONMENT: readonly string[] = Object.keys(environmentSchema.shape);

/** A source as the file has it. */
export type SourceItem = z.infer<typeof sourceSchema>;
export type SourceSettings = Omit<SourceItem, 'zone'> & { zone: string; httpToken?: string };
export type EndpointSettings = z.infer<typeof endpointSchema> & { authorization?: string };
type ProfessionalSettings = z.infer<typeof professionalSchema>;
type OrganisationSettings = z.infer<typeof organisationSchema>;
type RuleSettings = z.infer<typeof ruleSchema>;
type Role = z.infer<typeof role>;

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
  /** How many processes translate, where `work` is among the roles. */
  translators: number;
  insecureFhir: boolean;
  publicUrl: string | undefined;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  sources: SourceSettings[];
  organisations: OrganisationSettings[];
  professionals: ProfessionalSettings[];
  endpoints: EndpointSettings[];
  rules: RuleSettings[];
  zone: string;
  hospitalMembersStayDays: number;
  circleShowsEndedDays: number;
  trustedProxies: string[];
}

/** The source of a gateway whose file names none: every sender, national defaults, in the territory's zone. */
export function plainSource(territoryZone: string = fileSchema.parse({}).zone): SourceSettings {
  return { ...sourceSchema.parse({ name: 'default' }), zone: territoryZone };
}

/** Where the gateway listens. */
export interface Ports {
  http: number;
  mllp: number;
}
