import type { NewWorkItem } from '../message/message.js';
import { compareText } from '../message/order.js';

/** A work item and the message that brings it up; null where none did. */
export type BroughtUp = NewWorkItem & { messageId: string | null; controlId: string | null; source: string | null };

/** What a transaction changes about one key: the item that it leaves open, and for each message whether it stands behind it. */
interface Entry {
  item?: BroughtUp;
  settled: boolean;
  messages: Map<string, boolean>;
}

/** What the steps of a transaction say of work items, the last word on each; to be written at the end. */
export class WorkItemBook {
  private readonly entries = new Map<string, Entry>();

  bringUp(item: BroughtUp): void {
    const entry = this.entry(keyOf(item));
    entry.item ??= item;
    entry.settled = false;
    const messages = item.messages ?? (item.messageId === null ? [] : [item.messageId]);
    for (const message of messages) entry.messages.set(message, true);
  }

  depart(key: string, messageId: string): void {
    this.entry(key).messages.set(messageId, false);
  }

  settle(key: string): void {
    const entry = this.entry(key);
    delete entry.item;
    entry.settled = true;
  }

  /** In the order of the keys, so that two transactions never wait for each other in a ring. */
  get list(): Entries {
    return [...this.entries].sort(([a], [b]) => compareText(a, b));
  }

  private entry(key: string): Entry {
    const entry = this.entries.get(key) ?? { settled: false, messages: new Map<string, boolean>() };
    this.entries.set(key, entry);
    return entry;
  }
}

/** An item that is not standing is its source's own: one hospital's problem never hides behind another's. */
function keyOf({ key, standing, reason, field, code, text, source }: BroughtUp): string {
  const problem = key ?? [reason, field, code, text].join('|');
  return standing === true || source === null ? problem : `${source}|${problem}`;
}

export type Entries = readonly (readonly [key: string, entry: Entry])[];

/** The messages that stand behind what they bring up now. */
export function behindIn(entries: Entries): { key: string; messageId: string }[] {
  return entries.flatMap(([key, { item, messages }]) =>
    item === undefined ? [] : [...messages].flatMap(([messageId, behind]) => (behind ? [{ key, messageId }] : [])),
  );
}
