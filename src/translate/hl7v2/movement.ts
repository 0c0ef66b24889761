import type {
  DoctorRef,
  DoctorType,
  Fragment,
  MovementAction,
  MovementBody,
  Place,
  UnitRef,
} from '../../message/fact.js';
import type { Contributions, PartNames } from '../contributions.js';

/** What cancels what, for feeds that send no ZBE. */
const CANCELS: ReadonlyMap<string, string> = new Map([
  ['A11', 'A01'],
  ['A12', 'A02'],
  ['A13', 'A03'],
  ['A38', 'A05'],
  ['A27', 'A14'],
  ['A26', 'A15'],
  ['A25', 'A16'],
  ['A52', 'A21'],
  ['A53', 'A22'],
  ['A55', 'A54'],
]);

const DOCTORS: readonly DoctorType[] = ['ATND', 'REF', 'ADM', 'CON'];
const DATES = ['expectedAdmission', 'expectedDischarge', 'expectedReturn', 'admittedAt', 'dischargedAt'] as const;

/** Parts of the fact and where rows write them. */
const PARTS: PartNames = new Map(
  [
    ...['movement', 'effectiveAt', 'action', 'original', 'nature', 'preAdmission'],
    ...['place', 'expectedPlace', 'medicalUnit', 'careUnit'],
    ...DOCTORS.map((type) => `doctors.${type}`),
    ...DATES,
  ].map((part) => [part, part]),
);

/**
 * The movement of a visit message. With ZBE it is known by ZBE-1 within its stay; without, the fold finds which movement is meant.
 * @param timed whether the message says when the movement happened
 */
export function movementBody(
  trigger: string,
  read: Contributions,
  { encounter, timed }: { encounter: Fragment; timed: boolean },
): MovementBody {
  const action = actionOf(trigger, read.filled<string>('action'));
  const original = read.filled<string>('original') ?? (action === 'CANCEL' ? CANCELS.get(trigger) : undefined);
  const movement = read.filled<string>('movement');
  const withoutZbe = movement === undefined && trigger === 'A02' ? 'H' : '';
  const preAdmission = read.value<boolean>('preAdmission');
  return {
    ...(movement === undefined ? {} : { movement }),
    trigger,
    action,
    ...(original === undefined || action === 'INSERT' ? {} : { original }),
    nature: read.filled<string>('nature') ?? withoutZbe,
    ...(action === 'UPDATE' && !timed ? { untimed: true } : {}),
    ...responsible(read),
    ...datesOf(read),
    ...(preAdmission === undefined ? {} : { preAdmission: preAdmission === true }),
    encounter,
    trace: [['trigger', 'MSH-9.2', 'rule:movement'], ...read.traces(PARTS)],
  };
}

/** Z99 corrects a movement (PAM.FR §5.3.4), an A08 of other feeds the latest one. */
const UPDATES: readonly string[] = ['Z99', 'A08'];

/** A trigger that can only cancel, or only correct, says so whatever ZBE-4 holds (PAM.FR §5.3.2); A06 and A07 may cancel each other. */
function actionOf(trigger: string, action: string | undefined): MovementAction {
  if (UPDATES.includes(trigger)) return 'UPDATE';
  if (CANCELS.has(trigger)) return 'CANCEL';
  return action === 'CANCEL' && (trigger === 'A06' || trigger === 'A07') ? 'CANCEL' : 'INSERT';
}

function responsible(
  read: Contributions,
): Pick<MovementBody, 'place' | 'expectedPlace' | 'medicalUnit' | 'careUnit' | 'doctors'> {
  const place = read.value<Place>('place');
  const expectedPlace = read.value<Place>('expectedPlace');
  const medicalUnit = read.value<UnitRef>('medicalUnit');
  const careUnit = read.value<UnitRef>('careUnit');
  const doctors: Partial<Record<DoctorType, DoctorRef[] | null>> = {};
  for (const type of DOCTORS) {
    const named = read.value<DoctorRef[]>(`doctors.${type}`);
    if (named !== undefined) doctors[type] = named;
  }
  return {
    ...(place === undefined ? {} : { place }),
    ...(expectedPlace === undefined ? {} : { expectedPlace }),
    ...(medicalUnit === undefined ? {} : { medicalUnit }),
    ...(careUnit === undefined ? {} : { careUnit }),
    ...(Object.keys(doctors).length === 0 ? {} : { doctors }),
  };
}

function datesOf(read: Contributions): Partial<Record<(typeof DATES)[number], string | null>> {
  const dates: Partial<Record<(typeof DATES)[number], string | null>> = {};
  for (const part of DATES) {
    const date = read.value<string>(part);
    if (date !== undefined) dates[part] = date;
  }
  return dates;
}
