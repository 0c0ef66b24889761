import type { Authorities } from './identifiers.js';
import type { Issues } from './issues.js';

/** What converters of every format know beside what they read. */
export interface CommonContext {
  readonly issues: Issues;
  readonly authorities: Authorities;
}

/** What a row reads in one go: a repetition of a field, a place of a document. */
export interface Reading {
  /** What it says in one word; '' where it says nothing. */
  value(): string;
  /** Where it stands, for traces. */
  path(component?: number): string;
  readonly code: string;
  /** What the sender calls his code. */
  readonly display: string;
  /** System that the code names itself, as a URI; '' where it names none. */
  readonly codeSystem: string;
}

/** The types of a format that rows read: paths, what a map runs over, what a converter reads, and its surroundings. */
export interface Format {
  readonly path: unknown;
  readonly place: unknown;
  readonly reading: Reading;
  readonly context: CommonContext;
}
