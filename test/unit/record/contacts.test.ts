import { describe, expect, it } from '@jest/globals';
import type { RelatedPerson } from 'fhir/r4.js';
import { factsOf, foldedOf, pam, segment, type Fields } from '../../support/pam.js';

const RELATION = 'https://mos.esante.gouv.fr/NOS/TRE_R216-HL7RoleCode/FHIR/TRE-R216-HL7RoleCode';

/** The systems and codes of each concept of the relationship, the sender's own system as `own`. */
function relationship(fields: Fields): string[][] {
  const text = pam({ trigger: 'A31', at: '20260302080000', pv1: null, patientSegments: [segment('NK1', fields)] });
  const [person] = foldedOf<RelatedPerson>('RelatedPerson', factsOf([text]));
  return (person?.relationship ?? []).map(({ coding = [] }) =>
    coding.map(({ system = '', code }) => {
      const name = system.startsWith('urn:trait-d-union:codes:') ? 'own' : (system.split('/').at(-1) ?? '');
      return `${system === RELATION ? 'relation' : name} ${code ?? ''}`;
    }),
  );
}

describe('what a contact is to the patient', () => {
  it.each([
    ['SPO', [['relation SPS'], ['own SPO']]],
    ['CHD', [['relation CHILD'], ['own CHD']]],
    ['FND', [['relation FRND'], ['own FND']]],
    // The same code in both needs no second.
    ['MTH', [['relation MTH']]],
    ['QQQ', [['own QQQ']]],
  ])('has one system to a concept, as the profile asks: %s', (code, concepts) => {
    const [role, ...relations] = relationship({ 2: 'ESSAI^LUCIE', 3: code, 7: 'K' });
    expect(role).toHaveLength(1);
    expect(relations).toEqual(concepts);
  });
});

describe('the name of a contact', () => {
  it.each([
    ['PROCHE^LUCIE^LUCIE MARIE', { family: 'PROCHE', given: ['LUCIE'], text: 'LUCIE MARIE PROCHE' }],
    ['^LUCIE^LUCIE MARIE', { _family: expect.anything(), given: ['LUCIE'], text: 'LUCIE MARIE' }],
    ['PROCHE^LUCIE', { family: 'PROCHE', given: ['LUCIE'] }],
  ])('%s keeps a whole list of given names in words, since the extension is one of Patient', (name, expected) => {
    const nk1 = segment('NK1', { 2: `${name}${'^'.repeat(6 - name.split('^').length + 1)}L`, 3: 'SPO', 7: 'K' });
    const text = pam({ trigger: 'A31', at: '20260302080000', pv1: null, patientSegments: [nk1] });
    const [person] = foldedOf<RelatedPerson>('RelatedPerson', factsOf([text]));
    expect(person?.name).toEqual([{ use: 'official', ...expected }]);
  });
});

describe('a contact', () => {
  const [NOBODY, TRUSTED] = [
    { 2: 'ESSAI^LUCIE', 3: 'FND' },
    { 2: 'ESSAI^LUCIE', 3: 'FND', 7: 'K' },
  ];
  const profiles = (fields: Fields) => {
    const text = pam({ trigger: 'A31', at: '20260302080000', pv1: null, patientSegments: [segment('NK1', fields)] });
    return foldedOf<RelatedPerson>('RelatedPerson', factsOf([text])).map(({ meta }) => meta?.profile ?? []);
  };

  it('claims the profile of the circle only with a role in it, which the profile demands', () => {
    expect(profiles(TRUSTED)).toEqual([[expect.stringContaining('cds-fr-related-person')]]);
    expect(profiles(NOBODY)).toEqual([[]]);
  });
});
