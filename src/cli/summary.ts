import type { EndpointSettings, Settings, SourceSettings } from '../config/schema.js';
import type { Mappings } from '../translate/compile.js';

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
    ['organisations', String(settings.organisations.length)],
    ['professionals', String(settings.professionals.length)],
    ...settings.endpoints.map((endpoint): [string, string] => ['endpoint', endpointLine(endpoint)]),
    ['rules', settings.rules.map(({ id }) => id).join(', ') || 'none: nobody is told'],
    ['mappings', `version ${mappings.version}, events ${[...mappings.triggers].sort().join(' ')}`],
    ['sites', sites.join(', ') || 'none'],
  ];
}

function fhirLine({ insecureFhir, trustedProxies, publicUrl }: Settings): string {
  if (insecureFhir) return 'any caller (TDU_INSECURE_FHIR=yes)';
  if (trustedProxies.length === 0) return 'callers of this machine only';
  return `callers of this machine, and through ${trustedProxies.join(', ')} at ${publicUrl ?? ''}`;
}

function sourceLine(source: SourceSettings, mllpPort: number): string {
  const { name, host, port, charset, zone, strict, site, tls } = source;
  const secured = tls === undefined ? 'no TLS' : `TLS, client certificate ${tls.clientCertificate}`;
  const own = site === undefined ? '' : `, site ${site}`;
  return `${name}: MLLP ${host}:${port ?? mllpPort}, ${secured}, ${charset}, ${zone}, strict ${strict}${own}`;
}

/** The address without its query, which may hold a key. */
function endpointLine({ id, url, authorization, timeoutSeconds, concurrency }: EndpointSettings): string {
  const { origin, pathname } = new URL(url);
  const secret = authorization === undefined ? 'no Authorization' : 'with Authorization';
  return `${id}: ${origin}${pathname}, ${secret}, ${concurrency} at a time, ${timeoutSeconds} s`;
}
