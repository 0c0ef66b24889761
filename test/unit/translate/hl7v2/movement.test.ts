import { describe, expect, it } from '@jest/globals';
import type { FactOf } from '../../../../src/message/fact.js';
import {
  HOSPITAL,
  movement,
  pam,
  professional,
  segment,
  translated,
  type Fields,
  type PamParts,
} from '../../../support/pam.js';

const AT = '20260302080000';

function visit(parts: Partial<PamParts>) {
  const translation = translated(pam({ trigger: 'A01', at: AT, zbe: movement('M1', AT), ...parts }));
  const of = <Kind extends FactOf<'movement' | 'member' | 'contact'>['kind']>(kind: Kind) =>
    translation.facts.filter((fact): fact is Extract<typeof fact, { kind: Kind }> => fact.kind === kind);
  return { ...translation, of, movement: of('movement')[0] };
}

describe('the stay of a message', () => {
  const account = `D1^^^${HOSPITAL}^AN`;

  it.each([
    ['PV1-19 and PID-18', {}, account, 'urn:oid:2.999.71.1|V1', 'urn:oid:2.999.71.1|D1'],
    ['PV1-19 alone', {}, '', 'urn:oid:2.999.71.1|V1', undefined],
    ['PID-18 alone', { 19: '' }, account, 'account:urn:oid:2.999.71.1|D1', 'urn:oid:2.999.71.1|D1'],
    ['PID-18, PV1-19 erased', { 19: '""' }, account, 'account:urn:oid:2.999.71.1|D1', 'urn:oid:2.999.71.1|D1'],
    [
      'PID-18, the number of PV1-19 erased',
      { 19: `""^^^${HOSPITAL}^VN` },
      account,
      'account:urn:oid:2.999.71.1|D1',
      'urn:oid:2.999.71.1|D1',
    ],
  ])('is named by %s', (_what, pv1, pid18, stay, named) => {
    const { movement: fact, issues } = visit({ pv1, pid: { 18: pid18 } });
    expect([fact?.stay, fact?.account]).toEqual([stay, named]);
    expect(fact?.body.movement).toBe('urn:trait-d-union:authority:default:CH-ESSAI:CH-ESSAI|M1');
    expect(issues).toEqual([]);
  });

  it.each([
    [{ 19: '' }, ''],
    [{ 19: '""' }, '""'],
    [{ 19: '""^^^H^VN' }, '""^^^H^AN'],
  ])('that neither names stops the message: %j, "%s"', (pv1, pid18) => {
    const { facts, issues } = visit({ pv1, pid: { 18: pid18 } });
    expect(facts).toEqual([]);
    expect(issues).toMatchObject([{ blocking: true, reason: 'field-missing', field: 'PV1-19' }]);
  });
});

describe('when a message was recorded', () => {
  const times = (evn2: string, msh7: string, receivedAt: string) => {
    const text = pam({ trigger: 'A01', at: AT })
      .replace(`EVN||${AT}`, `EVN||${evn2}`)
      .replace(`|${AT}||ADT`, `|${msh7}||ADT`);
    const { facts, issues } = translated(text, '1', { receivedAt });
    return { recordedAt: facts[0]?.recordedAt, sentAt: facts[0]?.sentAt, fields: issues.map(({ field }) => field) };
  };

  it.each([
    ['20260302075900', '20260302080000', '2026-03-02T07:59:00+01:00', '2026-03-02T08:00:00+01:00', []],
    ['', '20260302080000', '2026-03-02T08:00:00+01:00', '2026-03-02T08:00:00+01:00', []],
    ['20620302080000', '20260302080000', '2026-03-02T08:00:00+01:00', '2026-03-02T08:00:00+01:00', ['EVN-2']],
    ['20260304090000', '20260302080000', '2026-03-02T08:00:00+01:00', '2026-03-02T08:00:00+01:00', ['EVN-2']],
    ['20260303070000', '20260302080000', '2026-03-03T07:00:00+01:00', '2026-03-02T08:00:00+01:00', []],
    ['20620302080000', '20620302080000', '2026-03-02T08:00:10Z', '2026-03-02T08:00:10Z', ['MSH-7', 'EVN-2']],
    ['', '', '2026-03-02T08:00:10Z', '2026-03-02T08:00:10Z', []],
  ])('EVN-2 %s, MSH-7 %s', (evn2, msh7, recordedAt, sentAt, fields) => {
    expect(times(evn2, msh7, '2026-03-02T08:00:10Z')).toEqual({ recordedAt, sentAt, fields });
  });
});

describe('a movement that has happened', () => {
  const ahead = (trigger: string, parts: Partial<Parameters<typeof pam>[0]>) => {
    const { facts, issues } = translated(pam({ trigger, at: AT, ...parts }), '1', {
      receivedAt: '2026-03-02T08:00:10Z',
    });
    expect(facts.some(({ kind }) => kind === 'movement')).toBe(true);
    return issues.map(({ field, reason, blocking }) => [field, reason, blocking].join(' '));
  };
  const flagged = (...fields: string[]) => fields.map((field) => `${field} field-invalid false`);

  it.each<[string, string, Partial<Parameters<typeof pam>[0]>, string[]]>([
    ['an admission of another century', 'A01', { zbe: movement('M1', '20620302080000') }, ['ZBE-2']],
    ['a transfer of the day after tomorrow', 'A02', { zbe: movement('M1', '20260304090000') }, ['ZBE-2']],
    ['a begin in PV1-44', 'A04', { zbe: movement('M1', AT), pv1: { 44: '20270302080000' } }, ['PV1-44']],
    ['an end in PV1-45', 'A03', { zbe: movement('M1', AT), pv1: { 45: '20260312080000' } }, ['PV1-45']],
    ['a discharge without ZBE', 'A03', { pv1: { 45: '20260312080000' } }, ['PV1-45']],
    [
      'a corrected discharge',
      'Z99',
      { zbe: movement('M1', '20260402080000', 'UPDATE', { original: 'A03' }) },
      ['ZBE-2'],
    ],
    ['an admission of tomorrow morning', 'A01', { zbe: movement('M1', '20260303070000') }, []],
    ['a pre-admission', 'A05', { zbe: movement('M1', '20260602080000') }, []],
    ['a corrected pre-admission', 'Z99', { zbe: movement('M1', '20260602080000', 'UPDATE', { original: 'A05' }) }, []],
    ['a cancelled one', 'A11', { zbe: movement('M1', '20260602080000', 'CANCEL', { original: 'A01' }) }, []],
  ])('in the time to come is somebody’s to look at: %s', (_what, trigger, parts, fields) => {
    expect(ahead(trigger, parts)).toEqual(flagged(...fields));
  });
});

describe('what is erased', () => {
  const erased = (pv1: Fields, zbe: Fields = {}, pv2: Fields = {}) =>
    visit({ pv1, pv2, zbe: { ...movement('M1', AT), ...zbe } }).movement?.body;

  it.each([
    ['the place', { 3: '""' }, { place: null }],
    ['the attending doctor', { 7: '""' }, { doctors: { ATND: null } }],
    ['two doctors at once', { 7: '""', 17: '""' }, { doctors: { ATND: null, ADM: null } }],
    ['the doctor whose number is erased', { 7: '""^""' }, { doctors: { ATND: null } }],
    ['pre-admission', { 5: '""' }, { preAdmission: false }],
    ['admission and discharge', { 44: '""', 45: '""' }, { admittedAt: null, dischargedAt: null }],
  ])('is null: %s', (_what, pv1, expected) => {
    expect(erased(pv1)).toMatchObject(expected);
  });

  it('is null in units and expected dates too', () => {
    expect(erased({}, { 7: '""', 8: '""' }, { 8: '""', 9: '""' })).toMatchObject({
      medicalUnit: null,
      careUnit: null,
      expectedAdmission: null,
      expectedDischarge: null,
    });
  });

  it('and what is absent says nothing', () => {
    const body = erased({});
    for (const part of ['place', 'doctors', 'preAdmission', 'medicalUnit', 'admittedAt', 'expectedDischarge'])
      expect(body).not.toHaveProperty(part);
  });
});

describe('the parts of a movement', () => {
  it('keep a date a date, an instant an instant', () => {
    expect(visit({ pv2: { 8: '20260301', 9: '202603091500' } }).movement?.body).toMatchObject({
      expectedAdmission: '2026-03-01',
      expectedDischarge: '2026-03-09T15:00:00+01:00',
    });
  });

  it('name the unit by its own name, and the bed apart from it', () => {
    const zbe = movement('M1', AT, 'INSERT', { unit: '2040' });
    const body = visit({ zbe, pv1: { 3: `2040^12^A^${HOSPITAL}` } }).movement?.body;
    expect(body?.place).toMatchObject({ label: 'Unité 2040, Chambre 12, Lit A', unit: body?.medicalUnit });
    expect(body?.medicalUnit).toMatchObject({
      label: 'Unité 2040',
      code: '2040',
      identifier: 'urn:oid:2.999.71.1|2040',
    });
  });

  it('name the hosting unit where it is another than the responsible one', () => {
    const zbe = movement('M1', AT, 'INSERT', { unit: '2040' });
    expect(visit({ zbe, pv1: { 3: `3070^4^A^${HOSPITAL}` } }).movement?.body.place?.unit).toMatchObject({
      label: 'UF 3070',
      identifier: 'urn:oid:2.999.71.1|3070',
    });
  });

  it.each([
    ['HM', 'HM', []],
    ['SHMSH', 'HMS', []],
    ['HMX', 'HM', ['ZBE-9']],
    ['""', '', []],
  ])('take the letters of ZBE-9 as a set: %s', (text, nature, fields) => {
    const { movement: fact, issues } = visit({ zbe: { ...movement('M1', AT), 9: text } });
    expect([fact?.body.nature, issues.map(({ field }) => field)]).toEqual([nature, fields]);
  });

  it.each([
    ['A12', 'INSERT', 'CANCEL', 'A02'],
    ['Z99', 'INSERT', 'UPDATE', 'A01'],
    ['A02', 'CANCEL', 'INSERT', undefined],
  ])('follow the event where it contradicts ZBE-4: %s with %s', (trigger, action, expected, original) => {
    const zbe = movement('M1', AT, action, { original: original ?? '' });
    const body = visit({ trigger, zbe }).movement?.body;
    expect([body?.action, body?.original]).toEqual([expected, original]);
  });

  it('without ZBE have no key, and take effect by EVN-6, else when they were recorded', () => {
    const text = pam({ trigger: 'A02', at: AT });
    const body = (message: string) => translated(message).facts.find(({ kind }) => kind === 'movement');
    expect(body(text)).toMatchObject({
      effectiveAt: '2026-03-02T08:00:00+01:00',
      body: { nature: 'H', action: 'INSERT' },
    });
    expect(body(text)?.body).not.toHaveProperty('movement');
    expect(body(text.replace(`EVN||${AT}`, `EVN||${AT}||||20260302070000`))?.effectiveAt).toBe(
      '2026-03-02T07:00:00+01:00',
    );
  });
});

describe('people of the circle', () => {
  const rol = (fields: Fields) => segment('ROL', { 2: 'UC', 4: professional('10999000011', 'BERTHIER'), ...fields });
  const key = 'urn:trait-d-union:authority:default:CH-ESSAI:CH-ESSAI|M1';

  it.each([
    ['ODRP', 'PCP', 'patient'],
    ['PP', 'PCP', 'patient'],
    ['FHCP', 'PROV', 'patient'],
    ['RT', 'PROV', 'stay'],
    ['AT', 'PROV', 'stay'],
  ])('behind PV1 as %s are %s of the %s', (kind, code, scope) => {
    const [member] = visit({ visitSegments: [rol({ 3: kind })] }).of('member');
    expect(member?.body).toMatchObject({ basis: 'ROL', role: { code }, scope });
    expect([member?.stay, member?.body.movement]).toEqual(
      scope === 'stay' ? ['urn:oid:2.999.71.1|V1', key] : [undefined, undefined],
    );
  });

  it.each(['RT', 'CP', 'SUBS'])('before PV1 are of the patient, whatever they are: %s', (kind) => {
    expect(visit({ patientSegments: [rol({ 3: kind })] }).of('member')[0]?.body.scope).toBe('patient');
  });

  it.each([
    ['DE', 'end'],
    ['UN', 'end'],
    ['AD', 'add'],
    ['UP', 'add'],
    ['', 'add'],
  ])('come and go by ROL-2: %s', (action, expected) => {
    expect(visit({ patientSegments: [rol({ 2: action, 3: 'ODRP' })] }).of('member')[0]?.body.action).toBe(expected);
  });

  it.each([
    ['20260201', '2026-02-01', '20261231', '2026-12-31'],
    ['""', null, '', undefined],
    ['', undefined, '99991231', null],
  ])('have the period of ROL-5 and ROL-6: %s, %s', (from, begin, to, end) => {
    const body = visit({ patientSegments: [rol({ 3: 'ODRP', 5: from, 6: to })] }).of('member')[0]?.body;
    expect([body?.begin, body?.end]).toEqual([begin, end]);
  });

  it('name one family doctor: PD1-4 counts where no ROL names one', () => {
    const pd1 = segment('PD1', { 4: professional('10999000029', 'MOREL') });
    const doctors = (...patientSegments: string[]) =>
      visit({ patientSegments })
        .of('member')
        .map(({ body }) => [body.label, body.basis, body.role.code]);
    expect(doctors(pd1)).toEqual([['Alix MOREL', 'PD1', 'PCP']]);
    expect(doctors(pd1, rol({ 3: 'ODRP' }))).toEqual([['Alix BERTHIER', 'ROL', 'PCP']]);
    expect(doctors(pd1, rol({ 3: 'RT' }))).toEqual([
      ['Alix BERTHIER', 'ROL', 'PROV'],
      ['Alix MOREL', 'PD1', 'PCP'],
    ]);
  });

  it('are as many as ROL-4 names', () => {
    const two = `${professional('10999000011', 'BERTHIER')}~${professional('10999000029', 'MOREL')}`;
    expect(
      visit({ patientSegments: [rol({ 3: 'RT', 4: two })] })
        .of('member')
        .map(({ body }) => body.label),
    ).toEqual(['Alix BERTHIER', 'Alix MOREL']);
  });
});

describe('contacts', () => {
  const nk1 = (fields: Fields) => segment('NK1', { 1: '1', 2: 'ESSAI^LUCIE^^^^^L', ...fields });
  const contacts = (...fields: Fields[]) => {
    const { of, unused, issues } = visit({ patientSegments: fields.map(nk1) });
    return {
      contacts: of('contact').map(({ body }) => body),
      members: of('member').map(({ body }) => body),
      unused,
      issues,
    };
  };

  it.each([
    [`PC1^^^${HOSPITAL}^PN`, 'urn:oid:2.999.71.1|PC1'],
    ['1', 'urn:trait-d-union:authority:default:CH-ESSAI|1'],
    ['""', 'LUCIE ESSAI|SPO'],
    [`""^^^${HOSPITAL}^PN`, 'LUCIE ESSAI|SPO'],
    ['', 'LUCIE ESSAI|SPO'],
  ])('are known by NK1-33, else by name and relation: %s', (number, key) => {
    const {
      contacts: [contact],
      members: [member],
    } = contacts({ 3: 'SPO', 7: 'C', 33: number });
    expect([contact?.contact, member?.person]).toEqual([key, `contact:${key}`]);
  });

  it.each([
    ['K', '', 'NOK', 'stay'],
    ['R', '', 'GUARD', 'patient'],
    ['C', 'GRD', 'GUARD', 'patient'],
    ['C', 'CGV', 'CAREGIVER', 'patient'],
    ['K', 'CGV', 'NOK', 'stay'],
    ['', 'EMC', 'ECON', 'patient'],
    ['P', '', 'ECON', 'patient'],
  ])('have the role of NK1-7 %s and NK1-3 %s: %s', (kind, relation, code, scope) => {
    expect(contacts({ 3: relation, 7: kind }).members).toMatchObject([{ role: { code }, scope, basis: 'NK1' }]);
  });

  it.each(['SPO', 'CHD', 'PAR'])('with a relation alone are contacts, and no members: %s', (relation) => {
    const { contacts: found, members, issues } = contacts({ 3: relation });
    expect([found.map(({ label }) => label), members, issues]).toEqual([['LUCIE ESSAI'], [], []]);
  });

  it.each(['E', 'I', ''])('without role or relation are nobody, and their fields unused: %s', (kind) => {
    const { contacts: found, unused } = contacts({ 7: kind });
    expect(found).toEqual([]);
    expect(unused()).toContain('NK1-2');
  });

  it.each([
    ['P', true],
    ['C', false],
    ['E', false],
    ['', undefined],
  ])('must not be notified, or may be: NK1-7 = %s', (kind, silent) => {
    expect(contacts({ 3: 'SPO', 7: kind }).contacts[0]?.doNotNotify).toBe(silent);
  });

  it.each(['ZZZ', 'COUSIN', 'constructor'])('with a relation that no table has are a work item: %s', (relation) => {
    expect(contacts({ 3: relation, 7: 'C' }).issues).toMatchObject([
      { blocking: false, reason: 'code-unknown', field: 'NK1-3', code: relation },
    ]);
  });

  it('end by NK1-9', () => {
    expect(contacts({ 7: 'C', 8: '20260101', 9: '20260131' }).members).toMatchObject([
      { begin: '2026-01-01', end: '2026-01-31' },
    ]);
    expect(contacts({ 7: 'C', 9: '""' }).members).toMatchObject([{ end: null }]);
  });
});
