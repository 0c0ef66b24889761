import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AGNES, BRUNO, MemoryGateway, rol } from '../support/applied.js';
import { HOSPITAL, INS_TEST, movement, pam } from '../support/pam.js';

const INS = ['279037101400144', '279037101400243'].map((number) => `${number}^^^${INS_TEST}^INS`);
const cx = (value: string, type = 'PI') => `${value}^^^${HOSPITAL}^${type}`;

/** Few people, numbers, stays and times, so that they meet. */
const plan = fc.record({
  trigger: fc.constantFrom('A01', 'A01', 'A03', 'A31', 'A31', 'A40', 'A44', 'A44', 'A47', 'A47', 'A47'),
  hour: fc.integer({ min: 10, max: 22 }),
  number: fc.constantFrom('P1', 'P2', 'P3', 'P4'),
  earlier: fc.constantFrom('P1', 'P2', 'P3', 'P4'),
  record: fc.constantFrom('', '', 'M1', 'M2', '""'),
  earlierRecord: fc.constantFrom('', '', 'M1', 'M2'),
  ins: fc.constantFrom('', '', ...INS, `""^^^${INS_TEST}^INS`),
  earlierIns: fc.constantFrom('', '', '', ...INS),
  alone: fc.constantFrom(false, false, false, true),
  reliability: fc.constantFrom('VALI', 'VALI', 'PROV', ''),
  family: fc.constantFrom('ESSAI', 'ESSAI', 'MODELE'),
  stay: fc.constantFrom('V1', 'V2', 'V3', ''),
  account: fc.constantFrom('A1', 'A2'),
});
type Plan = ReturnType<typeof plan.generate>['value'];

function textOf(said: Plan): string {
  const at = `20260302${said.hour}0000`;
  const { trigger, number, record, earlier } = said;
  const numbers = [
    ...(said.alone && record !== '' && record !== '""' ? [] : [cx(number)]),
    ...(record === '' ? [] : [cx(record, 'MR')]),
    ...(said.ins === '' ? [] : [said.ins]),
  ];
  const account = cx(said.account, 'AN');
  const pid = { 3: numbers.join('~'), 5: `${said.family}^CAMILLE^^^^^L`, 18: account, 32: said.reliability };
  if (['A40', 'A44', 'A47'].includes(trigger)) {
    const old = [
      ...(said.earlierRecord !== '' && said.alone ? [] : [cx(earlier)]),
      ...(said.earlierRecord === '' ? [] : [cx(said.earlierRecord, 'MR')]),
      ...(said.earlierIns === '' ? [] : [said.earlierIns]),
    ].join('~');
    return pam({ trigger, at, pid, pv1: null }).replace(/\rPV1.*/, `\rMRG|${old}||${account}`);
  }
  const patientSegments = [rol(number < 'P3' ? AGNES : BRUNO)];
  if (trigger === 'A31') return pam({ trigger, at, pid, pv1: null, patientSegments });
  const stay = said.stay === '' ? '' : cx(said.stay, 'VN');
  return pam({ trigger, at, pid, patientSegments, pv1: { 19: stay }, zbe: movement(`${said.stay}-${trigger}`, at) });
}

/** Each message under an id of its own, whatever the order of arrival. */
async function after(texts: readonly string[], order: readonly number[]): Promise<MemoryGateway> {
  const gateway = new MemoryGateway();
  for (const index of order) await gateway.take(texts[index] ?? '', { messageId: String(index + 1) });
  return gateway;
}

/** What a reader sees, and what waits for somebody. */
const seen = (gateway: MemoryGateway) =>
  [
    ...gateway.everything(),
    ...gateway.memberships().map((member) => JSON.stringify(member)),
    ...gateway.openItems(),
  ].sort();

describe('merges, changes of numbers and moves of accounts', () => {
  const histories = fc
    .array(plan, { minLength: 2, maxLength: 9 })
    .chain((plans) =>
      fc.tuple(fc.constant(plans), fc.shuffledSubarray([...plans.keys()], { minLength: plans.length })),
    );

  it('leave the same rows in whatever order they come, each message alone by the way that it needs', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ([plans, order]) => {
        const texts = plans.map(textOf);
        const [one, other] = [await after(texts, [...texts.keys()]), await after(texts, order)];
        expect(seen(other)).toEqual(seen(one));
      }),
      { numRuns: 400 },
    );
  }, 240_000);
});
