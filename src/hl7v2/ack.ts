import type { AckCode, AckIssue } from '../message/message.js';
import { encodeText } from './charset.js';
import { escape, STANDARD_DELIMITERS } from './escape.js';
import type { Message } from './parse.js';
import { parsePath } from './path.js';
import { writeMessage, writeSegment } from './write.js';

export interface AckOptions {
  /** The message answered; undefined when none could be read. */
  incoming: Message | undefined;
  code: AckCode;
  issues: AckIssue[];
  /** MSH-10 of the answer itself. */
  controlId: string;
  /** MSH-7 of the answer, HL7 TS. */
  at: string;
  /** Charset of the answer, a name of table 0211. */
  charset: string;
}

const TABLE_0357: Readonly<Record<number, string>> = {
  0: 'Message accepted',
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  103: 'Table value not found',
  200: 'Unsupported message type',
  201: 'Unsupported event code',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
  204: 'Unknown key identifier',
  205: 'Duplicate key identifier',
  206: 'Application record locked',
  207: 'Application internal error',
};

/** What ERR-5 says of a document that a 207 refuses (CI-SIS, Transmission de documents CDA en HL7 v2). */
const TABLE_0533: Readonly<Record<number, string>> = {
  900: 'Version not the latest known',
  901: 'Requester neither author nor of the same organisation',
  902: 'Unknown patient',
  903: 'No INS in the document',
  904: 'INS or traits differ',
  905: 'INS without its traits',
  906: 'Other',
};

/**
 * The acknowledgement of a message (HL7 v2.5 §2.9, §2.15.5, §2.15.8): MSH-3/4 and 5/6 change places, MSH-11 and MSH-12 are repeated, MSA-2 is the
 * incoming MSH-10, one ERR segment of v2.5 for each issue. Always in the standard marks.
 */
export function buildAck({ incoming, code, issues, controlId, at, charset }: AckOptions): Buffer {
  const msh = incoming?.segment('MSH');
  const copied = (field: number) => (msh === undefined ? '' : restored(msh.raw(field), incoming));
  const event = msh?.value(9, 1, 2) ?? '';
  const type = event === '' ? 'ACK' : `ACK^${escape(event)}^ACK`;
  const declared = msh?.raw(18) ? charset : '';
  const sides = `${copied(5)}|${copied(6)}|${copied(3)}|${copied(4)}`;
  const head = `MSH|^~\\&|${sides}|${at}||${type}|${escape(controlId)}|${copied(11) || 'P'}|${copied(12) || '2.5'}`;
  const incomingId = copied(10);
  const answer = [
    declared === '' ? head : `${head}||||||${declared}`,
    incomingId === '' ? `MSA|${code}` : `MSA|${code}|${incomingId}`,
    ...issues.map(errSegment),
  ];
  return encodeText(writeMessage(answer), charset);
}

function errSegment(issue: AckIssue): string {
  const meaning = TABLE_0357[issue.code] ?? '';
  const condition = `${issue.code}^${meaning}^HL70357`;
  const { application } = issue;
  return writeSegment('ERR', {
    2: location(issue.location),
    3: condition,
    4: issue.severity,
    ...(application === undefined ? {} : { 5: `${application}^${TABLE_0533[application] ?? ''}^HL70533` }),
    8: escape(issue.text),
  });
}

/** ERR-2 (ERL): segment^sequence^field^repetition^component^subcomponent, as far as the path goes. */
function location(path: string | undefined): string {
  const place = path === undefined ? undefined : parsePath(path);
  if (place === undefined) return '';
  if (place.field === 0) return `${place.segment}^${place.occurrence}`;
  const { segment, occurrence, field, repetition, component, subcomponent } = place;
  const depth = (path?.slice(path.indexOf('-')).match(/\./g) ?? []).length;
  const deeper = [component, subcomponent].slice(0, depth);
  return [segment, occurrence, field, repetition, ...deeper].join('^');
}

/** A field of the incoming message in the answer's marks. */
function restored(raw: string, incoming: Message | undefined): string {
  const marks = incoming?.delimiters ?? STANDARD_DELIMITERS;
  if (marks.component === '^' && marks.subcomponent === '&' && marks.repetition === '~' && marks.escape === '\\')
    return raw;
  const to = new Map([
    [marks.component, '^'],
    [marks.repetition, '~'],
    [marks.escape, '\\'],
    [marks.subcomponent, '&'],
  ]);
  return [...raw].map((char) => to.get(char) ?? escape(char)).join('');
}
