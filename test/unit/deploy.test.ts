import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { FAILURES } from '../../src/message/failure.js';
import { ACK_CODES } from '../../src/message/message.js';
import { openMetrics } from '../../src/watch/metrics.js';

interface Rule {
  alert: string;
  expr: string;
  labels?: { severity?: string };
  annotations?: { summary?: string };
}

const files = readdirSync('deploy', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(yml|json)$/.test(path))
  .map((path) => ({ path, text: readFileSync(`deploy/${path}`, 'utf8') }));
const { groups } = parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const board = JSON.parse(readFileSync('deploy/grafana/trait-d-union.json', 'utf8')) as {
  panels: { title: string; targets: { expr: string; legendFormat: string }[] }[];
};
const expressions = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...board.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
];
const WAITING = ['untranslated', 'parked', 'openWorkItems', 'dueDeliveries', 'deadDeliveries'];
const CODES = [...ACK_CODES, 'delivered', ...Object.keys(FAILURES)];

/** Name of each series that the gateway serves → its labels. */
async function series(): Promise<Map<string, string[]>> {
  const metrics = openMetrics();
  metrics.answered('chu', 'AA', 1);
  metrics.translated(1, 1);
  metrics.delivered('cpts', 'delivered', 1);
  metrics.counted(Object.fromEntries(WAITING.map((what) => [what, 0])));
  metrics.workers([{ name: 'translate', up: true, restarts: 0 }]);
  metrics.swept(0);
  metrics.endpoints([{ id: 'cpts', due: 1, oldestDueSeconds: 1 }]);
  const lines = [...(await metrics.text([])).matchAll(/^([a-z_:]+)(?:\{(.*)\})? /gm)];
  return new Map(
    lines.map(([, name = '', labels = '']) => [name, [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)]),
  );
}

describe('deploy/', () => {
  it('names no metric that the gateway does not serve', async () => {
    const names = new Set((await series()).keys());
    const uses = files.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(?:tdu|process|nodejs)_[a-z_]+/g)].map(([name]) => ({ path, name })),
    );
    expect(uses.length).toBeGreaterThan(20);
    expect(uses.filter(({ name }) => !names.has(name))).toEqual([]);
  });

  it('selects and groups by labels that those metrics have', async () => {
    const labelsOf = await series();
    const wrong = expressions.flatMap(({ where, expr }) => {
      const names = [...expr.matchAll(/\b(?:tdu|process)_[a-z_]+/g)].map(([name]) => name);
      const groupings = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
      const selectors = [...expr.matchAll(/(\w+)(?:=|!=|=~)"/g)].map(([, label = '']) => label);
      const labels = new Set(['job', 'instance', 'le', ...names.flatMap((name) => labelsOf.get(name) ?? [])]);
      return [...groupings, ...selectors].filter((label) => !labels.has(label)).map((label) => `${where}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });

  it('asks for codes and kinds of waiting that there are', () => {
    const values = (pattern: RegExp) =>
      expressions.flatMap(({ expr }) => [...expr.matchAll(pattern)].flatMap(([, value = '']) => value.split('|')));
    expect(values(/what="(\w+)"/g).length).toBeGreaterThan(3);
    expect(values(/what="(\w+)"/g).filter((what) => !WAITING.includes(what))).toEqual([]);
    const codes = values(/code(?:=|!=|=~)"([\w|-]+)"/g);
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !CODES.includes(code))).toEqual([]);
  });

  it('sees a refusal whatever the mode it is answered in', () => {
    const asked = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/code=~?"([ACER|]+)"/g)].map(([, codes = '']) => codes),
    );
    expect(asked.sort()).toEqual(['AE|CE', 'AR|CR']);
  });

  it('does not compare with nought what has no series as long as nothing was counted', () => {
    const counted = /\b(?:rate|increase)\([^)]*\)\s*\)?\s*==\s*0/;
    expect(rules.filter(({ expr }) => counted.test(expr)).map(({ alert }) => alert)).toEqual([]);
  });

  it('rounds the value that it tells, unless it is a count', () => {
    const raw = rules.filter(({ annotations }) => annotations?.summary?.includes('{{ $value }}') === true);
    expect(raw.length).toBeGreaterThan(1);
    expect(raw.filter(({ expr }) => !expr.startsWith('max(tdu_waiting{')).map(({ alert }) => alert)).toEqual([]);
  });

  it('finds from the start the series of whose first event it is to alert', async () => {
    const metrics = openMetrics();
    metrics.answers('chu', ACK_CODES);
    metrics.delivers('cpts');
    const text = await metrics.text([]);
    for (const code of ACK_CODES) expect(text).toContain(`tdu_answer_seconds_count{source="chu",code="${code}"} 0\n`);
    expect(text).toContain('tdu_delivery_seconds_count{endpoint="cpts",code="delivered"} 0\n');
    const [, seconds] = /^tdu_last_message_timestamp_seconds\{source="chu"\} (\d+)$/m.exec(text) ?? [];
    expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(60);
  });

  it('alerts of what the operator’s page says to, each once, with a severity and a sentence', () => {
    const page = readFileSync('docs/operator.md', 'utf8');
    const table = page.slice(page.indexOf('| Metric | Meaning | Alert when |'));
    const rows = table.slice(0, table.indexOf('\n\n'));
    const metrics = rules.flatMap(({ expr }) => expr.match(/\btdu_[a-z_]+?(?=_(?:bucket|count|sum)\b|[^a-z_])/g) ?? []);
    expect(new Set(metrics).size).toBeGreaterThan(7);
    expect(metrics.filter((name) => !rows.includes(`\`${name}\``))).toEqual([]);
    for (const { labels, annotations } of rules) {
      expect(labels?.severity).toMatch(/^(critical|warning)$/);
      expect(annotations?.summary).toMatch(/^.{20,}$/);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});
