import type { FhirResource } from 'fhir/r4.js';
import { foldWhole, type FoldedWindow } from '../apply/window.js';
import type { SourceSettings } from '../config/schema.js';
import type { EventKind } from '../message/event.js';
import type { Fact, Translation } from '../message/fact.js';
import type { Doubt, FoldOptions } from '../message/stay.js';

/** One thing that the gateway would say against a message in its answer. */
export interface AnswerIssue {
  severity: string;
  code: number | string;
  location?: string;
  text: string;
}

/** What the gateway would answer. */
export interface Answer {
  code: string;
  issues: readonly AnswerIssue[];
}

/** What a rule may tell of, and when it happened. */
interface ExplainedEvent {
  event: EventKind;
  at: string;
}

/** What a message would be answered, and what it gives. */
export interface Explanation {
  answer: Answer;
  translation: Translation;
  events: ExplainedEvent[];
  doubts: Pick<Doubt, 'reason' | 'field' | 'text'>[];
  traces: ExplainedValue[];
  resources: (FhirResource & { id: string })[];
}

function bundleOf(resources: Explanation['resources']) {
  const entry = resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource }));
  return { resourceType: 'Bundle', type: 'collection', ...(entry.length === 0 ? {} : { entry }) };
}

/** What a message that is answered so gives by itself. Of one that the gateway refuses nothing is translated. */
export function explanationOf(answer: Answer, translation: Translation, source: SourceSettings): Explanation {
  const refused = answer.issues.some(({ severity }) => severity === 'E');
  const kept = refused ? { ...translation, facts: [], mentions: [] } : translation;
  const window = foldWhole(kept.facts, foldAt(kept.facts, source));
  const resources = resourcesOf(window, kept);
  const doubts = [...window.doubts.values()].map(({ reason, field, text }) => ({
    reason,
    ...(field === undefined ? {} : { field }),
    text,
  }));
  return { answer, translation: kept, events: eventsOf(window), doubts, traces: tracesOf(window, kept), resources };
}

/** What happened as far as this message alone says; a cancellation or a correction is none without what it takes back. */
function eventsOf({ people }: FoldedWindow): ExplainedEvent[] {
  return people
    .flatMap(({ stays, documents }) => [
      ...[...stays.values()].flatMap(({ stay }) => stay.movements),
      ...[...documents.values()].flatMap(({ document }) => document.movements),
    ])
    .flatMap(({ happening, holds, withheld, effectiveAt }) =>
      happening === undefined || !holds || withheld === true ? [] : [{ event: happening, at: effectiveAt }],
    );
}

/**
 * Prints the bundle, or with `--explain` the answer, where each value comes from, and what nothing used.
 * @returns 0, or 1 where the message would be refused or parked
 */
export function print(explanation: Explanation, { explain, json }: { explain?: boolean; json?: boolean }): number {
  const { answer, translation, resources } = explanation;
  if (explain !== true) console.log(JSON.stringify(bundleOf(resources), undefined, 2));
  else if (json === true) console.log(JSON.stringify(asJson(explanation), undefined, 2));
  else printExplained(explanation);
  const stopped = [
    ...answer.issues
      .filter(({ severity }) => severity === 'E')
      .map(({ location, text }) => `${location ?? ''} ${text}`),
    ...translation.issues.filter(({ blocking }) => blocking).map(({ text }) => text),
  ];
  // Beside the bundle on standard output, which says nothing of it.
  if (explain !== true) for (const why of stopped) console.error(`not translated by the gateway: ${why}`);
  return stopped.length > 0 ? 1 : 0;
}

function asJson({ answer, translation, events, doubts, traces, resources }: Explanation) {
  const { code, issues: errors } = answer;
  const issues = [...translation.issues, ...doubts.map((doubt) => ({ blocking: false, ...doubt }))];
  return {
    answer: { code, errors },
    events,
    bundle: bundleOf(resources),
    traces,
    unused: translation.unused(),
    issues,
  };
}

/** No clock: what one message gives is folded as of the moment at which it was recorded, on the settings of a plain gateway. */
function foldAt(facts: readonly Fact[], { zone }: SourceSettings): FoldOptions {
  const now = facts[0]?.recordedAt ?? '1970-01-01T00:00:00Z';
  return { now, zone, hospitalMembersStayDays: 0, circleShowsEndedDays: 90 };
}

function resourcesOf({ people }: FoldedWindow, { mentions }: Translation): (FhirResource & { id: string })[] {
  const folded = people.flatMap(({ resources }) => [...resources.values()].map((written) => written.folded.resource));
  return [...folded, ...mentions.map(({ resource }) => resource)];
}

interface ExplainedValue {
  resource: string;
  path: string;
  from: string;
  row: string;
}

function tracesOf({ people }: FoldedWindow, { mentions }: Translation): ExplainedValue[] {
  const folded = people
    .flatMap(({ resources }) => [...resources])
    .flatMap(([resource, written]) =>
      written.folded.origins().map(({ path, from, row }) => ({ resource, path, from, row })),
    );
  const mentioned = mentions.flatMap(({ resource, trace }) =>
    trace.map(([path, from, row]) => ({ resource: `${resource.resourceType}/${resource.id}`, path, from, row })),
  );
  return [...folded, ...mentioned];
}

function printExplained({ answer, translation, events, doubts, traces, resources }: Explanation): void {
  const { unused, issues } = translation;
  console.log(`answer: ${answer.code}`);
  for (const { location, code: condition, severity, text } of answer.issues)
    console.log(`  ERR ${severity} ${condition} ${location ?? ''} ${text}`);
  for (const { event, at } of events) console.log(`event: ${event} ${at}`);
  if (resources.length === 0) console.log('\nnothing is translated');
  const byReference = new Map(resources.map((resource) => [`${resource.resourceType}/${resource.id}`, resource]));
  let last = '';
  for (const { resource, path, from, row } of traces) {
    if (resource !== last) console.log(`\n${resource}`);
    last = resource;
    for (const line of explainedLines(path, valueAt(byReference.get(resource), path), from, row)) console.log(line);
  }
  console.log(`\nunused: ${unused().join(' ') || 'nothing'}`);
  for (const { field, text, blocking } of issues)
    console.log(`${blocking ? 'parked' : 'to look at'}: ${field ?? ''} ${text}`);
  for (const { field, text } of doubts) console.log(`to look at: ${field ?? ''} ${text}`);
}

/** What stands at a path such as `participant[0].role`. */
function valueAt(resource: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined,
      resource,
    );
}

const WIDTH = 32;
const INDENT = ' '.repeat(43);
const PIECES = new RegExp(`.{1,${WIDTH}}`, 'gsu');

/** Path, value, field and row on one line, the value whole: on a terminal one that is longer than its column goes on below. */
function explainedLines(path: string, value: unknown, from: string, row: string): string[] {
  const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const pieces = process.stdout.isTTY ? (text.match(PIECES) ?? ['']) : [text];
  const [first = '', ...rest] = pieces;
  const line = `  ${path.padEnd(40)} ${first.padEnd(WIDTH)} ← ${from.padEnd(12)} ${row}`.trimEnd();
  return [line, ...rest.map((piece) => INDENT + piece)];
}
