export type PartyKind = 'person' | 'organisation';

/**
 * A professional or an organisation as two of them are compared: without the digit that says of which register the number is (8 before an
 * RPPS, 0 before an ADELI number, 1 before a FINESS), which some write and others do not.
 */
export function partyOf(kind: PartyKind, number: string): string {
  const digits = number.replaceAll(/\s/g, '');
  const [, registered = digits] = REGISTERED[kind].exec(digits) ?? [];
  return `${kind}|${registered}`;
}

const REGISTERED: Readonly<Record<PartyKind, RegExp>> = {
  person: /^(?:8(?=\d{11}$)|0(?=\d[\dA-D]\d{7}$))(.+)$/,
  organisation: /^1([\dAB]{9})$/,
};
