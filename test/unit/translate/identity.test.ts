import { describe, expect, it } from '@jest/globals';
import type { IdentityBody } from '../../../src/message/fact.js';
import { hasInsKey } from '../../../src/translate/identifiers.js';
import { HOSPITAL, INS_TEST, IPP, pam, segment, translated, type Fields } from '../../support/pam.js';

const NIR = '150017101400128';
const INS = `${NIR}^^^${INS_TEST}^INS`;

function identity(pid: Fields, visitSegments: string[] = [], sharedNumbers: string[] = []) {
  const text = pam({ trigger: 'A31', at: '20260302080000', pid, pv1: null, visitSegments });
  const source = { name: 'default', authorities: {}, sharedNumbers };
  const translation = translated(text, '1', { source });
  const fact = translation.facts.find(({ kind }) => kind === 'identity');
  return { ...translation, body: fact?.body as IdentityBody | undefined };
}

const numbers = ({ body }: ReturnType<typeof identity>) =>
  (body?.patient.elements.find(({ path }) => path === 'identifier')?.value as { value: string }[] | undefined)?.map(
    ({ value }) => value,
  );

describe('the key of an INS', () => {
  it.each(['150017101400128', '279037101400144'])('%s is right', (ins) => {
    expect(hasInsKey(ins)).toBe(true);
  });

  it.each(['150017101400129', '15001710140012', '', '150012C01400146', 'x50017101400125'])('%s is none', (ins) => {
    expect(hasInsKey(ins)).toBe(false);
  });

  it('counts 2A as 19 and 2B as 18', () => {
    const keyOf = (digits: string) => String(97 - (Number(digits) % 97)).padStart(2, '0');
    expect(hasInsKey(`150012A014001${keyOf('1500119014001')}`)).toBe(true);
    expect(hasInsKey(`150012B014001${keyOf('1500118014001')}`)).toBe(true);
  });

  it.each(['150017101400129', '279037101400145', '1'])('that is wrong makes it no INS, and a work item: %s', (ins) => {
    const found = identity({ 3: `${IPP}~${ins}^^^${INS_TEST}^INS`, 32: 'VALI' });
    expect(found.body).not.toHaveProperty('ins');
    expect(numbers(found)).toEqual(['IPP1']);
    expect(found.identifiers.map(({ value }) => value)).toEqual(['IPP1']);
    expect(found.issues).toMatchObject([{ blocking: false, reason: 'field-invalid', field: 'PID-3.1' }]);
  });
});

describe('the national identity', () => {
  it.each([
    ['said by a validated identity', { 3: `${IPP}~${INS}`, 32: 'VALI' }, [{ value: NIR }]],
    ['said under VAL, which is VALI', { 3: `${IPP}~${INS}`, 32: 'VAL' }, [{ value: NIR }]],
    ['said with an attribute beside the status', { 3: `${IPP}~${INS}`, 32: 'VALI~HOMA' }, [{ value: NIR }]],
    ['not said', { 3: IPP, 32: 'VALI' }, undefined],
    ['not said, and no status', { 3: IPP }, undefined],
    ['withdrawn by a lower status', { 3: IPP, 32: 'PROV' }, null],
    ['withdrawn by a lower status though it is sent', { 3: `${IPP}~${INS}`, 32: 'PROV' }, null],
    ['withdrawn by its own erasure, under any status', { 3: `${IPP}~""^^^${INS_TEST}^INS`, 32: 'PROV' }, null],
    ['withdrawn by its own erasure without a status', { 3: `${IPP}~""^^^${INS_TEST}^INS` }, null],
    ['not touched where PID-32 is erased', { 3: IPP, 32: '""' }, undefined],
  ])('is %s', (_what, pid, ins) => {
    const { body } = identity(pid as Fields);
    if (ins === undefined) expect(body).not.toHaveProperty('ins');
    else expect(body?.ins).toEqual(ins === null ? null : [expect.objectContaining(ins[0] ?? {})]);
  });

  it.each(['PI', '', 'PPN', 'ZZ'])('is one whatever type it is given under an authority of the INS: %s', (type) => {
    const cx = `${NIR}^^^${INS_TEST}^${type}`;
    expect(identity({ 3: `${IPP}~${cx}`, 32: 'VALI' }).body?.ins).toMatchObject([{ value: NIR, type: 'INS' }]);
    expect(numbers(identity({ 3: `${IPP}~${cx}`, 32: 'PROV' }))).toEqual(['IPP1']);
  });

  it.each(['NH', 'SS'])('is not the number of billing, though its authority is the same: %s', (type) => {
    const found = identity({ 3: `${IPP}~${NIR}^^^${INS_TEST}^${type}`, 32: 'VALI' });
    expect(found.body).not.toHaveProperty('ins');
    expect(found.identifiers.map(({ value }) => value)).toEqual(['IPP1']);
  });

  it('is withdrawn where the birth date was corrected', () => {
    const { body } = identity({ 3: `${IPP}~${INS}`, 32: 'VALI' }, [segment('ZFD', { 4: 'Y' })]);
    expect(body?.ins).toBeNull();
  });

  it('stands beside the identifiers, the one that names the patient where there is no other', () => {
    expect(identity({ 3: `${INS}~${IPP}`, 32: 'VALI' }).body?.identifiers.map(({ value }) => value)).toEqual(['IPP1']);
    const alone = identity({ 3: INS, 32: 'VALI' });
    expect(alone.body?.identifiers.map(({ value }) => value)).toEqual([NIR]);
    expect(alone.facts[0]?.patient).toContain(NIR);
  });

  it('of an identity that is not validated is one work item of its sender', () => {
    expect(identity({ 3: `${IPP}~${INS}`, 32: 'PROV' }).issues).toMatchObject([
      { reason: 'field-invalid', key: 'field-invalid|ins-not-qualified' },
    ]);
  });
});

describe('erased numbers', () => {
  it.each(['RRI', 'PI', 'PPN'])('are kept for what they withdraw: %s', (type) => {
    const { body, issues } = identity({ 3: `${IPP}~""^^^${HOSPITAL}^${type}`, 32: 'PROV' });
    expect(body?.identifiers.at(-1)).toEqual({ system: 'urn:oid:2.999.71.1', value: '', type, erased: true });
    expect(issues).toEqual([]);
  });
});

describe('a number that many people share', () => {
  it.each([
    ['999999', ['999999']],
    ['999999', ['urn:oid:2.999.71.1|999999']],
    ['X-INCONNU', ['1', 'X-INCONNU']],
  ])('joins nobody and names nobody: %s of %j', (value, shared) => {
    const alone = identity({ 3: `${value}^^^${HOSPITAL}^PI` }, [], shared);
    expect(alone.facts).toEqual([]);
    expect(alone.issues).toMatchObject([{ blocking: true, field: 'PID-3' }]);
    const beside = identity({ 3: `${value}^^^${HOSPITAL}^PI~77^^^${HOSPITAL}^RRI` }, [], shared);
    expect(beside.identifiers.map((number) => number.value)).toEqual(['77']);
    expect(numbers(beside)).toEqual(['77']);
  });
});

describe('a merge', () => {
  const merge = (pid3: string, mrg: string) => {
    const text = pam({
      trigger: 'A40',
      at: '20260302080000',
      pid: { 3: pid3, 32: 'PROV' },
      pv1: null,
      visitSegments: [segment('MRG', { 1: mrg })],
    });
    return translated(text);
  };
  const cx = (value: string, type = 'PI', authority = HOSPITAL) => `${value}^^^${authority}^${type}`;

  it.each([
    [cx('A'), cx('B'), [['B', 'A']]],
    [`${cx('R', 'RRI')}~${cx('A')}`, cx('B'), [['B', 'A']]],
    [`${cx('A')}~${cx('C')}`, cx('B'), [['B', 'A']]],
    [
      `${cx('A')}~${cx('R2', 'RRI')}`,
      `${cx('B')}~${cx('R1', 'RRI')}`,
      [
        ['B', 'A'],
        ['R1', 'R2'],
      ],
    ],
  ])('of %s and %s replaces numbers of one type', (pid3, mrg, pairs) => {
    const { facts, identifiers } = merge(pid3, mrg);
    const key = (value: string) => `urn:oid:2.999.71.1|${value}`;
    expect(facts.filter(({ kind }) => kind === 'merge').map(({ body }) => body)).toMatchObject(
      pairs.map(([replaced = '', survivor = '']) => ({ replaced: key(replaced), survivor: key(survivor) })),
    );
    expect(identifiers.map(({ value }) => value)).toEqual(expect.arrayContaining(pairs.flat()));
  });

  it('says nothing of the patient but his numbers', () => {
    const [identityFact] = merge(cx('A'), cx('B')).facts;
    const body = identityFact?.body as IdentityBody;
    expect(body).toMatchObject({ reliability: [], identifiers: [{ value: 'A' }] });
    expect(body).not.toHaveProperty('ins');
    expect(body.patient.elements.map(({ path }) => path)).toEqual(['identifier']);
  });

  it.each([
    [cx('A'), cx('A')],
    [cx('A'), cx('B', 'RRI')],
    [cx('A'), ''],
    [cx('A'), '""'],
  ])('of %s and %s is none, and stops', (pid3, mrg) => {
    expect(merge(pid3, mrg)).toMatchObject({ facts: [], issues: [{ blocking: true, field: 'MRG-1' }] });
  });
});

describe('a change of numbers', () => {
  const cx = (value: string, type = 'PI', authority = HOSPITAL) => `${value}^^^${authority}^${type}`;
  const changed = (pid3: string, mrg: string) =>
    translated(
      pam({
        trigger: 'A47',
        at: '20260302080000',
        pid: { 3: pid3, 32: 'PROV' },
        pv1: null,
        visitSegments: [segment('MRG', { 1: mrg })],
      }),
    );

  it.each<[string, string, string, [string, string?][]]>([
    ['takes the number of its type and authority', `${cx('A2')}~${cx('R', 'RRI')}`, cx('A1'), [['A1', 'A2']]],
    ['takes the number of its type', cx('A2', 'MR', 'CH-AUTRE&2.999.72&ISO'), cx('A1', 'MR'), [['A1', 'A2']]],
    ['of a number without a type takes the one of its authority', cx('A2'), cx('A1', ''), [['A1', 'A2']]],
    ['takes away what PID-3 does not list', cx('A'), cx('R', 'RRI'), [['R']]],
    ['takes away what PID-3 erases', `${cx('A', 'PI', 'CH-AUTRE&2.999.72&ISO')}~${cx('""')}`, cx('B'), [['B']]],
    ['leaves what PID-3 lists still', `${cx('A')}~${cx('R2', 'RRI')}`, `${cx('A')}~${cx('R1', 'RRI')}`, [['R1', 'R2']]],
  ])('%s', (_what, pid3, mrg, pairs) => {
    const { facts, issues } = changed(pid3, mrg);
    const [{ body } = { body: {} }, ...more] = facts;
    expect(more).toEqual([]);
    expect(issues).toEqual([]);
    expect(
      (body as IdentityBody).replaces?.map(({ replaced, successor }) => [replaced.value, successor?.value]),
    ).toEqual(pairs.map(([from, to]) => [from, to]));
  });

  it('says nothing of the patient but his numbers and how far they are trusted', () => {
    const body = changed(cx('A'), cx('B')).facts[0]?.body as IdentityBody;
    expect(body.reliability).toEqual(['PROV']);
    expect(body.patient.elements.map(({ path }) => path).sort()).toEqual(['extension', 'identifier']);
  });

  it.each([
    ['a number without a type, of an authority of which PID-3 has none', cx('A'), cx('B', '', 'CH-AUTRE&2.999.72&ISO')],
    ['an INS that is none', cx('A'), `123^^^${INS_TEST}^INS`],
  ])('of %s alone is parked', (_what, pid3, mrg) => {
    const { facts, issues } = changed(pid3, mrg);
    expect(facts).toEqual([]);
    expect(issues).toContainEqual(expect.objectContaining({ blocking: true, field: 'MRG-1' }));
  });
});

describe('a move of an account', () => {
  const cx = (value: string, type = 'PI') => `${value}^^^${HOSPITAL}^${type}`;
  const moved = (pid18: string, mrg1: string, mrg3: string) =>
    translated(
      pam({
        trigger: 'A44',
        at: '20260302080000',
        pid: { 3: cx('T'), 18: pid18 },
        pv1: null,
        visitSegments: [segment('MRG', { 1: mrg1, 3: mrg3 })],
      }),
    );
  const key = (value: string) => `urn:oid:2.999.71.1|${value}`;

  it.each([
    ['MRG-3', cx('D1', 'AN'), cx('D1', 'AN')],
    ['MRG-3 alone', '', cx('D1', 'AN')],
    ['PID-18 where MRG-3 is empty', cx('D1', 'AN'), ''],
  ])('names it in %s, and gives no other fact', (_what, pid18, mrg3) => {
    const { facts, identifiers, issues, unused } = moved(pid18, `${cx('M', 'MR')}~${cx('Q')}`, mrg3);
    expect(facts).toMatchObject([
      { kind: 'move', patient: key('T'), body: { account: key('D1'), from: { value: 'Q' }, to: { value: 'T' } } },
    ]);
    expect(facts[0]).not.toHaveProperty('stay');
    expect(identifiers.map(({ value }) => value)).toEqual(['T', 'Q']);
    expect(issues).toEqual([]);
    expect(unused()).not.toContain('MRG-3');
  });

  it('under another number of the account moves it, and is looked at', () => {
    const { facts, issues } = moved(cx('D2', 'AN'), cx('Q'), cx('D1', 'AN'));
    expect(facts).toMatchObject([{ body: { account: key('D1') } }]);
    expect(issues).toMatchObject([{ blocking: false, field: 'PID-18' }]);
  });

  it.each([
    ['no number of a person', cx('D1', 'AN'), 'MRG-1'],
    ['an INS of no identity that counts', '123^^^ASIP&1.2.250.1.213.1.4.10&ISO^INS', 'MRG-1'],
  ])('from %s is parked', (_what, mrg1, field) => {
    const { facts, issues } = moved('', mrg1, cx('D1', 'AN'));
    expect(facts).toEqual([]);
    expect(issues).toContainEqual(expect.objectContaining({ blocking: true, field }));
  });
});
