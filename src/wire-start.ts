import { exposures } from './config/exposures.js';
import { releaseVersion } from './config/load.js';
import type { Settings } from './config/schema.js';
import type { Log } from './message/log.js';
import type { MllpListener } from './receive/mllp.js';

/** What says, as the first thing that a stop closes, that the gateway was asked to stop: without that line it was killed. */
export function reportStop(log: Log): () => Promise<void> {
  return () => {
    log('info', 'gateway.stops', {});
    return Promise.resolve();
  };
}

/** Says what a gateway that has started listens to, whom it tells, and what of it is insecure: names and addresses, no secret. */
export function reportStart(
  settings: Settings,
  ports: { httpPort: number; listeners: readonly MllpListener[] },
  log: Log,
): void {
  const { roles, sources, endpoints, rules, insecureFhir, http } = settings;
  for (const { source: name, port } of ports.listeners) {
    const source = sources.find((each) => each.name === name);
    const { host, tls, doors } = source ?? {};
    const security = tls === undefined ? 'none' : tls.clientCertificate === 'none' ? 'server' : 'client-certificate';
    log('info', 'receive.listens', { source: name, host, port, tls: security, doors });
  }
  log('info', 'serve.listens', { host: http.host, port: ports.httpPort, fhir: insecureFhir ? 'open' : 'this-machine' });
  for (const { id, url, authorization } of roles.includes('work') ? endpoints : []) {
    const isAuthorized = authorization !== undefined;
    log('info', 'deliver.tells', { endpoint: id, url, authorization: isAuthorized });
  }
  if (roles.includes('work') && (endpoints.length === 0 || rules.length === 0)) log('warn', 'deliver.tells-nobody', {});
  for (const exposure of exposures(settings)) log('warn', 'gateway.insecure', { ...exposure });
  const [first] = ports.listeners;
  log('info', 'gateway.ready', {
    version: releaseVersion(),
    httpPort: ports.httpPort,
    mllpPort: first?.port ?? 0,
    roles,
  });
}
