import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  childEnvironment,
  mappingsFolder,
  programEnvironment,
  readPorts,
  readSettings,
} from '../../../src/config/load.js';
import { plainSource, type Settings } from '../../../src/config/schema.js';
import { HAPPENINGS } from '../../../src/message/event.js';
import type { GatewayError } from '../../../src/message/failure.js';
import { CERTIFICATE, KEY, OTHER_KEY } from '../../support/certificate.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-config-'));
const file = join(folder, 'gateway.yaml');
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  writeFileSync(file, '');
});
writeFileSync(join(folder, 'own.key'), KEY);
writeFileSync(join(folder, 'own.crt'), CERTIFICATE);
writeFileSync(join(folder, 'other.key'), OTHER_KEY);

type Environment = Record<string, string>;

function read(text: string, environment: Environment = {}): ReturnType<typeof readSettings> {
  writeFileSync(file, text);
  return readSettings({ TDU_CONFIG: file, ...environment });
}

function settings(text: string, environment: Environment = {}): Settings {
  const given = read(text, environment);
  if ('faults' in given) throw given.faults[0] ?? new Error('faults without a fault');
  return given.settings;
}

/** Each fault as `line field: message — remedy`. */
function faults(text: string, environment: Environment = {}): string[] {
  const given = read(text, environment);
  return 'faults' in given ? given.faults.map(told) : [];
}

function told({ code, line, message, remedy }: GatewayError): string {
  expect(code).toBe('config-invalid');
  expect(remedy).toBeTruthy();
  return `${line ?? '-'} ${message}`;
}

describe('the settings', () => {
  it('have a default for everything', () => {
    expect(settings('')).toEqual({
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: resolve('data'),
      configFile: file,
      mappingsDir: undefined,
      http: { port: 8080, host: '0.0.0.0' },
      mllpPort: 2575,
      roles: ['receive', 'work', 'serve'],
      translators: Math.min(2, availableParallelism()),
      insecureFhir: false,
      publicUrl: undefined,
      logLevel: 'info',
      sources: [plainSource()],
      organisations: [],
      professionals: [],
      endpoints: [],
      rules: [],
      zone: 'Europe/Paris',
      trustedProxies: [],
      hospitalMembersStayDays: 0,
      circleShowsEndedDays: 90,
    });
  });

  it('give a source the national defaults', () => {
    expect(settings('sources: [{ name: chu }]').sources[0]).toEqual({
      name: 'chu',
      host: '0.0.0.0',
      charset: '8859/15',
      documents: { unknownPatients: 'create' },
      zone: 'Europe/Paris',
      strict: 'auto',
      processingIds: ['P', 'T', 'D'],
      maxMessageBytes: 16 * 1024 * 1024,
      maxConnections: 512,
      maxConnectionsPerAddress: 256,
      maxOpenBytesPerAddress: 67_108_864,
      maxRepetitions: 200,
      maxSegments: 20_000,
      refusedBytesPerHour: 67_108_864,
      doors: ['mllp'],
      frameSeconds: 30,
      idleSeconds: 3600,
      authorities: {},
      givenNames: 'auto',
      sharedNumbers: ['999999', '99999999', '0', 'TEST', 'INCONNU'],
    });
  });

  it('are frozen', () => {
    expect(Object.isFrozen(settings(''))).toBe(true);
  });

  it('take a file that is not there for an empty one, unless it was asked for', () => {
    expect(readSettings({ TDU_CONFIG: '' })).toHaveProperty('settings');
    expect(readSettings({ TDU_CONFIG: join(folder, 'none.yaml') })).toMatchObject({
      faults: [
        { code: 'config-invalid', file: join(folder, 'none.yaml'), remedy: expect.stringContaining('TDU_CONFIG') },
      ],
    });
  });

  it('read numbers from text, and leave text that looks like a number as it is', () => {
    const text = `
sources: [{ name: chu, port: 2600, frameSeconds: 0.5, facilities: ['0012'] }]
professionals: [{ rpps: 01000000001, family: NON }]
hospitalMembersStayDays: 05
`;
    const { sources, professionals, hospitalMembersStayDays } = settings(text);
    expect(sources[0]).toMatchObject({ port: 2600, frameSeconds: 0.5, facilities: ['0012'] });
    expect(professionals[0]).toMatchObject({ rpps: '01000000001', family: 'NON' });
    expect(hospitalMembersStayDays).toBe(5);
  });

  it('take a rule for whatever happens, and none for corrections and cancellations, which go to those who were told', () => {
    const rule = (event: string) => `rules: [{ id: r, events: [${event}], roles: [any] }]`;
    for (const event of HAPPENINGS) expect(settings(rule(event)).rules[0]?.events).toEqual([event]);
    for (const event of ['admission-cancelled', 'patient-replaced', 'correction'])
      expect(faults(rule(event))).toEqual(['1 rules.0.events.0: needs no rule: it goes to those who were told']);
  });

  it('take what a rule asks of the event, and refuse what events do not have', () => {
    const rule = (when: string) => `rules: [{ id: r, events: [transfer], roles: [any], when: ${when} }]`;
    expect(settings(rule(`{ class: [IMP], unit: ['2040'], nature: [M, H] }`)).rules[0]?.when).toEqual({
      class: ['IMP'],
      unit: ['2040'],
      nature: ['M', 'H'],
    });
    for (const when of ['{ ward: [A] }', '{ nature: M }', '{ unit: [] }']) expect(faults(rule(when))).toHaveLength(1);
  });

  it('take each role once, in any order, with blanks', () => {
    expect(settings('', { TDU_ROLES: 'work, receive,work' }).roles).toEqual(['work', 'receive']);
  });

  it('lead the paths of TLS from the file, wherever the gateway was started', () => {
    mkdirSync(join(folder, 'tls'), { recursive: true });
    for (const name of ['key.pem', 'cert.pem', 'ca.pem'])
      writeFileSync(join(folder, 'tls', name), name === 'key.pem' ? KEY : CERTIFICATE);
    const text = `sources: [{ name: chu, tls: { key: tls/key.pem, cert: ./tls/cert.pem, ca: '${folder}/tls/ca.pem' } }]`;
    expect(settings(text).sources[0]?.tls).toEqual({
      key: join(folder, 'tls/key.pem'),
      cert: join(folder, 'tls/cert.pem'),
      ca: join(folder, 'tls/ca.pem'),
      clientCertificate: 'required',
    });
  });

  it('take the time zone of a source, or else the territory’s, for a gateway without sources too', () => {
    const overseas = 'zone: Indian/Reunion\n';
    expect(settings(overseas).sources).toEqual([plainSource('Indian/Reunion')]);
    const { zone, sources } = settings(
      `${overseas}sources: [{ name: chu }, { name: paris, port: 1, zone: Europe/Paris }]`,
    );
    expect(zone).toBe('Indian/Reunion');
    expect(sources.map((source) => source.zone)).toEqual(['Indian/Reunion', 'Europe/Paris']);
  });

  it('give two doors of one hospital the same authority', () => {
    const text = `sources:
  - { name: chu-adt, authority: 'urn:oid:2.999.71.1' }
  - { name: chu-labo, port: 2600, authority: 'urn:oid:2.999.71.1' }`;
    expect(settings(text).sources.map(({ authority }) => authority)).toEqual(Array(2).fill('urn:oid:2.999.71.1'));
  });

  it.each(['urn:oid:2.999.71.1', 'urn:uuid:0f0e6a2e-5d0b-4a5e-9d53-3f0c5c0f7a11', 'https://ch-autan.example/ipp'])(
    'take %s for an authority',
    (uri) => {
      expect(settings(`sources: [{ name: chu, authority: '${uri}' }]`).sources[0]).toMatchObject({ authority: uri });
    },
  );

  it('take the list of shared numbers as it is given, an empty one too', () => {
    const shared = (list: string) =>
      settings(`sources: [{ name: chu, sharedNumbers: ${list} }]`).sources[0]?.sharedNumbers;
    expect(shared('[]')).toEqual([]);
    expect(shared('[000000, X]')).toEqual(['000000', 'X']);
  });

  it('take the Authorization of an endpoint from the environment', () => {
    const text = `endpoints: [{ id: cpts, url: 'https://fhir.example.fr/r4', authorizationEnv: CPTS_AUTHORIZATION }]`;
    const { endpoints } = settings(text, { CPTS_AUTHORIZATION: 'Bearer invented' });
    expect(endpoints[0]).toMatchObject({ authorization: 'Bearer invented', timeoutSeconds: 20, concurrency: 4 });
  });
});

describe('a variable of the environment', () => {
  it.each([
    ['HTTP_PORT', 'high'],
    ['HTTP_PORT', '70000'],
    ['HTTP_PORT', '-1'],
    ['MLLP_PORT', '0x10'],
    ['MLLP_PORT', '25.5'],
    ['TDU_TRANSLATORS', '0'],
    ['TDU_TRANSLATORS', 'two'],
    ['TDU_TRANSLATORS', '17'],
    ['TDU_TRANSLATORS', '1e1'],
    ['TDU_ROLES', 'receive,sleep'],
    ['TDU_ROLES', ','],
    ['TDU_INSECURE_FHIR', 'true'],
    ['TDU_LOG_LEVEL', 'loud'],
    ['TDU_PUBLIC_URL', 'fhir.example.fr'],
    ['TDU_PUBLIC_URL', 'ftp://fhir.example.fr'],
    ['TDU_PUBLIC_URL', 'https://tdu:secret@fhir.example.fr'],
    ['TDU_PUBLIC_URL', 'https://fhir.example.fr/?a=1'],
    ['TDU_PUBLIC_URL', 'https://fhir.example.fr/#a'],
    ['DATABASE_URL', 'mysql://here'],
    ['REDIS_URL', 'localhost:6379'],
  ])('%s is refused as %s, by its name', (name, value) => {
    const given = read('', { [name]: value });
    expect(given).toMatchObject({ faults: [{ field: name, remedy: expect.stringContaining(name) }] });
  });

  it('that is empty is as good as none', () => {
    const empty = { HTTP_PORT: '', TDU_ROLES: '', DATABASE_URL: '', TDU_INSECURE_FHIR: '', TDU_MAPPINGS: '' };
    expect(settings('', empty)).toEqual(settings(''));
  });

  it('may be wrong beside a wrong file: both are told', () => {
    expect(faults('sources: 3', { HTTP_PORT: 'x', TDU_LOG_LEVEL: 'x' })).toEqual([
      expect.stringMatching(/^- HTTP_PORT: /),
      expect.stringMatching(/^- TDU_LOG_LEVEL: /),
      expect.stringMatching(/^1 sources: /),
    ]);
  });
});

describe('a reverse proxy', () => {
  const TDU_PUBLIC_URL = 'https://fhir.example.fr/tdu/';

  it('is named by its address or range, and callers know the public address', () => {
    const text = "trustedProxies: ['127.0.0.1', 10.1.2.0/24, '::1', '2001:db8::/32']";
    expect(settings(text, { TDU_PUBLIC_URL })).toMatchObject({
      publicUrl: 'https://fhir.example.fr/tdu',
      trustedProxies: ['127.0.0.1', '10.1.2.0/24', '::1', '2001:db8::/32'],
    });
  });

  it.each(['proxy.example', '10.1.2.0/33', '10.1.2/24', '::1/129', '10.1.2.3/', ''])(
    'is refused as «%s»',
    (address) => {
      expect(faults(`trustedProxies: ['${address}']`, { TDU_PUBLIC_URL })).toEqual([
        expect.stringMatching(/^1 trustedProxies\.0: an IP address/),
      ]);
    },
  );

  it('needs the public address: the links of answers would lead past it', () => {
    expect(faults(`zone: Europe/Paris\ntrustedProxies: ['127.0.0.1']`)).toEqual([
      expect.stringMatching(/^2 trustedProxies: /),
    ]);
  });
});

describe('a configuration file', () => {
  it('tells all its faults at once, each with its line', () => {
    const text = `sources:
  - { name: chu, zone: Europe/Atlantis }
  - name: chu
    colour: blue
    port: 99999
organisations:
  - { id: cpts, name: CPTS, identifiers: ['urn:a|b'], endpoint: nowhere }
professionals:
  - rpps: '12'
    organisation: nobody
endpoints:
  - id: one
    url: example.fr
  - { id: secured, url: 'https://b.example', authorizationEnv: ABSENT_AUTHORIZATION }
rules:
  - { id: r, events: [party], roles: [PCP] }
`;
    const found = faults(text);
    for (const wanted of [
      /^2 sources\.0\.zone: an IANA time zone/,
      /^3 sources\.1\.name: chu stands twice$/,
      /^4 sources\.1\.colour: no such setting$/,
      /^5 sources\.1\.port: a port/,
      /^7 organisations\.0\.endpoint: endpoints has no nowhere$/,
      /^9 professionals\.0\.rpps: 11 digits$/,
      /^9 professionals\.0\.family: /,
      /^10 professionals\.0\.organisation: organisations has no nobody$/,
      /^13 endpoints\.0\.url: an http or https address$/,
      /^14 endpoints\.1\.authorizationEnv: that variable is not set$/,
      /^16 rules\.0\.events\.0: /,
    ])
      expect(found).toContainEqual(expect.stringMatching(wanted));
    expect(found).toHaveLength(11);
  });

  it.each([
    ['what is no YAML', 'sources: [\nrules: x]]', /^2 /],
    ['a key that stands twice', 'rules: []\nrules: []', /^2 /],
    ['a list at the top', '- a\n- b', /^1 settings, e\.g\./],
    ['a word at the top', 'hello', /^1 settings, e\.g\./],
  ])('is refused for %s', (_, text, fault) => {
    expect(faults(text)).toEqual([expect.stringMatching(fault)]);
  });

  it.each([
    ['an unknown key at the top', 'rule: []', 'rule: no such setting'],
    ['a port without value, which is no port 0', 'sources:\n  - name: chu\n    port:', 'sources.0.port: a number'],
    ['a size that is no whole number', 'sources: [{ name: chu, maxMessageBytes: 1.5 }]', 'sources.0.maxMessageBytes'],
    [
      'a door by HTTP where MLLP asks for certificates',
      'sources: [{ name: chu, doors: [mllp, http], tls: { key: own.key, cert: own.crt, ca: own.crt } }]',
      'sources.0.doors: http would open',
    ],
    [
      'a door by HTTP alone beside certificates',
      'sources: [{ name: chu, doors: [http], tls: { key: own.key, cert: own.crt, ca: own.crt } }]',
      'sources.0.doors: http would open',
    ],
    ['a door of no kind', 'sources: [{ name: chu, doors: [ftp] }]', 'sources.0.doors.0'],
    ['no door', 'sources: [{ name: chu, doors: [] }]', 'sources.0.doors'],
    [
      'a token without its door',
      'sources: [{ name: chu, httpTokenEnv: CPTS_AUTHORIZATION }]',
      'sources.0.httpTokenEnv: a',
    ],
    [
      'a token that is not set',
      'sources: [{ name: chu, doors: [http], httpTokenEnv: ABSENT_TOKEN }]',
      'sources.0.httpTokenEnv: that variable is not set',
    ],
    [
      'half frames below one message',
      'sources: [{ name: chu, maxOpenBytesPerAddress: 1000 }]',
      'sources.0.maxOpenBytesPerAddress: less than',
    ],
    ['no connections at all', 'sources: [{ name: chu, maxConnections: 0 }]', 'sources.0.maxConnections: one at least'],
    ['a time limit of zero', 'sources: [{ name: chu, frameSeconds: 0 }]', 'sources.0.frameSeconds: more than zero'],
    [
      'a list of allowed senders that allows none',
      'sources: [{ name: chu, applications: [] }]',
      'sources.0.applications',
    ],
    ['an empty name in a list', "sources: [{ name: chu, applications: [''] }]", 'applications.0: a value is missing'],
    ['an unknown charset', 'sources: [{ name: chu, charset: EBCDIC }]', 'sources.0.charset'],
    ['an authority that is no URI', 'sources: [{ name: chu, authority: CHU }]', 'sources.0.authority: a URI'],
    ['an OID without its scheme', 'sources: [{ name: chu, authority: 2.999.71.1 }]', 'sources.0.authority: a URI'],
    [
      'an OID with an empty arc',
      "sources: [{ name: chu, authority: 'urn:oid:2.999..1' }]",
      'sources.0.authority: an OID',
    ],
    ['an OID with a leading zero', "sources: [{ name: chu, authority: 'urn:oid:2.999.071' }]", 'authority: an OID'],
    ['a UUID in capitals', "sources: [{ name: chu, authority: 'urn:uuid:0F0E' }]", 'sources.0.authority: a UUID'],
    ['a system that a search would cut', "sources: [{ name: chu, authority: 'urn:a|b' }]", 'authority: a URI'],
    [
      'an authority that is the INS’s',
      "sources: [{ name: chu, authority: 'urn:oid:1.2.250.1.213.1.4.10' }]",
      'authority: the hospital’s own',
    ],
    ['an alias that leads to no URI', 'sources: [{ name: chu, authorities: { CHU: here } }]', 'authorities.CHU: a URI'],
    ['an empty shared number', "sources: [{ name: chu, sharedNumbers: [''] }]", 'sharedNumbers.0: a value is missing'],
    ['a shared number twice', 'sources: [{ name: chu, sharedNumbers: [X, Y, X] }]', 'sharedNumbers.2: X stands twice'],
    ['a reading of XPN-3 that is none', 'sources: [{ name: chu, givenNames: both }]', 'sources.0.givenNames'],
    ['a zone of the territory that is none', 'zone: Paris', 'zone: an IANA time zone'],
    ['a window that is no number of days', 'circleShowsEndedDays: long', 'circleShowsEndedDays: a number'],
    ['a name with capitals', 'sources: [{ name: CHU }]', 'sources.0.name: lower-case'],
    [
      'an identifier without system',
      "organisations: [{ id: a, name: A, identifiers: ['75'] }]",
      'identifiers.0: system|value',
    ],
    [
      'an address of another protocol',
      "endpoints: [{ id: a, url: 'ftp://a.example' }]",
      'url: an http or https address',
    ],
    ['a password in an address', "endpoints: [{ id: a, url: 'https://u:hush@a.example' }]", 'no user and no password'],
    [
      'a secret in place of its name',
      "endpoints: [{ id: a, url: 'https://a.example', authorizationEnv: 'Bearer hush' }]",
      'never the secret itself',
    ],
    ['too many at a time', "endpoints: [{ id: a, url: 'https://a.example', concurrency: 65 }]", '64 at most'],
  ])('is refused for %s', (_, text, fault) => {
    expect(faults(text)).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['Basic abc\nX-Other: 1', 'an', 'dpi-token'],
    [' Basic abc', 'a blank before', 'dpi-token'],
    ['Bearer abc', 'and a token of two words', 'Bearer dpi-token'],
    ['Bearer abc', 'and a token with a line end', 'dpi-token\n'],
    ['Bearer abc\u2019', 'and a letter of no header', 'dpi-token'],
  ])('is refused for a secret that no request can carry, and does not repeat it: %j %s', (authorization, _, token) => {
    const text = `endpoints: [{ id: a, url: 'https://a.example', authorizationEnv: CPTS_AUTHORIZATION }]
sources: [{ name: chu, doors: [http], httpTokenEnv: DPI_TOKEN }]`;
    expect(faults(text, { CPTS_AUTHORIZATION: authorization, DPI_TOKEN: token })).toEqual([
      expect.stringMatching(/^[12] (endpoints|sources)\.0\.\w+: that variable holds what no request can carry$/),
    ]);
    expect(faults(text, { CPTS_AUTHORIZATION: 'Basic YWI6Yw==', DPI_TOKEN: 'a.b~c+d/e-f_g==' })).toEqual([]);
  });

  it.each([
    ['sources', 'name: same', 'name: same, port: 2600'],
    ['endpoints', "id: same, url: 'https://a.example'", "id: same, url: 'https://b.example'"],
    ['organisations', "id: same, name: A, identifiers: ['urn:a|b']", "id: same, name: B, identifiers: ['urn:a|c']"],
    ['professionals', "rpps: '10000000001', family: A", "rpps: '10000000001', family: B"],
    ['rules', 'id: same, events: [admission], roles: [any]', 'id: same, events: [discharge], roles: [any]'],
  ])('is refused for one name twice in %s, at the second', (list, first, second) => {
    expect(faults(`${list}:\n  - { ${first} }\n  - { ${second} }`)).toEqual([
      expect.stringMatching(/^3 .*stands twice$/),
    ]);
  });

  it.each([
    ['two sources on the default port', '{ name: a }', '{ name: b }', true],
    ['a port that is the default one', '{ name: a }', '{ name: b, port: 2575 }', true],
    ['one port on all addresses and on one', '{ name: a, port: 1 }', '{ name: b, port: 1, host: 10.0.0.1 }', true],
    [
      'one port on two addresses',
      '{ name: a, port: 1, host: 10.0.0.2 }',
      '{ name: b, port: 1, host: 10.0.0.1 }',
      false,
    ],
    ['two ports', '{ name: a, port: 1 }', '{ name: b, port: 2 }', false],
    ['any free port twice', '{ name: a, port: 0 }', '{ name: b, port: 0 }', false],
    ['the port of HTTP', '{ name: a, port: 8080 }', '{ name: b }', true],
  ])('is judged for its listeners: %s', (_, first, second, wrong) => {
    const found = faults(`sources:\n  - ${first}\n  - ${second}`);
    expect(found).toHaveLength(wrong ? 1 : 0);
  });

  it('is refused for a TLS file that cannot be read, at its line', () => {
    const text = 'sources:\n  - name: chu\n    tls:\n      key: none.pem\n      cert: own.crt\n      ca: own.crt';
    expect(faults(text)).toEqual([`4 sources.0.tls.key: ${join(folder, 'none.pem')} cannot be read`]);
  });

  it.each([
    ['a folder for a key', '{ key: ., cert: own.crt }', 'key: .* cannot be read'],
    ['a key that is none', '{ key: gateway.yaml, cert: own.crt }', 'key: .* holds no private key without a passphrase'],
    ['a certificate for a key', '{ key: own.crt, cert: own.crt }', 'key: .* holds no private key without a passphrase'],
    ['the key of another certificate', '{ key: other.key, cert: own.crt }', 'key: .*other.key is the key of another'],
    ['a key for a certificate', '{ key: own.key, cert: own.key }', 'cert: .* holds no certificate'],
    ['senders of nobody', '{ key: own.key, cert: own.crt, ca: gateway.yaml }', 'ca: .* holds no certificate'],
  ])('is refused for TLS files that no listener could use: %s', (_, tls, fault) => {
    const text = `sources:\n  - { name: chu, tls: ${tls.replace('}', ', clientCertificate: none }')} }`;
    expect(faults(text)).toEqual([expect.stringMatching(new RegExp(`^2 sources\\.0\\.tls\\.${fault}`))]);
  });

  it('is refused for client certificates that anybody might have signed', () => {
    const tls = (more: string) => `sources: [{ name: chu, tls: { key: own.key, cert: own.crt${more} } }]`;
    expect(faults(tls(''))).toEqual([expect.stringContaining('ca does not say whose')]);
    expect(faults(tls(', ca: own.crt'))).toEqual([]);
    expect(faults(tls(', clientCertificate: none'))).toEqual([]);
  });
});

describe('secrets', () => {
  const secret = 'hush-hush-9d1';

  it('never stand in a fault, wherever they were written', () => {
    const environment = {
      DATABASE_URL: `mysql://tdu:${secret}@here/tdu`,
      REDIS_URL: `http://default:${secret}@here`,
      CPTS_AUTHORIZATION: `Bearer ${secret}`,
    };
    const text = `
endpoints:
  - { id: a, url: 'https://u:${secret}@a.example', authorizationEnv: 'Bearer ${secret}' }
  - { id: b, url: '${secret}', authorizationEnv: CPTS_AUTHORIZATION, colour: '${secret}' }
  - { id: c, url: 'https://c.example', authorizationEnv: HUSH_HUSH_9D1 }
`;
    const given = read(text, environment);
    const list = 'faults' in given ? given.faults : [];
    expect(list).toHaveLength(7);
    for (const { message, remedy, field, stack } of list) {
      expect(`${message} ${remedy ?? ''} ${field ?? ''} ${stack ?? ''}`).not.toContain(secret);
      expect(`${message} ${remedy ?? ''}`).not.toContain('HUSH_HUSH_9D1');
    }
  });
});

describe('what a child is handed', () => {
  const environment = {
    PATH: '/bin',
    TZ: 'UTC',
    HTTP_PORT: '1234',
    CPTS_AUTHORIZATION: 'Bearer invented',
    PGDATA: '/x',
  };

  it('is, for a process of the gateway, all that its parent has, with what differs', () => {
    expect(childEnvironment({ HTTP_PORT: '0', TDU_ROLES: 'work' }, environment)).toEqual({
      ...environment,
      HTTP_PORT: '0',
      TDU_ROLES: 'work',
    });
  });

  it('is, for another program, what the machine needs: no setting and no secret', () => {
    expect(programEnvironment(environment)).toEqual({ PATH: '/bin', TZ: 'UTC' });
    expect(programEnvironment({})).toEqual({});
  });
});

describe('what commands read without the file', () => {
  it('is the ports, whatever else is wrong', () => {
    expect(readPorts({ HTTP_PORT: '1234', TDU_ROLES: 'none' })).toEqual({ http: 1234, mllp: 2575 });
    expect(() => readPorts({ MLLP_PORT: 'x' })).toThrow('MLLP_PORT');
  });

  it('is the folder of the mappings', () => {
    expect(mappingsFolder({})).toBeUndefined();
    expect(mappingsFolder({ TDU_MAPPINGS: '' })).toBeUndefined();
    expect(mappingsFolder({ TDU_MAPPINGS: 'mappings' })).toBe(resolve('mappings'));
  });

  it.each([
    ['an address', 'DATABASE_URL', 'postgresql://tdu:hush@db/tdu', ({ databaseUrl }: Settings) => databaseUrl],
    ['the queue’s', 'REDIS_URL', 'rediss://default:hush@queue', ({ redisUrl }: Settings) => redisUrl],
    ['an endpoint’s', 'CPTS_AUTHORIZATION', 'Bearer hush', ({ endpoints }: Settings) => endpoints[0]?.authorization],
    ['a source’s token', 'DPI_TOKEN', 'hush', ({ sources }: Settings) => sources[0]?.httpToken],
  ])('take %s from the file that its variable’s name with _FILE names', (_what, name, secret, of) => {
    const path = join(folder, 'secret');
    writeFileSync(path, `${secret}\n`);
    const text = [
      "endpoints: [{ id: cpts, url: 'https://fhir.example.fr', authorizationEnv: CPTS_AUTHORIZATION }]",
      'sources: [{ name: dpi, doors: [http], httpTokenEnv: DPI_TOKEN }]',
    ].join('\n');
    const variables = { CPTS_AUTHORIZATION: 'Bearer other', DPI_TOKEN: 'other', [name]: '', [`${name}_FILE`]: path };
    expect(of(settings(text, variables))).toBe(secret);
    expect(of(settings(text, { ...variables, [name]: `${secret}-2` }))).toBe(`${secret}-2`);
  });

  it.each(['DATABASE_URL', 'REDIS_URL'])('are refused where %s_FILE names no file, or an empty one', (name) => {
    const path = join(folder, 'empty');
    writeFileSync(path, '\n');
    for (const at of [path, join(folder, 'none')])
      expect(faults('', { [`${name}_FILE`]: at })).toEqual([`- ${name}_FILE: no text can be read from that file`]);
  });
});
