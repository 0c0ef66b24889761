import { toInstant } from '../hl7v2/datetime.js';
import type { Message, Segment } from '../hl7v2/parse.js';
import type { DoctorRef, Fragment, MovementAction, MovementBody, Trace } from '../message/fact.js';
import { identifierKey } from '../message/id.js';
import type { ConvertContext } from './converter.js';
import { readAll, readField } from './reader.js';

/** What cancels what, for feeds that send no ZBE (pam-fr §1.2). */
const CANCELS: Readonly<Record<string, string>> = {
  A11: 'A01',
  A12: 'A02',
  A13: 'A03',
  A38: 'A05',
  A27: 'A14',
  A26: 'A15',
  A25: 'A16',
  A52: 'A21',
  A53: 'A22',
  A55: 'A54',
};

export interface ReadMovement {
  body: MovementBody;
  effectiveAt: string;
}

/** Reads the movement of an ITI-31 message: ZBE where there is one, else what the trigger and its times say (pam-fr §2.8, §3). */
export function readMovement(
  stay: string,
  recordedAt: string,
  encounter: Fragment,
  context: ConvertContext,
): ReadMovement {
  const { message } = context;
  const trigger = message.value('MSH-9.2');
  const trace: Trace[] = [['trigger', 'MSH-9.2', 'rule:movement']];
  const identity =
    message.segment('ZBE') === undefined
      ? withoutZbe(stay, trigger, recordedAt, context)
      : fromZbe(stay, trigger, recordedAt, context, trace);
  const { effectiveAt, ...movement } = identity;
  const responsible = readResponsible(context, trace);
  const dates = readDates(context, trace);
  const patientClass = readField(message.segment('PV1'), 2, context.record)?.value() ?? '';
  if (patientClass !== '') trace.push(['patientClass', 'PV1-2', 'rule:movement']);
  const preAdmission = readField(message.segment('PV1'), 5, context.record) !== undefined;
  const body: MovementBody = {
    ...movement,
    trigger,
    ...(patientClass === '' ? {} : { patientClass }),
    ...responsible,
    ...dates,
    ...(preAdmission ? { preAdmission } : {}),
    encounter,
    trace,
  };
  return { body, effectiveAt };
}

type MovementIdentity = Pick<MovementBody, 'movement' | 'action' | 'original' | 'historic' | 'nature'> & {
  effectiveAt: string;
};

function fromZbe(
  stay: string,
  trigger: string,
  recordedAt: string,
  context: ConvertContext,
  trace: Trace[],
): MovementIdentity {
  const { message, record, authorities, zone } = context;
  const zbe = message.segment('ZBE');
  for (const field of [1, 2, 4, 5, 6, 9]) if (zbe !== undefined) record.mark(zbe, field);
  const value = (field: number, component = 1) => zbe?.value(field, 1, component) ?? '';
  const system = authorities.systemOf({
    namespace: value(1, 2),
    universalId: value(1, 3),
    type: value(1, 4) || 'N',
  });
  const written = value(4) as MovementAction;
  // A trigger that can only cancel, or only correct, says so whatever ZBE-4 holds (pam-fr §3.3).
  const action =
    trigger === 'Z99'
      ? 'UPDATE'
      : trigger in CANCELS
        ? 'CANCEL'
        : written === 'CANCEL' && ['A06', 'A07'].includes(trigger)
          ? 'CANCEL'
          : 'INSERT';
  const original = value(6) || (action === 'CANCEL' ? (CANCELS[trigger] ?? '') : '');
  trace.push(
    ['movement', 'ZBE-1', 'rule:movement'],
    ['action', 'ZBE-4', 'rule:movement'],
    ['effectiveAt', 'ZBE-2', 'rule:movement'],
  );
  return {
    // A movement number is unique in its domain; the stay makes it safe where senders count from one in each (seen: 001, 312).
    movement: `${identifierKey(system, value(1))}|${stay}`,
    action,
    ...(original === '' || action === 'INSERT' ? {} : { original }),
    historic: value(5) === 'Y',
    nature: [...new Set(value(9))].sort().join(''),
    effectiveAt: toInstant(value(2), zone) ?? recordedAt,
  };
}

/** Feeds from abroad name no movement: it is known by its stay, its event and, for transfers, its time. */
function withoutZbe(
  stay: string,
  trigger: string,
  recordedAt: string,
  { message, zone, record }: ConvertContext,
): MovementIdentity {
  const original = CANCELS[trigger];
  const evn = message.segment('EVN');
  const happened = toInstant(readField(evn, 6, record)?.value() ?? '', zone) ?? recordedAt;
  const kind = original ?? (trigger === 'A04' ? 'A01' : trigger === 'Z99' ? 'A01' : trigger);
  const moment = kind === 'A02' && original === undefined ? `|${happened}` : '';
  return {
    movement: `${stay}|${kind}${moment}`,
    action: original === undefined ? (trigger === 'Z99' ? 'UPDATE' : 'INSERT') : 'CANCEL',
    ...(original === undefined ? {} : { original }),
    historic: false,
    nature: trigger === 'A02' ? 'H' : '',
    effectiveAt: happened,
  };
}

function readResponsible(
  context: ConvertContext,
  trace: Trace[],
): Pick<MovementBody, 'place' | 'medicalUnit' | 'careUnit' | 'doctors'> {
  const { message, record, territory } = context;
  const zbe = message.segment('ZBE');
  const pv1 = message.segment('PV1');
  const medical = readField(zbe, 7, record);
  const care = readField(zbe, 8, record);
  const bed = readField(pv1, 3, record);
  const medicalUnit = medical && territory.unit(medical);
  const careUnit = care && territory.unit(care);
  const place =
    bed &&
    territory.place(
      bed,
      [medicalUnit, careUnit].find((unit) => unit?.code === bed.value(1)),
    );
  const hospital = bed === undefined ? '' : territory.hospital(bed.authority(4), 'PV1-3.4');
  const doctors = readDoctors(pv1, hospital, context);
  if (medicalUnit !== undefined) trace.push(['medicalUnit', 'ZBE-7', 'rule:movement']);
  if (careUnit !== undefined) trace.push(['careUnit', 'ZBE-8', 'rule:movement']);
  if (place !== undefined) trace.push(['place', 'PV1-3', 'rule:movement']);
  doctors.forEach((doctor, index) => trace.push([`doctors[${index}]`, DOCTOR_FIELD[doctor.type], 'rule:movement']));
  return {
    ...(place === undefined ? {} : { place }),
    ...(medicalUnit === undefined ? {} : { medicalUnit }),
    ...(careUnit === undefined ? {} : { careUnit }),
    ...(doctors.length === 0 ? {} : { doctors }),
  };
}

const DOCTOR_FIELD: Readonly<Record<DoctorRef['type'], string>> = {
  ATND: 'PV1-7',
  REF: 'PV1-8',
  ADM: 'PV1-17',
  CON: 'PV1-9',
};

function readDoctors(pv1: Segment | undefined, hospital: string, { record, territory }: ConvertContext): DoctorRef[] {
  const types = [
    ['ATND', 7],
    ['REF', 8],
    ['ADM', 17],
  ] as const;
  return types.flatMap(([type, field]) => {
    // The referring doctor is of the town; the others of the hospital.
    const named = territory.professional(readAll(pv1, field, record), type === 'REF' ? '' : hospital);
    return named === undefined ? [] : [{ type, ...named }];
  });
}

function readDates({ message, record, zone }: ConvertContext, trace: Trace[]): Partial<MovementBody> {
  const dates: Partial<
    Record<'expectedAdmission' | 'expectedDischarge' | 'admittedAt' | 'dischargedAt', string | null>
  > = {};
  const read = (name: keyof typeof dates, segment: string, field: number) => {
    const reader = readField(message.segment(segment), field, record);
    const instant = reader?.erases === true ? null : toInstant(reader?.value() ?? '', zone);
    if (instant === undefined) return;
    dates[name] = instant;
    trace.push([name, `${segment}-${field}`, 'rule:movement']);
  };
  read('expectedAdmission', 'PV2', 8);
  read('expectedDischarge', 'PV2', 9);
  read('admittedAt', 'PV1', 44);
  read('dischargedAt', 'PV1', 45);
  return dates;
}

/** PV1-19, else the account PID-18, as `system|value`. */
export function stayKey(message: Message, { record, authorities }: ConvertContext): string | undefined {
  for (const [segment, field] of [
    ['PV1', 19],
    ['PID', 18],
  ] as const) {
    const reader = readField(message.segment(segment), field, record);
    if (reader !== undefined && reader.value() !== '' && !reader.erases)
      return identifierKey(authorities.systemOf(reader.authority(4)), reader.value());
  }
  return undefined;
}
