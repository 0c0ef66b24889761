import type { XmlElement } from './element.js';
import type { DocumentHead, HeadIdentifier, HeadTraits } from './head.js';
import { identifierOf, keyOf } from './instance-identifier.js';
import { partyOf, type PartyKind } from './party.js';
import { childrenOf } from './path.js';
import { readDate } from './time.js';

/** The head of a ClinicalDocument. */
export function cdaHead(root: XmlElement): DocumentHead {
  const replaced = all(root, 'relatedDocument').filter(({ attributes }) => attributes['typeCode'] === 'RPLC');
  const patients = all(root, 'recordTarget/patientRole');
  const [patient] = patients;
  return {
    key: numbers(root, 'id')[0],
    set: numbers(root, 'setId')[0],
    version: versionOf(attribute(root, 'versionNumber', 'value')),
    replaces: replaced.flatMap((related) => numbers(related, 'parentDocument/id')),
    type: attribute(root, 'code', 'code'),
    patients: patients.length,
    identifiers: patient === undefined ? [] : identifiersOf(patient),
    traits: traitsOf(patient),
    parties: partiesOf(root),
  };
}

const PERSON = 'urn:oid:1.2.250.1.71.4.2.1';

function partiesOf(root: XmlElement): string[] {
  const people = ['author/assignedAuthor/id', 'legalAuthenticator/assignedEntity/id'];
  const organisations = [
    'author/assignedAuthor/representedOrganization/id',
    'legalAuthenticator/assignedEntity/representedOrganization/id',
    'custodian/assignedCustodian/representedCustodianOrganization/id',
  ];
  const numbered = (paths: readonly string[], kind: PartyKind) =>
    paths.flatMap((path) =>
      all(root, path).flatMap((id) => {
        const identifier = identifierOf(iiOf(id));
        return identifier === undefined
          ? []
          : partyOf(identifier.system === PERSON ? 'person' : kind, identifier.value);
      }),
    );
  return [...new Set([...numbered(people, 'person'), ...numbered(organisations, 'organisation')])];
}

function identifiersOf(patient: XmlElement): HeadIdentifier[] {
  return all(patient, 'id').flatMap((id) => {
    const ii = iiOf(id);
    return ii.extension.trim() === '' ? [] : (identifierOf(ii) ?? []);
  });
}

/** Undetermined is said of the person, and no absence. */
const SEX = new Map(Object.entries({ F: 'female', M: 'male', UN: 'unknown' }));

function traitsOf(patientRole: XmlElement | undefined): HeadTraits {
  const [patient] = patientRole === undefined ? [] : all(patientRole, 'patient');
  if (patient === undefined) return { birthName: '', given: '', sex: '', birthDate: '', birthPlace: '' };
  const families = all(patient, 'name/family');
  const givens = all(patient, 'name/given');
  return {
    birthName: textOf(qualified(families, 'BR') ?? qualified(families, undefined)),
    given: textOf(qualified(givens, 'BR')) || (textOf(qualified(givens, undefined)).split(/\s+/)[0] ?? ''),
    sex: SEX.get(attribute(patient, 'administrativeGenderCode', 'code')) ?? '',
    birthDate: dateOf(attribute(patient, 'birthTime', 'value')),
    birthPlace: textOf(all(patient, 'birthplace/place/addr/county')[0]),
  };
}

function qualified(names: readonly XmlElement[], qualifier: string | undefined): XmlElement | undefined {
  return names.find(({ attributes }) =>
    qualifier === undefined
      ? attributes['qualifier'] === undefined
      : attributes['qualifier']?.split(/\s+/).includes(qualifier),
  );
}

/** As far as the patient will have it: a date that cannot be read is none. */
function dateOf(ts: string): string {
  const date = readDate(ts);
  return date === 'malformed' ? '' : (date ?? '');
}

function versionOf(value: string): number | undefined {
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function numbers(element: XmlElement, path: string): string[] {
  return all(element, path).flatMap((id) => keyOf(iiOf(id)) ?? []);
}

function iiOf({ attributes }: XmlElement): { root: string; extension: string } {
  if (attributes['nullFlavor'] !== undefined) return { root: '', extension: '' };
  return { root: attributes['root'] ?? '', extension: attributes['extension'] ?? '' };
}

function attribute(element: XmlElement, path: string, name: string): string {
  const [target] = all(element, path);
  return target?.attributes['nullFlavor'] === undefined ? (target?.attributes[name] ?? '').trim() : '';
}

/** Every element that a path of names leads to. */
function all(element: XmlElement, path: string): XmlElement[] {
  return path
    .split('/')
    .reduce<XmlElement[]>((elements, name) => elements.flatMap((holder) => childrenOf(holder, name)), [element]);
}

function textOf(element: XmlElement | undefined): string {
  if (element === undefined || element.attributes['nullFlavor'] !== undefined) return '';
  return element.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim();
}
