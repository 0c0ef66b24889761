import { instant } from '../message/order.js';
import type { TranslationStep } from '../message/translation.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const BIRTHS: Statement = [
  'anchors-births',
  `
  UPDATE identifier SET recorded_at = input.recorded_at
  FROM unnest($1::text[], $2::timestamptz[], $3::boolean[]) AS input (key, recorded_at, exact)
  WHERE identifier.key = input.key AND identifier.recorded_at IS DISTINCT FROM input.recorded_at
    AND (exact OR identifier.recorded_at IS NULL OR input.recorded_at < identifier.recorded_at)`,
];

/** Writes when anchors were first recorded, where the steps know better. */
export async function saveBirths(client: Queryable, steps: readonly TranslationStep[]): Promise<void> {
  const births = new Map<string, TranslationStep['anchors'][number]>();
  for (const birth of steps.flatMap(({ anchors }) => anchors)) {
    const earlier = births.get(birth.anchor);
    if (earlier === undefined || birth.exact) births.set(birth.anchor, birth);
    else if (instant(birth.recordedAt) < instant(earlier.recordedAt))
      births.set(birth.anchor, { ...earlier, recordedAt: birth.recordedAt });
  }
  if (births.size === 0) return;
  const rows = [...births.values()];
  await prepared(client, BIRTHS, [
    rows.map(({ anchor }) => anchor),
    rows.map(({ recordedAt }) => recordedAt),
    rows.map(({ exact }) => exact),
  ]);
}
