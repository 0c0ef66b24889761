import type { Message } from '../hl7v2/parse.js';
import type { Authorities } from './identifiers.js';
import type { FieldReader, ReadRecord } from './reader.js';
import type { Territory } from './territory.js';

/** What a converter may know beside its field. */
export interface ConvertContext {
  message: Message;
  record: ReadRecord;
  zone: string;
  authorities: Authorities;
  territory: Territory;
  /** PID-32 says VALI. */
  qualified: boolean;
}

/** A member of a converted value, and where it comes from: a component of the field by number, or another HL7 path. */
export type PartSource = readonly [path: string, from: number | string];

/** A value, and where its members come from; those that are absent are passed over. `element` sends it elsewhere than the row says. */
export interface Converted {
  value: unknown;
  parts?: readonly PartSource[];
  element?: string;
}

export type Converter = (field: FieldReader, context: ConvertContext) => Converted | undefined;
