import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { GatewayError } from '../message/failure.js';
import { itemSchemas, type EndpointSettings, type Ports, type SourceItem } from './schema.js';
import { HEADER, secretOf, TOKEN, wrongSecret } from './secrets.js';

/** The configuration file as it is written, and how a path of it is found: 1-based line of the deepest node that the file holds. */
export interface ConfigurationFile {
  path: string;
  content: unknown;
  lineOf(path: readonly PropertyKey[]): number;
}

/** What the file names and may not hold: secrets come from the environment, paths are relative to the file. */
interface Resolved {
  sources: (SourceItem & { httpToken?: string })[];
  endpoints: EndpointSettings[];
}

/**
 * Everything that no single value shows: names used twice, references that lead nowhere, listeners that meet, secrets that are not set,
 * files that cannot be read. The sound items of a faulty file are looked at too, so that all faults come at once.
 * @param ports of the environment; undefined where those are faulty themselves
 */
export function crossCheck(
  file: ConfigurationFile,
  environment: Readonly<Record<string, string | undefined>>,
  ports: Ports | undefined,
): { faults: GatewayError[]; resolved: Resolved } {
  const sources = sound(itemsOf(file.content, 'sources'), itemSchemas.sources);
  const endpoints = sound(itemsOf(file.content, 'endpoints'), itemSchemas.endpoints);
  const secrets = withSecrets(endpoints, environment, file);
  const tls = withTlsFiles(sources, file);
  const tokens = withTokens(sources, tls.sources, environment, file);
  return {
    faults: [
      ...nameFaults(file),
      ...listenerFaults(sources, ports, file),
      ...sharedNumberFaults(sources, file),
      ...proxyFaults(environment, file),
      ...secrets.faults,
      ...tls.faults,
      ...doorFaults(sources, file),
      ...tokens.faults,
    ],
    resolved: { sources: tokens.sources, endpoints: secrets.endpoints },
  };
}

/** What the schema says of the file, as faults with line and remedy. */
export function schemaFaults(issue: z.core.$ZodIssue, file: ConfigurationFile): GatewayError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      fileFault(file, [...issue.path, key], 'no such setting', `remove ${key}, or correct its spelling`),
    );
  return [fileFault(file, issue.path, issue.message, `correct ${issue.path.join('.') || 'the file'}`)];
}

/** What the schema says of a variable, with its name and a remedy. */
export function environmentFault(issue: z.core.$ZodIssue): GatewayError {
  const variable = String(issue.path[0] ?? '');
  return new GatewayError('config-invalid', `${variable}: ${issue.message}`, {
    field: variable,
    remedy: `set ${variable} to a legal value, or leave it out for its default`,
  });
}

function fileFault(file: ConfigurationFile, at: PropertyKey[], what: string, remedy: string): GatewayError {
  const field = at.join('.');
  const message = field === '' ? what : `${field}: ${what}`;
  return new GatewayError('config-invalid', message, { file: file.path, line: file.lineOf(at), field, remedy });
}

/** An item of a list, and where it stands in it. */
interface Item<T> {
  index: number;
  item: T;
}

function itemsOf(content: unknown, list: string): Item<unknown>[] {
  const items =
    typeof content === 'object' && content !== null ? (content as Record<string, unknown>)[list] : undefined;
  return Array.isArray(items) ? items.map((item: unknown, index) => ({ index, item })) : [];
}

function sound<T>(items: readonly Item<unknown>[], schema: z.ZodType<T>): Item<T>[] {
  return items.flatMap(({ index, item }) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [{ index, item: parsed.data }] : [];
  });
}

/** Names used twice and references that lead nowhere, in the file as it is written. */
function nameFaults(file: ConfigurationFile): GatewayError[] {
  const values = (list: string, key: string) =>
    itemsOf(file.content, list).flatMap(({ index, item }) => {
      const value = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[key] : undefined;
      return typeof value === 'string' && value !== '' ? [{ at: [list, index, key], value }] : [];
    });
  const unique = (list: string, key: string) =>
    values(list, key)
      .filter(({ value }, index, all) => all.findIndex((other) => other.value === value) < index)
      .map(({ at, value }) => fileFault(file, at, `${value} stands twice`, 'give each its own'));
  const declared = (list: string, key: string, target: string) => {
    const names = new Set(values(target, 'id').map(({ value }) => value));
    return values(list, key)
      .filter(({ value }) => !names.has(value))
      .map(({ at, value }) =>
        fileFault(file, at, `${target} has no ${value}`, 'declare it there, or correct the name'),
      );
  };
  return [
    ...unique('sources', 'name'),
    ...unique('endpoints', 'id'),
    ...unique('organisations', 'id'),
    ...unique('professionals', 'rpps'),
    ...unique('rules', 'id'),
    ...declared('organisations', 'endpoint', 'endpoints'),
    ...declared('professionals', 'endpoint', 'endpoints'),
    ...declared('professionals', 'organisation', 'organisations'),
  ];
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Two listeners of one address and port, and client certificates that nobody in particular has signed. */
function listenerFaults(
  sources: readonly Item<SourceItem>[],
  ports: Ports | undefined,
  file: ConfigurationFile,
): GatewayError[] {
  const portOf = (source: SourceItem) => source.port ?? ports?.mllp;
  const meet = (a: SourceItem, b: SourceItem) =>
    portOf(a) === portOf(b) &&
    portOf(a) !== 0 &&
    (a.host === b.host || [a, b].some(({ host }) => EVERYWHERE.has(host)));
  return sources.flatMap(({ index, item: source }, place) => {
    const fault = (key: string, what: string, remedy: string) => fileFault(file, ['sources', index, key], what, remedy);
    const earlier = sources.slice(0, place).find((other) => meet(other.item, source))?.item;
    const faults: GatewayError[] = [];
    if (earlier !== undefined)
      faults.push(fault('port', `${earlier.name} listens on that port already`, 'give each source its own port'));
    if (ports !== undefined && portOf(source) === ports.http && ports.http !== 0)
      faults.push(fault('port', 'HTTP_PORT is that port', 'give the source another'));
    if (source.tls?.clientCertificate === 'required' && source.tls.ca === undefined) {
      const what = 'client certificates are required and ca does not say whose';
      faults.push(fault('tls', what, 'add ca, or clientCertificate: none'));
    }
    return faults;
  });
}

/** HTTP never opens what MLLP closes by certificate, and every setting of a door has its door. */
function doorFaults(sources: readonly Item<SourceItem>[], file: ConfigurationFile): GatewayError[] {
  return sources.flatMap(({ index, item: { doors, tls, httpTokenEnv, maxMessageBytes, maxOpenBytesPerAddress } }) => {
    const fault = (key: string, what: string, remedy: string) => fileFault(file, ['sources', index, key], what, remedy);
    const faults: GatewayError[] = [];
    if (doors.includes('http') && tls?.clientCertificate === 'required')
      faults.push(
        fault('doors', 'http would open to anybody what tls opens to certificates only', 'leave http out of doors'),
      );
    if (httpTokenEnv !== undefined && !doors.includes('http'))
      faults.push(fault('httpTokenEnv', 'a token for a door that is closed', 'add http to doors, or leave it out'));
    if (tls?.clientCertificate === 'none' && tls.subjects !== undefined)
      faults.push(fault('tls', 'subjects of certificates that nobody asks for', 'ask for them, or leave subjects out'));
    if (maxOpenBytesPerAddress < maxMessageBytes)
      faults.push(
        fault('maxOpenBytesPerAddress', 'less than one message of maxMessageBytes', 'raise it, or lower the other'),
      );
    return faults;
  });
}

function sharedNumberFaults(sources: readonly Item<SourceItem>[], file: ConfigurationFile): GatewayError[] {
  return sources.flatMap(({ index, item: { sharedNumbers } }) =>
    sharedNumbers.flatMap((value, place) =>
      sharedNumbers.indexOf(value) === place
        ? []
        : fileFault(file, ['sources', index, 'sharedNumbers', place], `${value} stands twice`, 'take one out'),
    ),
  );
}

/** What a proxy relays names the gateway by an address of the proxy's own: answers would lead past it. */
function proxyFaults(
  environment: Readonly<Record<string, string | undefined>>,
  file: ConfigurationFile,
): GatewayError[] {
  if (itemsOf(file.content, 'trustedProxies').length === 0 || environment['TDU_PUBLIC_URL'] !== undefined) return [];
  const remedy = 'set TDU_PUBLIC_URL to the address at which the proxy answers, without /fhir';
  return [fileFault(file, ['trustedProxies'], 'the links of answers would not lead through the proxy', remedy)];
}

function withSecrets(
  endpoints: readonly Item<EndpointSettings>[],
  environment: Readonly<Record<string, string | undefined>>,
  file: ConfigurationFile,
): { endpoints: EndpointSettings[]; faults: GatewayError[] } {
  const faults: GatewayError[] = [];
  const resolved = endpoints.map(({ index, item: endpoint }): EndpointSettings => {
    if (endpoint.authorizationEnv === undefined) return endpoint;
    const authorization = secretOf(environment, endpoint.authorizationEnv);
    const wrong = wrongSecret(authorization, HEADER);
    // The name is not repeated: what stands there by mistake may be the secret itself.
    if (wrong !== undefined) faults.push(fileFault(file, ['endpoints', index, 'authorizationEnv'], ...wrong));
    return authorization === undefined ? endpoint : { ...endpoint, authorization };
  });
  return { endpoints: resolved, faults };
}

function withTokens(
  items: readonly Item<SourceItem>[],
  sources: readonly SourceItem[],
  environment: Readonly<Record<string, string | undefined>>,
  file: ConfigurationFile,
): { sources: Resolved['sources']; faults: GatewayError[] } {
  const faults: GatewayError[] = [];
  const resolved = sources.map((source, place) => {
    if (source.httpTokenEnv === undefined || !source.doors.includes('http')) return source;
    const httpToken = secretOf(environment, source.httpTokenEnv);
    const at = ['sources', items[place]?.index ?? place, 'httpTokenEnv'];
    const wrong = wrongSecret(httpToken, TOKEN);
    if (wrong !== undefined) faults.push(fileFault(file, at, ...wrong));
    return httpToken === undefined ? source : { ...source, httpToken };
  });
  return { sources: resolved, faults };
}

function withTlsFiles(
  sources: readonly Item<SourceItem>[],
  file: ConfigurationFile,
): { sources: SourceItem[]; faults: GatewayError[] } {
  const faults: GatewayError[] = [];
  const beside = (at: PropertyKey[], relative: string) => {
    const path = resolve(dirname(file.path), relative);
    if (!readable(path)) faults.push(fileFault(file, at, `${path} cannot be read`, 'correct the path or its rights'));
    return path;
  };
  const resolved = sources.map(({ index, item: source }): SourceItem => {
    if (source.tls === undefined) return source;
    const at = (key: string) => ['sources', index, 'tls', key];
    const { key, cert, ca } = source.tls;
    const paths = { key: beside(at('key'), key), cert: beside(at('cert'), cert) };
    const signer = ca === undefined ? {} : { ca: beside(at('ca'), ca) };
    return { ...source, tls: { ...source.tls, ...paths, ...signer } };
  });
  return { sources: resolved, faults };
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
