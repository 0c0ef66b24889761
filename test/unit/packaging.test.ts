import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(path, 'utf8');

interface Service {
  image?: string;
  profiles?: string[];
  logging?: { options?: Record<string, string> };
  mem_limit?: string;
  networks?: string[];
  environment?: Record<string, string>;
  command?: string[];
  volumes?: string[];
  ports?: string[];
  healthcheck?: { test?: string[]; interval?: string; timeout?: string; retries?: number };
  depends_on?: Record<string, { condition?: string }>;
}

const composeText = read('docker-compose.yml');
const compose = parse(composeText, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
};
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('starts the gateway, PostgreSQL and Redis; a vendor’s FHIR server and a mailbox only where the demo is asked for', () => {
    const inProfile = (wanted: string | undefined) =>
      services.flatMap(([name, { profiles }]) => (profiles?.[0] === wanted ? [name] : [])).sort();
    expect(inProfile(undefined)).toEqual(['gateway', 'postgres', 'redis']);
    expect(inProfile('demo')).toEqual(['mail', 'vendor']);
  });

  it.each(services)('bounds the log and the memory of %s', (_, { logging, mem_limit }) => {
    expect(logging).toMatchObject({
      options: { 'max-size': expect.stringMatching(/^\d+m$/), 'max-file': expect.any(String) },
    });
    expect(mem_limit).toMatch(/^\d+[mg]$/);
  });

  it('lets nobody reach PostgreSQL and Redis but the gateway', () => {
    const on = (network: string) =>
      services.flatMap(([name, { networks }]) => (networks?.includes(network) === true ? [name] : [])).sort();
    expect(on('inner')).toEqual(['gateway', 'postgres', 'redis']);
    expect(on('outer')).toEqual(['gateway', 'mail', 'vendor']);
    expect(compose.networks['inner']).toEqual({ internal: true });
    expect(services.filter(([, { networks }]) => networks === undefined)).toEqual([]);
  });

  it('starts Redis through the entry point of its image, which gives root up', () => {
    expect(compose.services['redis']?.command?.at(-1)).toMatch(/^exec docker-entrypoint\.sh redis-server /);
  });

  it.each(services)('checks the health of %s', (_, { healthcheck }) => {
    expect(healthcheck?.test?.length).toBeGreaterThan(1);
    expect(['CMD', 'CMD-SHELL']).toContain(healthcheck?.test?.[0]);
    expect(healthcheck).toMatchObject({
      interval: expect.any(String),
      timeout: expect.any(String),
      retries: expect.any(Number),
    });
  });

  it.each(services)('pins the image of %s to a version', (_, { image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+[A-Za-z0-9.-]*$/);
  });

  it('builds the version that package.json says', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(compose.services['gateway']?.image).toBe(`trait-d-union:${version}`);
  });

  it('holds no password: each must be given, and its absence says what to do', () => {
    const secrets = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([key, value]) => /PASSWORD|SECRET|TOKEN|AUTH$|:\/\/[^/]*:[^/]*@|users=/.test(`${key}=${value}`))
        .map(([key, value]) => ({ key: `${name} ${key}`, value })),
    );
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    const loose = secrets.filter(({ value }) => !/\$\{[A-Z_]+:\?[^}]+\}/.test(value));
    expect(loose).toEqual([]);
    expect(composeText).not.toMatch(/\$\{[A-Z_]*PASSWORD(:?-[^}]*)?\}/);
  });

  it('publishes every port to this machine only, unless MLLP is opened by name', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^(127\.0\.0\.1|\$\{MLLP_BIND:-127\.0\.0\.1\}):\d+:\d+$/);
  });

  it('declares every named volume, and keeps the data of PostgreSQL in one', () => {
    const named = services.flatMap(([, service]) =>
      (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '').filter((source) => /^[a-z]/.test(source)),
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(compose.services['postgres']?.volumes).toEqual([expect.stringMatching(/^[a-z]+:\/var\/lib\/postgresql/)]);
    expect(compose.services['gateway']?.volumes).toContain('data:/app/data');
    expect(read('Dockerfile')).toMatch(/TDU_DATA_DIR=\/app\/data$/m);
  });

  it('starts the gateway when its store and its queue are healthy, and waits for no destination', () => {
    expect(compose.services['gateway']?.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  });

  it('does not open the FHIR API by default', () => {
    expect(compose.services['gateway']?.environment?.['TDU_INSECURE_FHIR']).toBe('${TDU_INSECURE_FHIR:-no}');
  });

  it('mounts folders that exist', () => {
    const mounted = services.flatMap(([, service]) =>
      (service.volumes ?? []).filter((volume) => volume.startsWith('.')).map((volume) => volume.split(':')[0] ?? ''),
    );
    expect(mounted.length).toBeGreaterThan(0);
    expect(mounted.filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('.env.example', () => {
  const text = read('.env.example');
  const variables = [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)];

  it('gives no value, so that nobody keeps one', () => {
    expect(variables.filter(([, , value]) => value !== '')).toEqual([]);
  });

  it('explains every password and everything else that has no default in the compose file', () => {
    const used = new Set([...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name));
    const asked = new Set([...composeText.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name));
    const explained = variables.map(([, name]) => name);
    expect(explained).toEqual(expect.arrayContaining([...asked]));
    expect(explained.filter((name) => !used.has(name))).toEqual([]);
  });

  it('is copied to a file that neither git nor the image takes', () => {
    expect(read('.gitignore').split('\n')).toEqual(expect.arrayContaining(['.env', 'gateway.env']));
    expect(read('.dockerignore').split('\n')).toContain('*');
    expect(read('.dockerignore')).not.toContain('!.env');
  });
});

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const stages = text.split(/^FROM /m).slice(1);
  const last = stages.at(-1) ?? '';

  it('builds in stages of Node 24, the last without compiler and development packages', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage).toMatch(/^node:24-bookworm-slim\b/);
    expect(last).not.toMatch(/npm/);
    expect(text).toMatch(/npm ci --omit=dev --omit=optional/);
  });

  it('runs as another user than root, with a health check and a stop signal', () => {
    expect(last).toMatch(/^USER node$/m);
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD ["node", "dist/main.js"]'));
    expect(last).toMatch(/^HEALTHCHECK [\s\S]*\/health\/live/m);
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m);
  });

  it('opens to its user what comes from a checkout, whatever the umask that made it', () => {
    const closed = stages
      .filter((stage) => /^COPY (?!--from|package)/m.test(stage))
      .filter((stage) => !/^RUN .*\bchmod -R a\+rX /m.test(stage));
    expect(closed).toEqual([]);
    expect(last).not.toMatch(/^COPY (?!--from)/m);
  });

  it('copies only what is there and what .dockerignore lets in', () => {
    const allowed = new Set([...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path));
    const copied = [...text.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, paths = '']) =>
      paths.split(' ').slice(0, -1),
    );
    expect(copied.filter((path) => !allowed.has(path) || !existsSync(path))).toEqual([]);
    expect([...allowed].filter((path) => !copied.includes(path ?? ''))).toEqual([]);
  });
});

describe('the package', () => {
  it('holds what the commands need and nothing else', () => {
    const out = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
    const [packed] = JSON.parse(out) as { files: { path: string }[] }[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths).toEqual(
      expect.arrayContaining([
        'bin/tdu.js',
        'config/gateway.yaml',
        'dist/main.js',
        'dist/store/migrations/0001_schema.sql',
        'mappings/segments/PID-Patient.yaml',
        'profiles/CodeSystem-event.json',
        'README.md',
      ]),
    );
    expect(paths.filter((path) => /^(src|test|data|coverage)\/|\.env$|tsbuildinfo/.test(path))).toEqual([]);
  });

  it('asks for the Node that the pages name', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(engines.node).toBe('>=20.19');
    expect(read('README.md')).toContain('Node 20.19');
  });
});

describe('the profile check of CI', () => {
  it('waits for the line that the demo says when it is ready', () => {
    const [, line] = /grep -q '\^([^']+)'/.exec(read('.ci/run')) ?? [];
    expect(line).toBeDefined();
    expect(read('src/cli/demo/demo.ts')).toContain(`${line ?? ''}http://`);
  });
});
