import { describe, expect, it } from '@jest/globals';
import { exposures } from '../../../src/config/exposures.js';
import { plainSource, type EndpointSettings, type Settings, type SourceSettings } from '../../../src/config/schema.js';

const source = (change: Partial<SourceSettings> = {}): SourceSettings => ({ ...plainSource(), name: 'chu', ...change });
const endpoint = (url: string) => ({ id: 'logiciel', url }) as EndpointSettings;
const TLS = { key: 'k', cert: 'c', clientCertificate: 'required' } as NonNullable<SourceSettings['tls']>;

function kindsOf(change: Partial<Settings>): string[] {
  const settings = { roles: ['receive', 'work', 'serve'], insecureFhir: false, sources: [], endpoints: [], ...change };
  return exposures(settings as unknown as Settings).map((each) => Object.values(each).join(' '));
}

describe('what a configuration opens', () => {
  it.each<[string, Partial<Settings>, string[]]>([
    ['/fhir without a token', { insecureFhir: true }, ['fhir-open']],
    ['a plain start', { sources: [plainSource()] }, ['mllp-plain default', 'any-sender default']],
    ['a listener without TLS', { sources: [source({ applications: ['GAM'] })] }, ['mllp-plain chu']],
    [
      'one with TLS that asks nobody',
      { sources: [source({ tls: { ...TLS, clientCertificate: 'none' } })] },
      ['any-sender chu'],
    ],
    ['one that asks for certificates', { sources: [source({ tls: TLS })] }, []],
    ['one of this machine', { sources: [source({ host: '127.0.0.1' }), source({ host: '::1' })] }, []],
    ['a source that has no MLLP', { sources: [source({ doors: ['http'] })] }, []],
    ['an endpoint in clear text', { endpoints: [endpoint('http://fhir.example.fr/r4')] }, ['endpoint-plain logiciel']],
    [
      'one whose name begins as this machine’s',
      { endpoints: [endpoint('http://127.0.0.1.example.fr')] },
      ['endpoint-plain logiciel'],
    ],
    [
      'endpoints that are not',
      { endpoints: [endpoint('https://fhir.example.fr'), endpoint('http://[::1]:8090/fhir')] },
      [],
    ],
    ['what this gateway does not do', { roles: ['work'], sources: [plainSource()], insecureFhir: true }, []],
  ])('of %s', (_what, change, expected) => {
    expect(kindsOf(change)).toEqual(expected);
  });
});
