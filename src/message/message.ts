import type { DocumentClaim } from './document-claim.js';

/** Where a journal message stands. The legal changes are in `journey.ts`. */
export type MessageState = 'received' | 'refused' | 'parked' | 'translated';

/** What the bytes of a journal message are. */
export type MessageFormat = 'hl7v2' | 'cda' | 'xdm' | 'mail' | 'fhir';

/** HL7 table 0008: original mode AA/AE/AR, enhanced mode CA/CE/CR. */
export const ACK_CODES = ['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] as const;
export type AckCode = (typeof ACK_CODES)[number];

/** One ERR segment's worth (HL7 v2.5 §2.15.5). Never holds patient content. */
export interface AckIssue {
  /** ERR-2 as a path, e.g. `ZBE-4` or `PID-3[2].4`; absent when the whole message is meant. */
  location?: string;
  /** ERR-3, table 0357: 100 sequence, 101 required, 102 type, 103 value, 200–207. */
  code: number;
  /** ERR-4. */
  severity: 'E' | 'W' | 'I';
  /** ERR-5: what the CI-SIS carriage of documents says of a 207 (900 to 906). */
  application?: number;
  /** ERR-8, for the person who reads the feed's log. */
  text: string;
}

/** A message as the receive stage hands it to the store, answer included: kept first, answered after. */
export interface IncomingMessage {
  /** Time-ordered id, see `messageId` in the store contract; decimal string of a 63-bit integer. */
  id: string;
  /** Name of the configured source. */
  source: string;
  door: 'mllp' | 'http' | 'mail' | 'folder';
  /** Absent: `hl7v2`. */
  format?: MessageFormat;
  /** Id of the batch or the mail that it came in. */
  parent?: string;
  /** What it is called where it comes from: a Message-ID, the name of a file. */
  externalId?: string;
  receivedAt: Date;
  bytes: Buffer;
  /** Of the whole message, where `bytes` is only its head. */
  whole?: { length: number; sha256: Buffer };
  /** MSH-18 as applied, or the source's default. */
  charset: string;
  /** MSH-10, at most 199 characters; empty when the message has none. */
  controlId: string;
  /** `MSH-3|MSH-4`: control ids are unique per sending application and facility. */
  sender: string;
  /** `ADT^A01`; empty when MSH-9 cannot be read. */
  type: string;
  state: 'received' | 'refused' | 'parked';
  /** The exact acknowledgement bytes, before framing. */
  answer: Buffer;
  answerCode: AckCode;
  issues: AckIssue[];
  /** Work items to open with the message, e.g. for a refusal or an unmapped trigger. */
  workItems: NewWorkItem[];
  /** What it claims of each document that it carries. */
  documents?: readonly DocumentClaim[];
}

/** What the store says of each message it was asked to keep, in the same order. */
export type KeptMessage =
  | { kind: 'kept'; id: string }
  /** Same source, sender, control id and bytes: the answer given then, to be given again. */
  | { kind: 'repeat'; id: string; answer: Buffer }
  /** Same control id, other bytes: nothing was kept under it; the caller answers AE 205 and keeps it as refused. */
  | { kind: 'reused'; id: string }
  /** An id of its documents stands for other bytes: nothing was kept, and it is to be refused. */
  | { kind: 'document-reused'; id: string };

/** A journal message as later stages read it. */
export interface JournalMessage {
  id: string;
  source: string;
  controlId: string;
  sender: string;
  type: string;
  format: MessageFormat;
  receivedAt: Date;
  charset: string;
  bytes: Buffer;
  state: MessageState;
}

/** A parked thing that somebody must look at. No patient content in `text` or `field`. */
export interface NewWorkItem {
  /** A failure code of `failure.ts`. */
  reason: string;
  /** HL7 or FHIR path at fault. */
  field?: string;
  text: string;
  /** The code at fault, where it has the form of a code. */
  code?: string;
  /**
   * Same key, same thing to do: of an open key no second one is opened. It is the source's own where the item is not standing. Absent: reason,
   * field, code and text.
   */
  key?: string;
  /** About what the facts of several messages say together: it opens and closes with them. */
  standing?: boolean;
  /** Ids of the messages behind it; absent: the one that brings it up. */
  messages?: readonly string[];
}
