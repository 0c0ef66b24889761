import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../src/cli/tdu.js';
import { checkMappings, loadMappingFiles } from '../../src/config/mapping-files.js';
import { readSettings } from '../../src/config/load.js';
import { ruleFaults } from '../../src/config/rule-checks.js';
import { ENVIRONMENT, fileSchema, itemSchemas } from '../../src/config/schema.js';
import { statusOf } from '../../src/fhir/outcome.js';
import {
  COMMUNICATION_PARAMETERS,
  DEFINITION_PARAMETERS,
  SEARCH_PARAMETERS,
} from '../../src/fhir/search-parameters.js';
import { parseSearch } from '../../src/fhir/search.js';
import { foldWhole } from '../../src/apply/window.js';
import { STAGES } from '../../src/journey.js';
import { FAILURES, GatewayError, type FailureCode } from '../../src/message/failure.js';
import { HAPPENINGS } from '../../src/message/event.js';
import { compileMappings } from '../../src/translate/compile.js';
import { vocabularyOf } from '../../src/translate/vocabulary.js';
import { CERTIFICATE, KEY } from '../support/certificate.js';
import { movement, ownMappings, pam, translated } from '../support/pam.js';

const NOW = { now: '2026-03-03T00:00:00Z', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 };
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);

/** Every page of the repository. */
function pages(folder = '.'): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : pages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const read = (path: string) => readFileSync(path, 'utf8');
const all = pages().map((path) => ({ path, text: read(path) }));

/** GitHub’s anchor of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((found) => anchor(found[1] ?? ''));
}

describe('docs/errors.md', () => {
  it('documents every failure code once, with its kind, and no other', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\|\s*`([a-z-]+)`\s*\|\s*(\w+)\s*\|(.*)\|$/gm)];
    const documented = rows.map(([, code = '', kind = '']) => [code, kind]).sort();
    expect(documented).toEqual(Object.entries(FAILURES).sort());
  });

  it('says by which status of HTTP a code is answered', () => {
    const rows = new Map(
      [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| \w+ \|[^|]*\|([^|]*)\|/gm)].map(([, code, cell]) => [
        code,
        cell,
      ]),
    );
    const doors = ['src/receive/documents-http.ts', 'src/receive/http-door.ts'].flatMap((path) =>
      [...read(path).matchAll(/\b([45]\d\d), '([a-z-]+)'/g)].map(([, status = '', code = '']) => ({ status, code })),
    );
    const others = (Object.keys(FAILURES) as FailureCode[])
      .map((code) => ({ status: String(statusOf(new GatewayError(code, ''))), code }))
      .filter(({ status }) => status !== '500');
    expect([doors.length > 5, others.length > 5]).toEqual([true, true]);
    const answered = [...doors, ...others];
    expect(answered.filter(({ status, code }) => rows.get(code)?.includes(status) !== true)).toEqual([]);
  });

  it('says of every code what it means, where it is seen and what to do', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| \w+ \|(.*)\|$/gm)];
    for (const [, code, rest = ''] of rows) {
      const cells = rest.split('|').map((cell) => cell.trim());
      expect([code, cells.length, cells.every((cell) => cell.length > 3)]).toEqual([code, 3, true]);
    }
  });
});

describe('the pages', () => {
  it('are found: the front page, and one for each reader', () => {
    const readers = [
      'README.md',
      'CONTRIBUTING.md',
      'docs/design.md',
      'docs/demarrage-rapide.md',
      'docs/adapter-un-hopital.md',
      'docs/vendor.md',
      'docs/operator.md',
    ];
    expect(all.map(({ path }) => path)).toEqual(expect.arrayContaining(readers));
  });

  it('link to files and headings that exist', () => {
    const broken = all.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        if (/^[a-z]+:/.test(link)) return [];
        const [file = '', fragment] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        if (!existsSync(target)) return [`${path}: ${link}`];
        if (fragment === undefined || anchorsOf(read(target)).includes(decodeURIComponent(fragment))) return [];
        return [`${path}: ${link} (no such heading)`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('name only scripts of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = all.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => ({ path, name })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
  });

  it('name only commands of tdu', () => {
    const named = all.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:`|^|\$ |gateway |npx )tdu (?!…)(--)?([a-z]+)/gm)].map(([, dashes = '', name = '']) => ({
        path,
        name: dashes + name,
      })),
    );
    expect(named.length).toBeGreaterThan(0);
    const known = new Set([...Object.keys(COMMANDS), 'help', '--help', '--version']);
    expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
  });

  it('name only files of the repository where a path of it is written', () => {
    const missing = all.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:src|test|docs|config|mappings|profiles|scripts)\/[A-Za-z0-9_./-]+)`/g)].flatMap(
        ([, named = '']) => (existsSync(named) || /sites\//.test(named) ? [] : [`${path}: ${named}`]),
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/design.md', () => {
  it('has the stages of the journey in order, with their files and exits', () => {
    const [, table = ''] = /## The journey\n([\s\S]*?)\n## /.exec(read('docs/design.md')) ?? [];
    const rows = [...table.matchAll(/^\| (\w+) \| (`.*`) \|(.*)\|$/gm)].map(([, stage, files = '', exits = '']) => ({
      stage,
      files: files.replaceAll('`', '').split(' '),
      exits: exits.split(',').flatMap((exit) => exit.trim() || []),
    }));
    expect(rows).toEqual(STAGES.map(({ name, files, exits }) => ({ stage: name, files, exits })));
  });

  it('has every heading that the code refers to', () => {
    const headings = anchorsOf(read('docs/design.md'));
    const cited = ['src', 'test'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(ts|js|sql)$/.test(path))
        .flatMap((path) =>
          [...read(join(folder, path)).matchAll(/docs\/design\.md#([\w-]+)/g)].map(([, heading = '']) => ({
            path: join(folder, path),
            heading,
          })),
        ),
    );
    expect(cited.length).toBeGreaterThan(0);
    expect(cited.filter(({ heading }) => !headings.includes(heading))).toEqual([]);
  });
});

describe('what the pages tell to write', () => {
  const blocks = (path: string) =>
    [...read(path).matchAll(/^ *```yaml\n([\s\S]*?)^ *```/gm)].map(([, text]) => text ?? '');

  it('is a configuration without fault', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tdu-docs-'));
    mkdirSync(join(folder, 'tls'));
    for (const name of ['key.pem', 'cert.pem', 'senders-ca.pem'])
      writeFileSync(join(folder, 'tls', name), name === 'key.pem' ? KEY : CERTIFICATE);
    const configurations = ['docs/operator.md', 'docs/vendor.md', 'docs/demarrage-rapide.md']
      .flatMap(blocks)
      .filter((text) => /^\s*(sources|endpoints):/.test(text));
    expect(configurations).toHaveLength(3);
    const { mappings } = checkMappings();
    const vocabulary = vocabularyOf(mappings === undefined ? [] : [mappings]);
    const samples = ['config/gateway.yaml', 'config/demo.yaml', 'config/compose.yaml'].map(read);
    for (const text of [...configurations, ...samples]) {
      writeFileSync(join(folder, 'gateway.yaml'), text);
      const given = readSettings({ TDU_CONFIG: join(folder, 'gateway.yaml'), CPTS_AUTHORIZATION: 'invented' });
      expect('faults' in given ? given.faults : []).toEqual([]);
      expect(given.file === undefined ? ['no file'] : ruleFaults(given.file, vocabulary)).toEqual([]);
    }
    rmSync(folder, { recursive: true });
  });

  it('is a row of a hospital that the mappings take', () => {
    const [row] = blocks('docs/demarrage-rapide.md').filter((text) => text.includes('table: EncounterClass'));
    const site = { path: 'sites/chu/codes/EncounterClass.yaml', text: row ?? '' };
    expect(compileMappings([...loadMappingFiles(), site], 'chu')).toHaveProperty('mappings');
    const unreasoned = { ...site, text: site.text.replace(/, because: .*}/, ' }') };
    expect(compileMappings([...loadMappingFiles(), unreasoned], 'chu')).toMatchObject({
      faults: [{ message: 'a site row does not say why it differs' }],
    });
  });
});

describe('docs/adapter-un-hopital.md', () => {
  const folder = 'mappings/examples/sites/hopital-exemple/';

  it('shows the files of the example hospital as they are', () => {
    const blocks = [...read('docs/adapter-un-hopital.md').matchAll(/^ *```yaml\n([\s\S]*?)^ *```/gm)].map(
      ([, text = '']) => text.replaceAll(/^ {3}/gm, ''),
    );
    const files = loadMappingFiles(folder).map(({ text }) => text);
    expect(files.length).toBeGreaterThan(4);
    expect([...blocks].sort()).toEqual([...files].sort());
  });
});

describe('docs/vendor.md', () => {
  it('names every event that may be told', () => {
    const text = read('docs/vendor.md');
    expect(HAPPENINGS.filter((event) => !text.includes(`\`${event}\``))).toEqual([]);
  });

  it('lists every search parameter of every type, and no other', () => {
    const table = /\| Type \| Parameters \|\n([\s\S]*?)\n\n/.exec(read('docs/vendor.md'))?.[1] ?? '';
    const listed = new Map<string, string[]>();
    for (const [, types = '', names = ''] of table.matchAll(/^\| ([\w, ]+) \| (.*) \|$/gm)) {
      const parameters = [...names.matchAll(/`([\w-]+)`/g)].flatMap(([, name]) => name ?? []);
      for (const type of types.split(', ')) listed.set(type, parameters.filter((name) => !name.startsWith('_')).sort());
    }
    listed.delete('parameters of all types');
    const served = { ...SEARCH_PARAMETERS, ...COMMUNICATION_PARAMETERS, ...DEFINITION_PARAMETERS };
    const expected = Object.entries(served).map(
      ([type, parameters]) => [type, Object.keys(parameters).sort()] as const,
    );
    const withSome = expected.filter(([, names]) => names.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
    expect([...listed].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(withSome);
  });

  it('shows searches that the gateway reads', () => {
    const searches = [...read('docs/vendor.md').matchAll(/^GET \/fhir\/(\w+)\?(\S+)$/gm)].filter(
      ([, type]) => type !== '_history',
    );
    expect(searches.length).toBeGreaterThan(5);
    for (const [, type = '', query = ''] of searches)
      expect(parseSearch(type, new URLSearchParams(query), { zone: 'Europe/Paris' }).ignored).toEqual([]);
  });
});

describe('docs/operator.md', () => {
  it('shows every setting of a source and of the top of the file, and no other', () => {
    const [, block = ''] = /```yaml\n(sources:[\s\S]*?)```/.exec(read('docs/operator.md')) ?? [];
    const [, source = ''] = /^ {2}- ([\s\S]*?)^\w/m.exec(block) ?? [];
    const keys = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, key]) => key).sort();
    // Those that a comment beside another names.
    const beside = ['facilities', 'versions', 'host', 'httpTokenEnv'];
    expect([...keys(source, /^(?: {4})?(\w+):/gm), ...beside].sort()).toEqual(
      Object.keys(itemSchemas.sources.shape).sort(),
    );
    for (const name of beside) expect(source).toContain(name);
    expect(keys(block, /^(\w+):/gm)).toEqual(Object.keys(fileSchema.shape).sort());
  });

  it('says the default of the settings that it explains, as the schema has it', () => {
    const text = read('docs/operator.md');
    const source = itemSchemas.sources.parse({ name: 'any' });
    const file = fileSchema.parse({});
    for (const [name, usual] of [
      ['sources[].sharedNumbers', source.sharedNumbers.map((value) => `\`${value}\``).join(', ')],
      ['sources[].givenNames', `\`${source.givenNames}\``],
      ['zone', `\`${file.zone}\``],
      ['hospitalMembersStayDays', `\`${file.hospitalMembersStayDays}\``],
      ['circleShowsEndedDays', `\`${file.circleShowsEndedDays}\``],
    ])
      expect(text).toContain(`| \`${name ?? ''}\` | ${usual ?? ''} |`);
  });

  it('has every event that a rule may name, with every trigger that the mappings have', () => {
    const [, table = ''] = /\| Event \| Is \|.*\n([\s\S]*?)\n\n/.exec(read('docs/operator.md')) ?? [];
    const [, others = ''] = /\n(Z99 corrects [\s\S]*?)\n\n/.exec(read('docs/operator.md')) ?? [];
    const named = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z-]+)`/g)].map(([, event]) => event),
    );
    expect(named.sort()).toEqual([...HAPPENINGS].sort());
    const triggers = new Set([...(table + others).matchAll(/\b[AZ]\d\d\b/g)].map(([trigger]) => trigger));
    expect([...triggers].sort()).toEqual([...ownMappings().triggers].sort());
  });

  it('says of each trigger the event that its message gives', () => {
    const [, table = ''] = /\| Event \| Is \|.*\n([\s\S]*?)\n\n/.exec(read('docs/operator.md')) ?? [];
    const rows = [...table.matchAll(/^\| ([^|]*) \| ([^|]*) \|/gm)].flatMap(([, events = '', text = '']) => {
      const names = [...events.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
      const triggers = [...text.matchAll(/\bA\d\d\b/g)].map(([trigger]) => trigger);
      return triggers.map((trigger, index) => ({
        trigger,
        nature: names.includes('bed-change') ? 'L' : 'H',
        event: names[Math.min(index, names.length - 1)],
      }));
    });
    expect(rows.length).toBeGreaterThan(12);
    for (const { trigger, nature, event } of rows) {
      const zbe = movement('M1', '20260302100000', 'INSERT', { nature });
      const facts = translated(pam({ trigger, at: '20260302100000', zbe })).facts;
      const { people } = foldWhole(facts, { ...NOW, zone: 'Europe/Paris' });
      const stays = people.flatMap(({ stays: ofPerson }) => [...ofPerson.values()]);
      expect([trigger, stays.flatMap(({ stay }) => stay.movements.map(({ happening }) => happening))]).toEqual([
        trigger,
        [event],
      ]);
    }
  });

  it('has every variable that config/ reads, and no other', () => {
    const table = read('docs/operator.md').match(/## Settings of the environment\n([\s\S]*?)\n## /)?.[1] ?? '';
    const documented = [...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name).sort();
    expect(documented).toEqual([...ENVIRONMENT].sort());
  });

  it('says the default of each as the schema has it', () => {
    const text = read('docs/operator.md');
    for (const [name, usual] of [
      ['TDU_DATA_DIR', './data'],
      ['TDU_CONFIG', './config/gateway.yaml'],
      ['HTTP_PORT', '8080'],
      ['HTTP_HOST', '0.0.0.0'],
      ['MLLP_PORT', '2575'],
      ['TDU_ROLES', 'receive,work,serve'],
      ['TDU_INSECURE_FHIR', 'no'],
      ['TDU_LOG_LEVEL', 'info'],
    ])
      expect(text).toContain(`| \`${name ?? ''}\` | \`${usual ?? ''}\` |`);
  });

  it('lists every metric of the gateway, and no other', () => {
    const ours = (text: string) => [...new Set([...text.matchAll(/\btdu_[a-z_]+\b/g)].map(([name]) => name))].sort();
    expect(ours(read('docs/operator.md'))).toEqual(ours(read('src/watch/metrics.ts')));
  });

  it('lists every log event, and no other', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(join('src', path)));
    const logged = sources.flatMap((text) =>
      [...text.matchAll(/log\(\s*'(?:info|warn|error)',\s*'([a-z.-]+)'/g)].map(([, event]) => event),
    );
    const table = read('docs/operator.md').match(/## Logs\n([\s\S]*?)\n## /)?.[1] ?? '';
    const documented = [...table.matchAll(/^\| `([a-z.-]+)` \|/gm)].map(([, event]) => event);
    expect(documented.sort()).toEqual([...new Set(logged)].sort());
  });
});
