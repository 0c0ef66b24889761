import { describe, expect, it } from '@jest/globals';
import type { JournalMessage } from '../../../src/message/message.js';
import type { TranslationRequest, TranslationStep, TranslationTx } from '../../../src/message/translation.js';
import { buildDirectory } from '../../../src/route/directory.js';
import { translateStage } from '../../../src/work/translate-stage.js';

/** Messages that no mapping reads: what the stage makes of them is a parked step. */
function stageOver(waiting: string[], { endless = false, roundsUntilStop = Infinity } = {}) {
  const rounds: TranslationRequest[] = [];
  const saved: string[] = [];
  const woken: string[][] = [];
  const take = ({ ids, limit }: TranslationRequest) => {
    const named = waiting.filter((id) => ids.includes(id));
    const taken = [...new Set([...named, ...waiting.slice(0, limit)])];
    if (!endless) for (const id of taken) waiting.splice(waiting.indexOf(id), 1);
    return taken;
  };
  const stage = translateStage({
    async inTranslation<T>(claim: TranslationRequest, run: (tx: TranslationTx) => Promise<T>) {
      rounds.push(claim);
      const messages = take(claim).map((id) => ({ id, source: 'dpi', bytes: Buffer.from('MSH') }) as JournalMessage);
      return run({
        messages,
        suspects: [],
        deaths: 0,
        more: messages.length >= claim.limit,
        load: () => Promise.resolve([]),
        loadWhole: (window) => Promise.resolve(window),
        save: (steps: TranslationStep[]) => {
          saved.push(...steps.flatMap(({ messageId }) => messageId ?? []));
          return Promise.resolve({ endpoints: steps.length > 0 ? ['logiciel'] : [] });
        },
      });
    },
    source: () => {
      throw new TypeError('this source has no mappings');
    },
    directory: buildDirectory([], []),
    rules: [],
    fold: { zone: 'Europe/Paris', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 },
    now: () => Date.parse('2026-03-02T08:00:00Z'),
    due: (endpoints) => void woken.push(endpoints),
    log: () => undefined,
    observe: () => undefined,
    stopping: () => rounds.length >= roundsUntilStop,
  });
  return { stage, rounds, saved, woken };
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n));

describe('a translate job', () => {
  it('goes on as long as more waits, and wakes the deliveries after each round', async () => {
    const { stage, rounds, saved, woken } = stageOver(ids(220));
    await stage(['7']);
    expect(saved.sort()).toEqual(ids(220).sort());
    expect(rounds.map((round) => round.ids)).toEqual([['7'], [], []]);
    expect(woken).toEqual([['logiciel'], ['logiciel'], ['logiciel']]);
  });

  it('is one round where little waits', async () => {
    const { stage, rounds, woken } = stageOver([]);
    await stage(['7']);
    expect(rounds).toHaveLength(1);
    expect(woken).toEqual([]);
  });

  it('ends with the round under way when the gateway stops', async () => {
    const { stage, rounds } = stageOver(ids(120), { endless: true, roundsUntilStop: 25 });
    await stage([]);
    expect(rounds).toHaveLength(25);
  });
});
