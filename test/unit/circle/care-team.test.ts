import { describe, expect, it } from '@jest/globals';
import type { CareTeam } from 'fhir/r4.js';
import { careTeam, replacedTeam } from '../../../src/circle/care-team.js';
import { isEmpty, membersAt } from '../../../src/circle/members-at.js';
import { resourceId } from '../../../src/message/uuid.js';
import type { Membership } from '../../../src/message/membership.js';
import { lines, march, membership, OPTIONS, ROLE } from '../../support/members.js';

const ANCHOR = 'urn:oid:2.999.1|IPP1';
const ENDED = { messageId: 'message-9', from: 'ROL-2', row: 'ROL-Member:action' };
const NURSE = { person: 'PractitionerRole/nurse', role: ROLE.PROV, label: 'Anne SOIN' };

function fold(memberships: Partial<Membership>[], now: number | string = 20, firstMember?: string) {
  return careTeam({
    anchor: ANCHOR,
    patientId: 'p1',
    memberships: memberships.map(membership),
    ...(firstMember === undefined ? {} : { firstMember }),
    options: { ...OPTIONS, now: typeof now === 'number' ? march(now) : now },
  });
}

const teamOf = (...input: Parameters<typeof fold>) => fold(...input).team?.resource as CareTeam | undefined;
const participants = (...input: Parameters<typeof fold>) =>
  teamOf(...input)?.participant?.map(({ member, role, period }) =>
    [
      member?.reference?.split('/')[1],
      role?.[0]?.coding?.[0]?.code,
      period?.start?.slice(8, 10),
      period?.end?.slice(8, 10),
    ]
      .join(' ')
      .trim(),
  );

describe('the CareTeam', () => {
  it('is one of the patient, as cds-ihe-careteam asks', () => {
    const id = resourceId('CareTeam', ANCHOR);
    expect(teamOf([{}])).toEqual({
      resourceType: 'CareTeam',
      id,
      meta: { profile: ['https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/cds-ihe-careteam'] },
      identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
      status: 'active',
      name: 'Cercle de soins',
      subject: { reference: 'Patient/p1' },
      period: { start: march(2) },
      participant: [
        {
          role: [{ coding: [ROLE.PCP] }],
          member: { reference: 'PractitionerRole/berthier', display: 'Claire BERTHIER' },
          period: { start: march(2) },
        },
      ],
    });
  });

  it.each([
    ['nobody', [], undefined],
    ['nobody but who must not be notified', [{ hidden: true }], undefined],
    ['nobody but who was dismissed before he was declared', [{ to: march(2), ended: ENDED }], undefined],
    ['somebody who left long ago', [{ from: '2020-01-01', to: '2020-02-01' }], 'inactive'],
    ['somebody to come', [{ from: march(25) }], 'proposed'],
  ] as [string, Partial<Membership>[], string | undefined][])(
    'exists from the first member on: %s',
    (_, members, status) => {
      expect(teamOf(members)?.status).toBe(status);
    },
  );

  it('exists where the first member is among none of the memberships', () => {
    expect(teamOf([], 20, '2020-01-01T08:00:00+01:00')).toMatchObject({
      status: 'inactive',
      period: { start: '2020-01-01T08:00:00+01:00' },
    });
    expect(teamOf([{}], 20, '2020-01-01T08:00:00+01:00')?.period?.start).toBe('2020-01-01T08:00:00+01:00');
  });

  it.each([
    ['a member of now', [{ to: march(10) }, NURSE], 'active', undefined],
    ['one who leaves later', [{ to: march(25) }], 'active', undefined],
    [
      'members to come alone',
      [{ from: march(22) }, { ...NURSE, from: march(25), to: march(28) }],
      'proposed',
      undefined,
    ],
    ['members who left alone', [{ to: march(10) }, { ...NURSE, to: march(12) }], 'inactive', march(12)],
    ['one who leaves now', [{ to: march(20) }], 'inactive', march(20)],
    ['one who left and one to come', [{ to: march(10) }, { ...NURSE, from: march(25) }], 'inactive', march(10)],
    ['one who begins now', [{ from: march(20) }], 'active', undefined],
    ['hidden ones of now', [{ hidden: true }, { ...NURSE, to: march(12) }], 'inactive', march(12)],
  ] as [string, Partial<Membership>[], string, string | undefined][])(
    'with %s is in its status',
    (_, members, status, end) => {
      const team = teamOf(members);
      expect([team?.status, team?.period?.end]).toEqual([status, end]);
    },
  );

  it('shows who left for as many days as configured, and keeps the begin of the first ever', () => {
    const memberships = [{ to: '2026-03-10T15:00:00+01:00' }];
    expect(participants(memberships, '2026-06-08T14:59:59+02:00')).toEqual(['berthier PCP 02 10']);
    expect(teamOf(memberships, '2026-06-08T15:00:00+02:00')).toMatchObject({
      status: 'inactive',
      period: { start: march(2) },
    });
    expect(participants(memberships, '2026-06-08T16:00:00+02:00')).toBeUndefined();
  });

  it('shows nobody who must not be notified, in whatever role, nor who was never a member', () => {
    const lucie = { person: 'RelatedPerson/lucie', hidden: true };
    const never = { ...NURSE, to: march(2), ended: ENDED };
    expect(participants([{}, { ...lucie, role: ROLE.ECON }, { ...lucie, role: ROLE.NOK }, never])).toEqual([
      'berthier PCP 02',
    ]);
  });

  it('names a person without label by reference alone', () => {
    expect(teamOf([{ label: '' }])?.participant?.[0]?.member).toEqual({ reference: 'PractitionerRole/berthier' });
  });
});

describe('one person in one role', () => {
  const stay = (key: string, from: number, to?: number): Partial<Membership> => ({
    ...NURSE,
    scope: 'stay',
    stay: key,
    from: march(from),
    ...(to === undefined ? {} : { to: march(to) }),
  });

  it.each([
    ['of three open stays', [stay('V1', 2), stay('V2', 3), stay('V3', 4)], ['nurse PROV 02']],
    ['of three stays begun at once', [stay('V1', 2), stay('V2', 2), stay('V3', 2)], ['nurse PROV 02']],
    ['of stays that meet', [stay('V1', 2, 5), stay('V2', 5, 8), stay('V3', 7)], ['nurse PROV 02']],
    ['of a stay within another', [stay('V1', 2, 15), stay('V2', 3, 4), stay('V3', 10, 12)], ['nurse PROV 02 15']],
    [
      'of stays apart',
      [stay('V1', 2, 4), stay('V2', 6, 8), stay('V3', 10)],
      ['nurse PROV 02 04', 'nurse PROV 06 08', 'nurse PROV 10'],
    ],
    [
      'stated by two sources',
      [
        { ...NURSE, source: 'a' },
        { ...NURSE, source: 'b', from: march(5), to: march(9) },
      ],
      ['nurse PROV 02'],
    ],
  ])('%s is one participant for each time', (_, members, expected) => {
    expect(participants(members)).toEqual(expected);
    expect(participants([...members].reverse())).toEqual(expected);
  });

  it('is named by whoever names him', () => {
    const named = teamOf([NURSE, { ...NURSE, source: 'b', label: '', from: march(3) }]);
    expect(named?.participant?.[0]?.member?.display).toBe('Anne SOIN');
  });

  it('is another participant than in another role, and than another person', () => {
    expect(participants([{}, { role: ROLE.PROV }, { person: 'PractitionerRole/agnes' }])).toEqual([
      'agnes PCP 02',
      'berthier PCP 02',
      'berthier PROV 02',
    ]);
  });
});

describe('a member of a restricted stay', () => {
  it.each([
    ['of now', [{}, { ...NURSE, restricted: true }], true],
    ['who left lately', [{ ...NURSE, restricted: true, to: march(10) }], true],
    ['who is joined with another stay', [NURSE, { ...NURSE, restricted: true, from: march(5) }], true],
    ['who left long ago', [{}, { ...NURSE, restricted: true, from: '2020-01-01', to: '2020-02-01' }], false],
    ['who is hidden', [{}, { ...NURSE, restricted: true, hidden: true }], false],
  ] as [string, Partial<Membership>[], boolean][])(
    'restricts the sight of the team that shows him: %s',
    (_, members, restricted) => {
      expect(teamOf(members)?.meta?.security).toEqual(
        restricted
          ? [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R', display: 'restricted' }]
          : undefined,
      );
    },
  );
});

describe('the next change', () => {
  it.each([
    ['never, while nobody leaves', [{}], 20, null],
    ['at a begin', [{}, { ...NURSE, from: march(25) }], 20, march(25)],
    ['at an end', [{ to: march(25) }], 20, march(25)],
    ['when who left is no longer shown', [{ to: march(10) }], 20, '2026-06-08T01:00:00+02:00'],
    ['at the first of these', [{ to: march(10) }, { ...NURSE, to: march(28) }], 20, march(28)],
    ['never after all of these', [{ from: '2020-01-01', to: '2020-02-01' }], 20, null],
    ['at the first moment of a date', [{ to: '2026-03-25' }], 20, '2026-03-25T00:00:00.000Z'],
    ['never, where nobody is shown', [{ hidden: true, to: march(25) }], 20, null],
  ] as [string, Partial<Membership>[], number, string | null][])('is %s', (_, members, now, next) => {
    expect(fold(members, now).nextChange).toBe(next && new Date(next).toISOString());
  });
});

describe('the origins of a CareTeam', () => {
  it('tell of each participant what began and what ended it, and of the whole the rule', () => {
    const restricted = { ...NURSE, to: march(10), ended: ENDED, restricted: true };
    const origins = fold([restricted]).team?.origins();
    const origin = { messageId: 'message-2', from: 'ROL-4', row: 'ROL-Member:person' };
    expect(origins).toEqual(
      expect.arrayContaining([
        { path: 'status', messageId: 'message-2', from: '', row: 'rule:circle' },
        { path: 'period', messageId: 'message-2', from: '', row: 'rule:circle' },
        { path: 'period.end', ...ENDED },
        { path: 'meta.security', ...origin },
        { path: 'participant[0]', ...origin },
        { path: 'participant[0].period.end', ...ENDED },
      ]),
    );
  });
});

describe('a bound of a participant’s period', () => {
  const derived = { fromDerived: true, toDerived: true };
  const marks = (...memberships: Partial<Membership>[]) =>
    teamOf(memberships)?.participant?.map(({ period }) => period?.extension ?? []);
  const mark = (valueCode: string) => ({
    url: 'https://trait-d-union.example/fhir/StructureDefinition/derived-bound',
    valueCode,
  });

  it.each([
    ['both, where no source gives either', [{ ...derived, to: march(10) }], [mark('start'), mark('end')]],
    ['the start alone, of one who stays', [derived], [mark('start')]],
    ['the end alone', [{ toDerived: true, to: march(10) }], [mark('end')]],
    ['none, where each is given', [{ to: march(10) }], []],
    ['none, where one of two sources gives what another derives', [{ ...derived, source: 'letter' }, {}], []],
    ['that of the first of two sources', [{ from: march(5) }, derived], [mark('start')]],
    ['that of the last of two sources', [{ to: march(12), toDerived: true }, { to: march(10) }], [mark('end')]],
    ['not that of one whom another outlasts', [{ to: march(10), toDerived: true }, {}], []],
  ] as [string, Partial<Membership>[], unknown][])('is marked as derived: %s', (_, memberships, extension) => {
    expect(marks(...memberships)).toEqual([extension]);
  });
});

describe('the CareTeam of a patient whom another replaced', () => {
  it('is over, shows nobody, and leads to the one that goes on', () => {
    const input = {
      anchor: ANCHOR,
      patientId: 'p1',
      by: { anchor: 'urn:oid:2.999.2|B7' },
      from: march(2),
      to: march(9),
    };
    const { resource, origins } = replacedTeam(input);
    expect(resource).toEqual({
      ...teamOf([{}]),
      extension: [
        {
          url: 'https://trait-d-union.example/fhir/StructureDefinition/replaced-by',
          valueReference: { reference: `CareTeam/${resourceId('CareTeam', 'urn:oid:2.999.2|B7')}` },
        },
      ],
      status: 'inactive',
      period: { start: march(2), end: march(9) },
      participant: undefined,
    });
    expect(origins().map(({ path }) => path)).toContain('extension');
  });
});

describe('the members at an instant', () => {
  const all = [
    membership({ to: march(10) }),
    membership({ ...NURSE, from: march(10) }),
    membership({ person: 'PractitionerRole/never', from: march(10), to: march(10), ended: ENDED }),
    membership({ person: 'Organization/short', from: march(10), to: march(10) }),
  ];

  it.each([
    [march(1), []],
    [march(2), ['berthier PCP 02 10']],
    [march(9), ['berthier PCP 02 10']],
    [march(10), ['berthier PCP 02 10', 'nurse PROV 10 …', 'short PCP 10 10']],
    [march(11), ['nurse PROV 10 …']],
  ])('at %s are those who have begun and not left before', (asOf, expected) => {
    expect(lines(membersAt(all, asOf))).toEqual(expected);
  });

  it('leave out who was dismissed before he was declared, not who was there for no time', () => {
    expect(all.map(isEmpty)).toEqual([false, false, true, false]);
  });
});
