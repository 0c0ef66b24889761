import type { CarePlanActivityDetail, CodeableConcept, Period, Reference } from 'fhir/r4.js';
import type { DocumentActivity } from '../../../message/document.js';
import type { Trace } from '../../../message/fragment.js';
import type { Unit } from './unit.js';

/**
 * A step of a plan in words, undefined where it has none: what it is, when it is foreseen, who carries it out, and all that is said of it.
 * @param goal key of the entry of the goal that it serves
 */
export function activityOf(unit: Unit, goal?: string): DocumentActivity | undefined {
  if (unit.negated) return undefined;
  const kind = unit.value<CodeableConcept>('kind');
  const code = unit.value<CodeableConcept>('code');
  const words = [...new Set(unit.values<string>('words'))];
  // An action towards a goal is told by its words; that it is one says nothing more.
  const names = goal !== undefined && words.length > 0 ? [] : [kind, code];
  const name = names.flatMap((concept) => nameOf(concept) ?? []).join(' : ');
  if (code === undefined && words.length === 0 && (kind === undefined || goal !== undefined)) return undefined;
  const description = [name, ...words.filter((text) => text !== code?.text)].filter((text) => text !== '').join(' – ');
  const performer = unit.values<Reference>('performer');
  const period = unit.value<Period>('scheduledPeriod');
  const detail: CarePlanActivityDetail = {
    ...((code ?? kind) && { code: code ?? kind }),
    status: period === undefined ? 'not-started' : 'scheduled',
    ...(goal !== undefined && { goal: [{ reference: `entry:${goal}` }] }),
    ...(period && { scheduledPeriod: period }),
    ...(performer.length > 0 && { performer }),
    ...(description !== '' && { description }),
  };
  return { detail, trace: tracesOf(unit) };
}

function nameOf(concept: CodeableConcept | undefined): string | undefined {
  return concept?.coding?.[0]?.display ?? concept?.text;
}

/** Under the names of the detail: what it is called and what is said of it stand together in its description. */
function tracesOf(unit: Unit): Trace[] {
  const hasCode = unit.has('code');
  return unit.elements.flatMap(({ trace }) =>
    trace.map(([to, from, row]): Trace => {
      if (/^words\b/.test(to)) return ['description', from, row];
      return [!hasCode && /^kind\b/.test(to) ? to.replace('kind', 'code') : to, from, row];
    }),
  );
}
