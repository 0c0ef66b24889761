import type { ConsentBody } from '../../message/fact.js';
import type { Contributions, PartNames } from '../contributions.js';

const PARTS: PartNames = new Map(
  ['dmpFeeding', 'dmpFeedingAt', 'dmpConsultation', 'dmpConsultationAt'].map((part) => [part, part]),
);

/** Consent to the DMP; undefined where the message says nothing of it. */
export function consentOf(read: Contributions): ConsentBody | undefined {
  const text = (part: string) => read.filled<string>(part);
  const dmpFeeding = text('dmpFeeding');
  const dmpConsultation = text('dmpConsultation');
  if (dmpFeeding === undefined && dmpConsultation === undefined) return undefined;
  const dmpFeedingAt = text('dmpFeedingAt');
  const dmpConsultationAt = text('dmpConsultationAt');
  return {
    ...(dmpFeeding === undefined ? {} : { dmpFeeding }),
    ...(dmpFeedingAt === undefined ? {} : { dmpFeedingAt }),
    ...(dmpConsultation === undefined ? {} : { dmpConsultation }),
    ...(dmpConsultationAt === undefined ? {} : { dmpConsultationAt }),
    trace: read.traces(PARTS),
  };
}
