import { toInstant } from '../hl7v2/datetime.js';
import type { ConsentBody } from '../message/fact.js';
import type { ConvertContext } from './converter.js';
import { readField } from './reader.js';

/** ZFA-9 to 12 of PAM.FR 2.11; NA is no answer, never a refusal. */
export function consentOf({ message, record, zone }: ConvertContext): ConsentBody | undefined {
  const zfa = message.segment('ZFA');
  const read = (field: number) => readField(zfa, field, record)?.value() ?? '';
  const feeding = read(9);
  const consulting = read(11);
  const feedingAt = toInstant(read(10), zone);
  const consultingAt = toInstant(read(12), zone);
  const known = <T extends string>(value: string, codes: readonly T[]): T | undefined =>
    codes.find((code) => code === value);
  const dmpFeeding = known(feeding, ['INO', 'IO', 'NA'] as const);
  const dmpConsultation = known(consulting, ['IC', 'INC', 'NA'] as const);
  if (dmpFeeding === undefined && dmpConsultation === undefined) return undefined;
  return {
    ...(dmpFeeding === undefined ? {} : { dmpFeeding }),
    ...(feedingAt === undefined ? {} : { dmpFeedingAt: feedingAt }),
    ...(dmpConsultation === undefined ? {} : { dmpConsultation }),
    ...(consultingAt === undefined ? {} : { dmpConsultationAt: consultingAt }),
    trace: [
      ['dmpFeeding', 'ZFA-9', 'rule:consent'],
      ['dmpConsultation', 'ZFA-11', 'rule:consent'],
    ],
  };
}
