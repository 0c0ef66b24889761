type ParameterKind = 'token' | 'reference' | 'date' | 'uri' | 'string';

/** One search parameter: its kind, and where its values stand (paths from the resource, lists walked through). */
export interface SearchParameter {
  kind: ParameterKind;
  paths: readonly string[];
  /** Types that a reference may lead to: those an id alone, as in `patient=123`, is looked for under. */
  targets?: readonly string[];
  /** The parameter that has the same values and is kept in its place. */
  sameAs?: string;
  /** Parameters whose values are this one's too. */
  within?: readonly string[];
  /** R4's SearchParameter, where it is called otherwise than `Type-name`. */
  definition?: string;
}

export const IDENTIFIER: SearchParameter = { kind: 'token', paths: ['identifier'] };
export const CLINICAL_IDENTIFIER: SearchParameter = { ...IDENTIFIER, definition: 'clinical-identifier' };
export const STATUS: SearchParameter = { kind: 'token', paths: ['status'] };
export const SUBJECT: SearchParameter = { kind: 'reference', paths: ['subject'], targets: ['Patient', 'Group'] };
export const PATIENT: SearchParameter = {
  kind: 'reference',
  paths: ['subject'],
  targets: ['Patient'],
  sameAs: 'subject',
  definition: 'clinical-patient',
};
