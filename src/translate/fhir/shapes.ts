/**
 * The elements that are taken out of a FHIR document, by datatype, resource or part of one, as R4 defines them: `name:Type`, with `*` where
 * it repeats and `!` where nothing stands without it; `name[x]:A|B` where one of several types is given; `code(a|b)` where only these
 * codes are. What is not here stays in the document.
 */
const ELEMENTS: Readonly<Record<string, string>> = {
  Coding: 'system:uri version:string code:code! display:string',
  CodeableConcept: 'coding:Coding* text:string',
  Identifier: 'use:code(usual|official|temp|secondary) type:CodeableConcept system:uri! value:string! period:Period',
  Period: 'start:dateTime end:dateTime',
  Quantity: 'value:decimal! comparator:code(<|<=|>=|>) unit:string system:uri code:code',
  Range: 'low:Quantity high:Quantity',
  Ratio: 'numerator:Quantity denominator:Quantity',
  Annotation: 'time:dateTime text:string!',
  HumanName:
    'use:code(usual|official|temp|nickname|anonymous|old|maiden) text:string family:string given:string* prefix:string* suffix:string* period:Period',
  Address:
    'use:code(home|work|temp|old|billing) type:code(postal|physical|both) text:string line:string* city:string district:string state:string postalCode:string country:string period:Period',
  ContactPoint:
    'system:code(phone|fax|email|pager|url|sms|other)! value:string! use:code(home|work|temp|old|mobile) rank:positiveInt period:Period',
  Timing: 'event:dateTime* repeat:TimingRepeat code:CodeableConcept',
  TimingRepeat:
    'bounds[x]:Duration|Range|Period count:positiveInt countMax:positiveInt duration:decimal durationMax:decimal durationUnit:code(s|min|h|d|wk|mo|a) frequency:positiveInt frequencyMax:positiveInt period:decimal periodMax:decimal periodUnit:code(s|min|h|d|wk|mo|a) dayOfWeek:code(mon|tue|wed|thu|fri|sat|sun)* timeOfDay:time* when:code(MORN|MORN.early|MORN.late|NOON|AFT|AFT.early|AFT.late|EVE|EVE.early|EVE.late|NIGHT|PHS|HS|WAKE|C|CM|CD|CV|AC|ACM|ACD|ACV|PC|PCM|PCD|PCV)*',
  Dosage:
    'sequence:positiveInt text:string additionalInstruction:CodeableConcept* patientInstruction:string timing:Timing asNeeded[x]:boolean|CodeableConcept site:CodeableConcept route:CodeableConcept method:CodeableConcept doseAndRate:DoseAndRate* maxDosePerPeriod:Ratio maxDosePerAdministration:Quantity',
  DoseAndRate: 'type:CodeableConcept dose[x]:Range|Quantity rate[x]:Ratio|Range|Quantity',
  Condition:
    'clinicalStatus:CodeableConcept verificationStatus:CodeableConcept category:CodeableConcept* severity:CodeableConcept code:CodeableConcept! bodySite:CodeableConcept* onset[x]:dateTime|Age|Period|Range|string abatement[x]:dateTime|Age|Period|Range|string recordedDate:dateTime recorder:Reference asserter:Reference note:Annotation*',
  AllergyIntolerance:
    'clinicalStatus:CodeableConcept! verificationStatus:CodeableConcept type:code(allergy|intolerance) category:code(food|medication|environment|biologic)* criticality:code(low|high|unable-to-assess) code:CodeableConcept! onset[x]:dateTime|Age|Period|Range|string recordedDate:dateTime recorder:Reference asserter:Reference lastOccurrence:dateTime note:Annotation* reaction:AllergyReaction*',
  AllergyReaction:
    'substance:CodeableConcept manifestation:CodeableConcept*! description:string onset:dateTime severity:code(mild|moderate|severe) exposureRoute:CodeableConcept note:Annotation*',
  MedicationStatement:
    'status:code(active|completed|intended|stopped|on-hold|unknown|not-taken)! statusReason:CodeableConcept* category:CodeableConcept medicationCodeableConcept:CodeableConcept! effective[x]:dateTime|Period dateAsserted:dateTime informationSource:Reference reasonCode:CodeableConcept* reasonReference:Reference* note:Annotation* dosage:Dosage*',
  MedicationRequest:
    'status:code(active|on-hold|cancelled|completed|stopped|draft|unknown)! intent:code(proposal|plan|order|original-order|reflex-order|filler-order|instance-order|option)! category:CodeableConcept* priority:code(routine|urgent|asap|stat) medicationCodeableConcept:CodeableConcept! authoredOn:dateTime requester:Reference reasonCode:CodeableConcept* reasonReference:Reference* note:Annotation* dosageInstruction:Dosage*',
  Procedure:
    'status:code(preparation|in-progress|on-hold|stopped|completed|unknown)! category:CodeableConcept code:CodeableConcept! performed[x]:dateTime|Period|string|Age|Range recorder:Reference asserter:Reference performer:Performer* reasonCode:CodeableConcept* reasonReference:Reference* bodySite:CodeableConcept* outcome:CodeableConcept complication:CodeableConcept* followUp:CodeableConcept* note:Annotation*',
  Performer: 'function:CodeableConcept actor:Reference!',
  ServiceRequest:
    'status:code(draft|active|on-hold|revoked|completed|unknown)! intent:code(proposal|plan|directive|order|original-order|reflex-order|filler-order|instance-order|option)! category:CodeableConcept* priority:code(routine|urgent|asap|stat) code:CodeableConcept! orderDetail:CodeableConcept* quantity[x]:Quantity|Ratio|Range occurrence[x]:dateTime|Period|Timing asNeeded[x]:boolean|CodeableConcept authoredOn:dateTime requester:Reference performerType:CodeableConcept performer:Reference* locationCode:CodeableConcept* reasonCode:CodeableConcept* reasonReference:Reference* bodySite:CodeableConcept* note:Annotation* patientInstruction:string',
  Appointment:
    'status:code(proposed|pending|booked|arrived|fulfilled|cancelled|noshow|checked-in|waitlist)! cancelationReason:CodeableConcept serviceCategory:CodeableConcept* serviceType:CodeableConcept* specialty:CodeableConcept* appointmentType:CodeableConcept reasonCode:CodeableConcept* reasonReference:Reference* priority:unsignedInt description:string start:instant end:instant minutesDuration:positiveInt created:dateTime comment:string patientInstruction:string participant:AppointmentParticipant* requestedPeriod:Period*',
  AppointmentParticipant:
    'type:CodeableConcept* actor:Reference! required:code(required|optional|information-only) status:code(accepted|declined|tentative|needs-action)! period:Period',
  Goal: 'lifecycleStatus:code(proposed|planned|accepted|active|on-hold|completed|cancelled|rejected)! achievementStatus:CodeableConcept category:CodeableConcept* priority:CodeableConcept description:CodeableConcept! start[x]:date|CodeableConcept target:GoalTarget* statusDate:date statusReason:string expressedBy:Reference addresses:Reference* note:Annotation* outcomeCode:CodeableConcept*',
  GoalTarget:
    'measure:CodeableConcept detail[x]:Quantity|Range|CodeableConcept|string|boolean|integer|Ratio due[x]:date|Duration',
  Immunization:
    'status:code(completed)! vaccineCode:CodeableConcept! occurrence[x]:dateTime|string! recorded:dateTime primarySource:boolean lotNumber:string expirationDate:date site:CodeableConcept route:CodeableConcept doseQuantity:Quantity performer:Performer* note:Annotation* reasonCode:CodeableConcept* protocolApplied:ProtocolApplied*',
  ProtocolApplied:
    'series:string targetDisease:CodeableConcept* doseNumber[x]:positiveInt|string! seriesDoses[x]:positiveInt|string',
  CarePlan:
    'status:code(draft|active|on-hold|revoked|completed|unknown)! intent:code(proposal|plan|order|option)! category:CodeableConcept* title:string description:string period:Period created:dateTime author:Reference contributor:Reference* note:Annotation*',
  CarePlanDetail:
    'kind:code(Appointment|CommunicationRequest|DeviceRequest|MedicationRequest|NutritionOrder|Task|ServiceRequest|VisionPrescription) code:CodeableConcept reasonCode:CodeableConcept* status:code(not-started|scheduled|in-progress|on-hold|completed|cancelled|stopped|unknown)! statusReason:CodeableConcept doNotPerform:boolean scheduled[x]:Timing|Period|string location:Reference performer:Reference* product[x]:CodeableConcept dailyAmount:Quantity quantity:Quantity description:string',
  Patient:
    'identifier:Identifier* name:HumanName* telecom:ContactPoint* gender:code(male|female|other|unknown) birthDate:date deceased[x]:boolean|dateTime address:Address* maritalStatus:CodeableConcept multipleBirth[x]:boolean|integer',
  RelatedPerson:
    'relationship:CodeableConcept* name:HumanName* telecom:ContactPoint* address:Address* gender:code(male|female|other|unknown) period:Period',
  Encounter: 'class:Coding type:CodeableConcept* priority:CodeableConcept reasonCode:CodeableConcept*',
};

/** The kinds of quantity that differ in name alone. */
const ALIASES: Readonly<Record<string, string>> = { Age: 'Quantity', Duration: 'Quantity' };

/** One element of a shape. */
export interface ShapeElement {
  name: string;
  type: string;
  repeats: boolean;
  /** Nothing stands without it; of a choice, without any of its types. */
  required: boolean;
  /** `onset` of onset[x]: one of them is given at most. */
  choice: string | undefined;
  codes: ReadonlySet<string> | undefined;
}

/** The elements of a datatype, a resource or a part of one; undefined where nothing of it is taken. */
export function shapeOf(type: string): readonly ShapeElement[] | undefined {
  return SHAPES.get(ALIASES[type] ?? type);
}

const SHAPES: ReadonlyMap<string, readonly ShapeElement[]> = new Map(
  Object.entries(ELEMENTS).map(([type, text]) => [type, text.split(/\s+/).flatMap(elementsOf)]),
);

function elementsOf(text: string): ShapeElement[] {
  const [, name = '', isChoice, types = '', codes, marks = ''] =
    /^(\w+)(\[x\])?:([\w|]+)(?:\(([^)]*)\))?([*!]*)$/.exec(text) ?? [];
  const rest = { repeats: marks.includes('*'), required: marks.includes('!') };
  if (isChoice === undefined)
    return [
      {
        name,
        type: types,
        ...rest,
        choice: undefined,
        codes: codes === undefined ? undefined : new Set(codes.split('|')),
      },
    ];
  return types.split('|').map((type) => ({
    name: name + type.charAt(0).toUpperCase() + type.slice(1),
    type,
    ...rest,
    choice: name,
    codes: undefined,
  }));
}
