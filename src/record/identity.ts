import type { Identifier } from 'fhir/r4.js';
import { INS } from '../fhir/systems.js';
import type { Fact, PatientIdentifier, Trace } from '../message/fact.js';
import { identifierKey } from '../message/id.js';
import { inRecordedOrder, instant } from '../message/order.js';
import { layFragment, type Elements } from './elements.js';

export type IdentityFact = Extract<Fact, { kind: 'identity' }>;

/** A FHIR identifier with what said it; of the trace what lies beneath `at` is about this one. */
export interface SaidIdentifier {
  type: string;
  identifier: Identifier;
  trace: readonly Trace[];
  at: string;
  messageId: string;
}

/** What the messages that name one anchor say of its patient. */
export interface AnchorIdentity {
  anchor: string;
  /** Instant of the earliest fact. */
  firstSeen: number;
  facts: IdentityFact[];
  /** Identifiers in force, by system, value and type. */
  identifiers: Map<string, SaidIdentifier>;
  elements: Elements;
  /** Keys of the INS in force: there are none unless the identity is VALI. */
  ins: string[];
  reliability: string[];
}

/** Folds the identity facts of one anchor, in the order in which they were recorded. */
export function anchorIdentity(anchor: string, facts: readonly Fact[]): AnchorIdentity {
  const identities = inRecordedOrder(facts.filter((fact) => fact.kind === 'identity'));
  const identifiers = new Map<string, SaidIdentifier>();
  const elements: Elements = new Map();
  let reliability: string[] = [];
  for (const fact of identities) {
    if (fact.body.reliability.length > 0) reliability = fact.body.reliability;
    for (const erased of fact.body.identifiers.filter((one) => one.erased)) withdraw(identifiers, erased);
    supersede(identifiers, identifiersOf(fact));
    layFragment(elements, fact.body.patient, fact.messageId);
  }
  if (!reliability.includes('VALI'))
    for (const [key, said] of identifiers) if (said.type === 'INS') identifiers.delete(key);
  const firstSeen = Math.min(...facts.map((fact) => instant(fact.effectiveAt)));
  return { anchor, firstSeen, facts: identities, identifiers, elements, ins: insOf(identifiers), reliability };
}

/** Name, birth date and sex as INS compares them: without accents, case and punctuation (strict traits, fhir-fr §1.5). */
export function strictTraits(elements: Elements): string {
  const names = elements.get('name')?.value as { use?: string; family?: string }[] | undefined;
  const family = (names?.find((name) => name.use === 'official') ?? names?.[0])?.family ?? '';
  const plain = family
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z]+/g, ' ')
    .trim();
  return [plain, elements.get('birthDate')?.value, elements.get('gender')?.value].join('|');
}

/** Identifiers add up; an INS takes the place of the one before, and of a NIR and a NIA said together the NIR counts (pam-fr §2.3). */
function supersede(identifiers: Map<string, SaidIdentifier>, supplied: readonly SaidIdentifier[]): void {
  const ins = supplied.filter((said) => said.type === 'INS');
  const isWaiting = ({ identifier }: SaidIdentifier) => identifier.system === INS.nia;
  if (ins.length > 0) for (const [key, said] of identifiers) if (said.type === 'INS') identifiers.delete(key);
  const nir = ins.some((said) => !isWaiting(said));
  for (const said of supplied) if (said.type !== 'INS' || !nir || !isWaiting(said)) identifiers.set(keyOf(said), said);
}

function keyOf(said: SaidIdentifier): string {
  return `${identifierKey(said.identifier.system ?? '', said.identifier.value ?? '')}|${said.type}`;
}

/** `""` under an INS authority withdraws every INS of the patient, NIR and NIA (pam-fr §2.3, A47). */
function withdraw(identifiers: Map<string, SaidIdentifier>, erased: PatientIdentifier): void {
  for (const [key, said] of identifiers)
    if (said.type === erased.type && (erased.type === 'INS' || said.identifier.system === erased.system))
      identifiers.delete(key);
}

function insOf(identifiers: Map<string, SaidIdentifier>): string[] {
  return [...identifiers.values()]
    .filter((said) => said.type === 'INS')
    .map(({ identifier }) => identifierKey(identifier.system ?? '', identifier.value ?? ''));
}

/** The mapped identifiers of a message, each with its v2 type. */
function identifiersOf(fact: IdentityFact): SaidIdentifier[] {
  const element = fact.body.patient.elements.find((one) => one.path === 'identifier');
  if (!Array.isArray(element?.value)) return [];
  return (element.value as Identifier[]).flatMap((identifier, index) => {
    if (identifier.system === undefined || identifier.value === undefined) return [];
    const at = `identifier[${String(index)}]`;
    return [{ type: typeOf(identifier, fact), identifier, trace: element.trace, at, messageId: fact.messageId }];
  });
}

/** The v2 type of a FHIR identifier: by what the message says, since one OID serves INS and billing NIR (pam-fr §2.3). */
function typeOf(identifier: Identifier, fact: IdentityFact): string {
  const code = identifier.type?.coding?.[0]?.code ?? '';
  const named = fact.body.identifiers.filter(
    (one) => one.system === identifier.system && one.value === identifier.value && one.erased !== true,
  );
  const exact = named.find((one) => one.type === code || (one.type === 'INS' && /^INS-NI/.test(code)));
  return exact?.type ?? (named.length === 1 ? named[0]?.type : undefined) ?? code;
}
