import { toDate, toDateTime, toInstant } from '../../hl7v2/datetime.js';
import { generalPath } from '../../hl7v2/path.js';
import type { MessageClock } from '../../message/zone.js';
import type { ConvertContext, Converter, ConverterEntry } from '../converter.js';
import { cxAccount, cxIdentifier, cxNumber, cxPatientNumber, cxVisitNumber, eiNumber } from './cx.js';
import { identityReliability, identityStatus } from './identity-reliability.js';
import { movementNature } from './movement-nature.js';
import type { FieldReader } from './reader.js';
import type { ElementType } from '../targets.js';
import type { Exercise } from './territory.js';
import { unnumberedOf } from './professional.js';
import { xadAddress } from './xad.js';
import { xpnHumanName } from './xpn.js';
import { xtnContactPoint } from './xtn.js';

/** A value of a form: nothing where the field is empty, a work item where it is filled and gives nothing. */
function formed(field: FieldReader, value: unknown): ReturnType<Converter> {
  if (value !== undefined) return { value };
  return field.value() === '' ? undefined : 'malformed';
}

/** Years from 2099 say that something has no end. */
const OPEN_END = /^(2099|2[1-9]\d\d|[3-9]\d{3})/;

/** A time; an end that is left open (2099 and later) is no end. */
function time(read: (text: string, clock: MessageClock) => string | undefined): Converter {
  return (field, { clock }) =>
    OPEN_END.test(field.value()) ? { value: null } : formed(field, read(field.value(), clock));
}

const text: Converter = (field) => (field.value() === '' ? undefined : { value: field.value() });
const valueString: Converter = (field) =>
  field.value() === '' ? undefined : { value: { valueString: field.value() } };
const valueAddress: Converter = (field) =>
  field.value() === '' ? undefined : { value: { valueAddress: { text: field.value() } } };
const date: Converter = (field) => formed(field, toDate(field.value()));
const yesNo: Converter = (field) => formed(field, flag(field));
const valueBoolean: Converter = (field) => {
  const valueBoolean = flag(field);
  return formed(field, valueBoolean === undefined ? undefined : { valueBoolean });
};
const positive: Converter = (field) =>
  formed(field, /^[1-9]\d{0,2}$/.test(field.value()) ? Number(field.value()) : undefined);
const concept: Converter = textConcept;
/** A code of the sender's own, for which there is no table. */
const ownCode: Converter = (field, { authorities }) => {
  const [code, words] = [field.value(), field.value(2)];
  if (!/^[\w.-]+$/.test(code)) return textConcept(field);
  const system = authorities.codeSystem(`${field.segment.name}-${field.field}`);
  return { value: { coding: [{ system, code }], text: words || code } };
};
const lunarDate: Converter = (field) => {
  const parts = [1, 2, 3].map((component) => field.value(component));
  return parts.every((part) => part === '') ? undefined : { value: { valueString: parts.join('^') } };
};
/** ISO 3166 by its form; what is no code of it stays text. */
const nationality: Converter = (field) => {
  const code = field.value();
  const words = field.value(2) || code;
  if (words === '') return undefined;
  const iso = /^[A-Z]{3}$/.test(code);
  const valueCodeableConcept = iso ? { coding: [{ system: 'urn:iso:std:iso:3166', code }] } : { text: words };
  return { value: { extension: [{ url: 'code', valueCodeableConcept }] } };
};
/** Y restricts who may see the resource; N takes the restriction back. */
const restricted: Converter = (field) => {
  const protection = flag(field);
  if (protection === false) return { value: null };
  const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
  return formed(field, protection && { security: [{ system, code: 'R', display: 'restricted' }] });
};
const finess: Converter = (field, { territory }) => {
  const number = field.value();
  if (!/^\d[\dAB]\d{7}$/.test(number)) return formed(field, undefined);
  return { value: { reference: territory.finess(field), display: `Établissement ${number}` } };
};
const filled: Converter = () => ({ value: true });
/** What `set` says, whatever the field holds; `set: { value: … }` for a plain text. */
const fixed: Converter = () => ({ value: {} });
const unit: Converter = (field, { territory }) => wrap(territory.unit(field));
const unitCode: Converter = (field, { territory }) => wrap(territory.unitOfCode(field));
const place: Converter = (field, { territory }) => wrap(territory.place(field));
const professional: Converter = (field, context) => peopleOf(field, 'ville', context);
const hospitalProfessional: Converter = (field, context) => peopleOf(field, 'hospital', context);

function textConcept(field: FieldReader): ReturnType<Converter> {
  const words = field.value(2) || field.value();
  return words === '' ? undefined : { value: { text: words } };
}

function flag(field: FieldReader): boolean | undefined {
  return field.value() === 'Y' ? true : field.value() === 'N' ? false : undefined;
}

function wrap(value: unknown): ReturnType<Converter> {
  return value === undefined ? undefined : { value };
}

function peopleOf(
  field: FieldReader,
  exercise: Exercise,
  { territory, issues }: ConvertContext,
): ReturnType<Converter> {
  for (const unnumbered of unnumberedOf(field)) {
    const place = generalPath(unnumbered.path(1));
    const text = `a professional is named in ${generalPath(field.path())} without a number, and is of no circle`;
    issues.add({ blocking: false, reason: 'field-missing', field: place, text }, place);
  }
  const people = territory.professionals(field, exercise);
  return people.length === 0 ? undefined : people.map(({ doctor, from }) => ({ value: doctor, from }));
}

const plain = (gives: ElementType, convert: Converter): ConverterEntry => ({ gives, make: () => convert });

/** The closed list of converters that rows may name. */
export const CONVERTERS: ReadonlyMap<string, ConverterEntry> = new Map<string, ConverterEntry>([
  ['text', plain('string', text)],
  ['date', plain('date', date)],
  ['instant', plain('instant', time(toInstant))],
  ['dateTime', plain('dateTime', time(toDateTime))],
  ['yes-no', plain('boolean', yesNo)],
  ['positive-integer', plain('integer', positive)],
  ['concept', plain('CodeableConcept', concept)],
  ['own-code', plain('CodeableConcept', ownCode)],
  ['fixed', plain('any', fixed)],
  ['filled', plain('boolean', filled)],
  ['CX-Identifier', cxIdentifier],
  ['CX-PatientNumber', cxPatientNumber],
  ['CX-Number', cxNumber],
  ['EI-Number', eiNumber],
  ['CX-VisitNumber', cxVisitNumber],
  ['CX-Account', cxAccount],
  ['XPN-HumanName', xpnHumanName],
  ['XAD-Address', xadAddress],
  ['XTN-ContactPoint', xtnContactPoint],
  ['XCN-Professional', plain('Professional', professional)],
  ['XCN-HospitalProfessional', plain('Professional', hospitalProfessional)],
  ['XON-Unit', plain('Unit', unit)],
  ['unit-code', plain('Unit', unitCode)],
  ['PL-Place', plain('Place', place)],
  ['movement-nature', movementNature],
  ['identity-status', identityStatus],
  ['FINESS-Organization', plain('Reference', finess)],
  ['restricted', plain('Meta', restricted)],
  ['valueString', plain('Extension', valueString)],
  ['valueBoolean', plain('Extension', valueBoolean)],
  ['valueAddress', plain('Extension', valueAddress)],
  ['lunar-date', plain('Extension', lunarDate)],
  ['nationality', plain('Extension', nationality)],
  ['identity-reliability', identityReliability],
]);
