import { toDate, toInstant } from '../hl7v2/datetime.js';
import { FR_CORE } from '../fhir/systems.js';
import { BIRTH_PLACE, birthPlaceOrAddress, xtnContactPoint } from './contact.js';
import type { ConvertContext, Converted, Converter } from './converter.js';
import { cxAccount, cxIdentifier, cxVisitNumber } from './cx-identifier.js';
import { identityReliability } from './identity-reliability.js';
import { xpnHumanName } from './xpn-human-name.js';

const text: Converter = (field) => (field.value() === '' ? undefined : { value: field.value() });
const date: Converter = (field) => wrap(toDate(field.value()));
const instant: Converter = (field, { zone }) => wrap(toInstant(field.value(), zone));
const dateTime: Converter = (field, { zone }) => wrap(toInstant(field.value(), zone) ?? toDate(field.value()));
const yesNo: Converter = (field) =>
  field.value() === 'Y' ? { value: true } : field.value() === 'N' ? { value: false } : undefined;
const positive: Converter = (field) =>
  /^[1-9]\d{0,2}$/.test(field.value()) ? { value: Number(field.value()) } : undefined;
const concept: Converter = (field) => {
  const shown = field.value(2) === '' ? field.value() : field.value(2);
  return shown === '' ? undefined : { value: { text: shown } };
};
const updateIndicator: Converter = (field) => {
  const flag = yesNo(field, {} as ConvertContext);
  const url = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birthdate-update-indicator';
  return flag && { value: { url, valueBoolean: flag.value } };
};
const mothersName: Converter = (field) =>
  field.value() === ''
    ? undefined
    : {
        value: { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: field.value() },
      };
const lunarDate: Converter = (field) =>
  field.value() === ''
    ? undefined
    : {
        value: { url: `${FR_CORE}/fr-core-lunar-date`, valueString: field.segment.raw(field.field, field.repetition) },
      };
/** ISO 3166 by its form; what is no code of it stays text. */
const nationality: Converter = (field) => {
  const written = field.value();
  const shown = field.value(2) === '' ? written : field.value(2);
  if (shown === '') return undefined;
  const iso = /^[A-Z]{3}$/.test(written);
  const valueCodeableConcept = iso ? { coding: [{ system: 'urn:iso:std:iso:3166', code: written }] } : { text: shown };
  return {
    value: { url: `${FR_CORE}/fr-core-patient-nationality`, extension: [{ url: 'code', valueCodeableConcept }] },
  };
};
const birthPlaceText: Converter = (field) =>
  field.value() === '' ? undefined : { value: { url: BIRTH_PLACE, valueAddress: { text: field.value() } } };
/** Y restricts who may see the resource; N takes the restriction back. */
const restricted: Converter = (field) => {
  if (field.value() === 'N') return { value: null };
  const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
  return field.value() === 'Y'
    ? { value: { security: [{ system: confidentiality, code: 'R', display: 'restricted' }] } }
    : undefined;
};
const finess: Converter = (field, { territory }) => {
  if (!/^\d[\dAB]\d{7}$/.test(field.value())) return undefined;
  return { value: { reference: territory.finess(field), display: `Établissement ${field.value()}` } };
};

function wrap(value: string | undefined): Converted | undefined {
  return value === undefined ? undefined : { value };
}

/** The closed list of converters that rows may name. */
export const CONVERTERS = {
  text,
  date,
  instant,
  dateTime,
  'yes-no': yesNo,
  'positive-integer': positive,
  concept,
  'CX-Identifier': cxIdentifier,
  'CX-VisitNumber': cxVisitNumber,
  'CX-Account': cxAccount,
  'XPN-HumanName': xpnHumanName,
  'XAD-Address': birthPlaceOrAddress,
  'XTN-ContactPoint': xtnContactPoint,
  'identity-reliability': identityReliability,
  'birth-date-updated': updateIndicator,
  'mothers-maiden-name': mothersName,
  'lunar-date': lunarDate,
  nationality,
  'birth-place-text': birthPlaceText,
  restricted,
  'FINESS-Organization': finess,
} as const satisfies Record<string, Converter>;
