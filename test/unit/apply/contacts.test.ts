import { describe, expect, it } from '@jest/globals';
import type { CareTeam, Patient, RelatedPerson } from 'fhir/r4.js';
import { AGNES, MemoryGateway, rol } from '../../support/applied.js';
import { HOSPITAL, movement, pam, segment, type Fields } from '../../support/pam.js';

const number = (value: string) => `${value}^^^${HOSPITAL}^PN`;
const nk1 = (role: string, fields: Fields = {}) =>
  segment('NK1', { 2: 'MERE^ANNE', 3: 'PAR', 5: '^PRN^PH^^^^^^^^^0300000001', 7: role, 33: number('PC1'), ...fields });
const patient = (ipp: string): Fields => ({ 3: `${ipp}^^^${HOSPITAL}^PI`, 5: `ENFANT^${ipp}` });

function admission(ipp: string, day: string, segments: string[]): string {
  const at = `202603${day}080000`;
  return pam({
    trigger: 'A01',
    at,
    pid: patient(ipp),
    pv1: { 19: `V-${ipp}^^^${HOSPITAL}^VN` },
    zbe: movement(`M-${ipp}-${day}`, at),
    patientSegments: segments,
  });
}
const identity = (ipp: string, day: string, segments: string[]) =>
  pam({ trigger: 'A31', at: `202603${day}080000`, pid: patient(ipp), pv1: null, patientSegments: segments });

describe('a contact of two patients is a RelatedPerson of each', () => {
  it.each<[string, string, string]>([
    ['a number with an authority', nk1('C'), nk1('C')],
    ['a number without authority', nk1('C', { 33: '1' }), nk1('C', { 33: '1' })],
    ['no number, one name', nk1('C', { 33: '' }), nk1('C', { 33: '' })],
    ['`""` for a number', nk1('C', { 33: '""' }), nk1('C', { 33: '""' })],
    ['the trusted person of both', nk1('K'), nk1('K')],
    ['in other roles', nk1('K'), nk1('C')],
  ])('%s', async (_what, first, second) => {
    const texts = [admission('IPP1', '01', [first, rol(AGNES)]), admission('IPP2', '02', [second, rol(AGNES)])];
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      const related = gateway.resources<RelatedPerson>('RelatedPerson');
      const owners = related.map(({ patient: { reference } }) => reference).sort();
      expect(owners).toEqual(
        gateway
          .resources<Patient>('Patient')
          .map(({ id }) => `Patient/${id ?? ''}`)
          .sort(),
      );
      expect(new Set(related.map(({ identifier }) => identifier?.[0]?.value)).size).toBe(2);
      for (const { subject, participant } of gateway.resources<CareTeam>('CareTeam')) {
        const own = related.find(({ patient: { reference } }) => reference === subject?.reference);
        const members = participant
          ?.map(({ member }) => member?.reference)
          .filter((key) => key?.startsWith('RelatedPerson'));
        expect(members).toEqual([`RelatedPerson/${own?.id ?? ''}`]);
      }
      for (const { deliveries } of gateway.steps)
        for (const { resources } of deliveries)
          expect(resources.filter((key) => key.startsWith('Patient/'))).toHaveLength(1);
    }
  });
});

describe('who must not be notified is hidden as a person, in every role', () => {
  const hidden = (gateway: MemoryGateway) => ({
    related: gateway.resources('RelatedPerson').length,
    shown: gateway.resources<CareTeam>('CareTeam').flatMap(({ participant }) => participant ?? []).length,
    hidden: gateway.memberships().map((membership) => membership.hidden),
  });

  it.each<[string, string[]]>([
    ['the trusted person, the next day', [admission('IPP1', '01', [nk1('K')]), identity('IPP1', '02', [nk1('P')])]],
    ['the legal representative', [admission('IPP1', '01', [nk1('R')]), identity('IPP1', '02', [nk1('P')])]],
    ['in one message in two roles', [admission('IPP1', '01', [nk1('K'), nk1('P')])]],
    [
      'without a number',
      [admission('IPP1', '01', [nk1('K', { 33: '' })]), identity('IPP1', '02', [nk1('P', { 33: '' })])],
    ],
  ])('%s', async (_what, texts) => {
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      const { related, shown, hidden: rows } = hidden(gateway);
      expect([related, shown]).toEqual([0, 0]);
      expect(new Set(rows)).toEqual(new Set([true]));
    }
  });

  it.each(['C', 'K', 'R', 'N'])('and shown again when a later message gives him another role (%s)', async (role) => {
    const texts = [admission('IPP1', '01', [nk1('P')]), identity('IPP1', '02', [nk1(role)])];
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(hidden(gateway).related).toBe(1);
      expect(hidden(gateway).hidden).not.toContain(true);
      const participants = gateway.only<CareTeam>('CareTeam').participant ?? [];
      expect(participants.length).toBeGreaterThan(0);
    }
  });

  it('and the receipt says that he must not be', async () => {
    const gateway = new MemoryGateway({ rules: [{ id: 'all', events: ['admission'], roles: ['any'] }] });
    await gateway.take(identity('IPP1', '01', [nk1('P')]));
    const step = await gateway.take(admission('IPP1', '02', []));
    expect(step.receipts.map(({ decision, reason }) => [decision, reason])).toEqual([
      ['not-told', 'must-not-be-notified'],
    ]);
  });

  it('leaves no reference to nothing', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission('IPP1', '01', [nk1('K'), rol(AGNES)]), identity('IPP1', '02', [nk1('P')]));
    const text = JSON.stringify(gateway.resources('CareTeam').concat(gateway.resources('CarePlan')));
    expect(text).not.toContain('RelatedPerson');
    expect(text).not.toContain('ANNE');
  });
});

describe('a contact that other messages speak of in part', () => {
  it.each<[string, Fields, (person: RelatedPerson | undefined) => unknown, unknown]>([
    [
      'a phone of NK1-6 leaves that of NK1-5',
      { 5: '', 6: '^WPN^PH^^^^^^^^^0300000002' },
      (person) => person?.telecom?.map(({ value }) => value),
      ['0300000001', '0300000002'],
    ],
    [
      '`""` in NK1-5 takes the phone away',
      { 5: '""' },
      (person) => person?.telecom?.map(({ value }) => value),
      [undefined],
    ],
    ['`""` in NK1-4 is no line', { 4: '""' }, (person) => person?.address, undefined],
    [
      'an unknown relation stays as text',
      { 3: 'XYZ' },
      (person) =>
        person?.relationship?.some(({ text }) => text === 'XYZ') ||
        person?.relationship?.some(({ coding }) => coding?.some(({ code }) => code === 'XYZ')),
      true,
    ],
  ])('%s', async (_what, fields, of, expected) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(identity('IPP1', '01', [nk1('C')]), identity('IPP1', '02', [nk1('C', fields)]));
    expect(of(gateway.resources<RelatedPerson>('RelatedPerson')[0])).toEqual(expected);
  });

  it('a relation that no table has is looked at', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(identity('IPP1', '01', [nk1('C', { 3: 'XYZ' })]));
    expect(gateway.openItems()).toEqual(['code-unknown']);
  });
});
