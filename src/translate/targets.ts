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
  | 'Quantity'
  | 'Ratio'
  | 'Annotation'
  | 'Narrative'
  | 'Participant'
  | 'Protocol'
  | 'Reaction'
  | 'Target'
  | 'Meta'
  | 'Communication'
  | 'Extension'
  | 'Number'
  | 'PatientNumber'
  | 'Professional'
  | 'Unit'
  | 'Place'
  | 'Facility'
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
  Appointment: `status:code serviceCategory:CodeableConcept* serviceType:CodeableConcept* reasonCode:CodeableConcept* description:string
    comment:string requestedPeriod:Period* participant:Participant*`,
  ServiceRequest: `status:code intent:code category:CodeableConcept* priority:code code:CodeableConcept orderDetail:CodeableConcept*
    occurrenceDateTime:dateTime occurrencePeriod:Period performer:Reference* reasonCode:CodeableConcept* bodySite:CodeableConcept* note:Annotation*`,
  Procedure: `status:code category:CodeableConcept code:CodeableConcept performedDateTime:dateTime performedPeriod:Period
    performer:Participant* reasonCode:CodeableConcept* bodySite:CodeableConcept* note:Annotation*`,
  Goal: 'lifecycleStatus:code category:CodeableConcept* description:CodeableConcept startDate:date target:Target* note:Annotation*',
  Condition: `clinicalStatus:CodeableConcept verificationStatus:CodeableConcept severity:CodeableConcept code:CodeableConcept
    bodySite:CodeableConcept* onsetDateTime:dateTime abatementDateTime:dateTime note:Annotation*`,
  AllergyIntolerance: `clinicalStatus:CodeableConcept verificationStatus:CodeableConcept type:code category:code* criticality:code
    code:CodeableConcept onsetDateTime:dateTime reaction:Reaction* note:Annotation*`,
  MedicationRequest: `status:code intent:code category:CodeableConcept* priority:code medicationCodeableConcept:CodeableConcept
    authoredOn:dateTime reasonCode:CodeableConcept* note:Annotation* dispenseRequest.numberOfRepeatsAllowed:integer`,
  MedicationStatement: `category:CodeableConcept medicationCodeableConcept:CodeableConcept effectiveDateTime:dateTime effectivePeriod:Period
    reasonCode:CodeableConcept* note:Annotation*`,
  Dosage: `sequence:integer words:string* patientInstruction:string bounds:Period length:Quantity every:Quantity event:dateTime* when:code*
    site:CodeableConcept route:CodeableConcept dose:Quantity rate:Quantity maxDosePerPeriod:Ratio`,
  Immunization: `status:code vaccineCode:CodeableConcept occurrenceDateTime:dateTime lotNumber:string site:CodeableConcept
    route:CodeableConcept doseQuantity:Quantity performer:Participant* protocolApplied:Protocol* reasonCode:CodeableConcept* note:Annotation*`,
  Consent: 'category:CodeableConcept* dateTime:dateTime provision.type:code provision.period:Period',
  CarePlan: 'status:code title:string category:CodeableConcept* text:Narrative note:Annotation*',
  activity: `kind:CodeableConcept code:CodeableConcept scheduledPeriod:Period performer:Reference* words:string*`,
  DocumentReference: `masterIdentifier:Identifier identifier:Identifier* type:CodeableConcept date:instant author:Reference*
    authenticator:Reference custodian:Reference description:string securityLabel:CodeableConcept* context.event:CodeableConcept*
    context.period:Period context.facilityType:CodeableConcept context.practiceSetting:CodeableConcept context.related:Reference*`,
  document: `id:string set:string version:integer replaces:string* writtenAt:dateTime effectiveAt:instant title:string language:code
    creation:dateTime format:Coding classCode:Coding`,
  visit: 'stay:Number begin:dateTime end:dateTime facility:Facility',
  event: 'recordedAt:instant sentAt:instant effectiveAt:instant',
  identity: 'identifiers:PatientNumber* reliability:code* birthDateCorrected:boolean',
  movement: `stay:Number account:Number movement:Number effectiveAt:instant action:string original:string nature:string place:Place expectedPlace:Place
    medicalUnit:Unit careUnit:Unit doctors.ATND:Professional* doctors.REF:Professional* doctors.ADM:Professional* doctors.CON:Professional*
    expectedAdmission:dateTime expectedDischarge:dateTime expectedReturn:dateTime admittedAt:instant dischargedAt:instant preAdmission:boolean`,
  member: 'action:code role:Coding scope:code person:Professional* begin:dateTime end:dateTime',
  contact: 'key:Number relation:string role:Coding scope:code doNotNotify:code begin:dateTime end:dateTime',
  consent: 'dmpFeeding:code dmpFeedingAt:instant dmpConsultation:code dmpConsultationAt:instant',
  merge: 'survivor:PatientNumber* replaced:PatientNumber*',
  replacement: 'replaced:PatientNumber*',
  move: 'from:PatientNumber* account:Number accountAfter:Number',
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
