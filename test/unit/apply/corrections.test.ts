import { describe, expect, it } from '@jest/globals';
import { AGNES, BRUNO, happened, MemoryGateway, rol, sent } from '../../support/applied.js';
import { movement, pam, segment, type Fields, type PamParts } from '../../support/pam.js';

const ROL = rol(AGNES);
const SAME = '20260301080000';

function message(trigger: string, at: string, zbe: Fields, more: Partial<PamParts> = {}): string {
  return pam({ trigger, at, patientSegments: [ROL], zbe, ...more });
}

const admission = (more: Partial<PamParts> = {}, at = '20260301080000') => message('A01', at, movement('M1', at), more);
const correction = (more: Partial<PamParts> = {}, effective = '20260301080000') =>
  message('Z99', '20260301100000', movement('M1', effective, 'UPDATE', { original: 'A01', nature: 'C' }), more);
const discharge = (more: Partial<PamParts> = {}) =>
  message('A03', '20260305150000', movement('M4', '20260305150000'), more);
const dischargeCorrection = (more: Partial<PamParts> = {}) =>
  message('Z99', '20260305160000', movement('M4', '20260305150000', 'UPDATE', { original: 'A03', nature: 'C' }), more);

describe('a correction goes to those who were told, when anything changed that they were shown', () => {
  it.each<[string, Partial<PamParts>, Partial<PamParts>, string]>([
    [
      'the time, though the expected admission (PV2-8) stays',
      { pv2: { 8: '0302' } },
      { pv2: { 8: '0302' } },
      '20260301070000',
    ],
    ['the begin of the stay (PV1-44)', { pv1: { 44: '20260301073000' } }, { pv1: { 44: '20260301071500' } }, SAME],
    ['the class', { pv1: { 2: 'I' } }, { pv1: { 2: 'E' } }, SAME],
    ['the bed', { pv1: { 3: '3070^12^A' } }, { pv1: { 3: '3070^12^B' } }, SAME],
    ['the doctor', { pv1: { 7: '0210^FABRE' } }, { pv1: { 7: '0211^MOULIN' } }, SAME],
    ['the doctor, who is erased', { pv1: { 7: '0210^FABRE' } }, { pv1: { 7: '""' } }, SAME],
    ['the expected discharge', { pv2: { 9: '20260309' } }, { pv2: { 9: '20260312' } }, SAME],
    ['the protection', { pv2: { 22: 'N' } }, { pv2: { 22: 'Y' } }, SAME],
    ['where the patient came from (ZFM-1)', { visitSegments: ['ZFM|8'] }, { visitSegments: ['ZFM|6'] }, SAME],
  ])('of an admission: %s', async (_what, first, second, effective) => {
    const gateway = new MemoryGateway();
    const told = await gateway.take(admission(first));
    expect(sent(told)).toEqual(['admission to agnes']);
    const corrected = await gateway.take(correction(second, effective));
    expect(sent(corrected)).toEqual(['correction to agnes']);
    expect(happened(corrected)).toEqual(['correction']);
  });

  it.each<[string, Partial<PamParts>, Partial<PamParts>]>([
    ['the destination (PV1-37)', { pv1: { 37: '750000001' } }, { pv1: { 37: '750000019' } }],
    ['the disposition (PV1-36)', { pv1: { 36: '1' } }, { pv1: { 36: '6' } }],
    ['the destination in ZFM-4', { visitSegments: ['ZFM||8||1'] }, { visitSegments: ['ZFM||8||6'] }],
    ['the death (ZFM-2)', { visitSegments: ['ZFM||8'] }, { visitSegments: ['ZFM||9'] }],
    ['the end of the stay (PV1-45)', { pv1: { 45: '20260305143000' } }, { pv1: { 45: '20260305120000' } }],
  ])('of a discharge: %s', async (_what, first, second) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), discharge(first));
    expect(sent(await gateway.take(dischargeCorrection(second)))).toEqual(['correction to agnes']);
  });

  it('and none where nothing changed that is shown', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission({ pv1: { 7: '0210^FABRE' }, pv2: { 9: '20260309' } }));
    const again = await gateway.take(correction({ pv1: { 7: '0210^FABRE' }, pv2: { 9: '20260309' } }));
    const silent = await gateway.take(correction());
    expect([sent(again), sent(silent)]).toEqual([[], []]);
  });

  it('though the circle has changed since, and to nobody who was not told', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission({ pv1: { 3: '3070^12^A' } }));
    await gateway.take(
      pam({
        trigger: 'A31',
        at: '20260301090000',
        pv1: null,
        patientSegments: [rol(BRUNO, { begin: '20260301090000' })],
      }),
    );
    const corrected = await gateway.take(correction({ patientSegments: [], pv1: { 3: '3070^12^B' } }));
    expect(sent(corrected)).toEqual(['correction to agnes']);
  });
});

describe('the instant of a discharge is the end of the stay', () => {
  const anybody = [{ id: 'all', events: ['discharge'], roles: ['any'] }];
  const ward = rol(BRUNO, { role: 'CP' });

  it.each([
    ['half an hour before ZBE-2', '20260305143000', '2026-03-05T14:30:00+01:00'],
    ['a minute before', '20260305145900', '2026-03-05T14:59:00+01:00'],
    ['after ZBE-2', '20260305170000', '2026-03-05T17:00:00+01:00'],
    ['the day before', '20260304110000', '2026-03-04T11:00:00+01:00'],
  ])('where PV1-45 is %s: those whom it ends are told', async (_what, end, instant) => {
    const gateway = new MemoryGateway({ rules: anybody });
    await gateway.take(admission({ patientSegments: [], visitSegments: [ward] }));
    const step = await gateway.take(discharge({ patientSegments: [], pv1: { 45: end } }));
    expect(step.events.map(({ effectiveAt }) => effectiveAt)).toEqual([instant]);
    expect(sent(step)).toEqual(['discharge to bruno']);
  });
});

describe('a cancelled admission takes back all that was told of the stay', () => {
  const cancel = message('A11', '20260306080000', movement('M1', '20260301080000', 'CANCEL', { original: 'A01' }));
  const rules = (...events: string[]) => [{ id: 'some', events, roles: ['PCP'] }];

  it('to those who were told of the discharge alone', async () => {
    const gateway = new MemoryGateway({ rules: rules('discharge') });
    await gateway.takeAll(admission(), discharge());
    const step = await gateway.take(cancel);
    expect(sent(step)).toEqual(['discharge-cancelled to agnes']);
    expect(happened(step).sort()).toEqual(['admission-cancelled', 'discharge-cancelled']);
  });

  it('to those who were told of a transfer alone', async () => {
    const gateway = new MemoryGateway({ rules: rules('transfer') });
    await gateway.takeAll(admission(), message('A02', '20260302080000', movement('M2', '20260302080000')));
    expect(sent(await gateway.take(cancel))).toEqual(['transfer-cancelled to agnes']);
  });

  it('but not the pre-admission, which holds again', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(message('A05', '20260220080000', movement('M0', '20260301080000'), { pv1: { 2: 'I' } }));
    await gateway.take(admission({ pv1: { 5: 'PRE1' } }));
    expect(sent(await gateway.take(cancel))).toEqual(['admission-cancelled to agnes']);
  });

  it('and a pre-admission that is cancelled is taken back too; one that is cancelled before it comes is never told', async () => {
    const planned = (zbe: Fields) => message('A05', '20260220080000', zbe, { pv1: { 2: 'I' } });
    const withNumber = new MemoryGateway();
    await withNumber.take(planned(movement('M0', '20260301080000')));
    const cancelled = movement('M0', '20260301080000', 'CANCEL', { original: 'A05' });
    const step = await withNumber.take(message('A38', '20260221080000', cancelled, { pv1: { 2: 'I' } }));
    expect([sent(step), happened(step)]).toEqual([['preadmission-cancelled to agnes'], ['preadmission-cancelled']]);
    const unnumbered = { pv1: { 2: 'I' } };
    const withoutNumber = new MemoryGateway();
    await withoutNumber.take(pam({ trigger: 'A05', at: '20260220080000', patientSegments: [ROL], ...unnumbered }));
    expect(sent(await withoutNumber.take(pam({ trigger: 'A38', at: '20260221080000', ...unnumbered })))).toEqual([
      'preadmission-cancelled to agnes',
    ]);
    const early = new MemoryGateway();
    await early.take(message('A38', '20260221080000', cancelled, { pv1: { 2: 'I' } }));
    expect(sent(await early.take(planned(movement('M0', '20260301080000'))))).toEqual([]);
  });

  it('and what is admitted again is told again', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), cancel);
    const again = message('A01', '20260306090000', movement('M9', '20260306090000'));
    expect(sent(await gateway.take(again))).toEqual(['admission to agnes']);
  });
});

describe('a change of bed or tariff', () => {
  const moved = (id: string, nature: string) =>
    message('A02', '20260302080000', movement(id, '20260302080000', 'INSERT', { nature }), { pv1: { 3: '3070^12^B' } });

  it.each(['L', 'D', 'LD', 'LC'])(
    'alone (ZBE-9 %s) is an event of its own kind that no default rule tells',
    async (nature) => {
      const gateway = new MemoryGateway();
      await gateway.take(admission({ pv1: { 3: '3070^12^A' } }));
      const step = await gateway.take(moved('M2', nature));
      expect(happened(step)).toEqual(['bed-change']);
      expect(sent(step)).toEqual([]);
    },
  );

  it.each(['H', 'M', 'S', 'HMS', 'LM'])('with a unit or a responsibility (%s) is a transfer', async (nature) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission());
    expect(sent(await gateway.take(moved('M2', nature)))).toEqual(['transfer to agnes']);
  });

  it('is told where a rule asks for it, and a rule may ask for the nature', async () => {
    const rules = [{ id: 'beds', events: ['bed-change'], roles: ['PCP'], when: { nature: ['L'] } }];
    const gateway = new MemoryGateway({ rules });
    await gateway.take(admission());
    expect(sent(await gateway.take(moved('M2', 'L')))).toEqual(['bed-change to agnes']);
    expect(sent(await gateway.take(moved('M3', 'D')))).toEqual([]);
  });

  it('that turns out to be a transfer is told as one, and taken back where it was told', async () => {
    const rules = [{ id: 'all', events: ['bed-change', 'transfer'], roles: ['PCP'] }];
    const gateway = new MemoryGateway({ rules });
    await gateway.takeAll(admission(), moved('M2', 'L'));
    const zbe = movement('M2', '20260302080000', 'UPDATE', { original: 'A02', nature: 'MC' });
    const step = await gateway.take(message('Z99', '20260302090000', zbe));
    expect(sent(step)).toEqual(['bed-change-cancelled to agnes', 'transfer to agnes']);
  });
});

describe('the letters of ZBE-9', () => {
  const transfer = (nature: string, zbe: Fields, trigger = 'A02', at = '20260302080000') =>
    message(trigger, at, { ...movement('M2', '20260302080000', 'INSERT', { nature }), 7: '', 8: '', ...zbe });
  const unit = (code: string) => `Unité ${code}^^^^^CH-ESSAI&2.999.71.1&ISO^UF^^^${code}`;

  it.each([
    ['M, then S', ['M', 'S']],
    ['S, then M', ['S', 'M']],
    ['MS at once', ['MS', 'MS']],
    ['HMS, then a correction of the bed (L)', ['HMS', 'L']],
  ])('of several messages of one movement add up: %s', async (_what, [first = '', second = '']) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission());
    await gateway.take(transfer(first, { 7: unit('3070') }));
    const correction = { 4: 'UPDATE', 6: 'A02', 8: unit('3071') };
    await gateway.take(transfer(second, correction, 'Z99', '20260302090000'));
    expect(gateway.only('Encounter')).toMatchObject({ serviceProvider: { display: 'Unité 3070' } });
    const units = gateway.memberships().map(({ label }) => label);
    expect(units).toEqual(expect.arrayContaining(['Unité 3070', 'Unité 3071']));
  });
});

describe('what a feed says of the way out', () => {
  it.each([
    ['6', 'Vers une hospitalisation à domicile'],
    ['8', 'Avec des soins infirmiers à domicile'],
    ['2', 'Vers des soins médicaux et de réadaptation'],
    ['7', 'Vers un établissement médico-social'],
  ])('(ZFM-4 %s) stands in the plan in the words of its code', async (code, words) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), discharge({ visitSegments: [segment('ZFM', { 2: '8', 4: code })] }));
    const plan = gateway.only('CarePlan') as { activity?: { detail?: { description?: string } }[] };
    const described = plan.activity?.map(({ detail }) => detail?.description);
    expect(described).toContainEqual(expect.stringContaining(words));
    expect(described).not.toContain('Domicile');
  });
});

describe('a movement number that a message of another kind uses again', () => {
  it.each<[string, string]>([
    ['a discharge', 'A03'],
    ['a transfer', 'A02'],
    ['an emergency', 'A04'],
  ])('is looked at, whatever arrives first: %s', async (_what, trigger) => {
    const again = message(trigger, '20260302080000', movement('M1', '20260302080000'));
    for (const order of [
      [admission(), again],
      [again, admission()],
    ]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(gateway.openItems()).toEqual(['field-invalid']);
      expect(gateway.only('Encounter')).toMatchObject({ status: 'in-progress' });
    }
  });

  it('by one of its own kind is not: the letters of both add up', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), admission({ pv1: { 3: '3070^1^A' } }, '20260301080000'));
    expect(gateway.openItems()).toEqual([]);
  });
});
