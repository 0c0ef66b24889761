import { describe, expect, it } from '@jest/globals';
import { documentMemberships, stayMemberships } from '../../../src/circle/members.js';
import type { Contact } from '../../../src/message/membership.js';
import type { FoldedStay, FoldOptions } from '../../../src/message/stay.js';
import {
  lines,
  march,
  OPTIONS,
  presence,
  ROLE,
  statement,
  stayOf,
  type StatementParts,
} from '../../support/members.js';

const CONTACTS: ReadonlyMap<string, Contact> = new Map([
  ['PC1', { person: 'RelatedPerson/lucie', label: 'LUCIE ESSAI', hidden: false }],
  ['PC2', { person: 'RelatedPerson/paul', label: 'PAUL ESSAI', hidden: true }],
]);
const KEY = 'urn:oid:2.999.1|V1';
const LUCIE = { person: 'contact:PC1', role: ROLE.NOK, basis: 'NK1', stay: KEY };

const members = (stay: Partial<FoldedStay>, parts: StatementParts[] = [], options: Partial<FoldOptions> = {}) =>
  stayMemberships(
    stayOf(stay),
    parts.map((body, index) => statement({ id: `m${String(index)}.0`, ...body })),
    CONTACTS,
    { ...OPTIONS, ...options },
  );
const folded = (...input: Parameters<typeof members>) => lines(members(...input));

describe('those whom the movements of a stay name', () => {
  it.each([
    ['ATND', 'ATTPHYS'],
    ['ADM', 'ADMPHYS'],
    ['REF', 'PROV'],
    ['CON', 'PROV'],
    ['UF', 'PROV'],
  ])('are of the circle: type %s as %s', (type, code) => {
    const [member] = members({ presences: [presence({ type })] });
    expect(member).toMatchObject({ role: { code }, scope: 'stay', stay: KEY, basis: 'PV1', hidden: false });
  });

  it('keep their number, name and origin, a unit its own label', () => {
    const unit = presence({
      type: 'UF',
      person: 'Organization/2040',
      label: 'Chirurgie viscérale',
      identifier: 'urn:oid:2.999.1.1|2040',
      family: 'X',
    });
    expect(members({ presences: [unit] })).toMatchObject([
      {
        person: 'Organization/2040',
        label: 'Chirurgie viscérale',
        identifier: 'urn:oid:2.999.1.1|2040',
        family: 'X',
        source: 'essai',
        origin: { messageId: 'message-2', from: 'PV1-7', row: 'rule:movement' },
      },
    ]);
  });

  it.each([
    ['of a stay that lasts stay', {}, 'fabre ATTPHYS 02T08:00:00+01:00 …'],
    ['leave with the stay', { end: march('6T14:30') }, 'fabre ATTPHYS 02T08:00:00+01:00 06T14:30:00+01:00'],
    [
      'leave when they are replaced',
      { end: march('6T14:30'), presences: [presence({ to: march('4T10:00') })] },
      'fabre ATTPHYS 02T08:00:00+01:00 04T10:00:00+01:00',
    ],
  ])('%s', (_, stay: Partial<FoldedStay>, line) => {
    expect(folded({ presences: [presence()], ...stay })).toEqual([line]);
  });

  it.each([
    ['in winter', 'Europe/Paris', 5, '2026-03-06T15:00:00+01:00', '2026-03-11T15:00:00+01:00'],
    ['over the change to summer time', 'Europe/Paris', 5, '2026-03-27T15:00:00+01:00', '2026-04-01T15:00:00+02:00'],
    ['over the change to winter time', 'Europe/Paris', 3, '2026-10-23T15:00:00+02:00', '2026-10-26T15:00:00+01:00'],
    ['over the end of a year', 'Europe/Paris', 2, '2026-12-30T23:30:00+01:00', '2027-01-01T23:30:00+01:00'],
    ['to a time that is skipped', 'Europe/Paris', 1, '2026-03-28T02:30:00+01:00', '2026-03-29T02:30:00+01:00'],
    ['elsewhere', 'Indian/Reunion', 5, '2026-03-27T15:00:00+04:00', '2026-04-01T15:00:00+04:00'],
    ['written in UTC', 'Europe/Paris', 5, '2026-03-06T14:00:00Z', '2026-03-11T15:00:00+01:00'],
  ])('remain some days at the same local time, %s', (_, zone, days, end, to) => {
    const [member] = members({ end, presences: [presence()] }, [], { zone, hospitalMembersStayDays: days });
    expect(member?.to).toBe(to);
  });
});

describe('a member whom a statement names for a stay', () => {
  it.each([
    ['from when it took effect', { on: 9, effective: 3 }, '03 …'],
    ['from its begin', { on: 9, begin: march(4) }, '04 …'],
    ['not before the stay', { on: 1 }, '02T08:00:00+01:00 …'],
    ['not before the stay, whatever begin it gives', { on: 9, begin: '2020-01-01' }, '02T08:00:00+01:00 …'],
    ['until its end', { on: 3, end: march(5) }, '03 05'],
  ])('is so %s', (_, parts: StatementParts, times) => {
    expect(folded({}, [{ ...LUCIE, ...parts }])).toEqual([`lucie NOK ${times}`]);
  });

  it.each([
    ['with the stay', {}, 0, '03 06'],
    ['some days after the stay', {}, 5, '03 11'],
    ['with his own end, where that is earlier', { end: march(8) }, 5, '03 08'],
    ['with the stay, where his own end is later', { end: march(20) }, 0, '03 06'],
  ])('leaves %s', (_, parts: Partial<StatementParts>, hospitalMembersStayDays, times) => {
    const stay = { end: march(6) };
    expect(folded(stay, [{ on: 3, ...LUCIE, ...parts }], { hospitalMembersStayDays })).toEqual([`lucie NOK ${times}`]);
  });

  it('is ended by the statement that says so, not by one that the stay forestalls', () => {
    const ended = (end: string) => members({ end: march(6) }, [{ on: 3, ...LUCIE, end }])[0]?.ended?.messageId;
    expect([ended(march(5)), ended(march(7))]).toEqual(['message-3', undefined]);
  });

  it('is there at the discharge that names him first, though its movement is timed after the end of the stay', () => {
    const [member] = members({ end: march('6T14:30') }, [{ on: '6T15:00', ...LUCIE }]);
    expect(member).toMatchObject({ from: march('6T14:30'), to: march('6T14:30') });
    expect(member?.ended).toBeUndefined();
  });

  it('begins when the movement that he came with begins, as it was corrected', () => {
    const stay = stayOf({
      start: march('2T07:00'),
      movements: [
        {
          thread: 'M1',
          happening: 'admission',
          effectiveAt: march('2T07:00'),
          holds: true,
          content: () => '',
          attributes: {},
        },
      ],
    });
    expect(folded(stay, [{ on: '2T08:00', ...LUCIE, movement: 'M1' }])).toEqual(['lucie NOK 02T07:00:00+01:00 …']);
  });

  it.each([
    ['M2', ['lucie NOK 03 …']],
    ['M1', []],
    [undefined, ['lucie NOK 03 …']],
  ])('goes with the movement that is cancelled: movement %s', (movement, expected) => {
    const parts = { on: 3, ...LUCIE, ...(movement === undefined ? {} : { movement }) };
    expect(folded({ void: new Set(['M1']) }, [parts])).toEqual(expected);
  });

  it('is as before where the movement that ended him is cancelled', () => {
    const statements: StatementParts[] = [
      { on: 3, ...LUCIE, movement: 'M1' },
      { on: 5, ...LUCIE, action: 'end', movement: 'M2' },
    ];
    expect(folded({}, statements)).toEqual(['lucie NOK 03 05']);
    expect(folded({ void: new Set(['M2']) }, statements)).toEqual(['lucie NOK 03 …']);
  });

  it('has the times of the stay and of its movements, which are given, whether or not its statement gives one', () => {
    const all = members({ presences: [presence()], end: march(9) }, [
      { on: 3, ...LUCIE },
      { on: 3, ...LUCIE, person: 'PractitionerRole/fabre', begin: march(3) },
      { on: 5, ...LUCIE, action: 'end' },
    ]);
    expect(all.map(({ fromDerived, toDerived }) => [fromDerived, toDerived])).toEqual(all.map(() => [false, false]));
    expect(all).toHaveLength(3);
  });

  it('is none of another stay, nor of the patient', () => {
    expect(folded({}, [{ on: 3, ...LUCIE, stay: 'other' }, { on: 3 }])).toEqual([]);
  });

  it('is hidden where he must not be notified', () => {
    const both = members({}, [
      { on: 3, ...LUCIE },
      { on: 3, ...LUCIE, person: 'contact:PC2' },
    ]);
    expect(both.map(({ person, hidden }) => [person, hidden])).toEqual([
      ['RelatedPerson/lucie', false],
      ['RelatedPerson/paul', true],
    ]);
  });
});

describe('those whom a document names', () => {
  it.each([
    ['without a time', {}, [true, false]],
    ['with its begin', { begin: march(1) }, [false, false]],
    ['with both times', { begin: march(1), end: march(4) }, [false, false]],
    ['with its end alone', { end: march(4) }, [true, false]],
    ['for the stay it tells of', { scope: 'stay' as const }, [true, false]],
  ])('%s are marked where the document does not say from when', (_, parts, derived) => {
    const [member] = documentMemberships('key', [statement({ on: 2, basis: 'CDA', ...parts })], CONTACTS, false);
    expect([member?.fromDerived, member?.toDerived]).toEqual(derived);
  });
});

describe('a stay', () => {
  it.each([
    ['planned', { presences: [] }],
    ['cancelled', { presences: [presence()] }],
    ['planned, with an end', { end: march(6) }],
  ])('without start has no members: %s', (_, parts) => {
    const { start: _start, ...stay } = stayOf(parts);
    const statements = [statement({ on: 3, ...LUCIE })];
    expect(stayMemberships(stay, statements, CONTACTS, OPTIONS)).toEqual([]);
  });

  it('whose sight is restricted has restricted members, whoever names them', () => {
    const parts = { restricted: true, presences: [presence(), presence({ type: 'UF' })] };
    expect(members(parts, [{ on: 3, ...LUCIE }]).map(({ restricted }) => restricted)).toEqual([true, true, true]);
  });
});
