import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { needlessExceptions, violationsOf, type Sources } from './support/architecture.js';

/** The house as it stands. */
function house(): Sources {
  return new Map(
    readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .sort()
      .map((path) => [join('src', path), readFileSync(join('src', path), 'utf8')]),
  );
}

/** What is found in a house of one file beside these others, all empty. */
function found(path: string, text: string, ...others: string[]): string[] {
  return violationsOf(new Map([...others.map((other): [string, string] => [other, '']), [path, text]]));
}

describe('the house', () => {
  it('keeps every rule of its rooms', () => {
    expect(violationsOf(house())).toEqual([]);
  });

  it('makes no exception that nothing needs', () => {
    expect(needlessExceptions(house())).toEqual([]);
  });

  it('was read whole: every room is there', () => {
    const rooms = new Set([...house().keys()].map((path) => path.split('/')[1]));
    for (const room of [
      'main.ts',
      'wire-receive.ts',
      'config',
      'journey.ts',
      'message',
      'hl7v2',
      'fhir',
      'translate',
      'record',
    ])
      expect(rooms).toContain(room);
    for (const room of ['circle', 'route', 'receive', 'store', 'deliver', 'serve', 'work', 'watch', 'cli'])
      expect(rooms).toContain(room);
  });
});

describe('the check of the house', () => {
  it.each([
    ['words import another word', 'src/hl7v2/a.ts', '../fhir/b.js', 'hl7v2 may import message only'],
    ['message imports anything', 'src/message/a.ts', '../hl7v2/b.js', 'message may import nothing of the house only'],
    ['PURE imports another PURE', 'src/record/a.ts', '../route/b.js', 'record may import'],
    ['circle imports route, though route may import circle', 'src/circle/a.ts', '../route/b.js', 'circle may import'],
    ['PURE imports an EDGE', 'src/translate/a.ts', '../store/b.js', 'translate may import'],
    ['PURE reads the configuration', 'src/route/a.ts', '../config/load.js', 'route may import'],
    ['an EDGE imports another EDGE', 'src/serve/a.ts', '../store/b.js', 'an EDGE never imports another EDGE'],
    ['PURE imports the room that has it done', 'src/circle/a.ts', '../apply/b.js', 'circle may import'],
    ['apply imports an EDGE', 'src/apply/a.ts', '../store/b.js', 'apply may import'],
    ['a room imports main.ts', 'src/work/a.ts', '../main.js', 'only main.ts, wire-\\*.ts and cli/ wire'],
    ['a room imports its wiring', 'src/receive/a.ts', '../wire-receive.js', 'only main.ts, wire-\\*.ts and cli/ wire'],
    ['a room imports a command', 'src/serve/a.ts', '../cli/b.js', 'only main.ts, wire-\\*.ts and cli/ wire'],
    ['the configuration imports an EDGE', 'src/config/a.ts', '../store/b.js', 'config may import'],
    ['main.ts imports a command', 'src/main.ts', './cli/b.js', 'knows nothing of what starts it'],
    ['wiring imports a command', 'src/wire-serve.ts', './cli/b.js', 'knows nothing of what starts it'],
    ['wiring imports main.ts', 'src/wire-serve.ts', './main.js', 'knows nothing of what starts it'],
  ])('tells when %s', (_, path, specifier, rule) => {
    const target = join(path, '..', specifier).replace('.js', '.ts');
    const sentence = expect.stringMatching(new RegExp(`^${path} imports ${specifier}: .*${rule}`));
    expect(found(path, `import { b } from '${specifier}';`, target)).toEqual([sentence]);
    expect(found(path, `import type { B } from '${specifier}';`, target)).toEqual([sentence]);
    expect(found(path, `export { b } from '${specifier}';`, target)).toEqual([sentence]);
    expect(found(path, `const b = await import('${specifier}');`, target)).toEqual([sentence]);
    expect(found(path, `let b: import('${specifier}').B;`, target)).toEqual([sentence]);
  });

  it.each([
    ['route imports circle', 'src/route/a.ts', '../circle/b.js'],
    ['PURE imports words', 'src/record/a.ts', '../fhir/b.js'],
    ['PURE reads the map of the house', 'src/route/a.ts', '../journey.js'],
    ['an EDGE reads the configuration', 'src/deliver/a.ts', '../config/schema.js'],
    ['an EDGE imports PURE', 'src/work/a.ts', '../route/b.js'],
    ['apply imports PURE', 'src/apply/a.ts', '../record/b.js'],
    ['the configuration compiles the mappings', 'src/config/a.ts', '../translate/b.js'],
    ['main.ts imports an EDGE', 'src/main.ts', './store/b.js'],
    ['main.ts imports its wiring', 'src/main.ts', './wire-serve.js'],
    ['wiring imports an EDGE', 'src/wire-serve.ts', './store/b.js'],
    ['wiring imports wiring', 'src/wire-serve.ts', './wire-receive.js'],
    ['a command imports main.ts', 'src/cli/a.ts', '../main.js'],
  ])('lets %s', (_, path, specifier) => {
    const target = join(path, '..', specifier).replace('.js', '.ts');
    expect(found(path, `import { b } from '${specifier}';`, target)).toEqual([]);
  });

  it('tells an import that leads nowhere', () => {
    expect(found('src/route/a.ts', "import './gone.js';")).toEqual([
      'src/route/a.ts imports ./gone.js, which leads to no file',
    ]);
  });

  it('tells a cycle, one of types too, and once', () => {
    const cycle = new Map([
      ['src/route/a.ts', "import type { B } from './b.js';"],
      ['src/route/b.ts', "import { c } from './c.js';"],
      ['src/route/c.ts', "import { a } from './a.js';"],
      ['src/route/d.ts', "import { a } from './a.js';"],
    ]);
    expect(violationsOf(cycle)).toEqual([
      'src/route/a.ts, src/route/b.ts, src/route/c.ts import each other in a cycle',
    ]);
  });

  it.each(['net', 'node:fs', 'node:http', 'node:https', 'node:tls', 'node:timers/promises', 'pg', 'bullmq', 'ioredis'])(
    'tells that PURE imports %s',
    (name) => {
      for (const room of ['message', 'hl7v2', 'fhir', 'translate', 'record', 'circle', 'route', 'apply'])
        expect(found(`src/${room}/a.ts`, `import type { X } from '${name}';`)).toEqual([
          expect.stringContaining(`src/${room}/a.ts imports ${name}: words and PURE take`),
        ]);
      expect(found('src/store/a.ts', `import { x } from '${name}';`)).toEqual([]);
    },
  );

  it('tells chance taken from node:crypto, and lets a hash be made', () => {
    expect(found('src/record/a.ts', "import { randomUUID as id } from 'node:crypto';")).toEqual([
      expect.stringContaining('randomUUID'),
    ]);
    expect(found('src/record/a.ts', "import * as all from 'node:crypto';")).toHaveLength(1);
    expect(found('src/record/a.ts', "import { createHash } from 'node:crypto';")).toEqual([]);
  });

  it.each([
    'Date.now()',
    'new Date()',
    'new Date',
    'Date()',
    'const { now } = Date;',
    'Math.random()',
    'const { random } = Math;',
    'performance.now()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'setImmediate(f)',
    'process.hrtime()',
    'process.env.TZ',
    "globalThis['Date']",
    "fetch('http://x')",
    'crypto.randomUUID()',
  ])('tells %s in words and in PURE, and names the line', (text) => {
    for (const room of ['hl7v2', 'record'])
      expect(found(`src/${room}/a.ts`, `const a = 1;\n${text}`)).toContainEqual(
        expect.stringMatching(new RegExp(`^src/${room}/a.ts:2: `)),
      );
  });

  it('lets words and PURE reckon with the times they are given', () => {
    const text = `interface A { process: string; at: Date } const b = (a: A) => [a.process, new Date(a.at), Date.parse('x'),
      Date.UTC(1, 2), Math.max(1, 2), a.at instanceof Date, { performance: 1 }];`;
    expect(found('src/record/a.ts', text)).toEqual([]);
  });

  it.each([
    ["const port = process.env['HTTP_PORT'];"],
    ['const port = process.env.HTTP_PORT;'],
    ["const port = process['env'].HTTP_PORT;"],
    ['const { env } = process;'],
    ["import { env } from 'node:process';"],
  ])('tells that a file elsewhere than in config/ reads the environment: %s', (text) => {
    for (const path of ['src/cli/a.ts', 'src/work/a.ts', 'src/main.ts', 'src/wire-work.ts', 'src/configuration/a.ts'])
      expect(found(path, text)).toContain(`${path}:1: only config/ reads the environment`);
    expect(found('src/config/load.ts', text)).toEqual([]);
  });

  it('tells the environment handed on whole', () => {
    expect(found('src/work/worker-process.ts', 'const env = { ...process.env, A: 1 };')).toHaveLength(1);
    expect(found('src/store/embedded-binaries.ts', 'spawn(a, b, { env: process.env });')).toHaveLength(1);
  });

  it('tells a main.ts of more than 120 lines, and no other file', () => {
    expect(found('src/main.ts', 'f();\n'.repeat(121))).toEqual([expect.stringContaining('src/main.ts has 121 lines')]);
    expect(found('src/main.ts', 'f();\n'.repeat(120))).toEqual([]);
    expect(found('src/cli/tdu.ts', 'f();\n'.repeat(121))).toEqual([]);
  });

  it.each(["throw new Error('x');", "reject(new TypeError('x'));", "const e = Error('x');"])(
    'tells a bare error: %s',
    (text) => {
      expect(found('src/store/a.ts', text)).toEqual([
        expect.stringMatching(/^src\/store\/a\.ts:1: .*Error: a failure is/),
      ]);
    },
  );

  it.each([
    "throw 'x';",
    'throw { code: 1 };',
    "throw a ? b : 'x';",
    "throw a ?? 'x';",
    "throw a + 'x';",
    'throw `x`;',
    'throw 1;',
  ])('tells a throw of no error: %s', (text) => {
    expect(found('src/store/a.ts', text)).toEqual(['src/store/a.ts:1: what is thrown is a GatewayError']);
  });

  it('lets a GatewayError be thrown, and what was caught be thrown on', () => {
    const text =
      "try { throw new GatewayError('x'); } catch (error) { throw error; } throw storeError(1); throw a ? b : (c ?? d);";
    expect(found('src/store/a.ts', text)).toEqual([]);
  });

  it.each(['utils', 'helpers', 'services', 'types'])('tells a folder called %s', (name) => {
    expect(found(`src/route/${name}/a.ts`, '')).toEqual([expect.stringContaining(`the folder ${name}/ says nothing`)]);
  });

  it('tells a room that the house does not have', () => {
    expect(found('src/manager/a.ts', '')).toEqual(['src/manager/a.ts: manager is no room of the house']);
    expect(found('src/config.ts', '')).toEqual(['src/config.ts: config.ts is no room of the house']);
    expect(found('src/wires.ts', '')).toEqual(['src/wires.ts: wires.ts is no room of the house']);
  });

  it('tells an exception that nothing needs any more', () => {
    expect(needlessExceptions(new Map([['src/work/queues.ts', '']]))).toContain(
      'src/work/queues.ts UnrecoverableError is no longer thrown: take the exception away',
    );
  });
});
