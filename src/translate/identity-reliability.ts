import { toDate } from '../hl7v2/datetime.js';
import { FR_CORE, SYSTEMS } from '../fhir/systems.js';
import type { Converter, PartSource } from './converter.js';
import { readField } from './reader.js';

const STATUSES = new Set(
  'VIDE PROV VALI DOUB DESA DPOT DOUA COLP COLV FILI CACH ANOM IDVER RECD IDRA USUR HOMD HOMA INVA FICT DOUT'.split(
    ' ',
  ),
);
const METHODS = new Set(['SM', 'CV', 'INSI', 'CB', 'RFID']);
const PROOFS = new Set(['AN', 'CC', 'CE', 'CM', 'CN', 'CS', 'LE', 'PA', 'PC', 'TC']);

/**
 * PID-32 with ZFD-5 to 7 → the identity reliability extension: status, how and when the identity was collected, the proof shown.
 * `VAL`, which one scenario of the specification writes, is read as VALI (pam-fr §2.2).
 */
export const identityReliability: Converter = (field, { message, record }) => {
  const written = field.value();
  const status = written === 'VAL' ? 'VALI' : written;
  if (!STATUSES.has(status)) return undefined;
  const zfd = message.segment('ZFD');
  const method = readField(zfd, 5, record)?.value() ?? '';
  const asked = toDate(readField(zfd, 6, record)?.value() ?? '');
  const proof = readField(zfd, 7, record)?.value() ?? '';
  const extension = [
    { url: 'identityStatus', valueCoding: { system: SYSTEMS.fr0445, code: status } },
    ...(METHODS.has(method)
      ? [{ url: 'methodCollection', valueCoding: { system: SYSTEMS.collection, code: method } }]
      : []),
    ...(asked === undefined ? [] : [{ url: 'dateCollection', valueDate: asked }]),
    ...(PROOFS.has(proof) ? [{ url: 'validationMode', valueCoding: { system: SYSTEMS.validation, code: proof } }] : []),
  ];
  const parts = extension.map(({ url }, index): PartSource => [`extension[${index}]`, FROM[url] ?? field.path()]);
  return { value: { url: `${FR_CORE}/fr-core-identity-reliability`, extension }, parts };
};

const FROM: Readonly<Record<string, string>> = {
  methodCollection: 'ZFD-5',
  dateCollection: 'ZFD-6',
  validationMode: 'ZFD-7',
};
