import { describe, expect, it } from '@jest/globals';
import type { Encounter, Patient } from 'fhir/r4.js';
import { deliveringTo } from '../../support/delivery.js';
import { HOSPITAL, INS_TEST, movement, pam } from '../../support/pam.js';
import { DECLARED, type Stages } from '../../support/stages.js';
import type { TestVendor } from '../../support/vendor.js';

let stages: Stages;
let vendor: TestVendor;
deliveringTo((delivery) => ({ stages, vendor } = delivery));

const INS = `279037101400144^^^${INS_TEST}^INS`;
const TRAITS = { 5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L', 7: '19790328', 11: '^^^^^^BDL^^71014', 32: 'VALI' };
const NUMBERS = { A: `IPP1^^^${HOSPITAL}^PI`, B: 'B7^^^CH-AUTRE&2.999.72.1&ISO^PI' } as const;

function stay(of: 'A' | 'B', trigger: string, hour: string): string {
  const at = `20260302${hour}0000`;
  return pam({
    trigger,
    at,
    pid: { ...TRAITS, 3: of === 'A' ? `${NUMBERS.A}~${INS}` : NUMBERS.B },
    patientSegments: [DECLARED],
    pv1: { 3: `20${hour}^1`, 19: `V${of}^^^${HOSPITAL}^VN` },
    zbe: movement(`M${of}${hour}`, at, 'INSERT', { unit: `20${hour}` }),
  });
}

/** What the other hospital says of B: that this is his INS, or that it is not qualified any more. */
const identity = (hour: string, ins: boolean) =>
  pam({
    trigger: 'A31',
    at: `20260302${hour}0000`,
    pid: { ...TRAITS, 3: ins ? `${NUMBERS.B}~${INS}` : NUMBERS.B, ...(ins ? {} : { 32: 'PROV' }) },
    pv1: null,
  });

/** Who is active, by the numbers that each carries. */
async function patientsHeld(): Promise<[boolean | undefined, string[]][]> {
  const held = await vendor.search<Patient>('Patient');
  return held
    .map(({ active, identifier = [] }): [boolean | undefined, string[]] => [
      active,
      identifier.map(({ value = '' }) => value).sort(),
    ])
    .sort(([, [a = '']], [, [b = '']]) => a.localeCompare(b));
}

/** Each stay, and whose it is. */
async function staysHeld(): Promise<string[]> {
  const numbers = new Map(
    (await vendor.search<Patient>('Patient')).map(({ id, identifier = [] }) => [
      `Patient/${id ?? ''}`,
      identifier.flatMap(({ value = '' }) => (/^(IPP1|B7)$/.test(value) ? value : [])).join(' '),
    ]),
  );
  const stays = await vendor.search<Encounter>('Encounter');
  return stays
    .map(
      ({ identifier, subject }) => `${identifier?.[0]?.value ?? ''} of ${numbers.get(subject?.reference ?? '') ?? ''}`,
    )
    .sort();
}

async function refused(): Promise<void> {
  await vendor.behave('422');
  await stages.deliver(vendor.url);
  await vendor.behave('ok');
}

async function revive(): Promise<void> {
  const { items } = await stages.store.listDeliveries({ state: 'dead' });
  for (const { id } of items) await stages.store.reviveDelivery(String(id));
  await stages.deliver(vendor.url);
}

const states = async () => {
  const { items } = await stages.store.listDeliveries({});
  return items.reverse().map(({ event, state }) => `${String(event)} ${String(state)}`);
};

describe('two patients who turn out to be one', () => {
  it('are one active Patient at the vendor’s, and one that says by whom it is replaced', async () => {
    await stages.translate(stay('A', 'A01', '08'), stay('B', 'A01', '09'));
    await stages.deliver(vendor.url);
    await stages.translate(identity('10', true));
    await stages.deliver(vendor.url);
    expect((await patientsHeld()).map(([active]) => active)).toEqual([true, false]);
  });

  it('are so too where the vendor refuses at first to hear of it, and learns of the survivor before', async () => {
    await stages.translate(stay('A', 'A01', '08'), stay('B', 'A01', '09'));
    await stages.deliver(vendor.url);
    await stages.translate(identity('10', true));
    await refused();
    await stages.translate(stay('A', 'A02', '11'));
    await stages.deliver(vendor.url);
    await revive();
    expect((await states()).filter((state) => !/delivered|superseded/.test(state))).toEqual([]);
    expect((await patientsHeld()).map(([active]) => active)).toEqual([true, false]);
  });

  it.each([
    ['at once', () => stages.deliver(vendor.url)],
    ['after a refusal', refused],
  ])('and are two again, are two at the vendor’s, who is told %s', async (_when, tell) => {
    await stages.translate(
      stay('A', 'A01', '08'),
      stay('B', 'A01', '09'),
      identity('10', true),
      stay('A', 'A02', '11'),
    );
    await stages.deliver(vendor.url);
    await stages.translate(identity('12', false));
    await tell();
    await stages.translate(stay('B', 'A02', '13'));
    await stages.deliver(vendor.url);
    await revive();
    expect((await states()).filter((state) => !/delivered|superseded/.test(state))).toEqual([]);
    const held = await patientsHeld();
    expect(held.map(([active]) => active)).toEqual([true, true]);
    expect(held.map(([, numbers]) => numbers)).toEqual([['279037101400144', 'IPP1'], ['B7']]);
    expect(await staysHeld()).toEqual(['VA of IPP1', 'VB of B7']);
  });
});
