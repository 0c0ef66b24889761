import type { Place } from '../../cda/place.js';
import type { Element } from '../../message/fact.js';
import type { Cda, CdaContext } from './format.js';
import type { CompiledRow, RowMap } from '../compile-row.js';
import { contribute, listOf } from '../contribute.js';

/** Runs the rows of a map over one element: what each place contributes to the target. */
export function runElementMap(map: RowMap<Cda>, place: Place, into: Element[], context: CdaContext): void {
  for (const row of map.rows) if (row.when === undefined || row.when(place, context)) runRow(row, place, into, context);
}

/** Without `each` the first place counts that says something: one with nullFlavor before it does not stand in its way. */
function runRow(row: CompiledRow<Cda>, place: Place, into: Element[], context: CdaContext): void {
  for (const at of place.all(row.from)) {
    const converted = row.convert(at, context);
    if (converted === undefined) continue;
    if (converted === 'malformed') {
      context.issues.malformed(at.path());
      continue;
    }
    const values = listOf(converted);
    context.record.mark(
      at,
      values.every(({ shallow }) => shallow === true),
    );
    for (const value of values) contribute(row, value, at, at.field, into);
    if (!row.each) return;
  }
}
