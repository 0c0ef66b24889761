import { professional, segment, type Fields } from './pam.js';
import {
  authorityOf,
  facilityOf,
  localNumber,
  otherIdentifier,
  three,
  traitsOf,
  WITHDRAWN_INS,
  type Hospital,
  type OtherType,
  type Person,
} from './world-people.js';

export interface Doctor {
  /** `national`: an RPPS; `local`: a number of the hospital, which another hospital gives too. */
  kind: 'national' | 'local';
  number: 1 | 2;
  /** Another family name under the same number. */
  renamed: boolean;
}

/** ROL after PID (ODRP) or after the movement (any other role). */
export interface Role {
  role: 'ODRP' | 'AT' | 'CP' | 'RT' | 'SUBS';
  action: 'UC' | 'AD' | 'DE' | 'UP';
  doctor: Doctor;
  /** ROL-5 and ROL-6, hours since the world began. */
  begin: number | undefined;
  end: number | undefined;
  /** Digits of ROL-5 and ROL-6. */
  digits: 14 | 8 | 6 | 4;
}

export interface Contact {
  number: 1 | 2;
  /** NK1-7. */
  role: 'K' | 'P' | 'C' | 'N' | '';
  relation: 'CHD' | 'SPO' | 'PAR' | 'GRD' | 'OTH';
  end: number | undefined;
  phone: 'filled' | 'erased' | 'empty';
  identified: boolean;
}

/** Places that a message may erase (`""`) or leave empty; with a component after the dot. */
export const PLACES = [
  'PID-5',
  'PID-6',
  'PID-7',
  'PID-11',
  'PID-11.3',
  'PID-13',
  'PID-14',
  'PID-32',
  'PV1-3',
  'PV1-3.2',
  'PV1-7',
  'PV1-10',
  'PV1-42',
  'PV1-44',
  'PV2-8',
  'PV2-9',
  'PV2-22',
  'PV2-47',
  'ZBE-7',
  'ZBE-8',
] as const;
export type Place = (typeof PLACES)[number];

/** What a sender means to say; `messageText` writes it. Times are hours since the world began, but for seconds. */
export interface MessagePlan {
  trigger: string;
  hospital: number;
  person: number;
  /** EVN-2. */
  recorded: number;
  /** Seconds from EVN-2 to MSH-7. */
  sentAfter: number;
  /** EVN-2 lies in 2062: a clock that is wrong. */
  future: boolean;
  /** Times carry an offset. */
  offset: boolean;
  others: OtherType[];
  withoutLocal: boolean;
  /** The hospital calls the person by the number that a change (A47) gives him. */
  renumbered: boolean;
  /** `""` for every INS, or for the hospital's own numbers. */
  withdraws: 'INS' | 'local' | undefined;
  reliability: string;
  corrected: boolean;
  usedName: boolean;
  renamed: boolean;
  visit: number;
  withoutVisit: boolean;
  preAdmitted: boolean;
  patientClass: string;
  unit: number;
  bed: number;
  doctor: Doctor | undefined;
  admitting: Doctor | undefined;
  roles: Role[];
  contacts: Contact[];
  begin: number | undefined;
  end: number | undefined;
  expectedEnd: number | undefined;
  confidential: 'Y' | 'N' | '';
  movement: number;
  effective: number;
  historic: boolean;
  nature: string;
  original: string;
  erased: Place[];
  empty: Place[];
  /** MRG-1 of a merge and of a move, and PID-3 of a change of numbers: the number of that person in the hospital. */
  merges: number;
}

export interface Speaker {
  hospitals: readonly Hospital[];
  people: readonly Person[];
  /** Keeps the worlds of one store apart: it stands in every number. */
  world: number;
}

/** The world's first hour, as a wall clock in France shows it, taken for UTC. */
const WORLD_BEGIN = Date.UTC(2023, 2, 1, 8);
const HOUR = 3_600_000;
const FUTURE = Date.UTC(2062, 0, 1);

/** Milliseconds of an hour of the world as a wall clock in France shows it, taken for UTC. */
export const wall = (hours: number): number => WORLD_BEGIN + hours * HOUR;

/** MSH-7 as an instant; French winter time, which is near enough for a clamp. */
export function sentAt(plan: MessagePlan): Date {
  return instantAt(plan.recorded, plan.sentAfter);
}

/** An hour of the world and some seconds as an instant. */
export function instantAt(hours: number, seconds = 0): Date {
  return new Date(wall(hours) + seconds * 1000 - HOUR);
}

/** `YYYYMMDDHHMMSS` of a wall clock. */
export function stamp(milliseconds: number, offset = false): string {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, 14);
  // Days of winter only: an offset that the zone does not have would be another time.
  return offset && /^\d{4}(0[12]|1[12])|^\d{4}03[01]/.test(digits) ? `${digits}+0100` : digits;
}

const IDENTITY = new Set(['A28', 'A31', 'A40', 'A44', 'A47']);
const CANCELS = new Set(['A11', 'A12', 'A13', 'A25', 'A26', 'A52', 'A53', 'A55']);

/**
 * One message in ER7, UTF-8, CR between segments.
 * @param controlId MSH-10
 */
export function messageText(plan: MessagePlan, speaker: Speaker, controlId: string): string {
  const { hospitals, world } = speaker;
  const hospital = hospitals[plan.hospital] ?? { authority: 'iso', feed: 'pam', numbers: 'PI' };
  const writer = new Writer(plan, speaker, hospital);
  const version = hospital.feed === 'pam' ? '2.5^FRA^2.11' : '2.5';
  const recorded = plan.future ? FUTURE + plan.recorded * 1000 : wall(plan.recorded);
  const sent = stamp(wall(plan.recorded) + plan.sentAfter * 1000, plan.offset);
  const facility = facilityOf(plan.hospital, world);
  return [
    `MSH|^~\\&|GAM|${facility}|TDU|VILLE|${sent}||ADT^${plan.trigger}|${controlId}|P|${version}|||||FRA|UNICODE UTF-8`,
    segment('EVN', { 2: stamp(recorded, plan.offset) }),
    ...writer.segments(),
  ].join('\r');
}

class Writer {
  private readonly world: number;
  private readonly authority: string;
  private readonly identity: boolean;

  constructor(
    private readonly plan: MessagePlan,
    private readonly speaker: Speaker,
    private readonly hospital: Hospital,
  ) {
    this.world = speaker.world;
    this.authority = authorityOf(hospital.authority, plan.hospital, speaker.world);
    this.identity = IDENTITY.has(plan.trigger);
  }

  segments(): string[] {
    const { plan } = this;
    const roles = (family: boolean) => plan.roles.filter(({ role }) => (role === 'ODRP') === family);
    if (plan.trigger === 'A40') return [this.pid(), segment('MRG', { 1: this.local(plan.merges) })];
    if (plan.trigger === 'A44') return [this.pid(), segment('MRG', { 1: this.local(plan.merges), 3: this.account() })];
    if (plan.trigger === 'A47') return [this.pid(), segment('MRG', { 1: this.changedNumber() })];
    return [
      this.pid(),
      ...roles(true).map((role) => this.rol(role)),
      ...plan.contacts.map((contact, index) => this.nk1(contact, index)),
      this.pv1(),
      ...this.pv2(),
      ...(this.identity || this.hospital.feed === 'abroad' || plan.trigger === 'A08' ? [] : [this.zbe()]),
      ...(plan.corrected ? [segment('ZFD', { 4: 'Y' })] : []),
      ...(this.identity ? [] : roles(false).map((role) => this.rol(role))),
    ];
  }

  /** CX of the hospital's own number of a person, or of what `value` says instead. */
  private local(person: number, value?: string): string {
    const own = localNumber(this.speaker.people, person, this.plan.hospital, this.world);
    const number = value ?? (this.plan.renumbered ? `${own}N` : own);
    return `${number}^^^${this.authority}^${this.hospital.numbers}`;
  }

  /** An account may hold several stays; where a sender from abroad names no visit, it is all there is. */
  private account(): string {
    return `W${this.world}A${this.plan.visit >> 1}^^^${this.authority}^AN`;
  }

  /** PID-3 of a change of numbers: a number that nobody has, or another person's. */
  private newNumber(): string {
    const { merges, person, hospital } = this.plan;
    const number = localNumber(this.speaker.people, merges, hospital, this.world);
    return this.local(person, merges === person ? `${number}N` : number);
  }

  /** MRG-1 of a change of numbers: the hospital's own, or the INS where it is withdrawn. */
  private changedNumber(): string {
    const { plan, world, authority, speaker } = this;
    const of = { people: speaker.people, person: plan.person, authority, world };
    return (plan.withdraws === 'INS' ? otherIdentifier('INS', of) : undefined) ?? this.local(plan.person);
  }

  private time(hours: number | undefined): string {
    return hours === undefined ? '' : stamp(wall(hours));
  }

  private pid(): string {
    const { plan, world, authority, speaker } = this;
    const { family, given, birth, sex } = traitsOf(speaker.people, plan.person);
    const of = { people: speaker.people, person: plan.person, authority, world };
    const others = plan.others.flatMap((type) => otherIdentifier(type, of) ?? []);
    const own = plan.trigger === 'A47' && plan.withdraws === undefined ? this.newNumber() : this.local(plan.person);
    const local = plan.withoutLocal && others.length > 0 ? [] : [own];
    const erased = { INS: [WITHDRAWN_INS], local: [this.local(plan.person, '""')] };
    const gone = plan.withdraws === undefined ? [] : erased[plan.withdraws];
    const listed = plan.trigger === 'A40' ? local : [...local, ...others, ...gone];
    const used = plan.usedName ? `~USAGE^${given}^^^^^D` : '';
    return this.written('PID', {
      1: '1',
      3: listed.length === 0 ? this.local(plan.person) : listed.join('~'),
      5: `${plan.renamed ? `${family}-VRAI` : family}^${given}^^^^^L${used}`,
      6: 'MERE^ANNE^^^^^L',
      7: birth,
      8: sex,
      11: "1 rue de l'Essai^^AUTUN^^71400^FRA^H",
      13: '^PRN^PH^^^^^^^^^0300000001',
      14: '^WPN^PH^^^^^^^^^0300000002',
      18: this.identity ? '' : this.account(),
      32: plan.reliability,
    });
  }

  private rol({ role, action, doctor, begin, end, digits }: Role): string {
    const [from, to] = [begin, end].map((hours) => this.time(hours).slice(0, digits));
    return segment('ROL', { 2: action, 3: role, 4: this.doctor(doctor), 5: from ?? '', 6: to ?? '' });
  }

  private doctor({ kind, number, renamed }: Doctor): string {
    const family = renamed ? 'AUTRE' : number === 1 ? 'BERTHIER' : 'MOREL';
    if (kind === 'national') return professional(`10${three(this.world)}00000${number}`, family, 'Claire');
    return `W${this.world}D${number}^${family}^Claire^^^^^^${this.authority}^L^^^EI`;
  }

  private nk1({ number, role, relation, end, phone, identified }: Contact, index: number): string {
    const telecom = { filled: '^PRN^PH^^^^^^^^^0300000003', erased: '""', empty: '' }[phone];
    return segment('NK1', {
      1: String(index + 1),
      2: `${number === 1 ? 'PROCHE' : 'VOISIN'}^LUCIE^^^^^L`,
      3: relation,
      5: telecom,
      7: role,
      9: end === undefined ? '' : stamp(wall(end)).slice(0, 8),
      33: identified ? `W${this.world}K${number}^^^${this.authority}^PN` : '',
    });
  }

  private pv1(): string {
    const { plan, world, authority } = this;
    if (this.identity) return segment('PV1', { 1: '1', 2: 'N' });
    return this.written('PV1', {
      1: '1',
      2: plan.patientClass,
      3: `W${world}U${plan.unit}^${plan.bed}^A^${authority}`,
      5: plan.preAdmitted ? `W${world}B${plan.visit}^^^${authority}^VN` : '',
      7: plan.doctor === undefined ? '' : this.doctor(plan.doctor),
      10: '153',
      17: plan.admitting === undefined ? '' : this.doctor(plan.admitting),
      19: plan.withoutVisit && this.hospital.feed !== 'pam' ? '' : `W${world}V${plan.visit}^^^${authority}^VN`,
      42: `W${world}U${(plan.unit + 1) % 3}^${plan.bed}^A^${authority}`,
      44: this.time(plan.begin),
      45: this.time(plan.end),
    });
  }

  private pv2(): string[] {
    const { plan } = this;
    if (this.identity) return [];
    const fields = {
      8: this.time(plan.begin),
      9: this.time(plan.expectedEnd).slice(0, 8),
      22: plan.confidential,
      47: this.time(plan.end),
    };
    return [this.written('PV2', fields)];
  }

  private zbe(): string {
    const { plan, world, authority } = this;
    const unit = `W${world}U${plan.unit}`;
    const ward = `Unité ${unit}^^^^^${authority}^UF^^^${unit}`;
    const cancels = CANCELS.has(plan.trigger) || (plan.trigger === 'A07' && plan.preAdmitted);
    const action = plan.trigger === 'Z99' ? 'UPDATE' : cancels ? 'CANCEL' : 'INSERT';
    return this.written('ZBE', {
      1: [`W${world}M${plan.movement}`, ...authority.split('&').filter((part) => part !== '')].join('^'),
      2: this.time(plan.effective),
      4: action,
      5: plan.historic ? 'Y' : 'N',
      6: action === 'INSERT' ? '' : plan.original,
      7: ward,
      8: ward,
      9: plan.nature,
    });
  }

  /** A segment with what the plan erases and leaves empty in it. */
  private written(name: string, fields: Record<number, string>): string {
    const of = (places: readonly Place[]) => places.filter((place) => place.startsWith(`${name}-`));
    const changed: Record<number, string> = { ...fields };
    for (const place of of(this.plan.empty)) replace(changed, place, '');
    for (const place of of(this.plan.erased)) replace(changed, place, '""');
    return segment(name, changed satisfies Fields);
  }
}

function replace(fields: Record<number, string>, place: Place, value: string): void {
  const [field = 0, component] = place.slice(4).split('.').map(Number);
  if (component === undefined) {
    fields[field] = value;
    return;
  }
  const components = (fields[field] ?? '').split('^');
  while (components.length < component) components.push('');
  components[component - 1] = value;
  fields[field] = components.join('^');
}
