import type { Fragment, IdentityBody, PatientIdentifier } from '../message/fact.js';
import type { Contributions } from './contributions.js';
import { inInsOrder, isInsNumber, namesPerson } from './identifiers.js';

/** What PID and ZFD say of who the patient is. */
export interface IdentityNumbers {
  /** Every number of PID-3, the erased ones too. */
  numbers: PatientIdentifier[];
  /** PID-32, by the table of PID-32. */
  reliability: string[];
  /** Validated, and the birth date not corrected by the hospital: the INS may be conveyed (PAM.FR §6.6.15). */
  qualified: boolean;
  /** The message takes a national identity back. */
  withdrawn: boolean;
}

/** Reads the numbers, and whether an INS among them counts. */
export function identityNumbers(read: Contributions): IdentityNumbers {
  const numbers = read.filled<PatientIdentifier[]>('identifiers') ?? [];
  const reliability = read.filled<string[]>('reliability') ?? [];
  const corrected = read.filled<boolean>('birthDateCorrected') === true;
  const validated = reliability.includes('VALI');
  const erased = numbers.some((number) => number.erased === true && isInsNumber(number));
  const withdrawn = corrected || erased || (reliability.length > 0 && !validated);
  return { numbers, reliability, qualified: validated && !corrected, withdrawn };
}

/** The numbers that say who the patient is: an INS only from a qualified identity. */
export function personNumbers({ numbers, qualified }: IdentityNumbers): PatientIdentifier[] {
  return numbers.filter(
    (number) => namesPerson(number) && (!isInsNumber(number) || qualified || number.erased === true),
  );
}

/**
 * The identity fact. The INS stands in `ins`, and among the identifiers only where it is the one number that names the patient.
 * @param person numbers of the person, strongest first
 */
export function identityBody(
  person: readonly PatientIdentifier[],
  { reliability, withdrawn }: IdentityNumbers,
  patient: Fragment,
): IdentityBody {
  const carried = inInsOrder(person.filter((number) => isInsNumber(number) && number.erased !== true));
  const ins = carried.length > 0 && !withdrawn ? carried : withdrawn ? null : undefined;
  const anchoredOnIns = person[0] !== undefined && isInsNumber(person[0]) && person[0].erased !== true;
  const identifiers = person.filter((number, index) => !isInsNumber(number) || (anchoredOnIns && index === 0));
  return { identifiers, ...(ins === undefined ? {} : { ins }), reliability, patient };
}
