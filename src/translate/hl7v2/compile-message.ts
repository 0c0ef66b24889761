import type { RowMap } from '../compile-row.js';
import { fault, type Faults, type ParsedFile, type Row } from '../mapping-file.js';

/** A segment map as a message uses it: over the first segment of its name, or over each. */
export interface MessageMap {
  map: RowMap;
  each: boolean;
}

/** Target → the segment maps that a message uses for it, in order. */
export type MapsByTarget = ReadonlyMap<string, readonly MessageMap[]>;

const HEAD = new Set(['message', 'triggers', 'note']);
const KEYS = new Set(['id', 'from', 'to', 'as', 'each', 'note', 'because', 'drop']);
/** Targets of which one message may have several; the others are one thing. */
const EACH = new Set(['member', 'contact', 'RelatedPerson']);

/** Compiles the message maps, trigger by trigger. */
export function compileMessages(
  files: readonly ParsedFile[],
  maps: ReadonlyMap<string, RowMap>,
  faults: Faults,
): Map<string, MapsByTarget> {
  const byTrigger = new Map<string, MapsByTarget>();
  for (const file of files) {
    for (const key of Object.keys(file.head))
      if (!HEAD.has(key))
        fault(faults, file.file, 1, `${key} is no key of a message`, 'use message, triggers, note, rows');
    const used = byTarget(file.rows.flatMap((row) => messageMapOf(row, maps, faults) ?? []));
    const triggers = (file.head['triggers'] ?? '').split('|').filter((trigger) => trigger !== '');
    if (triggers.length === 0) fault(faults, file.file, 1, 'the message names no triggers', 'add `triggers: A01|A04`');
    for (const trigger of new Set(triggers)) {
      if (!/^[A-Z][A-Z0-9]{2}$/.test(trigger))
        fault(faults, file.file, 1, `${trigger} is no trigger`, 'write them as `triggers: A01|A04`');
      if (byTrigger.has(trigger))
        fault(faults, file.file, 1, `two messages take the trigger ${trigger}`, 'leave it to one of them');
      byTrigger.set(trigger, used);
    }
  }
  return byTrigger;
}

function byTarget(used: readonly MessageMap[]): MapsByTarget {
  const targets = new Map<string, MessageMap[]>();
  for (const message of used) targets.set(message.map.target, [...(targets.get(message.map.target) ?? []), message]);
  return targets;
}

function messageMapOf(row: Row, maps: ReadonlyMap<string, RowMap>, faults: Faults): MessageMap | undefined {
  const { from = '', to = '', as = '', each } = row.values;
  const wrong = (text: string, remedy: string) => {
    fault(faults, row.file, row.line, text, remedy);
  };
  for (const key of Object.keys(row.values))
    if (!KEYS.has(key)) wrong(`${key} is no key of a message row`, 'use id, from, to, as, each, note');
  if (each !== undefined && each !== 'yes' && each !== 'no') wrong(`each: ${each} says nothing`, 'write `each: yes`');
  const map = maps.get(as);
  if (map === undefined) {
    wrong(`there is no segment map ${as || '(none)'}`, 'name a file of mappings/segments/');
    return undefined;
  }
  if (from !== map.reads) wrong(`from: ${from} is not the segment of ${as}`, `write from: ${map.reads}`);
  if (to !== map.target) wrong(`to: ${to} is not the target of ${as}`, `write to: ${map.target}`);
  if (each === 'yes' && !EACH.has(map.target))
    wrong(`a message has one ${map.target}: each segment cannot make one`, 'take each out');
  return { map, each: each === 'yes' };
}

/** The paths that say which stay a message is of: those of the visit number, then those of the account. */
export function stayFieldsOf(byTrigger: ReadonlyMap<string, MapsByTarget>): string[] {
  const maps = [...byTrigger.values()].flatMap((targets) => targets.get('movement') ?? []);
  const rows = maps.flatMap(({ map }) => map.rows);
  const paths = (to: string) =>
    rows.filter((row) => row.to === to).map(({ field, from }) => pathOf(field, from.component));
  return [...new Set([...paths('stay'), ...paths('account')])];
}

function pathOf(field: string, component: number): string {
  return component === 1 ? field : `${field}.${component}`;
}
