import { describe, expect, it } from '@jest/globals';
import type { Encounter } from 'fhir/r4.js';
import { deliveringTo } from '../../support/delivery.js';
import { movement, pam } from '../../support/pam.js';
import { DECLARED, type Stages } from '../../support/stages.js';
import type { TestVendor } from '../../support/vendor.js';

let stages: Stages;
let vendor: TestVendor;
deliveringTo((delivery) => ({ stages, vendor } = delivery));

/** A movement of the stay of 2 March 2026, recorded at an hour. */
function moved(
  trigger: string,
  hour: string,
  id: string,
  change: { action?: string; original?: string; at?: string } = {},
) {
  const { action = 'INSERT', at = hour, ...rest } = change;
  return pam({
    trigger,
    at: `20260302${hour}0000`,
    patientSegments: [DECLARED],
    pv1: { 3: trigger === 'A01' ? '2040^12^A' : `30${id.slice(1)}0^1^B` },
    zbe: movement(id, `20260302${at}0000`, action, { ...rest, unit: trigger === 'A01' ? '2040' : `30${id.slice(1)}0` }),
  });
}

const ADMISSION = moved('A01', '08', 'M1');
const TRANSFER = moved('A02', '09', 'M2');
const DISCHARGE = moved('A03', '12', 'M4');
const NO_ADMISSION = moved('A11', '10', 'M1', { action: 'CANCEL', original: 'A01', at: '08' });
const NO_TRANSFER = moved('A12', '10', 'M2', { action: 'CANCEL', original: 'A02', at: '09' });
const LATER_ADMISSION = moved('Z99', '10', 'M1', { action: 'UPDATE', original: 'A01', at: '07' });

const kinds = async () => (await vendor.communications()).map(({ topic }) => topic?.coding?.[0]?.code);
const states = async () => {
  const { items } = await stages.store.listDeliveries({});
  return items.reverse().map(({ event, state, reason }) => [event, state, reason ?? ''].join(' ').trim());
};
const decisions = async () => {
  const { items } = await stages.store.listReceipts({});
  const rows = items.reverse().filter(({ reason }) => reason !== 'no-rule');
  return rows.map(({ event, decision, reason }) => `${String(event)} ${String(decision)} ${String(reason)}`);
};

/** Sends what is due to a server that refuses it. */
async function refused(): Promise<void> {
  await vendor.behave('422');
  await stages.deliver(vendor.url);
  await vendor.behave('ok');
}

async function revive(): Promise<void> {
  const { items } = await stages.store.listDeliveries({ state: 'dead' });
  for (const { id } of items.reverse()) expect(await stages.store.reviveDelivery(String(id))).toBe(true);
  await stages.deliver(vendor.url);
}

async function statusHeld(): Promise<string[]> {
  return (await vendor.search<Encounter>('Encounter')).map(({ status }) => status);
}

describe('a revived delivery', () => {
  it('goes as it is where nothing happened since', async () => {
    await stages.translate(ADMISSION);
    await refused();
    await revive();
    expect(await states()).toEqual(['admission delivered']);
    expect(await kinds()).toEqual(['admission']);
  });

  it.each([
    ['a discharge', [DISCHARGE], 'finished'],
    ['a transfer', [TRANSFER], 'in-progress'],
    ['a transfer and a discharge', [TRANSFER, DISCHARGE], 'finished'],
  ])('gives its place to one of the present state after %s', async (_what, messages, status) => {
    await stages.translate(ADMISSION);
    await refused();
    await stages.translate(...messages);
    await stages.deliver(vendor.url);
    const [held] = await vendor.search<Encounter>('Encounter');
    await revive();
    expect((await states())[0]).toBe('admission superseded passed');
    expect((await states()).at(-1)).toBe('admission delivered');
    expect(await statusHeld()).toEqual([status]);
    const [after] = await vendor.search<Encounter>('Encounter');
    expect({ ...after, meta: undefined }).toEqual({ ...held, meta: undefined });
    const numbers = (await vendor.communications()).map(({ extension }) => extension?.[0]?.valueInteger ?? 0);
    expect(numbers.at(-1)).toBe(Math.max(...numbers));
    expect(await revivable()).toBe(0);
  });

  it('is still the same Communication, which the server may have carried out before', async () => {
    await stages.translate(ADMISSION);
    await vendor.behave('502', { carryOut: true });
    await stages.deliver(vendor.url, { expireHours: 0.000_001 });
    await vendor.behave('ok');
    await stages.translate(TRANSFER);
    await stages.deliver(vendor.url);
    await revive();
    expect((await kinds()).sort()).toEqual(['admission', 'transfer']);
  });
});

async function revivable(): Promise<number> {
  return (await stages.store.listDeliveries({ state: 'dead' })).total;
}

describe('a cancellation', () => {
  it.each([
    ['due', () => Promise.resolve()],
    ['dead', refused],
  ])('of what is still %s goes to nobody, and both end', async (_state, before) => {
    await stages.translate(ADMISSION);
    await before();
    await stages.translate(NO_ADMISSION);
    expect(await stages.deliver(vendor.url)).toEqual([]);
    expect(await states()).toEqual(['admission superseded cancelled']);
    expect(await decisions()).toEqual([
      'admission told rule-tells',
      'admission-cancelled not-told was-not-told-before',
    ]);
    expect(await kinds()).toEqual([]);
    expect(await revivable()).toBe(0);
  });

  it('in one batch with what it cancels tells nobody', async () => {
    await stages.translateTogether(ADMISSION, NO_ADMISSION);
    expect(await states()).toEqual(['admission superseded cancelled']);
    expect(await stages.deliver(vendor.url)).toEqual([]);
  });

  it('of a transfer lets the admission go, and what is due behind it goes without the transfer', async () => {
    await stages.translate(ADMISSION, TRANSFER, DISCHARGE, NO_TRANSFER);
    await stages.deliver(vendor.url);
    expect(await kinds()).toEqual(['admission', 'discharge']);
    const [held] = await vendor.search<Encounter>('Encounter');
    expect(held?.location).toHaveLength(1);
  });

  it('of a dead transfer follows where a later notification has shown it', async () => {
    await stages.translate(ADMISSION);
    await stages.deliver(vendor.url);
    await stages.translate(TRANSFER);
    await refused();
    await stages.translate(DISCHARGE);
    await stages.deliver(vendor.url);
    await stages.translate(NO_TRANSFER);
    await stages.deliver(vendor.url);
    expect(await kinds()).toEqual(['admission', 'discharge', 'transfer-cancelled']);
    expect(await revivable()).toBe(0);
    const [held] = await vendor.search<Encounter>('Encounter');
    expect(held?.location).toHaveLength(1);
  });

  it('of what is on its way follows it', async () => {
    await stages.translate(ADMISSION);
    const [claimed] = await stages.store.claimDeliveries({ endpoint: 'logiciel', limit: 1, leaseMs: 1 });
    expect(claimed).toBeDefined();
    await stages.translate(NO_ADMISSION);
    await stages.deliver(vendor.url);
    expect(await kinds()).toEqual(['admission', 'admission-cancelled']);
  });

  it('of what was on its way and was refused goes to nobody after all', async () => {
    await stages.translate(ADMISSION);
    const claimed = await stages.store.claimDeliveries({ endpoint: 'logiciel', limit: 1, leaseMs: 60_000 });
    await stages.translate(NO_ADMISSION);
    await stages.record(claimed, { state: 'dead' });
    expect(await stages.deliver(vendor.url, {}, 2)).toEqual([]);
    expect(await states()).toEqual(['admission superseded cancelled', 'admission-cancelled superseded not-delivered']);
    expect(await revivable()).toBe(0);
  });

  it('says which Communication it takes back', async () => {
    await stages.translate(ADMISSION, TRANSFER);
    await stages.deliver(vendor.url);
    await stages.translate(NO_TRANSFER);
    await stages.deliver(vendor.url);
    const [, transfer, cancelled] = await vendor.communications();
    expect(cancelled?.inResponseTo?.map(({ identifier }) => identifier)).toEqual(transfer?.identifier);
    expect(cancelled?.about?.[0]?.identifier).toMatchObject({ value: 'M2' });
    expect(transfer?.inResponseTo).toBeUndefined();
  });
});

describe('a correction', () => {
  it('of what is due goes to nobody: the event itself goes as it was corrected', async () => {
    await stages.translate(ADMISSION, LATER_ADMISSION);
    await stages.deliver(vendor.url);
    expect(await states()).toEqual(['admission superseded corrected', 'admission delivered']);
    const [held] = await vendor.search<Encounter>('Encounter');
    expect(held?.period?.start).toContain('T07:00');
  });

  it('of what is dead goes to nobody, and the event goes as it was corrected once it is revived', async () => {
    await stages.translate(ADMISSION);
    await refused();
    await stages.translate(LATER_ADMISSION);
    expect(await stages.deliver(vendor.url)).toEqual([]);
    await revive();
    expect(await kinds()).toEqual(['admission']);
    const [held] = await vendor.search<Encounter>('Encounter');
    expect(held?.period?.start).toContain('T07:00');
  });

  it('of what was delivered follows, however often', async () => {
    await stages.translate(ADMISSION);
    await stages.deliver(vendor.url);
    await stages.translate(LATER_ADMISSION, moved('Z99', '11', 'M1', { action: 'UPDATE', original: 'A01', at: '06' }));
    await stages.deliver(vendor.url);
    expect(await kinds()).toEqual(['admission', 'correction', 'correction']);
    const [admission, , last] = await vendor.communications();
    expect(last?.inResponseTo?.[0]?.identifier).toEqual(admission?.identifier?.[0]);
  });
});
