import type { Condition } from './condition.js';
import type { ConverterEntry } from './converter.js';
import type { Format } from './format.js';

/** How rows of a format are written. */
export interface Dialect<F extends Format> {
  /** `from` of a row of a map over such segments or elements, and the field it contributes under; undefined where it is no such path. */
  from(text: string, reads: string): { path: F['path']; field: string } | undefined;
  /** `PID-3`, to show how a path is written. */
  example(reads: string): string;
  /** A condition; undefined where it has none of the forms. */
  condition(text: string): Condition<F> | undefined;
  /** The closed list of converters that rows may name. */
  converters: ReadonlyMap<string, ConverterEntry<F>>;
}
