import type { Coding } from 'fhir/r4.js';
import { compilePath } from '../../cda/compile-path.js';
import type { Place } from '../../cda/place.js';
import { SYSTEMS } from '../../fhir/systems.js';
import { identifierKey } from '../../message/identifier.js';
import type { Cda } from './format.js';
import { instanceOf, isInsOfWrongKey, numberOf, patientNumberOf } from './identifier.js';
import { nameInUseOf } from './name.js';
import type { PartyTables } from './territory.js';
import type { Converter, ConverterEntry, ConverterParts } from '../converter.js';
import { insIdentifier } from '../hl7v2/cx.js';
import type { Authorities } from '../identifiers.js';
import type { ElementType } from '../targets.js';

type HeaderConverter = Converter<Cda>;

function wrap(value: unknown): ReturnType<HeaderConverter> {
  return value === undefined ? undefined : { value };
}

/** A number of a stay: with an extension one of its authority, else the root by itself. */
function visitNumber(place: Place, authorities: Authorities) {
  return numberOf(place, authorities) ?? instanceOf(place);
}

const patientNumber: HeaderConverter = (place, { authorities, issues }) => {
  if (isInsOfWrongKey(place, authorities)) issues.malformed(place.path(), 'the key of the INS is wrong');
  return wrap(patientNumberOf(place, authorities));
};
const visitKey: HeaderConverter = (place, { authorities }) => {
  const number = visitNumber(place, authorities);
  return wrap(number && identifierKey(number.system, number.value));
};
const visitIdentifier: HeaderConverter = (place, { authorities }) => {
  const number = visitNumber(place, authorities);
  return wrap(number && { type: { coding: [{ system: SYSTEMS.identifierType, code: 'VN' }] }, ...number });
};
const reference: HeaderConverter = (place) => {
  const identifier = instanceOf(place);
  return wrap(identifier && { identifier });
};
const personName: HeaderConverter = (place) => wrap(nameInUseOf(place));
/**
 * How far the identity is trusted, as FR Core says it: no document says that it was validated (CI-SIS, Structuration minimale), but the message
 * that carries it may.
 */
const reliability: ConverterEntry<Cda> = {
  gives: 'Extension',
  make({ table }) {
    const statuses = table('PID-32');
    return (place, { reliability: carried, issues }) => {
      if (!place.isFilled) return undefined;
      const status = carried === undefined ? undefined : issues.code(statuses, carried, 'PID-32')?.code;
      const valueCoding = { system: SYSTEMS.fr0445, code: status ?? 'PROV' };
      const value = { extension: [{ url: 'identityStatus', valueCoding }] };
      return { value, shallow: true, ...(status === undefined ? {} : { parts: [['extension', 'PID-32']] as const }) };
    };
  },
};

const FORMAT_TEMPLATES = compilePath('templateId/@root');
const UNSTRUCTURED = compilePath('component/nonXMLBody/text/@mediaType');

/** The format of a document, by the templates that it names; of one that is not structured by what its body is. */
const format: ConverterEntry<Cda> = {
  gives: 'Coding',
  make({ table }) {
    const formats = table('DocumentFormat');
    return (place) => {
      const [media] = place.all(UNSTRUCTURED);
      const templates = place.all(FORMAT_TEMPLATES);
      const keys = templates.map((template) => [template.value(), media?.value() ?? ''].join(' ').trim());
      const coded = keys.map((key) => formats.codes.get(key)).find((entry) => entry?.code !== undefined);
      if (coded?.code === undefined) return undefined;
      const { system, code, display } = coded;
      const value: Coding = { system, code, ...(display === undefined ? {} : { display }) };
      return { value, shallow: true };
    };
  },
};

function tablesOf({ table }: ConverterParts): PartyTables {
  return { addressUses: table('AddressUse'), telecomUses: table('TelecomUse') };
}

const party: ConverterEntry<Cda> = {
  gives: 'Professional',
  make(parts) {
    const tables = tablesOf(parts);
    return (place, { territory }) => wrap(territory.party(place, tables));
  },
};

/** The structure, and the person beside it as the one to ask for. */
const structure: ConverterEntry<Cda> = {
  gives: 'Professional',
  make(parts) {
    const tables = tablesOf(parts);
    return (place, { territory }) => wrap(territory.structure(place, tables) ?? territory.party(place, tables));
  },
};

const partyReference: ConverterEntry<Cda> = {
  gives: 'Reference',
  make(parts) {
    const tables = tablesOf(parts);
    return (place, { territory }) => {
      const named = territory.party(place, tables);
      if (named !== undefined) return { value: { reference: named.role, display: named.label } };
      const device = place.child('assignedAuthoringDevice');
      return wrap(device && { type: 'Device', display: device.child('softwareName')?.text() ?? device.text() });
    };
  },
};

const facility: ConverterEntry<Cda> = {
  gives: 'Facility',
  make(parts) {
    const tables = tablesOf(parts);
    return (place, { territory }) => wrap(territory.organization(place, tables));
  },
};

const patientIdentifier: ConverterEntry<Cda> = {
  gives: 'Identifier',
  make({ table }) {
    const types = table('CX-5');
    return (place, { authorities }) => {
      const number = patientNumberOf(place, authorities);
      if (number === undefined) return undefined;
      const { system, value } = number;
      const ins = insIdentifier(system, value);
      if (ins !== undefined) return { value: ins };
      const type = types.codes.get(number.type);
      const coding = type?.code === undefined ? {} : { type: { coding: [{ system: type.system, code: type.code }] } };
      return { value: { ...type?.set, ...coding, system, value } };
    };
  },
};

const plain = (gives: ElementType, convert: HeaderConverter): ConverterEntry<Cda> => ({ gives, make: () => convert });

/** Converters for the header of a document: its people, structures and numbers. */
export const HEADER_CONVERTERS: readonly (readonly [string, ConverterEntry<Cda>])[] = [
  ['II-PatientNumber', plain('PatientNumber', patientNumber)],
  ['II-PatientIdentifier', patientIdentifier],
  ['II-VisitNumber', plain('Number', visitKey)],
  ['II-VisitIdentifier', plain('Identifier', visitIdentifier)],
  ['II-Reference', plain('Reference', reference)],
  ['EN-PersonName', plain('HumanName', personName)],
  ['role-Professional', party],
  ['role-Structure', structure],
  ['role-Reference', partyReference],
  ['organization-Facility', facility],
  ['identity-reliability', reliability],
  ['document-format', format],
];
