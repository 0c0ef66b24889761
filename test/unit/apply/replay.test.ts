import { describe, expect, it } from '@jest/globals';
import type { CareTeam, Encounter, Patient } from 'fhir/r4.js';
import { AGNES, BRUNO, MemoryGateway, rol, sent } from '../../support/applied.js';
import { movement, pam, professional } from '../../support/pam.js';

const LOCAL = 'CH-ESSAI';
const admission = (more: { ipp?: string; at?: string } = {}) =>
  pam({
    trigger: 'A01',
    at: more.at ?? '20260301080000',
    pid: { 3: `${more.ipp ?? 'IPP1'}^^^${LOCAL}^PI` },
    pv1: { 19: `V1^^^${LOCAL}^VN` },
    zbe: movement('M1', more.at ?? '20260301080000'),
    patientSegments: [rol(AGNES)],
  });
const transfer = pam({
  trigger: 'A02',
  at: '20260302080000',
  pid: { 3: `IPP1^^^${LOCAL}^PI` },
  pv1: { 19: `V1^^^${LOCAL}^VN` },
  zbe: movement('M2', '20260302080000'),
});
const renamed = { source: { name: 'default', authorities: { [LOCAL]: 'urn:oid:2.999.71.1' } } };

describe('messages read again under another name of their authority', () => {
  it.each<[string, string[]]>([
    ['one after the other', ['1', '2']],
    ['the other way round', ['2', '1']],
  ])('give one patient with one stay, whatever is read first: %s', async (_what, order) => {
    const texts: Record<string, string> = { '1': admission(), '2': transfer };
    const gateway = new MemoryGateway();
    for (const messageId of ['1', '2']) await gateway.take(texts[messageId] ?? '', { messageId });
    for (const messageId of order) await gateway.take(texts[messageId] ?? '', { messageId, ...renamed });
    const patient = gateway.only<Patient>('Patient');
    expect(patient.identifier?.[0]?.system).toBe('urn:oid:2.999.71.1');
    const encounter = gateway.only<Encounter>('Encounter');
    expect(encounter.subject?.reference).toBe(`Patient/${patient.id ?? ''}`);
    expect(gateway.resources('CareTeam')).toHaveLength(1);
    expect(gateway.openItems()).toEqual([]);
  });

  it('take back the old stay where it was told, and tell the new one', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(), { messageId: '1' });
    const step = await gateway.take(admission(), { messageId: '1', ...renamed });
    expect(sent(step).sort()).toEqual(['admission to agnes', 'admission-cancelled to agnes']);
  });
});

describe('a message that comes again', () => {
  it.each<[string, string]>([
    ['under the number that it had', '1'],
    ['under another number, with the same content', '9'],
  ])('%s tells nobody, and changes nothing', async (_what, messageId) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(), { messageId: '1' });
    const step = await gateway.take(admission(), { messageId });
    expect([sent(step), step.resources, step.memberships]).toEqual([[], [], []]);
  });
});

describe('the number that names a patient', () => {
  it.each<[string, string]>([
    ['a historic movement (ZBE-2 of the year before)', '20250101080000'],
    ['a movement to come', '20270101080000'],
  ])('does not change by %s', async (_what, effective) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission());
    const before = gateway.only<Patient>('Patient').id;
    const zbe = movement('M9', effective, 'INSERT', { historic: 'Y' });
    await gateway.take(
      transfer.replace(/ZBE.*/, '') +
        ['ZBE', ...Array.from({ length: 9 }, (_, index) => zbe[index + 1] ?? '')].join('|'),
    );
    expect(gateway.only<Patient>('Patient').id).toBe(before);
  });
});

describe('messages of one transaction', () => {
  it('see what those before them changed, and take back what nobody has been told yet', async () => {
    const wrong = pam({
      trigger: 'A11',
      at: '20260301090000',
      pid: { 3: `IPP1^^^${LOCAL}^PI` },
      pv1: { 19: `V1^^^${LOCAL}^VN` },
      zbe: movement('M1', '20260301080000', 'CANCEL', { original: 'A01' }),
    });
    const gateway = new MemoryGateway();
    const steps = await gateway.takeTogether(admission(), wrong);
    expect(steps.map(sent)).toEqual([['admission to agnes'], []]);
    const [first, second] = steps;
    expect(second?.withdrawals).toEqual([{ receiptId: first?.deliveries[0]?.receiptId, by: 'admission-cancelled' }]);
  });

  it('end as the same ones do one by one, in whatever order', async () => {
    const texts = [
      admission(),
      transfer,
      pam({ trigger: 'A31', at: '20260303080000', pv1: null, pid: { 3: `IPP1^^^${LOCAL}^PI`, 5: 'AUTRE^NOM' } }),
    ];
    const alone = new MemoryGateway();
    await alone.takeAll(...texts);
    for (const order of [texts, [...texts].reverse()]) {
      const together = new MemoryGateway();
      await together.takeTogether(...order);
      for (const type of ['Patient', 'Encounter', 'CarePlan', 'CareTeam'] as const)
        expect(together.resources(type)).toEqual(alone.resources(type));
    }
  });

  it('keep an end that came before what it ends, for the messages of later transactions', async () => {
    const identity = (at: string, member: string) =>
      pam({ trigger: 'A31', at, pv1: null, pid: { 3: `IPP1^^^${LOCAL}^PI` }, patientSegments: [member] });
    const end = identity('20260307080000', rol(AGNES, { action: 'DE' }));
    const begin = identity('20260303170000', rol(AGNES));
    // A doctor of the hospital: the circle is folded anew, from what is loaded of the patient.
    const later = pam({
      trigger: 'A01',
      at: '20260309080000',
      pid: { 3: `IPP1^^^${LOCAL}^PI` },
      pv1: { 7: professional(BRUNO.rpps, BRUNO.family), 19: `V1^^^${LOCAL}^VN` },
      zbe: movement('M1', '20260309080000'),
    });
    const alone = new MemoryGateway();
    await alone.takeAll(end, begin, later);
    const together = new MemoryGateway();
    await together.takeTogether(end, begin);
    await together.take(later);
    expect(together.only<CareTeam>('CareTeam')).toEqual(alone.only('CareTeam'));
    expect(together.only<CareTeam>('CareTeam').participant).toMatchObject([
      { member: { display: expect.stringContaining('AGNES') }, period: { end: '2026-03-07T08:00:00+01:00' } },
      { member: { display: expect.stringContaining('BRUNO') } },
    ]);
  });
});
