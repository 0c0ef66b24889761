import { toDate } from '../../hl7v2/datetime.js';
import type { CodeTable } from '../codes.js';
import type { Converter, ConverterEntry, ConvertContext, PartSource } from '../converter.js';
import { readField } from './reader.js';

/** PID-32 → the status of an identity, by the table of PID-32. */
export const identityStatus: ConverterEntry = {
  gives: 'code',
  make({ table }) {
    const statuses = table('PID-32');
    return (field, { issues }) => {
      const coded = issues.code(statuses, field.value(), field.path());
      return coded?.code === undefined ? undefined : { value: coded.code };
    };
  },
};

/** PID-32 with ZFD-5 to 7 → FR Core's identity reliability: status, how and when the identity was collected, the proof shown. */
export const identityReliability: ConverterEntry = {
  gives: 'Extension',
  make({ table }): Converter {
    const [statuses, methods, proofs] = [table('PID-32'), table('ZFD-5'), table('ZFD-7')];
    return (field, context) => {
      // The status itself is looked up once more where PID-32 says who the patient is, and an unknown one told there.
      const status = statuses.codes.get(field.value());
      if (status?.code === undefined) return undefined;
      const collected = collectionDate(context);
      const extension = [
        { url: 'identityStatus', valueCoding: { system: status.system, code: status.code } },
        ...coded('methodCollection', methods, 5, context),
        ...(collected === undefined ? [] : [{ url: 'dateCollection', valueDate: collected }]),
        ...coded('validationMode', proofs, 7, context),
      ];
      const parts = extension.map(({ url }, at): PartSource => [`extension[${at}]`, FROM.get(url) ?? field.path()]);
      return { value: { extension }, parts };
    };
  },
};

const FROM: ReadonlyMap<string, string> = new Map([
  ['methodCollection', 'ZFD-5'],
  ['dateCollection', 'ZFD-6'],
  ['validationMode', 'ZFD-7'],
]);

function coded(url: string, table: CodeTable, number: number, { message, record, issues }: ConvertContext) {
  const field = readField(message.segment('ZFD'), number);
  const code = field && issues.code(table, field.value(), field.path());
  if (field === undefined || code?.code === undefined) return [];
  record.mark(field.segment, number);
  return [{ url, valueCoding: { system: code.system, code: code.code } }];
}

function collectionDate({ message, record, issues }: ConvertContext): string | undefined {
  const field = readField(message.segment('ZFD'), 6);
  if (field === undefined || field.value() === '') return undefined;
  const date = toDate(field.value());
  if (date === undefined) issues.malformed(field.path());
  else record.mark(field.segment, 6);
  return date;
}
