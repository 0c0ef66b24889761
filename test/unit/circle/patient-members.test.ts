import { describe, expect, it } from '@jest/globals';
import { patientMemberships } from '../../../src/circle/members.js';
import type { Contact } from '../../../src/message/membership.js';
import { lines, march, ROLE, statement, type Statement, type StatementParts } from '../../support/members.js';

const NOBODY: ReadonlyMap<string, Contact> = new Map();
const BERTHIER = { person: 'PractitionerRole/berthier' };
const MOREL = { person: 'PractitionerRole/morel' };
const NURSE = { person: 'PractitionerRole/nurse', role: ROLE.PROV };

const members = (...statements: StatementParts[]) => lines(fold(...statements).memberships);
const fold = (...parts: StatementParts[]) => patientMemberships(parts.map(numbered), NOBODY);
const numbered = (parts: StatementParts, index: number): Statement =>
  statement({ id: `m${String(index)}.0`, ...parts });

describe('a declaration for life', () => {
  it.each([
    ['from the stay it came with, where that was entered late', { on: 5, effective: 2 }, 'berthier PCP 02 …'],
    ['from when it was recorded, where the stay is to come', { on: 5, effective: 28 }, 'berthier PCP 05 …'],
    ['from the begin that it gives', { on: 5, begin: march(1) }, 'berthier PCP 01 …'],
    ['from a date, which stays a date', { on: 5, begin: '2026-03-01' }, 'berthier PCP 01 …'],
    ['as without begin where the begin is erased', { on: 5, begin: null }, 'berthier PCP 05 …'],
  ])('holds %s', (_, parts: StatementParts, line) => {
    expect(members(parts)).toEqual([line]);
  });

  it.each([
    ['a begin', [{ begin: march(1) }, {}, {}], 'nurse PROV 01 …'],
    [
      'an end to come',
      [{ end: '2026-12-31' }, { end: '2026-12-31' }, { end: '2026-12-31' }],
      'nurse PROV 02 2026-12-31',
    ],
    ['an end that is over', [{ end: march(3) }, { end: march(3) }, { end: march(3) }], 'nurse PROV 02 03'],
    ['an end, then none', [{ end: march(30) }, {}, {}], 'nurse PROV 02 30'],
    ['nothing', [{}, {}, {}], 'nurse PROV 02 …'],
  ])('is one membership however often it is repeated with %s', (_, bodies: Partial<StatementParts>[], line) => {
    expect(members(...bodies.map((body, index) => ({ on: 2 + 2 * index, ...NURSE, ...body })))).toEqual([line]);
  });

  it.each([
    ['a later begin', [{ begin: '2025-03-01' }, { begin: '2026-01-01' }], 'nurse PROV 2026-01-01 …'],
    ['an earlier begin', [{ begin: march(1) }, { begin: '2025-01-01' }], 'nurse PROV 2025-01-01 …'],
    ['no begin', [{ begin: march(1) }, { begin: null }], 'nurse PROV 02 …'],
    ['another end', [{ end: march(20) }, { end: march(10) }], 'nurse PROV 02 10'],
    ['no end', [{ end: march(20) }, { end: null }], 'nurse PROV 02 …'],
  ])('is corrected to %s by what is recorded last', (_, bodies: Partial<StatementParts>[], line) => {
    expect(members(...bodies.map((body, index) => ({ on: 2 + index, ...NURSE, ...body })))).toEqual([line]);
  });

  it.each([
    ['a stay that was entered late', [{ on: 5 }, { on: 6, effective: 2 }], ['berthier PCP 02 …']],
    ['the earliest of several', [{ on: 5 }, { on: 6, effective: 3 }, { on: 7, effective: 2 }], ['berthier PCP 02 …']],
    ['no stay that came later', [{ on: 5, effective: 3 }, { on: 6 }, { on: 7, effective: 28 }], ['berthier PCP 03 …']],
    [
      'no other time than the begin that it gives',
      [
        { on: 5, begin: march(4) },
        { on: 6, effective: 2 },
      ],
      ['berthier PCP 04 …'],
    ],
    [
      'what another source declares',
      [{ on: 5, source: 'clinic' }, { on: 6 }, { on: 7, effective: 2 }],
      ['berthier PCP 02 …', 'berthier PCP 05 …'],
    ],
    [
      'no time at which another held the role',
      [{ on: 3, ...MOREL }, { on: 5 }, { on: 6, effective: 2 }],
      ['morel PCP 03 05', 'berthier PCP 05 …'],
    ],
  ])('that is repeated reaches back to %s', (_, parts: StatementParts[], expected) => {
    expect(members(...parts)).toEqual(expected);
  });

  it('that is repeated keeps, of what it repeats, the statement that it holds from', () => {
    const repeated = [{ on: 5 }, { on: 6, effective: 2 }, { on: 7 }, { on: 8 }];
    const { memberships, outdated } = fold(...repeated);
    expect([memberships[0]?.origin.messageId, outdated]).toEqual(['message-6', ['m2.0']]);
  });

  it('is worded as its source worded it last', () => {
    const { memberships } = fold(
      { on: 2, ...NURSE, label: 'Nurse', basis: 'ROL' },
      {
        on: 4,
        ...NURSE,
        label: 'Anne SOIN',
        basis: 'ROL',
        identifier: 'https://rpps.esante.gouv.fr|10999000011',
        family: 'SOIN',
      },
    );
    expect(memberships).toMatchObject([
      { label: 'Anne SOIN', identifier: 'https://rpps.esante.gouv.fr|10999000011', family: 'SOIN', from: march(2) },
    ]);
  });

  it('says where the membership comes from, and what ended it', () => {
    const trace: Statement['body']['trace'] = [
      ['person', 'ROL-4', 'ROL-Member:person'],
      ['end', 'ROL-6', 'ROL-Member:end'],
    ];
    const [member] = fold({ on: 2, ...NURSE }, { on: 4, ...NURSE, action: 'end', end: march(3), trace }).memberships;
    expect(member?.origin).toEqual({ messageId: 'message-2', from: 'ROL-4', row: 'ROL-Member:person' });
    expect(member?.ended).toEqual({ messageId: 'message-4', from: 'ROL-6', row: 'ROL-Member:end' });
  });

  it.each([
    ['gives no time', [{ on: 2, ...NURSE }], '02 derived …'],
    ['gives its begin', [{ on: 2, ...NURSE, begin: march(1) }], '01 …'],
    [
      'is given its begin later',
      [
        { on: 2, ...NURSE },
        { on: 4, ...NURSE, begin: march(1) },
      ],
      '01 …',
    ],
    [
      'has the begin of it erased',
      [
        { on: 2, ...NURSE, begin: march(1) },
        { on: 4, ...NURSE, begin: null },
      ],
      '02 derived …',
    ],
    ['gives both times', [{ on: 2, ...NURSE, begin: march(1), end: march(9) }], '01 09'],
    ['gives its end alone', [{ on: 2, ...NURSE, end: march(9) }], '02 derived 09'],
    [
      'is ended without a time',
      [
        { on: 2, ...NURSE },
        { on: 4, ...NURSE, action: 'end' },
      ],
      '02 derived 04 derived',
    ],
    [
      'is ended by a time that is given',
      [
        { on: 2, ...NURSE, begin: march(1) },
        { on: 4, ...NURSE, action: 'end', end: march(4) },
      ],
      '01 04',
    ],
    [
      'is given the end that it had without a time',
      [
        { on: 2, ...NURSE },
        { on: 4, ...NURSE, action: 'end' },
        { on: 5, ...NURSE, action: 'end', end: march(4) },
      ],
      '02 derived 04',
    ],
    [
      'of a family doctor is ended by the next one without a time',
      [
        { on: 2, begin: march(1) },
        { on: 4, person: 'PractitionerRole/next' },
      ],
      '01 04 derived|04 derived …',
    ],
    [
      'of a family doctor is ended by the begin of the next one',
      [{ on: 2 }, { on: 4, person: 'PractitionerRole/next', begin: march(3) }],
      '02 derived 03|03 …',
    ],
  ] as [string, StatementParts[], string][])('that %s marks what no source gives', (_, statements, bounds) => {
    const { memberships } = fold(...statements);
    const text = memberships.map(({ from, to, fromDerived, toDerived }) =>
      [from.slice(8, 10), fromDerived ? 'derived' : [], to?.slice(8, 10) ?? '…', toDerived ? 'derived' : []]
        .flat()
        .join(' '),
    );
    expect(text.join('|')).toBe(bounds);
  });

  it('comes from the field that names the person, where the action stands before it', () => {
    const trace: Statement['body']['trace'] = [
      ['action', 'ROL-2', 'ROL-member:action'],
      ['role', 'ROL-3', 'ROL-member:role'],
      ['person[1]', 'ROL-4[2]', 'ROL-member:person'],
    ];
    const [member] = fold({ on: 2, ...NURSE, trace }).memberships;
    expect(member?.origin).toEqual({ messageId: 'message-2', from: 'ROL-4[2]', row: 'ROL-member:person' });
  });

  it('is passed over where it is about a stay', () => {
    expect(members({ on: 2, ...NURSE, stay: 'V1' })).toEqual([]);
  });

  it('keeps the begin of the first time where a second message of one instant says the same', () => {
    const twice = [statement({ id: 'm1.0', on: 2 }), statement({ id: 'm2.0', on: 2 })];
    const { memberships, outdated } = patientMemberships(twice, NOBODY);
    expect([lines(memberships), outdated]).toEqual([['berthier PCP 02 …'], ['m2.0']]);
  });

  it('goes by MSH-7 where two were recorded in one second', () => {
    const first = { ...statement({ id: 'm1.0', on: 2, begin: march(9), ...NURSE }), sentAt: march('2T10:00') };
    const last = { ...statement({ id: 'm2.0', on: 2, begin: march(1), ...NURSE }), sentAt: march('2T11:00') };
    expect(lines(patientMemberships([last, first], NOBODY).memberships)).toEqual(['nurse PROV 01 …']);
  });
});

describe('a dismissal', () => {
  it.each([
    ['when it was recorded', { on: 8 }, 'berthier PCP 02 08'],
    ['when it took effect', { on: 8, effective: 6 }, 'berthier PCP 02 06'],
    ['at the end that it gives', { on: 8, end: march(5) }, 'berthier PCP 02 05'],
    ['at an end to come', { on: 8, end: march(28) }, 'berthier PCP 02 28'],
  ])('ends the membership %s', (_, parts: StatementParts, line) => {
    expect(members({ on: 2 }, { ...parts, action: 'end' })).toEqual([line]);
  });

  it.each([
    ['a doctor', BERTHIER, '2026-02-28T00:00:00+01:00'],
    ['a nurse', NURSE, '2026-03-01T00:00:00+01:00'],
    ['a doctor, by a date', MOREL, '2026-02-28'],
  ])('dated before the declaration empties the membership of %s', (_, who, end) => {
    const { memberships } = fold({ on: 2, ...who }, { on: 8, ...who, action: 'end', end });
    expect(memberships).toMatchObject([{ from: end, to: end, ended: { messageId: 'message-8' } }]);
  });

  it.each([
    ['the same end', { end: march(5) }, 'nurse PROV 02 05'],
    ['no end', {}, 'nurse PROV 02 05'],
    ['a corrected end', { end: march(6) }, 'nurse PROV 02 06'],
    ['an erased end', { end: null }, 'nurse PROV 02 09'],
  ])('that is repeated with %s is one', (_, again: Partial<StatementParts>, line) => {
    const end = { ...NURSE, action: 'end' } as const;
    expect(members({ on: 2, ...NURSE }, { on: 5, ...end, end: march(5) }, { on: 9, ...end, ...again })).toEqual([line]);
  });

  it('of somebody whom nobody declared does nothing', () => {
    expect(fold({ on: 2, action: 'end' })).toEqual({ memberships: [], outdated: ['m0.0'] });
  });

  it('by one source leaves what another states of a nurse, and takes a family doctor from all', () => {
    const after = (who: Partial<StatementParts>) =>
      members(
        { on: 2, ...who, source: 'a' },
        { on: 3, ...who, source: 'b' },
        { on: 8, ...who, source: 'b', action: 'end' },
        { on: 9, ...who, source: 'a' },
      );
    expect(after(NURSE)).toEqual(['nurse PROV 02 …', 'nurse PROV 03 08']);
    expect(after(BERTHIER)).toEqual(['berthier PCP 02 08', 'berthier PCP 03 08']);
  });

  it('recorded before the declaration does not end it, whatever the order of arrival', () => {
    expect(members({ on: 4, action: 'end', ...NURSE }, { on: 6, ...NURSE })).toEqual(['nurse PROV 06 …']);
    expect(members({ on: 6, ...NURSE }, { on: 4, action: 'end', ...NURSE })).toEqual(['nurse PROV 06 …']);
  });
});

describe('a declaration after an end', () => {
  const ended: StatementParts[] = [
    { on: 2, ...NURSE },
    { on: 5, ...NURSE, action: 'end' },
  ];

  it.each([
    ['without begin', { on: 8 }, ['nurse PROV 02 05', 'nurse PROV 08 …']],
    ['with a later begin', { on: 8, begin: march(7) }, ['nurse PROV 02 05', 'nurse PROV 07 …']],
    ['with the end as begin', { on: 8, begin: march(5) }, ['nurse PROV 02 05', 'nurse PROV 05 …']],
  ])('%s begins a new membership', (_, parts, expected) => {
    expect(members(...ended, { ...NURSE, ...parts })).toEqual(expected);
  });

  it.each([
    ['with an earlier begin', { on: 8, begin: march(1) }, ['nurse PROV 01 …']],
    ['effective before the end', { on: 8, effective: 4 }, ['nurse PROV 02 …']],
    ['with another end', { on: 8, begin: march(1), end: march(30) }, ['nurse PROV 01 30']],
  ])('%s takes the end back', (_, parts, expected) => {
    expect(members(...ended, { ...NURSE, ...parts })).toEqual(expected);
  });
});

describe('the family doctor', () => {
  it.each([
    ['in one source', 'essai', {}, ['berthier PCP 02 05', 'morel PCP 05 …']],
    ['over all sources', 'other', {}, ['berthier PCP 02 05', 'morel PCP 05 …']],
    ['at the begin of the next', 'essai', { begin: march(4) }, ['berthier PCP 02 04', 'morel PCP 04 …']],
    ['at a begin to come', 'other', { begin: march(28) }, ['berthier PCP 02 28', 'morel PCP 28 …']],
    ['before he began himself', 'essai', { begin: march(1) }, ['berthier PCP 01 01', 'morel PCP 01 …']],
  ])('is one at a time: the next declared ends the one before, %s', (_, source, parts, expected) => {
    expect(members({ on: 2 }, { on: 5, ...MOREL, source, ...parts })).toEqual(expected);
  });

  it.each([
    ['the same source', 'a', 'a'],
    ['the source whose doctor another replaced', 'a', 'b'],
    ['a third source', 'c', 'b'],
  ])('stays who he is when the present or the former one is declared again by %s', (_, first, second) => {
    const present = members({ on: 2, source: first }, { on: 5, ...MOREL, source: second });
    expect(
      members(
        { on: 2, source: first },
        { on: 5, ...MOREL, source: second },
        { on: 6, ...MOREL, source: second },
        ...(first === second ? [] : [{ on: 7, source: first }]),
      ),
    ).toEqual(present);
  });

  it('returns when the source that replaced him declares him again', () => {
    const replaced: StatementParts[] = [{ on: 2 }, { on: 5, ...MOREL }];
    expect(members(...replaced, { on: 8 })).toEqual(['berthier PCP 02 05', 'morel PCP 05 08', 'berthier PCP 08 …']);
    expect(members(...replaced, { on: 8, begin: march(2) })).toEqual([
      'berthier PCP 02 …',
      'berthier PCP 02 05',
      'morel PCP 02 02',
    ]);
  });

  it.each([
    ['in one source', 'a', 'a', 'a'],
    ['declared by another source than the former', 'a', 'b', 'b'],
    ['declared by another source than the one that dismisses him', 'a', 'b', 'a'],
  ])('is nobody after the present one is dismissed, never the former, %s', (_, first, second, third) => {
    expect(
      members(
        { on: 2, source: first },
        { on: 5, ...MOREL, source: second },
        { on: 8, ...MOREL, source: third, action: 'end' },
        { on: 9, source: first === second ? 'none' : first, ...(first === second ? NURSE : BERTHIER) },
      ).filter((line) => line.includes('PCP')),
    ).toEqual(['berthier PCP 02 05', 'morel PCP 05 08']);
  });

  it('is the one who began last where one message states a history', () => {
    const history = (on: number): StatementParts[] => [
      { on, ...MOREL, begin: march(1) },
      { on, ...BERTHIER, begin: '2025-01-01', end: march(1) },
    ];
    const expected = ['berthier PCP 2025-01-01 01', 'morel PCP 01 …'];
    expect(members(...history(2))).toEqual(expected);
    expect(members(...history(2), ...history(4), ...history(6))).toEqual(expected);
  });

  it.each([
    ['begins', { on: 2, ...MOREL, begin: march(1), basis: 'PD1' }, { on: 2, begin: '2025-01-01' }],
    ['no begin of the last', { on: 2, ...MOREL, basis: 'PD1' }, { on: 2, begin: '2025-01-01' }],
    ['one basis', { on: 2, ...MOREL, label: 'A', begin: march(1) }, { on: 2, begin: '2025-01-01' }],
  ])('is the one who began last where one message states two, with %s', (_, present, past) => {
    expect(members(present, past).at(-1)).toMatch(/^morel PCP 0[12] …$/);
    expect(members(past, present).at(-1)).toMatch(/^morel PCP 0[12] …$/);
  });

  it.each([
    ['the same source', 'essai', march(5)],
    ['another source', 'other', march(5)],
    ['a source that leaves a gap', 'other', march(3)],
  ])('stays who he is when the time of the former is declared afterwards by %s', (_, source, end) => {
    expect(members({ on: 5, ...MOREL }, { on: 8, source, begin: march(1), end }).at(-1)).toBe('morel PCP 05 …');
  });

  it.each([
    ['before he was declared', { end: '2020-01-01' }, 'berthier PCP 02 …'],
    ['at the instant of his declaration', { end: march(2) }, 'berthier PCP 02 …'],
    ['afterwards', { end: march(3) }, 'berthier PCP 02 03'],
  ])('is dismissed by another source only for the time after: %s', (_, parts, line) => {
    expect(members({ on: 2, source: 'a' }, { on: 8, source: 'b', action: 'end', ...parts })).toEqual([line]);
  });

  it('returns when each source has dismissed him and one declares him again', () => {
    const dismissal: StatementParts[] = [
      { on: 2, source: 'a' },
      { on: 3, source: 'b' },
      { on: 8, source: 'b', action: 'end' },
      { on: 9, source: 'a', action: 'end' },
    ];
    expect(members(...dismissal)).toEqual(['berthier PCP 02 08', 'berthier PCP 03 08']);
    expect(members(...dismissal, { on: 10, source: 'a' }).at(-1)).toBe('berthier PCP 10 …');
  });

  it('is ended by what the next one’s statement says of his begin', () => {
    const trace: Statement['body']['trace'] = [
      ['person', 'ROL-4', 'ROL-Member:person'],
      ['begin', 'ROL-5', 'ROL-Member:begin'],
    ];
    const endedBy = (next: Partial<StatementParts>) =>
      fold({ on: 2 }, { on: 5, ...MOREL, trace, ...next }).memberships[0]?.ended?.from;
    expect([endedBy({ begin: march(4) }), endedBy({})]).toEqual(['ROL-5', 'ROL-4']);
  });

  it('follows the corrected begin of the next one', () => {
    expect(members({ on: 2 }, { on: 5, ...MOREL }, { on: 6, ...MOREL, begin: march(9) })).toEqual([
      'berthier PCP 02 09',
      'morel PCP 09 …',
    ]);
  });

  it('stays no more than one when the next but one begins earlier', () => {
    const third = { person: 'PractitionerRole/fabre' };
    expect(members({ on: 2 }, { on: 3, ...MOREL, begin: march(20) }, { on: 5, ...third })).toEqual(
      ['berthier PCP 02 05', 'fabre PCP 05 …', 'morel PCP 05 05'].sort(),
    );
  });
});

describe('two sources that state one person in one role', () => {
  it.each([
    ['a nurse', NURSE],
    ['a family doctor', BERTHIER],
    ['a representative', { person: 'PractitionerRole/tutor', role: ROLE.GUARD }],
  ])('are two memberships of %s', (_, who) => {
    const { memberships } = fold({ on: 2, ...who, source: 'a' }, { on: 4, ...who, source: 'b' });
    expect(memberships.map(({ source, from, to }) => [source, from, to])).toEqual([
      ['a', march(2), undefined],
      ['b', march(4), undefined],
    ]);
  });
});

describe('a relative', () => {
  const LUCIE = { person: 'contact:urn:oid:2.999.1|PC1', label: 'LUCIE ESSAI', basis: 'NK1' };
  const contacts = (hidden: boolean): ReadonlyMap<string, Contact> =>
    new Map([['urn:oid:2.999.1|PC1', { person: 'RelatedPerson/lucie', label: 'LUCIE MODELE', hidden }]]);
  const statements = [
    statement({ id: 'm1.0', on: 2, ...LUCIE, role: ROLE.ECON }),
    statement({ id: 'm2.0', on: 3, ...LUCIE, role: ROLE.GUARD }),
    statement({ id: 'm3.0', on: 4, ...LUCIE, role: ROLE.PROV }),
  ];

  it('is called as the contact is now', () => {
    const { memberships } = patientMemberships(statements, contacts(false));
    expect(memberships.map(({ person, label }) => [person, label])).toEqual(
      Array(3).fill(['RelatedPerson/lucie', 'LUCIE MODELE']),
    );
  });

  it('who must not be notified is hidden in every role, and is no longer when that is withdrawn', () => {
    const hidden = (value: boolean) =>
      patientMemberships(statements, contacts(value)).memberships.map((member) => member.hidden);
    expect(hidden(true)).toEqual([true, true, true]);
    expect(hidden(false)).toEqual([false, false, false]);
  });

  it('whom no contact describes is no member yet, and his statements stay in force', () => {
    expect(patientMemberships(statements, NOBODY)).toEqual({ memberships: [], outdated: [] });
  });
});

describe('statements in force', () => {
  it.each([
    ['the first and the last of what was only repeated', [{}, {}, {}, {}], ['m1.0', 'm2.0']],
    ['what gave a begin', [{}, { begin: march(1) }, { begin: march(1) }, {}], ['m2.0']],
    ['what gave an end', [{}, {}, { end: march(30) }, {}], ['m1.0']],
    ['what began and ended a past membership', [{}, { action: 'end' }, {}, {}], []],
  ] as [string, Partial<StatementParts>[], string[]][])('are %s', (_, bodies, outdated) => {
    expect(fold(...bodies.map((body, index) => ({ on: 2 + index, ...NURSE, ...body }))).outdated).toEqual(outdated);
  });
});
