import type { Settings, SourceSettings } from './schema.js';

/** A setting that opens more than a closed network does, and of which source or endpoint. */
export interface Exposure {
  what: 'fhir-open' | 'mllp-plain' | 'any-sender' | 'endpoint-plain';
  source?: string;
  endpoint?: string;
}

/**
 * What of a configuration is open: `/fhir` without a token, MLLP from other machines without TLS or from whoever says anything, and
 * patients' data to another machine in clear text.
 */
export function exposures({ insecureFhir, sources, endpoints, roles }: Settings): Exposure[] {
  const reached = roles.includes('receive')
    ? sources.filter(({ doors, host }) => doors.includes('mllp') && !isThisMachine(host))
    : [];
  return [
    ...(insecureFhir && roles.includes('serve') ? [{ what: 'fhir-open' } as const] : []),
    ...reached.flatMap(({ name, tls }): Exposure[] =>
      tls === undefined ? [{ what: 'mllp-plain', source: name }] : [],
    ),
    ...reached.flatMap((source): Exposure[] =>
      knowsItsSenders(source) ? [] : [{ what: 'any-sender', source: source.name }],
    ),
    ...(roles.includes('work') ? endpoints : []).flatMap(({ id, url }): Exposure[] => {
      const { protocol, hostname } = new URL(url);
      return protocol === 'https:' || isThisMachine(hostname) ? [] : [{ what: 'endpoint-plain', endpoint: id }];
    }),
  ];
}

function knowsItsSenders({ tls, applications, facilities }: SourceSettings): boolean {
  return tls?.clientCertificate === 'required' || applications !== undefined || facilities !== undefined;
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
}
