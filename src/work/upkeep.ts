import { applyPassingTime } from '../apply/apply.js';
import type { FoldOptions } from '../message/stay.js';
import type { PatientWindow, TranslationStep } from '../message/translation.js';

/** What the upkeep of circles asks of the store and of the configuration. */
export interface UpkeepDeps {
  dueCircles(now: Date, limit: number): Promise<{ anchor: string; at: Date }[]>;
  inUpkeep<T>(
    circle: { anchor: string; now: Date; endedSince: string },
    run: (tx: { window: PatientWindow; save(steps: TranslationStep[]): Promise<unknown> }) => Promise<T>,
  ): Promise<T | undefined>;
  fold: Omit<FoldOptions, 'now'>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Circles of one round; what is left is due in the next. */
const MOST = 500;
const DAY = 86_400_000;

/**
 * Folds again the circles that change by the passing of time alone: somebody begins to be of one, leaves it, or left it so long ago that it
 * shows him no more.
 * @returns how many circles were due
 */
export async function upkeepCircles({ dueCircles, inUpkeep, fold, now }: UpkeepDeps): Promise<number> {
  const moment = new Date(now());
  const due = await dueCircles(moment, MOST);
  for (const { anchor, at } of due) {
    const since = new Date(at.getTime() - 1);
    // A day more than the circle shows, for dates without a time.
    const endedSince = new Date(since.getTime() - (fold.circleShowsEndedDays + 1) * DAY).toISOString();
    await inUpkeep({ anchor, now: moment, endedSince }, async ({ window, save }) => {
      await save([applyPassingTime(window, since.toISOString(), { ...fold, now: moment.toISOString() })]);
    });
  }
  return due.length;
}
