import { describe, expect, it } from '@jest/globals';
import type { Trace } from '../../../../src/message/fact.js';
import { hasInsKey } from '../../../../src/translate/identifiers.js';
import { HOSPITAL, INS_TEST, pam, translated, type Fields, IPP } from '../../../support/pam.js';

function identityOf(pid: Fields): string {
  return pam({ trigger: 'A31', at: '20260302080000', pid, pv1: null });
}

/** What one PID field becomes: the values of an element of the patient fragment, and its traces. */
function element(path: string, pid: Fields, version?: string): { value: unknown; trace: Trace[] } {
  const text = pam({
    trigger: 'A31',
    at: '20260302080000',
    pid,
    pv1: null,
    ...(version === undefined ? {} : { version }),
  });
  const [identity] = translated(text).facts;
  const all = identity?.kind === 'identity' ? identity.body.patient.elements : [];
  const element = all.find((one) => one.path === path && Object.keys(pid).includes(one.field.slice('PID-'.length)));
  return { value: element?.value, trace: element?.trace ?? [] };
}
const ABROAD = '2.5.1';
const BIRTH_LIST = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name';

describe('XPN → HumanName', () => {
  const names = (text: string, version?: string) => element('name', { 5: text }, version).value;

  it('in France keeps the list of given names beside the first one, never among them', () => {
    expect(names('ESSAI^CAMILLE^CAMILLE ANDREE^^Mme^^L')).toEqual([
      {
        extension: [{ url: BIRTH_LIST, valueString: 'CAMILLE ANDREE' }],
        use: 'official',
        family: 'ESSAI',
        given: ['CAMILLE'],
        prefix: ['Mme'],
      },
    ]);
  });

  it('gives the list to the name of birth alone', () => {
    expect(names('ESSAI^CAMILLE^CAMILLE ANDREE^^^^D')).toEqual([{ use: 'usual', family: 'ESSAI', given: ['CAMILLE'] }]);
  });

  it('abroad takes XPN-3 for further given names', () => {
    expect(names('TESTER^ALEX^MARIA^^^^L', ABROAD)).toEqual([
      { use: 'official', family: 'TESTER', given: ['ALEX', 'MARIA'] },
    ]);
  });

  it.each([
    ['L', 'official'],
    ['', 'official'],
    ['D', 'usual'],
    ['M', 'maiden'],
    ['N', 'nickname'],
    ['S', 'anonymous'],
    ['B', undefined],
  ])('of type "%s" has use %s', (type, use) => {
    expect(names(`ESSAI^CAMILLE^^^^^${type}`)).toEqual([
      { ...(use === undefined ? {} : { use }), family: 'ESSAI', given: ['CAMILLE'] },
    ]);
  });

  it('is nothing where the name is erased or empty, and keeps compound names whole', () => {
    expect(names('""^""^^^^^D~ESSAI DE LA TOUR^ANNE-MARIE^^^^^L')).toEqual([
      { use: 'official', family: 'ESSAI DE LA TOUR', given: ['ANNE-MARIE'] },
    ]);
  });

  it('knows which component each part came from, and which repetition', () => {
    expect(element('name', { 5: 'ESSAI^CAMILLE^^^^^L~MODELE^CAMILLE^^^^^D' }).trace).toEqual(
      expect.arrayContaining([
        ['name[0].family', 'PID-5[1].1', 'PID-Patient:name'],
        ['name[1].given', 'PID-5[2].2', 'PID-Patient:name'],
      ]),
    );
  });
});

describe('XAD → Address', () => {
  const addresses = (text: string) => element('address', { 11: text }).value;

  it('takes lines, town, code and country, and the use of its type', () => {
    expect(addresses('4 rue des Tilleuls^Bât. B\\S\\Esc. 2^AUTUN^^71400^FRA^H')).toEqual([
      {
        use: 'home',
        line: ['4 rue des Tilleuls', 'Bât. B', 'Esc. 2'],
        city: 'AUTUN',
        postalCode: '71400',
        country: 'FRA',
      },
    ]);
  });

  it.each([
    ['O', { use: 'work' }],
    ['BA', { use: 'old' }],
    ['C', { use: 'temp' }],
    ['M', { type: 'postal' }],
    ['XX', {}],
  ])('of type %s says %j', (type, said) => {
    expect(addresses(`^^AUTUN^^^^${type}`)).toEqual([{ ...said, city: 'AUTUN' }]);
  });

  it('reads INSEE’s 100 as France, and drops an address that names no place', () => {
    expect(addresses('^^AUTUN^^^100')).toEqual([{ city: 'AUTUN', country: 'FRA' }]);
    expect(addresses('^^^^^FRA^H')).toBeUndefined();
  });

  it('of type BDL is the birth place, with its COG code, and no address', () => {
    const pid = { 11: '^^AUTUN^^^FRA^BDL^^71014~^^AUTUN^^^^H' };
    expect(element('address', pid).value).toEqual([{ use: 'home', city: 'AUTUN' }]);
    expect(element('extension', pid).value).toMatchObject([
      { valueAddress: { city: 'AUTUN', country: 'FRA', extension: [{ valueCoding: { code: '71014' } }] } },
    ]);
  });

  it.each(['2A004', '2B033', '97105'])('takes the COG code %s, Corsican and overseas too', (code) => {
    expect(element('extension', { 11: `^^^^^^BDL^^${code}` }).value).toMatchObject([
      { valueAddress: { extension: [{ valueCoding: { code } }] } },
    ]);
  });

  it('leaves the place of PID-23 its words where PID-11 has no birth place', () => {
    expect(element('extension', { 23: 'Autun' }).value).toMatchObject([{ valueAddress: { text: 'Autun' } }]);
  });
});

describe('XTN → ContactPoint', () => {
  const telecom = (text: string) => element('telecom', { 13: text }).value;

  it.each([
    ['^PRN^PH^^^^^^^^^0102030405', { system: 'phone', value: '0102030405', use: 'home' }],
    ['^PRN^CP^^^^^^^^^0602030405', { system: 'phone', value: '0602030405', use: 'mobile' }],
    ['^PRS^CP^^^^^^^^^0602030405', { system: 'phone', value: '0602030405', use: 'mobile' }],
    ['^WPN^FX^^^^^^^^^0102030406', { system: 'fax', value: '0102030406', use: 'work' }],
    ['^^^camille@essai.example', { system: 'email', value: 'camille@essai.example' }],
    ['camille@essai.example^NET^Internet', { system: 'email', value: 'camille@essai.example' }],
    ['^PRN^Internet^^^^^^^^^camille@essai.example', { system: 'email', value: 'camille@essai.example' }],
    ['^PRN^PH^^33^3^85550147^12', { system: 'phone', value: '+33 3 85550147 ext. 12', use: 'home' }],
    ['^PRN^PH^^^^0385550147', { system: 'phone', value: '0385550147', use: 'home' }],
    ['^PRN^CP^^33^6^00000161', { system: 'phone', value: '+33 6 00000161', use: 'mobile' }],
    ['^NET^Internet^camille@essai.example', { system: 'email', value: 'camille@essai.example' }],
    ['(01)02030405', { system: 'phone', value: '(01)02030405' }],
  ])('%s', (text, expected) => {
    expect(telecom(text)).toEqual([expected]);
  });

  it.each(['^NET^Internet^a@b.example^33^6^12', '^PRN^PH^a@b.example^33^6^12', '612^PRN^PH^a@b.example'])(
    '%s is a telephone and an e-mail beside it',
    (text) => {
      expect(telecom(text)).toMatchObject([{ system: 'phone' }, { system: 'email', value: 'a@b.example' }]);
    },
  );

  it.each(['^PRN^PH', '^PRN^PH^^33^3', '^^^^^^^^soir'])(
    '%s gives no number, and stands among what is unused',
    (text) => {
      expect(telecom(text)).toBeUndefined();
      expect(translated(identityOf({ 13: text })).unused()).toContain('PID-13');
    },
  );
});

describe('CX → Identifier', () => {
  const identifiers = (text: string, status = 'VALI') => element('identifier', { 3: text, 32: status }).value;

  it.each([
    [`1^^^${HOSPITAL}^PI`, { use: 'usual', system: 'urn:oid:2.999.71.1' }],
    [`1^^^${HOSPITAL}^RRI`, { use: 'secondary' }],
    [`1^^^${HOSPITAL}^NDP~${IPP}`, { use: 'secondary' }, { use: 'usual' }],
    [`1^^^${HOSPITAL}^INS-C~${IPP}`, { use: 'secondary' }, { use: 'usual' }],
    [`1^^^${HOSPITAL}^ZZ`, { type: { text: 'ZZ' } }],
    ['1^^^CH-ESSAI&000990001&N^PI', { system: 'urn:oid:1.2.250.1.71.4.2.2.990001' }],
    ['1^^^CH-ESSAI^PI', { system: 'urn:trait-d-union:authority:default:CH-ESSAI:CH-ESSAI' }],
  ])('%s', (text, expected, ...beside) => {
    expect(identifiers(text)).toMatchObject([{ ...expected, value: '1' }, ...beside]);
  });

  it.each(['150017101400128', '150017101400129', '150012A01400174'])(
    'of type INS has the key that it should: %s',
    (ins) => {
      const value = identifiers(`${IPP}~${ins}^^^${INS_TEST}^INS`);
      expect(value).toHaveLength(hasInsKey(ins) ? 2 : 1);
    },
  );

  it('of type INS under an authority that is none of the INS is set aside', () => {
    expect(identifiers(`1^^^${HOSPITAL}^PI~2^^^${HOSPITAL}^INS`)).toMatchObject([{ value: '1' }]);
  });
});

describe('single values', () => {
  it.each([
    ['birthDate', { 7: '19500101' }, '1950-01-01'],
    ['birthDate', { 7: '195001010000' }, '1950-01-01'],
    ['birthDate', { 7: '1950' }, '1950'],
    ['birthDate', { 7: '19501301' }, undefined],
    ['gender', { 8: 'U' }, 'unknown'],
    ['gender', { 8: 'O' }, 'unknown'],
    ['deceasedDateTime', { 29: '20260301101500' }, '2026-03-01T10:15:00+01:00'],
    ['deceasedBoolean', { 30: 'Y' }, true],
    ['deceasedDateTime', { 29: '20260301' }, '2026-03-01'],
    ['deceasedDateTime', { 29: '202603' }, '2026-03'],
    ['deceasedBoolean', { 29: '20260301', 30: 'Y' }, undefined],
    ['deceasedBoolean', { 29: '2026-03-01', 30: 'Y' }, true],
    ['deceasedBoolean', { 29: 'inconnue', 30: 'Y' }, true],
    ['multipleBirthInteger', { 24: 'Y', 25: '2' }, 2],
    ['multipleBirthInteger', { 25: '1' }, undefined],
    ['multipleBirthBoolean', { 24: 'N' }, false],
    [
      'communication',
      { 15: 'FRE' },
      [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'fr' }], text: 'FRE' } }],
    ],
    ['communication', { 15: 'XX' }, [{ language: { text: 'XX' } }]],
    ['communication', { 15: 'XX^dialecte' }, [{ language: { text: 'dialecte' } }]],
    [
      'maritalStatus',
      { 16: 'P' },
      {
        coding: [
          { system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-marital-status', code: 'PACS' },
          expect.objectContaining({ code: 'P' }),
        ],
      },
    ],
  ])('%s of %j is %j', (path, pid, expected) => {
    expect(element(path, pid).value).toEqual(expected);
  });

  it('nationality is a code of ISO 3166, else its words', () => {
    const nationality = (pid: Fields) => element('extension', pid).value;
    expect(nationality({ 26: 'BEL' })).toMatchObject([
      { extension: [{ valueCodeableConcept: { coding: [{ code: 'BEL' }] } }] },
    ]);
    expect(nationality({ 28: 'belge' })).toMatchObject([{ extension: [{ valueCodeableConcept: { text: 'belge' } }] }]);
  });

  it('a status of identity that the table does not know says nothing', () => {
    expect(element('extension', { 32: 'QUAL' }).value).toBeUndefined();
    expect(element('extension', { 32: 'VAL' }).value).toMatchObject([
      { extension: [{ valueCoding: { code: 'VALI' } }] },
    ]);
  });
});

describe('a concept that a table makes', () => {
  const encounter = (path: string, pv1: Fields, segments: string[] = []) => {
    const text = pam({ trigger: 'A01', at: '20260302080000', pv1, visitSegments: segments });
    const movement = translated(text).facts.find(({ kind }) => kind === 'movement');
    const elements = movement?.kind === 'movement' ? movement.body.encounter.elements : [];
    return elements.filter((one) => one.path === path).map(({ value }) => value);
  };

  it.each([
    ['90', undefined, 'Séjour programmé'],
    ['4', 'hosp-trans', 'Autre hôpital'],
    ['91', undefined, 'Décision personnelle'],
  ])('keeps the code of the sender beside the mapped one: PV1-14 = %s', (code, mapped, text) => {
    const [value] = encounter('hospitalization.admitSource', { 14: code });
    const { coding } = value as { coding: { system: string; code: string }[] };
    expect(coding.map((one) => one.code)).toEqual(mapped === undefined ? [code] : [mapped, code]);
    expect(coding.at(-1)?.system).toMatch(/^urn:trait-d-union:codes:.*:AdmitSource$/);
    expect(value).toMatchObject({ text });
  });

  it('says no code twice', () => {
    expect(encounter('type', { 4: 'R' })).toEqual([
      [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0007', code: 'R' }] }],
    ]);
  });

  it.each([
    ['6', 'Vers une hospitalisation à domicile'],
    ['8', 'Avec des soins infirmiers à domicile'],
  ])('never says less than the sender: ZFM-4 = %s is more than home', (code, text) => {
    const [value] = encounter('hospitalization.dischargeDisposition', {}, [`ZFM||||${code}`]);
    expect(value).toMatchObject({ coding: [{ code }], text });
  });

  it.each(['AZ9', '42'])('keeps a code that it does not know: PV1-14 = %s', (code) => {
    expect(encounter('hospitalization.admitSource', { 14: code })).toMatchObject([{ coding: [{ code }], text: code }]);
  });
});

describe('the class of a stay', () => {
  const classOf = (pv1: Fields) => {
    const { facts, issues } = translated(pam({ trigger: 'A04', at: '20260302080000', pv1 }));
    const movement = facts.find(({ kind }) => kind === 'movement');
    const elements = movement?.kind === 'movement' ? movement.body.encounter.elements : [];
    const value = elements.find(({ path }) => path === 'class')?.value as { code: string } | undefined;
    return { code: value?.code, issues };
  };

  it.each(['10A', '1', 'TARIF', '22'])(
    'is the one of PV1-2 where PV1-21 holds a code that nobody knows: %s',
    (activity) => {
      const { code, issues } = classOf({ 2: 'E', 21: activity });
      expect(code).toBe('EMER');
      expect(issues).toMatchObject([{ blocking: false, reason: 'code-unknown', field: 'PV1-21', code: activity }]);
    },
  );

  it.each([
    ['06', 'HH'],
    ['03', 'IMP'],
    ['', 'IMP'],
  ])('is %s → %s for an inpatient', (activity, code) => {
    expect(classOf({ 2: 'I', 21: activity })).toMatchObject({ code, issues: [] });
  });

  it.each(['N', 'U', 'C'])('is never guessed: %s stays what it is', (code) => {
    expect(classOf({ 2: code }).code).toBe(code);
  });

  it.each(['H', 'Z', 'constructor'])('stops the message where nobody knows the code: %s', (code) => {
    expect(classOf({ 2: code }).issues).toMatchObject([{ blocking: true, reason: 'code-unknown', field: 'PV1-2' }]);
  });
});

describe('given names of XPN-3', () => {
  const given = (givenNames: 'auto' | 'insi' | 'separate', version: string) => {
    const text = pam({
      trigger: 'A28',
      at: '20260302080000',
      pid: { 5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L' },
      pv1: null,
      version,
    });
    const [identity] = translated(text, '1', { source: { name: 'default', authorities: {}, givenNames } }).facts;
    const elements = identity?.kind === 'identity' ? identity.body.patient.elements : [];
    return (elements.find(({ path }) => path === 'name')?.value as { given: string[] }[])[0]?.given;
  };

  it.each([
    ['auto', '2.5^FRA^2.11', ['CAMILLE']],
    ['auto', '2.5', ['CAMILLE', 'CAMILLE ANDREE']],
    ['insi', '2.5', ['CAMILLE']],
    ['separate', '2.5^FRA^2.4', ['CAMILLE', 'CAMILLE ANDREE']],
  ] as const)('are read as the source fills them: %s, %s', (givenNames, version, names) => {
    expect(given(givenNames, version)).toEqual(names);
  });
});
