import type { MessageClock } from '../message/zone.js';
import type { Message, Segment } from '../hl7v2/parse.js';
import type { Path } from '../hl7v2/path.js';
import type { CodeTable } from './codes.js';
import type { CommonContext, Format } from './format.js';
import type { FieldReader, ReadRecord } from './hl7v2/reader.js';
import type { ElementType } from './targets.js';
import type { Territory } from './hl7v2/territory.js';

/** How a source fills XPN-3: `insi` the whole list of given names, which repeats XPN-2; `separate` further given names. */
export type GivenNames = 'insi' | 'separate';

/** What a converter may know beside its field. */
export interface ConvertContext extends CommonContext {
  readonly message: Message;
  readonly record: ReadRecord;
  readonly clock: MessageClock;
  readonly territory: Territory;
  readonly givenNames: GivenNames;
  /** The identity is validated and its birth date was not corrected: its INS may be conveyed. */
  readonly qualified: boolean;
}

/** HL7 v2, as rows read it. */
export interface Hl7v2 extends Format {
  readonly path: Path;
  readonly place: Segment;
  readonly reading: FieldReader;
  readonly context: ConvertContext;
}

/** A member of a converted value, and where it comes from: a component of the field by number, or another path of the message. */
export type PartSource = readonly [path: string, from: number | string];

/** A value, and where its members come from; those that are absent are passed over. */
export interface Converted {
  /** undefined: the field was understood and has nothing to say here. */
  value: unknown;
  parts?: readonly PartSource[];
  /** The element it goes to, where that is not the row's. */
  element?: string;
  /** Where it comes from, where that is not the repetition that was read. */
  from?: string;
  /** The row of a code table that made it, where that is a site's. */
  row?: string;
  /** It was made of the element itself, and not of what that holds. */
  shallow?: true;
}

/**
 * Reads one repetition of a field, or one place of a document. undefined: it gives nothing and counts as unused. `malformed`: it holds no value of its form, which is a
 * work item.
 */
export type Converter<F extends Format = Hl7v2> = (
  field: F['reading'],
  context: F['context'],
) => Converted | readonly Converted[] | 'malformed' | undefined;

/** What a converter is made with: the code tables and extensions of the mappings. */
export interface ConverterParts {
  /** A code table; one that does not exist is a fault of the mappings. */
  table(name: string): CodeTable;
  /** The url of an extension by its name; one that does not exist is a fault of the mappings. */
  extension(name: string): string;
}

/** A named converter: the type of what it gives, and how it is made. */
export interface ConverterEntry<F extends Format = Hl7v2> {
  gives: ElementType;
  /** The code table whose codes are all that it gives. */
  table?: string;
  make(parts: ConverterParts): Converter<F>;
}
