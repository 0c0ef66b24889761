import { authoritySystem, INS, isIns, type AssigningAuthority } from '../fhir/systems.js';
import type { PatientIdentifier } from '../message/fact.js';
import { identifierKey } from '../message/identifier.js';
import { compareText } from '../message/order.js';

/** Whose numbers a source sends, as it is configured. */
export interface SourceAuthority {
  /** Name of the configured source. */
  name: string;
  /** System of numbers that name no authority; absent: the sending facility (MSH-4) under the source's name. */
  authority?: string | undefined;
  /** HD-1 or HD-2 → system. */
  authorities: Readonly<Record<string, string>>;
  /** Numbers that many people share (a test patient, an unknown one), as the value or as `system|value`: they join nobody. */
  sharedNumbers?: readonly string[] | undefined;
}

/** The systems that the numbers of one message belong to: a number is nothing without its authority. */
export class Authorities {
  /** The source's own authority, which stands for an empty one. */
  readonly own: string;
  /** What the source is called where it has to have a name. */
  readonly hospital: string;
  private readonly aliases: ReadonlyMap<string, string>;
  private readonly shared: ReadonlySet<string>;
  private readonly codes: string;

  constructor({ name, authority, authorities, sharedNumbers = [] }: SourceAuthority, facility: string) {
    this.own = authority ?? `urn:trait-d-union:authority:${encodeURIComponent(name)}:${encodeURIComponent(facility)}`;
    this.hospital = authority === undefined && facility !== '' ? facility : name;
    this.aliases = new Map(Object.entries(authorities));
    this.shared = new Set(sharedNumbers);
    this.codes = `urn:trait-d-union:codes:${encodeURIComponent(this.own)}:`;
  }

  /**
   * The system of an assigning authority (CX-4, EI-2 to 4, XCN-9, XON-6, PL-4). Configured aliases come first, then the OID, UUID or FINESS
   * number of the HD; a local name (HD-1 alone) belongs to its sender, and an empty HD is the sender's own.
   */
  systemOf(authority: AssigningAuthority): string {
    const { namespace, universalId } = authority;
    const alias = this.aliases.get(namespace) ?? this.aliases.get(universalId);
    if (alias !== undefined && (namespace !== '' || universalId !== '')) return alias;
    const universal = authoritySystem(authority);
    if (universal !== undefined) return universal;
    const local = namespace === '' ? universalId : namespace;
    if (local === '') return this.own;
    const scope = this.own.startsWith(SENDER) ? this.own : SENDER + encodeURIComponent(this.own);
    return `${scope}:${encodeURIComponent(local)}`;
  }

  /** The system of a FHIR identifier: an alias names it, or the OID that it is made of. */
  renamed(system: string): string {
    const oid = system.startsWith(OID) ? system.slice(OID.length) : system;
    return this.aliases.get(system) ?? this.aliases.get(oid) ?? system;
  }

  /** The system of the sender's own codes of one table or field, e.g. `AdmitSource`, `PV1-10`. */
  codeSystem(table: string): string {
    return this.codes + table;
  }

  /** Is that a number that many people share? */
  isShared(system: string, value: string): boolean {
    return this.shared.size > 0 && (this.shared.has(value) || this.shared.has(identifierKey(system, value)));
  }
}

const OID = 'urn:oid:';
const SENDER = 'urn:trait-d-union:authority:';

/** CX-5 of numbers that several people may share, or that name an account, a card or a visit: none of them says who somebody is. */
const NOT_OF_A_PERSON = new Set(
  'SS NH AN ANON ANC AND ANT BC BCT CZ DFN EI FI GI INS-C LN LR MA MB MC MCD MCN MCR NDP SN TN UPIN VN VP VS WC WCN WP'.split(
    ' ',
  ),
);

/** In which order numbers of a person anchor him; every other type comes after these, and an INS last. */
const ANCHORS = ['PI', 'MR', 'PT', '', 'RRI', 'PN'];

/**
 * The identifiers of a message that say who the patient is, strongest first. The first is the anchor of its facts: the hospital's number,
 * else another number of the person by a fixed order, the INS last. Erased ones are kept for what they withdraw, at the end.
 */
export function personIdentifiers(identifiers: readonly PatientIdentifier[]): PatientIdentifier[] {
  const named = identifiers.filter((identifier) => identifier.erased !== true && namesPerson(identifier));
  const erased = identifiers.filter((identifier) => identifier.erased === true && namesPerson(identifier));
  return [...named.sort(byStrength), ...erased];
}

/** `system|value` that the facts of a message are filed under; undefined where no number names a person. */
export function anchorOf(person: readonly PatientIdentifier[]): string | undefined {
  const first = person.find(({ erased }) => erased !== true);
  return first && identifierKey(first.system, first.value);
}

/** Does an identifier of that type name a person? One OID serves the INS and the NIR of billing, so CX-5 decides. */
export function namesPerson({ type }: Pick<PatientIdentifier, 'type'>): boolean {
  return !NOT_OF_A_PERSON.has(type);
}

/** Is it an INS: by its type, or by an authority of the INS unless the type says that it names no person (the NIR of billing)? */
export function isInsNumber({ type, system }: Pick<PatientIdentifier, 'type' | 'system'>): boolean {
  return type === 'INS' || (isIns(system) && namesPerson({ type }));
}

/** The INS of a document: with its key, or where its system holds invented ones with the shape of an INS alone. */
export function isUsableIns({ system, value }: Pick<PatientIdentifier, 'system' | 'value'>): boolean {
  const isInvented = system === INS.test || system === INS.demo;
  return hasInsKey(value) || (isInvented && INS_SHAPE.test(value));
}

/** Sex, year, month, place and order of birth, and the key. */
const INS_SHAPE = /^[1-478]\d{4}(\d\d|2A|2B)\d{8}$/;

/** Has an INS the shape of a NIR, and the key that its 13 digits give? Corsica's 2A and 2B count as 19 and 18. */
export function hasInsKey(value: string): boolean {
  const parts = /^(\d{5})(\d\d|2A|2B)(\d{6})(\d{2})$/.exec(value);
  if (parts === null) return false;
  const [, head = '', department = '', tail = '', key = ''] = parts;
  const digits = head + department.replace('2A', '19').replace('2B', '18') + tail;
  return 97 - (Number(digits) % 97) === Number(key);
}

/** INS numbers in the order in which a receiver takes them: a NIR before a NIA. */
export function inInsOrder(numbers: readonly PatientIdentifier[]): PatientIdentifier[] {
  const rank = ({ system }: PatientIdentifier) => (system === INS.nia ? 1 : 0);
  return [...numbers].sort((a, b) => rank(a) - rank(b) || compareText(keyOf(a), keyOf(b)));
}

function byStrength(a: PatientIdentifier, b: PatientIdentifier): number {
  return strengthOf(a) - strengthOf(b) || compareText(keyOf(a), keyOf(b));
}

function strengthOf({ type, system }: PatientIdentifier): number {
  if (type === 'INS' || isIns(system)) return ANCHORS.length + 1;
  const place = ANCHORS.indexOf(type);
  return place < 0 ? ANCHORS.length : place;
}

function keyOf({ system, value, type }: PatientIdentifier): string {
  return `${identifierKey(system, value)}|${type}`;
}
