/** Types that rows can give an element: FHIR's, and those of the facts. */
export type ElementType =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'date'
  | 'dateTime'
  | 'instant'
  | 'code'
  | 'Coding'
  | 'CodeableConcept'
  | 'Identifier'
  | 'HumanName'
  | 'Address'
  | 'ContactPoint'
  | 'Reference'
  | 'Period'
  | 'Meta'
  | 'Communication'
  | 'Extension'
  | 'Number'
  | 'PatientNumber'
  | 'Professional'
  | 'Unit'
  | 'Place'
  | 'any';

/** One element of a target: its type, and whether it is a list. */
export interface ElementKind {
  type: ElementType;
  list: boolean;
}

/**
 * What rows may write, target by target: elements of R4 resources, and the parts of facts. What a fold works out from several messages
 * (status, period, participant …) is no row's to write. `*` marks a list.
 */
const TARGETS: Readonly<Record<string, string>> = {
  Patient: `identifier:Identifier* active:boolean name:HumanName* telecom:ContactPoint* gender:code birthDate:date deceasedBoolean:boolean
    deceasedDateTime:dateTime address:Address* maritalStatus:CodeableConcept multipleBirthBoolean:boolean multipleBirthInteger:integer
    communication:Communication* managingOrganization:Reference meta:Meta extension:Extension*`,
  Encounter: `identifier:Identifier* class:Coding type:CodeableConcept* serviceType:CodeableConcept priority:CodeableConcept
    reasonCode:CodeableConcept* account:Reference* serviceProvider:Reference hospitalization.preAdmissionIdentifier:Identifier
    hospitalization.origin:Reference hospitalization.admitSource:CodeableConcept hospitalization.reAdmission:CodeableConcept
    hospitalization.dietPreference:CodeableConcept* hospitalization.specialCourtesy:CodeableConcept*
    hospitalization.specialArrangement:CodeableConcept* hospitalization.destination:Reference
    hospitalization.dischargeDisposition:CodeableConcept meta:Meta extension:Extension*`,
  RelatedPerson: `identifier:Identifier* relationship:CodeableConcept* name:HumanName* telecom:ContactPoint* gender:code birthDate:date
    address:Address* communication:Communication* extension:Extension*`,
  event: 'recordedAt:instant sentAt:instant effectiveAt:instant',
  identity: 'identifiers:PatientNumber* reliability:code* birthDateCorrected:boolean',
  movement: `stay:Number account:Number movement:Number effectiveAt:instant action:string original:string nature:string place:Place
    medicalUnit:Unit careUnit:Unit doctors.ATND:Professional* doctors.REF:Professional* doctors.ADM:Professional* doctors.CON:Professional*
    expectedAdmission:dateTime expectedDischarge:dateTime admittedAt:instant dischargedAt:instant preAdmission:boolean`,
  member: 'action:code role:Coding scope:code person:Professional* begin:dateTime end:dateTime',
  contact: 'key:Number relation:string role:Coding scope:code doNotNotify:code begin:dateTime end:dateTime',
  consent: 'dmpFeeding:code dmpFeedingAt:instant dmpConsultation:code dmpConsultationAt:instant',
  merge: 'survivor:PatientNumber* replaced:PatientNumber*',
};

const KINDS: ReadonlyMap<string, ReadonlyMap<string, ElementKind>> = new Map(
  Object.entries(TARGETS).map(([target, elements]) => [target, new Map(elements.split(/\s+/).map(kindOf))]),
);

function kindOf(text: string): [string, ElementKind] {
  const [name = '', type = ''] = text.split(':');
  const list = type.endsWith('*');
  return [name, { type: (list ? type.slice(0, -1) : type) as ElementType, list }];
}

/** The targets that rows may write. */
export const TARGET_NAMES: readonly string[] = [...KINDS.keys()];

/** The elements of a target that rows may write; undefined where there is no such target. */
export function elementsOf(target: string): ReadonlyMap<string, ElementKind> | undefined {
  return KINDS.get(target);
}

/** May a value of one type stand in an element of another? */
export function fits(given: ElementType, wanted: ElementType): boolean {
  if (given === wanted || given === 'any') return true;
  if (wanted === 'code') return given === 'string';
  if (wanted === 'string') return given === 'code';
  return wanted === 'dateTime' && (given === 'date' || given === 'instant');
}
