import type { z } from 'zod';
import type { GatewayError } from '../message/failure.js';
import {
  fileFault,
  itemsOf,
  listedTexts,
  textsOf,
  valueOf,
  type ConfigurationFile,
  type Item,
  type PlacedText,
} from './faults.js';
import { suggestion } from './nearest.js';
import { itemSchemas, type EndpointSettings, type Ports, type SourceItem } from './schema.js';
import { HEADER, secretOf, TOKEN, wrongSecret } from './secrets.js';
import { withTlsFiles } from './tls-files.js';

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

function sound<T>(items: readonly Item<unknown>[], schema: z.ZodType<T>): Item<T>[] {
  return items.flatMap(({ index, item }) => {
    const parsed = schema.safeParse(item);
    return parsed.success ? [{ index, item: parsed.data }] : [];
  });
}

/** Names used twice and references that lead nowhere, in the file as it is written. */
function nameFaults(file: ConfigurationFile): GatewayError[] {
  const unique = (list: string, key: string) => repeated(textsOf(file.content, list, key), file);
  const declared = (list: string, key: string, target: string) => {
    const names = new Set(textsOf(file.content, target, 'id').map(({ value }) => value));
    return textsOf(file.content, list, key)
      .filter(({ value }) => !names.has(value))
      .map(({ at, value }) => {
        const remedy = suggestion(value, names, 'declare it there, or correct the name');
        return fileFault(file, at, `${target} has no ${value}`, remedy);
      });
  };
  const identifiers = itemsOf(file.content, 'organisations').flatMap(({ index, item }) =>
    listedTexts(valueOf(item, 'identifiers'), ['organisations', index, 'identifiers']),
  );
  return [
    ...unique('sources', 'name'),
    ...unique('endpoints', 'id'),
    ...unique('organisations', 'id'),
    ...repeated(identifiers, file),
    ...unique('professionals', 'rpps'),
    ...unique('rules', 'id'),
    ...declared('organisations', 'endpoint', 'endpoints'),
    ...declared('professionals', 'endpoint', 'endpoints'),
    ...declared('professionals', 'organisation', 'organisations'),
  ];
}

/** What stands there a second time: of two the one that is found would be a matter of chance. */
function repeated(texts: readonly PlacedText[], file: ConfigurationFile): GatewayError[] {
  const values = new Set<string>();
  return texts
    .filter(({ value }) => values.size === values.add(value).size)
    .map(({ at, value }) => fileFault(file, at, `${value} stands twice`, 'give each its own'));
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Two listeners of one address and port, and client certificates that nobody in particular has signed. */
function listenerFaults(
  sources: readonly Item<SourceItem>[],
  ports: Ports | undefined,
  file: ConfigurationFile,
): GatewayError[] {
  const portOf = ({ doors, port }: SourceItem) => (doors.includes('mllp') ? (port ?? ports?.mllp) : undefined);
  const meet = (a: SourceItem, b: SourceItem) => {
    const [first, second] = [portOf(a), portOf(b)];
    const [here, there] = [addressOf(a.host), addressOf(b.host)];
    return (
      first !== undefined &&
      first !== 0 &&
      first === second &&
      (here === there || EVERYWHERE.has(here) || EVERYWHERE.has(there))
    );
  };
  return sources.flatMap(({ index, item: source }, place) => {
    const fault = (key: string, what: string, remedy: string) => fileFault(file, ['sources', index, key], what, remedy);
    const earlier = sources.slice(0, place).find((other) => meet(other.item, source))?.item;
    const faults: GatewayError[] = [];
    if (earlier !== undefined)
      faults.push(fault('port', `${earlier.name} listens on that port already`, 'give each source its own port'));
    if (ports !== undefined && ports.http !== 0 && portOf(source) === ports.http)
      faults.push(fault('port', 'HTTP_PORT is that port', 'give the source another'));
    if (source.tls?.clientCertificate === 'required' && source.tls.ca === undefined) {
      const what = 'client certificates are required and ca does not say whose';
      faults.push(fault('tls', what, 'add ca, or clientCertificate: none'));
    }
    return faults;
  });
}

function addressOf(host: string): string {
  return host.toLowerCase() === 'localhost' ? '127.0.0.1' : host;
}

/** HTTP never opens what MLLP closes by certificate, and every setting of a door has its door. */
function doorFaults(sources: readonly Item<SourceItem>[], file: ConfigurationFile): GatewayError[] {
  return sources.flatMap(
    ({ index, item: { doors, port, tls, httpTokenEnv, maxMessageBytes, maxOpenBytesPerAddress } }) => {
      const fault = (key: string, what: string, remedy: string) =>
        fileFault(file, ['sources', index, key], what, remedy);
      const faults: GatewayError[] = [];
      if (doors.includes('http') && tls?.clientCertificate === 'required')
        faults.push(
          fault('doors', 'http would open to anybody what tls opens to certificates only', 'leave http out of doors'),
        );
      if (port !== undefined && !doors.includes('mllp'))
        faults.push(fault('port', 'a port of MLLP for a door that is closed', 'add mllp to doors, or leave it out'));
      if (httpTokenEnv !== undefined && !doors.includes('http'))
        faults.push(fault('httpTokenEnv', 'a token for a door that is closed', 'add http to doors, or leave it out'));
      if (tls?.clientCertificate === 'none' && tls.subjects !== undefined)
        faults.push(
          fault('tls', 'subjects of certificates that nobody asks for', 'ask for them, or leave subjects out'),
        );
      if (maxOpenBytesPerAddress < maxMessageBytes)
        faults.push(
          fault('maxOpenBytesPerAddress', 'less than one message of maxMessageBytes', 'raise it, or lower the other'),
        );
      return faults;
    },
  );
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
