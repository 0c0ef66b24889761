import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeSamples, readSample, samplesIn } from '../support/samples.js';
import { differencesOf, explainedRow } from '../support/world-difference.js';
import { openWorldStore, type Outcome, type WorldStore } from '../support/world-run.js';
import type { WorldMessage } from '../support/worlds.js';

const RECEIVED = new Date(Date.UTC(2026, 2, 2, 9));
const FILES = [...samplesIn('international'), ...samplesIn('pam-fr')].sort();

/** A real message under a control id of its own: many of them carry the same. */
function sample(path: string, index: number): WorldMessage {
  const text = readSample(path).toString('utf8');
  const renumbered = text.replace(/^(\uFEFF?MSH(?:\|[^|\r\n]*){8}\|)[^|]*/, (_, head: string) => `${head}S${index}`);
  return {
    name: `S${index}`,
    text: renumbered,
    source: path.split('/')[0] ?? '',
    sentAt: RECEIVED,
    receivedAt: RECEIVED,
  };
}

/** What is neither translated nor waiting for somebody who is told which field to look at. */
function silent({ state, items }: Outcome): boolean {
  return state !== 'translated' && !items.some(({ field }) => field !== null && field !== '');
}

describeSamples('the messages of other senders, from the door to the rows', () => {
  let store: WorldStore;
  let outcomes: Map<string, Outcome>;
  beforeAll(async () => {
    store = await openWorldStore();
    await store.arrive(FILES.map(sample), 1);
    outcomes = new Map((await store.outcomes()).map((outcome) => [outcome.controlId, outcome]));
  });
  afterAll(() => store.close());

  it('are none lost', () => {
    expect([...outcomes.keys()].sort()).toEqual(FILES.map((_, index) => `S${index}`).sort());
  });

  it.each(FILES.map((path, index) => [path, `S${index}`] as const))(
    '%s is translated, or waits with a work item that names a field',
    (_path, controlId) => {
      const outcome = outcomes.get(controlId);
      expect(outcome).toBeDefined();
      if (outcome !== undefined) expect({ ...outcome, silent: silent(outcome) }).toEqual({ ...outcome, silent: false });
    },
  );

  it('leave the same rows in the opposite order', async () => {
    const rows = await store.rows();
    await store.reset();
    await store.arrive(FILES.map(sample).reverse(), 1);
    expect(
      differencesOf(rows, await store.rows())
        .map(explainedRow)
        .join('\n'),
    ).toBe('');
  });
});
