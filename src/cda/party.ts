export type PartyKind = 'person' | 'organisation';

/**
 * A professional or an organisation as two of them are compared: without the digit that says of which register the number is (8 before an
 * RPPS, 1 before a FINESS), which some write and others do not.
 */
export function partyOf(kind: PartyKind, number: string): string {
  const digits = number.replaceAll(/\s/g, '');
  const registered = kind === 'person' ? /^8(\d{11})$/.exec(digits) : /^1([\dAB]{9})$/.exec(digits);
  return `${kind}|${registered?.[1] ?? digits}`;
}
