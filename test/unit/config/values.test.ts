import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../../src/config/load.js';
import type { Settings } from '../../../src/config/schema.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-values-'));
const file = join(folder, 'gateway.yaml');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(content: string | Buffer, environment: Record<string, string> = {}) {
  writeFileSync(file, content);
  return readSettings({ TDU_CONFIG: file, ...environment });
}

/** Each fault as `line message — remedy`; none where the file is taken. */
function faults(content: string | Buffer, environment: Record<string, string> = {}): string[] {
  const given = read(content, environment);
  if (!('faults' in given)) return [];
  return given.faults.map(({ line, message, remedy }) => `${line ?? '-'} ${message} — ${remedy ?? 'NO REMEDY'}`);
}

function settings(content: string, environment: Record<string, string> = {}): Settings {
  const given = read(content, environment);
  if ('faults' in given) throw given.faults[0] ?? new Error('faults without a fault');
  return given.settings;
}

const endpoint = (more: string) => `endpoints: [{ id: e, url: 'https://a.example/r4', ${more} }]`;
const source = (more: string) => `sources: [{ name: chu, ${more} }]`;
const structure = (key: string) => `organisations: [{ id: a, name: A, identifiers: ['${key}'] }]`;

describe('a file as editors write it', () => {
  const plain = settings('sources:\n  - { name: chu, port: 2600 }\n');

  it.each([
    ['with a byte order mark', '\uFEFFsources:\n  - { name: chu, port: 2600 }\n'],
    ['with line ends of Windows', 'sources:\r\n  - name: chu\r\n    port: 2600\r\n'],
    ['with anchors', 'sources:\n  - name: &n chu\n    port: &p 2600\n'],
    ['with keys that were merged', 'sources:\n  - { <<: &p { port: 2600 }, name: chu }\n'],
    [
      'with lists of which every line is commented out',
      'sources:\n  - { name: chu, port: 2600 }\nrules:\n# none\nendpoints: ~\norganisations: null\n',
    ],
    ['with quotes around numbers', 'sources:\n  - { name: "chu", port: "2600" }\n'],
    ['with a zero before a number', 'sources:\n  - { name: chu, port: 02600 }\n'],
  ])('is read %s', (_, text) => {
    expect(settings(text)).toEqual(plain);
  });

  it('gives each its own of what an anchor stands for', () => {
    const [first, second] = settings(
      'sources:\n  - &a { name: a, charset: ASCII, port: 1 }\n  - { <<: *a, name: b, port: 2 }',
    ).sources;
    expect(second).toEqual({ ...first, name: 'b', port: 2 });
  });

  it.each([
    [
      'letters of Latin-1',
      Buffer.from('zone: Europe/Paris\nprofessionals: [{ family: LEFÈVRE }]\n', 'latin1'),
      '2 a letter that is no UTF-8',
    ],
    ['UTF-16', Buffer.from('\uFEFFsources:\n  - name: chu\n', 'utf16le'), '1 a letter that is no UTF-8'],
    ['a tab', 'sources:\n\t- name: chu\n', '2 Tabs are not allowed as indentation — mend'],
    [
      'an alias of nothing',
      'zone: Europe/Paris\nsources: *nowhere\n',
      '2 an alias (*name) of nothing — name it before',
    ],
    ['a merged key of a word', 'sources:\n  - { <<: chu, name: a }\n', '2 a merged key (<<) of what has no settings'],
    ['a merged key of nothing', 'zone: Europe/Paris\n<<: *x\n', '2 an alias (*name) of nothing'],
    ['a star in a list', 'sources:\n  - { name: chu, facilities: [*] }\n', '2 '],
    ['a tag', 'sources:\n  - { name: chu, facilities: [!CHU] }\n', '2 a tag (!name) means nothing here — put quotes'],
    ['a type of YAML', "professionals:\n  - { rpps: !!int '10000000001', family: A }\n", '2 a tag (!name)'],
    [
      'a second document',
      'zone: Europe/Paris\n---\nzone: Europe/Rome\n',
      '2 a second document begins (---) — keep one',
    ],
    ['a key twice', 'sources:\n  - name: chu\n    port: 1\n    port: 2\n', '4 Map keys must be unique — mend'],
    ['aliases of aliases', bomb(), '1 aliases that repeat each other too often'],
  ])('is refused for %s, at its line', (_, content, fault) => {
    expect(faults(content)[0]).toContain(fault);
  });

  it('never repeats what stands where the YAML is broken', () => {
    for (const text of [
      "endpoints: [{ id: a, authorizationEnv: !hush-1 'x' }]",
      'endpoints:\n\t- { token: hush-1 }',
      'a: hush-1: b',
      'endpoints: [{ authorizationEnv: *hush-1 }]',
    ])
      for (const fault of faults(text)) expect(fault).not.toContain('hush-1');
  });

  it('is refused where the one of the working directory cannot be read, though it need not be there', () => {
    const before = process.cwd();
    try {
      process.chdir(folder);
      expect(readSettings({})).toHaveProperty('settings');
      mkdirSync('config/gateway.yaml', { recursive: true });
      expect(readSettings({})).toMatchObject({ faults: [{ message: 'the configuration file cannot be read' }] });
    } finally {
      process.chdir(before);
    }
  });
});

function escaped(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

function bomb(): string {
  const nine = (text: string) => `[${Array<string>(9).fill(text).join(', ')}]`;
  return `a: &a ${nine('x')}\nb: &b ${nine('*a')}\nc: &c ${nine('*b')}\nd: &d ${nine('*c')}\n`;
}

describe('a value', () => {
  it.each([
    [
      'a word for a list',
      'rules: [{ id: r, events: admission, roles: [any] }]',
      'events: a list, e.g. [a, b], or lines',
    ],
    ['settings for a list', 'sources: { chu: { port: 1 } }', 'sources: a list, e.g. [a, b]'],
    ['a word for settings', source('documents: refuse'), 'documents: settings, e.g. { key: value }'],
    ['a list for a word', source('charset: [ASCII]'), 'charset: one of 8859/1, 8859/15, ASCII, UNICODE UTF-8'],
    ['nothing for a list', 'rules: [{ id: r, events: [admission], roles: }]', 'rules.0.roles: a list, e.g. [a, b]'],
    ['an item of nothing', 'sources:\n  -\n  - { name: a }', 'sources.0: settings, e.g.'],
    ['what is missing', "endpoints: [{ url: 'https://a.example' }]", 'endpoints.0.id: is missing'],
    [
      'a slip of the pen',
      'rules: [{ id: r, events: [admision], roles: [any] }]',
      /one of preadmission, .*; did you mean admission\? — correct/,
    ],
    ['a slip of the pen in a key', source('facilites: [CHU]'), 'facilites: no such setting — did you mean facilities?'],
    ['a slip of the pen below a key', source('documents: { unknownPatient: create }'), 'did you mean unknownPatients?'],
    ['a slip of the pen at the top', 'source: []', 'source: no such setting — did you mean sources?'],
    ['a secret where its variable’s name belongs', endpoint('authorization: x'), 'did you mean authorizationEnv?'],
    [
      'a slip of the pen in a reference',
      "endpoints: [{ id: cpts, url: 'https://a.example' }]\nprofessionals: [{ rpps: 10000000001, family: A, endpoint: cptss }]",
      'did you mean cpts?',
    ],
    [
      'blanks around it',
      "professionals: [{ rpps: 10000000001, family: 'AGNES ' }]",
      'family: one line of text, without blanks',
    ],
    ['blanks alone', "professionals: [{ rpps: 10000000001, family: ' ' }]", 'family: one line of text, without blanks'],
    ['a line end', 'professionals: [{ rpps: 10000000001, family: "A\\nB" }]', 'family: one line of text'],
    ['a zero that an RPPS lost', 'professionals: [{ rpps: 1000000001, family: A }]', 'rpps: 11 digits'],
    ['an RPPS as a power of ten', 'professionals: [{ rpps: 1e10, family: A }]', 'rpps: 11 digits'],
    ['an RPPS of an IDNPS', 'professionals: [{ rpps: 810000000001, family: A }]', 'rpps: 11 digits'],
    [
      'a name of 41 letters',
      `sources: [{ name: ${'a'.repeat(41)} }]`,
      'name: lower-case letters, digits and dashes, 40 at most',
    ],
  ])('is refused for %s', (_, text, fault) => {
    expect(faults(text)).toEqual([expect.stringMatching(typeof fault === 'string' ? escaped(fault) : fault)]);
  });

  it.each([
    ['seconds with a unit', endpoint('timeoutSeconds: 20s'), 'timeoutSeconds: a number'],
    ['milliseconds for seconds', endpoint('timeoutSeconds: 20000'), 'timeoutSeconds: seconds, 3600 at most'],
    ['milliseconds of a frame', source('frameSeconds: 30000'), 'frameSeconds: seconds, 3600 at most'],
    ['more than a timer can wait', source('idleSeconds: 99999999'), 'idleSeconds: seconds, 604800 at most'],
    ['hours without end', endpoint('expireHours: 999999999'), 'expireHours: hours, 8760'],
    [
      'days that lead to no date',
      'hospitalMembersStayDays: 99999999999',
      'hospitalMembersStayDays: days, 3650 at most',
    ],
    ['a window without end', 'circleShowsEndedDays: 1000000', 'circleShowsEndedDays: days, 3650 at most'],
    [
      'half a day, of which the calendar knows none',
      'hospitalMembersStayDays: 1.5',
      'hospitalMembersStayDays: a whole number',
    ],
    ['megabytes for bytes', source('maxMessageBytes: 16'), 'maxMessageBytes: bytes, 4096 at least'],
    ['bytes with a unit', source('maxMessageBytes: 16MB'), 'maxMessageBytes: a number'],
    [
      'more bytes than there are',
      source('maxMessageBytes: 99999999999, maxOpenBytesPerAddress: 99999999999'),
      'maxMessageBytes: bytes, 268435456',
    ],
  ])('is refused for %s', (_, text, fault) => {
    expect(faults(text)).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['a register by its name', 'FINESS|750000001', 'system|value, whose system is a URI'],
    ['no register at all', '750000001', 'system|value'],
    [
      'a FINESS number that lost its zero',
      'https://finess.esante.gouv.fr|10000001',
      'a FINESS number has 9 characters',
    ],
    ['an IDNST', 'urn:oid:1.2.250.1.71.4.2.2|1750000001', 'is known as https://finess.esante.gouv.fr|750000001'],
    [
      'the register with a slash',
      'https://finess.esante.gouv.fr/|750000001',
      'is known as https://finess.esante.gouv.fr|750000001',
    ],
    [
      'the register in clear text',
      'http://finess.esante.gouv.fr|750000001',
      'is known as https://finess.esante.gouv.fr|',
    ],
  ])('of an organisation that no message could name is refused: %s', (_, key, fault) => {
    expect(faults(structure(key))).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    'https://finess.esante.gouv.fr|010000001',
    'https://finess.esante.gouv.fr|2A0000001',
    'urn:oid:1.2.250.1.71.4.2.2|34120000000001',
    'urn:oid:2.999.71.1|UF-6268',
  ])('of an organisation is taken as %s', (key) => {
    expect(settings(structure(key)).organisations[0]?.identifiers).toEqual([key]);
  });

  it('of two organisations is refused at the second, and twice in one too', () => {
    const key = "'https://finess.esante.gouv.fr|010000001'";
    const organisation = (id: string, ...keys: string[]) =>
      `  - { id: ${id}, name: A, identifiers: [${keys.join(', ')}] }\n`;
    expect(faults(`organisations:\n${organisation('a', key)}${organisation('b', "'urn:x:y|1'", key)}`)).toEqual([
      expect.stringMatching(/^3 organisations\.1\.identifiers\.1: .* stands twice/),
    ]);
    expect(faults(`organisations:\n${organisation('a', key, key)}`)).toEqual([
      expect.stringMatching(/^2 .*identifiers\.1/),
    ]);
  });

  it('of an assigning authority is as messages have it', () => {
    expect(faults(source("authorities: { 'urn:oid:2.999.71.1': 'urn:oid:2.999.71.2' }"))).toEqual([
      expect.stringContaining('as HD-1 or HD-2 has it'),
    ]);
    expect(settings(source("authorities: { 2.999.71.1: 'urn:oid:2.999.71.2' }")).sources[0]?.authorities).toEqual({
      '2.999.71.1': 'urn:oid:2.999.71.2',
    });
  });
});

describe('an address', () => {
  it.each([
    ['https://a.example/r4/', 'https://a.example/r4'],
    ['https://a.example', 'https://a.example'],
    ['https://a.example:443/r4', 'https://a.example/r4'],
    ['http://A.example:80/r4', 'http://a.example/r4'],
    ['https://é.example/r 4', 'https://xn--9ca.example/r%204'],
    ['http://a.example:8080/fhir', 'http://a.example:8080/fhir'],
  ])('of a server %s is called as %s', (url, base) => {
    expect(settings(`endpoints: [{ id: e, url: '${url}' }]`).endpoints[0]?.url).toBe(base);
  });

  it.each(['https://a.example/r4?apikey=hush', 'https://a.example/r4#top', 'a.example/r4', 'https://'])(
    'of a server is refused as %s, and not repeated',
    (url) => {
      const found = faults(`endpoints: [{ id: e, url: '${url}' }]`);
      expect(found).toEqual([
        expect.stringMatching(/endpoints\.0\.url: (no query and no fragment|an http or https address)/),
      ]);
      expect(found.join()).not.toContain('hush');
    },
  );

  it.each(['10.0.0.300', '10.0.0.1:2600', 'localhost:2600', '[::1]', 'http://localhost', ''])(
    'to listen on is refused as «%s»',
    (at) => {
      expect(faults(source(`host: '${at}'`))).toEqual([expect.stringContaining('host: an IP address or a host name')]);
      if (at !== '')
        expect(faults('', { HTTP_HOST: at })).toEqual([expect.stringContaining('HTTP_HOST: an IP address')]);
    },
  );

  it.each(['0.0.0.0', '::', '::1', 'localhost', 'gateway-1.chu.example'])('to listen on may be %s', (at) => {
    expect(settings(source(`host: '${at}'`), { HTTP_HOST: at })).toMatchObject({
      http: { host: at },
      sources: [{ host: at }],
    });
  });

  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/0'])('of a proxy is refused where it is everybody’s: %s', (range) => {
    expect(faults(`trustedProxies: ['${range}']`, { TDU_PUBLIC_URL: 'https://fhir.example' })).toEqual([
      expect.stringContaining('that range is everybody'),
    ]);
  });

  it.each([
    ['DATABASE_URL', 'postgresql://tdu:p#hush@db:5432/tdu'],
    ['DATABASE_URL', 'postgresql://tdu:12#hush@db/tdu'],
    ['DATABASE_URL', 'postgresql://tdu:p/hush@db/tdu'],
    ['DATABASE_URL', 'postgresql://tdu:hush@db:543222/tdu'],
    ['REDIS_URL', 'redis://:p#hush@queue'],
    ['REDIS_URL', 'redis://:12?hush@queue:port'],
  ])('%s with a password that cuts it is refused, and not repeated', (name, value) => {
    const found = faults('', { [name]: value });
    expect(found).toEqual([expect.stringContaining(`${name}: no address; in a password`)]);
    expect(found.join()).not.toContain('hush');
  });

  it.each([
    ['DATABASE_URL', 'postgresql://tdu:p%23x@db:5432/tdu?sslmode=require'],
    ['DATABASE_URL', 'postgresql:///tdu?host=/var/run/postgresql'],
    ['DATABASE_URL', 'postgresql://tdu@%2Fvar%2Frun/tdu'],
    ['REDIS_URL', 'rediss://default:p%2Fx@queue.example:6380/1'],
  ])('%s is taken as %s', (name, value) => {
    expect(faults('', { [name]: value })).toEqual([]);
  });
});

describe('listeners', () => {
  const two = (first: string, second: string) => `sources:\n  - { name: a, ${first} }\n  - { name: b, ${second} }`;

  it('meet under two names of this machine', () => {
    expect(faults(two('host: localhost, port: 1', 'host: 127.0.0.1, port: 1'))).toEqual([
      expect.stringMatching(/^3 sources\.1\.port: a listens on that port already/),
    ]);
  });

  it('do not meet where one of them is closed', () => {
    expect(faults(two('doors: [mllp]', 'doors: [http]'))).toEqual([]);
    expect(faults(two('doors: [http]', 'doors: [http]'), { MLLP_PORT: '8080' })).toEqual([]);
  });

  it('have no port where MLLP is closed', () => {
    expect(faults(two('port: 1', 'port: 2, doors: [http]'))).toEqual([
      expect.stringMatching(/^3 sources\.1\.port: a port of MLLP for a door that is closed/),
    ]);
  });
});

describe('a variable that the gateway almost reads', () => {
  it.each([
    ['TDU_PUBLIC_ULR', 'TDU_PUBLIC_URL'],
    ['TDU_TRANSLATOR', 'TDU_TRANSLATORS'],
    ['TDU_INSECUREFHIR', 'TDU_INSECURE_FHIR'],
    ['TDU_LOGLEVEL', 'TDU_LOG_LEVEL'],
  ])('%s is refused for %s', (variable, meant) => {
    expect(faults('', { [variable]: 'x' })).toEqual([
      `- ${variable}: no such variable — did you mean ${meant}? Else take it out`,
    ]);
  });

  it('is none where it is another program’s', () => {
    expect(faults('', { TDU_SEED: '1', TDU_NIGHTLY: '1', TDUX: '1', HTTP_PROXY: 'http://proxy' })).toEqual([]);
  });

  it.each(['"Bearer abc"', "'Bearer abc'"])('with quotation marks is refused: %s would leave with them', (value) => {
    expect(faults(endpoint('authorizationEnv: CPTS_AUTHORIZATION'), { CPTS_AUTHORIZATION: value })).toEqual([
      expect.stringContaining('quotation marks'),
    ]);
  });
});
