import fc from 'fast-check';
import {
  OTHER_TYPES,
  type AuthorityKind,
  type Feed,
  type Hospital,
  type Likeness,
  type Person,
} from './world-people.js';
import { bundleText } from './world-bundles.js';
import { letterOf, mostlyFirst, rarely, sendingOf, worldDoctor } from './world-letter-plans.js';
import {
  carrierText,
  isMessage,
  LETTER_PLACE,
  letterSentAt,
  letterText,
  type LetterPlan,
  type SendingPlan,
} from './world-letters.js';
import { instantAt, messageText, PLACES, sentAt, type Contact, type MessagePlan, type Role } from './world-text.js';

/** One message as it comes to a door. */
export interface WorldMessage {
  /** What rows call it: of two that bring the same either may be the origin. */
  name: string;
  /** HL7 v2; `LETTER_PLACE` is where the letter goes. */
  text: string;
  /** A document, which comes within `text` where there is one. */
  letter?: string;
  /** How a document comes that comes by itself. */
  format?: 'cda' | 'xdm' | 'fhir';
  /** What is to become of what a package holds. */
  action?: 'C' | 'D';
  /** The other document of the message, at `BESIDE_PLACE`. */
  beside?: string;
  source: string;
  /** MSH-7. */
  sentAt: Date;
  /** The message's own, whatever the order of arrival: what is clamped to it does not depend on that order. */
  receivedAt: Date;
}

/** What some hospitals say of some people, before it is written. */
export interface World {
  hospitals: Hospital[];
  people: Person[];
  messages: (MessagePlan | SendingPlan)[];
  /** Versions of documents, which the messages send. */
  letters: LetterPlan[];
  /** Messages that come a second time under another MSH-10, by their index. */
  repeats: number[];
}

/** How rich a world is. What is left out has the richest value. */
export interface WorldOptions {
  hospitals?: number;
  people?: number;
  /** Visits of each hospital. */
  visits?: number;
  messages?: { min: number; max: number };
  /** Hours over which all times lie. */
  hours?: number;
  authorities?: readonly AuthorityKind[];
  feeds?: readonly Feed[];
  /** `""` and empty fields. */
  erasures?: boolean;
  merges?: boolean;
  /** Messages from abroad that name a stay by its account alone. */
  accounts?: boolean;
  /** Everything that a sender should not do: wrong clocks, a person in another's stay, a movement number used twice. */
  slips?: boolean;
  /** How many of ten worlds have documents. */
  letters?: number;
}

/** Local numbers of hospitals that hold them apart need one name each. */
const SOURCES = ['a', 'b', 'c'];
const DELAY_MS = 2000;

/** Worlds of up to three hospitals and four people. */
export function worlds(options: WorldOptions = {}): fc.Arbitrary<World> {
  const hospitals = fc.array(hospitalOf(options), { minLength: 1, maxLength: options.hospitals ?? 3 });
  const people = fc.array(person, { minLength: 1, maxLength: options.people ?? 4 });
  return fc.tuple(hospitals, people).chain(([places, persons]) => {
    const { min, max } = options.messages ?? { min: 3, max: 12 };
    const owners = fc.array(fc.nat(persons.length - 1), { minLength: 12, maxLength: 12 });
    return owners.chain((ownerOf) => {
      const cast = { options, hospitals: places, people: persons, ownerOf };
      const letter = letterOf(cast);
      return rarely(fc.array(letter, { minLength: 1, maxLength: 4 }), [], options.letters ?? 3).chain((letters) => {
        const message = planOf(cast);
        const plan: fc.Arbitrary<MessagePlan | SendingPlan> =
          letters.length === 0 ? message : fc.oneof(message, sendingOf(letters, places.length, options));
        return fc.record({
          hospitals: fc.constant(places),
          people: fc.constant(persons),
          messages: fc.array(plan, { minLength: min, maxLength: max }),
          letters: fc.constant(letters),
          repeats: rarely(fc.array(fc.nat(max - 1), { minLength: 1, maxLength: 2 }), [], 3),
        });
      });
    });
  });
}

/**
 * The messages of a world in the order in which the plan has them.
 * @param number 0 to 999, stands in every number of the world so that worlds of one store share none
 */
export function messagesOf(world: World, number: number): WorldMessage[] {
  const { messages, repeats } = world;
  const write = (plan: MessagePlan | SendingPlan, controlId: string): WorldMessage =>
    'letter' in plan ? sent(plan, world, number, controlId) : written(plan, world, number, controlId);
  const again = [...new Set(repeats)].flatMap((index) => messages[index] ?? []);
  return [
    ...messages.map((plan, index) => write(plan, `W${number}C${index + 1}`)),
    ...again.map((plan, index) => write(plan, `W${number}R${index + 1}`)),
  ];
}

const sourceOf = (hospital: number, world: number) => `w${world}-${SOURCES[hospital] ?? 'x'}`;
const receivedAfter = (at: Date) => ({ sentAt: at, receivedAt: new Date(at.getTime() + DELAY_MS) });

function written(plan: MessagePlan, world: World, number: number, name: string): WorldMessage {
  const text = messageText(plan, { ...world, world: number }, name);
  return { name, text, source: sourceOf(plan.hospital, number), ...receivedAfter(sentAt(plan)) };
}

/** The same bytes by HTTP from one source are one message, however often they come. */
function sent(sending: SendingPlan, world: World, number: number, controlId: string): WorldMessage {
  const { letter: index, beside, carrier, hospital } = sending;
  const plan = world.letters[index] as LetterPlan;
  const speaker = { ...world, world: number };
  const source = sourceOf(hospital, number);
  const text = isMessage(carrier) ? carrierText(plan, sending, speaker, controlId) : LETTER_PLACE;
  const other = beside === undefined ? undefined : world.letters[beside];
  const letters = {
    letter: plan.form === 'fhir' ? bundleText(index, plan, speaker) : letterText(index, plan, speaker),
    ...byItself(plan, sending),
    ...(other === undefined ? {} : { beside: letterText(beside ?? 0, other, speaker) }),
  };
  const times = receivedAfter(instantAt(letterSentAt(plan, sending)));
  const name = [index, ...(beside === undefined ? [] : [beside])].map((place) => `L${place + 1}`).join('-');
  const packed = carrier === 'xdm' ? `-${sending.request}` : '';
  return { name: `${source}-${name}${packed}`, text, ...letters, source, ...times };
}

/** How a version comes that is in no message; a package alone says what is to become of it. */
function byItself(
  { form }: LetterPlan,
  { carrier, request }: SendingPlan,
): Partial<Pick<WorldMessage, 'format' | 'action'>> {
  if (isMessage(carrier)) return {};
  if (carrier === 'http') return { format: form };
  return { format: 'xdm', ...(request === 'new' ? {} : { action: request === 'delete' ? 'D' : 'C' }) };
}

const hospitalOf = ({ authorities, feeds }: WorldOptions): fc.Arbitrary<Hospital> =>
  fc.constantFrom(...(feeds ?? (['pam', 'pam', 'pam', 'abroad-with-zbe', 'abroad'] as const))).chain((feed) =>
    fc.record({
      authority: fc.constantFrom(...(authorities ?? (['iso', 'finess-m', 'finess-n', 'name', 'none'] as const))),
      feed: fc.constant(feed),
      numbers: feed === 'pam' ? fc.constant('PI' as const) : fc.constantFrom('PI' as const, 'MR' as const),
    }),
  );

const person: fc.Arbitrary<Person> = fc.record({
  likeness: fc.constantFrom<Likeness>('nobody', 'nobody', 'twin', 'namesake', 'same'),
  sex: fc.constantFrom('F', 'M'),
  ins: fc.constantFrom('right', 'right', 'right', 'wrong-key', 'none'),
  shift: fc.nat(3),
});

const roleOf = (hours: fc.Arbitrary<number>): fc.Arbitrary<Role> =>
  fc.record({
    role: fc.constantFrom('ODRP', 'ODRP', 'ODRP', 'AT', 'CP', 'RT', 'SUBS'),
    action: fc.constantFrom('UC', 'UC', 'AD', 'DE', 'UP'),
    doctor: worldDoctor,
    begin: rarely(hours, undefined, 3),
    end: rarely(hours, undefined, 3),
    digits: fc.constantFrom(14, 14, 14, 8, 6, 4),
  });

const contactOf = (hours: fc.Arbitrary<number>): fc.Arbitrary<Contact> =>
  fc.record({
    number: fc.constantFrom(1, 1, 2),
    role: fc.constantFrom('K', 'K', 'P', 'C', 'N', ''),
    relation: fc.constantFrom('CHD', 'SPO', 'PAR', 'GRD', 'OTH'),
    end: rarely(hours, undefined, 3),
    phone: fc.constantFrom('filled', 'filled', 'erased', 'empty'),
    identified: rarely(fc.constant(false), true, 2),
  });

const ALWAYS = [
  'A01',
  'A01',
  'A02',
  'A02',
  'A02',
  'A03',
  'A03',
  'A04',
  'A05',
  'A11',
  'A12',
  'A12',
  'A13',
  'A28',
  'A31',
  'A31',
  ...['A06', 'A07', 'A07', 'A08', 'A15', 'A16', 'A21', 'A22', 'A25', 'A26', 'A52', 'A53', 'A54', 'A55'],
];
/** Which movement of a stay a trigger speaks of where the sender makes no slip, and what a correction names. */
const MOVEMENT: Readonly<Record<string, number>> = {
  ...{ A05: 0, A01: 1, A04: 1, A11: 1, A03: 5, A13: 5, A06: 6, A07: 6, A21: 7, A52: 7, A22: 8, A53: 8 },
  ...{ A16: 9, A25: 9, A54: 10, A55: 10, A15: 11, A26: 11 },
};
const ORIGINAL = ['A05', 'A01', 'A02', 'A02', 'A02', 'A03', 'A06', 'A21', 'A22', 'A16', 'A54', 'A15'];
const TRANSFERS = [2, 3, 4];
/** Movement numbers of a stay: 0 to 19 of the first visit, 20 to 39 of the second … */
const STEP = 20;

interface Cast {
  options: WorldOptions;
  hospitals: readonly Hospital[];
  people: readonly Person[];
  /** Whose a visit is, by hospital and visit. */
  ownerOf: readonly number[];
}

function planOf({ options, hospitals, people, ownerOf }: Cast): fc.Arbitrary<MessagePlan> {
  const slips = options.slips ?? true;
  const visits = options.visits ?? 2;
  const hours = fc.nat(options.hours ?? 9 * 24);
  // Few instants, so that many messages share one.
  const few = fc.nat(15).map((slot) => Math.floor((slot * (options.hours ?? 9 * 24)) / 15));
  const merges = options.merges ?? true;
  return fc
    .record({
      hospital: mostlyFirst(hospitals.length),
      visit: mostlyFirst(visits),
      anybody: fc.nat(people.length - 1),
      merges: fc.nat(people.length - 1),
      strays: slips ? rarely(fc.constant(true), false) : fc.constant(false),
      movement: fc.constantFrom(...TRANSFERS),
      misnumbered: slips ? rarely(fc.constant(true), false) : fc.constant(false),
      historic: rarely(fc.constant(true), false, 2),
    })
    .chain((meant) => {
      const feed = hospitals[meant.hospital]?.feed;
      const mergeable = merges && meant.merges !== meant.anybody;
      const triggers = [
        ...ALWAYS,
        ...(feed === 'pam' ? ['Z99', 'Z99', 'Z99', 'Z99'] : []),
        ...(mergeable ? ['A40', 'A40', 'A40', 'A44', 'A44'] : []),
        ...(merges ? ['A47', 'A47'] : []),
      ];
      return fc.constantFrom(...triggers).chain((trigger) => {
        const owner = ownerOf[(meant.hospital * visits + meant.visit) % ownerOf.length] ?? 0;
        const identity = ['A28', 'A31', 'A40', 'A44', 'A47'].includes(trigger);
        const place = meant.misnumbered || trigger === 'Z99' ? undefined : MOVEMENT[trigger];
        return fc.nat(ORIGINAL.length - 1).chain((anyPlace) => {
          const numbered = place ?? (trigger === 'Z99' ? anyPlace : meant.movement);
          return fc.record<MessagePlan>({
            ...saidOf(few, hours, options),
            ...detailsOf(few, options),
            trigger: fc.constant(trigger),
            hospital: fc.constant(meant.hospital),
            person: fc.constant(identity || meant.strays ? meant.anybody : owner),
            visit: fc.constant(meant.hospital * visits + meant.visit + 1),
            movement: fc.constant((meant.hospital * visits + meant.visit) * STEP + numbered),
            original: fc.constant(originalOf(trigger, numbered)),
            merges: fc.constant(meant.merges),
            historic: fc.constant(meant.historic),
          });
        });
      });
    });
}

/** ZBE-6. */
function originalOf(trigger: string, movement: number): string {
  const canceled: Readonly<Record<string, string>> = {
    ...{ A07: 'A06', A11: 'A01', A12: 'A02', A13: 'A03', A25: 'A16', A26: 'A15', A52: 'A21', A53: 'A22', A55: 'A54' },
  };
  return canceled[trigger] ?? ORIGINAL[movement] ?? 'A02';
}

/** When it was said, and about whom. */
function saidOf(few: fc.Arbitrary<number>, hours: fc.Arbitrary<number>, options: WorldOptions) {
  const slips = options.slips ?? true;
  const withdraws = rarely(fc.constantFrom('INS' as const, 'local' as const), undefined);
  return {
    recorded: few,
    sentAfter: fc.nat(3),
    future: slips ? rarely(fc.constant(true), false) : fc.constant(false),
    offset: rarely(fc.constant(true), false),
    others: fc.subarray([...OTHER_TYPES], { maxLength: 2 }),
    withoutLocal: slips ? rarely(fc.constant(true), false) : fc.constant(false),
    renumbered: rarely(fc.constant(true), false, 2),
    withdraws: (options.erasures ?? true) ? withdraws : fc.constant(undefined),
    reliability: fc.constantFrom('VALI', 'VALI', 'VALI', 'VAL', 'PROV', ''),
    corrected: rarely(fc.constant(true), false),
    usedName: rarely(fc.constant(true), false, 2),
    renamed: rarely(fc.constant(true), false, 2),
    begin: rarely(few, undefined, 4),
    end: rarely(few, undefined, 2),
    expectedEnd: rarely(hours, undefined, 4),
    effective: few,
  };
}

/** What it says of the stay and its people. */
function detailsOf(few: fc.Arbitrary<number>, options: WorldOptions) {
  const places =
    (options.erasures ?? true)
      ? rarely(fc.subarray([...PLACES], { minLength: 1, maxLength: 3 }), [], 3)
      : fc.constant<(typeof PLACES)[number][]>([]);
  return {
    withoutVisit: (options.accounts ?? true) ? rarely(fc.constant(true), false) : fc.constant(false),
    preAdmitted: rarely(fc.constant(true), false, 2),
    patientClass: fc.constantFrom('I', 'I', 'I', 'E', 'O', 'R'),
    unit: fc.nat(2),
    bed: fc.constantFrom(1, 2),
    doctor: rarely(worldDoctor, undefined, 6),
    admitting: rarely(worldDoctor, undefined, 2),
    roles: fc.oneof(fc.constant<Role[]>([]), fc.array(roleOf(few), { minLength: 1, maxLength: 2 })),
    contacts: rarely(fc.array(contactOf(few), { minLength: 1, maxLength: 2 }), [], 4),
    confidential: fc.constantFrom('', '', '', 'N', 'Y') as fc.Arbitrary<'Y' | 'N' | ''>,
    nature: fc.constantFrom('HMS', 'HMS', 'H', 'M', 'S', 'L', 'D', 'MH', 'C'),
    erased: places,
    empty: places,
  };
}
