import type { NewWorkItem } from '../message/message.js';
import type { Doubt } from '../message/stay.js';
import type { TranslationStep } from '../message/translation.js';
import type { FoldedWindow } from './window.js';

type DoubtChanges = Pick<TranslationStep, 'workItems' | 'settled' | 'departures' | 'otherStates'>;

type Doubts = FoldedWindow['doubts'];

/** What a message changes of the doubts: which open, which are settled, which messages they are about, and which of these wait behind them. */
export function doubtChanges({ doubts: before }: FoldedWindow, { doubts: after }: FoldedWindow): DoubtChanges {
  const waitedBefore = waitingMessages(before);
  const waitAfter = waitingMessages(after);
  return {
    workItems: [...after.values()].flatMap((doubt) => workItemsOf(doubt, before.get(doubt.key))),
    settled: [...before.keys()].filter((key) => !after.has(key)),
    departures: [...before.values()].flatMap(({ key, messages = [] }) =>
      without(messages, after.get(key)?.messages).map((messageId) => ({ key, messageId })),
    ),
    otherStates: [
      ...without([...waitAfter], waitedBefore).map((messageId) => ({ messageId, state: 'parked' as const })),
      ...without([...waitedBefore], waitAfter).map((messageId) => ({ messageId, state: 'translated' as const })),
    ],
  };
}

/** A doubt that is new, or about more messages than before. */
function workItemsOf({ parks: _parks, ...doubt }: Doubt, before: Doubt | undefined): NewWorkItem[] {
  if (before === undefined) return [{ ...doubt, standing: true }];
  const messages = without(doubt.messages ?? [], before.messages);
  return messages.length === 0 ? [] : [{ ...doubt, messages, standing: true }];
}

/** The messages whose facts have no effect. */
export function waitingMessages(doubts: Doubts): Set<string> {
  return new Set([...doubts.values()].flatMap(({ parks, messages = [] }) => (parks === true ? messages : [])));
}

function without(list: readonly string[], gone: Iterable<string> = []): string[] {
  const removed = new Set(gone);
  return list.filter((item) => !removed.has(item));
}
