import type { EndpointSettings, Settings, SourceSettings } from '../config/schema.js';
import type { Mappings } from '../translate/compile.js';

type Professional = Settings['professionals'][number];

/** What is set up, line by line: names, places and numbers. Of secrets it says only that they are there. */
export function summaryOf(settings: Settings, mappings: Mappings, sites: readonly string[]): [string, string][] {
  const { databaseUrl, redisUrl, dataDir, http, roles } = settings;
  return [
    ['configuration', settings.configFile],
    ['store', databaseUrl === undefined ? `embedded PostgreSQL under ${dataDir}` : 'PostgreSQL of DATABASE_URL'],
    ['queue', redisUrl === undefined ? 'in PostgreSQL' : 'Redis of REDIS_URL'],
    ['roles', roles.join(', ')],
    ['HTTP', `${http.host}:${http.port}`],
    ['FHIR API', fhirLine(settings)],
    ...settings.sources.map((source): [string, string] => ['source', sourceLine(source, settings.mllpPort)]),
    ['organisations', withoutEndpoint(settings.organisations.map(({ endpoint }) => endpoint))],
    ['professionals', withoutEndpoint(settings.professionals.map((person) => endpointOf(person, settings)))],
    ...settings.endpoints.map((endpoint): [string, string] => ['endpoint', endpointLine(endpoint, settings)]),
    ['rules', rulesLine(settings)],
    ['mappings', `version ${mappings.version}, events ${[...mappings.triggers].sort().join(' ')}`],
    ['sites', sites.join(', ') || 'none'],
  ];
}

function rulesLine({ rules, endpoints }: Settings): string {
  if (rules.length === 0) return 'none: nobody is told';
  const ids = rules.map(({ id }) => id).join(', ');
  return endpoints.length === 0 ? `${ids}; there is no endpoint, so nobody is told` : ids;
}

function fhirLine({ insecureFhir, trustedProxies, publicUrl }: Settings): string {
  const at = publicUrl === undefined ? '' : `, at ${publicUrl}/fhir`;
  if (insecureFhir) return `any caller (TDU_INSECURE_FHIR=yes)${at}`;
  if (trustedProxies.length === 0) return `callers of this machine only${at}`;
  return `callers of this machine, and through ${trustedProxies.join(', ')}${at}`;
}

/** A professional who has no endpoint of his own is told through his organisation's. */
function endpointOf({ endpoint, organisation }: Professional, { organisations }: Settings): string | undefined {
  return endpoint ?? organisations.find(({ id }) => id === organisation)?.endpoint;
}

/** How many there are, and how many of them nothing can be told. */
function withoutEndpoint(endpoints: readonly (string | undefined)[]): string {
  const without = endpoints.filter((endpoint) => endpoint === undefined).length;
  return without === 0 ? String(endpoints.length) : `${endpoints.length}, ${without} of them without an endpoint`;
}

function sourceLine(source: SourceSettings, mllpPort: number): string {
  const { name, host, port, charset, zone, strict, site, tls } = source;
  const secured = tls === undefined ? 'no TLS' : `TLS, client certificate ${tls.clientCertificate}`;
  const own = site === undefined ? '' : `, site ${site}`;
  return `${name}: MLLP ${host}:${port ?? mllpPort}, ${secured}, ${charset}, ${zone}, strict ${strict}${own}`;
}

function endpointLine(
  { id, url, authorization, timeoutSeconds, concurrency }: EndpointSettings,
  { organisations, professionals }: Settings,
): string {
  const isUsed = [...organisations, ...professionals].some(({ endpoint }) => endpoint === id);
  const secret = authorization === undefined ? 'no Authorization' : 'with Authorization';
  return `${id}: ${url}, ${secret}, ${concurrency} at a time, ${timeoutSeconds} s${isUsed ? '' : ', nobody is told there'}`;
}
