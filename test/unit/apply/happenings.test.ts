import { describe, expect, it } from '@jest/globals';
import { AGNES, happened, MemoryGateway, rol, sent } from '../../support/applied.js';
import { movement, pam, type PamParts } from '../../support/pam.js';

const EVENTS = ['class-change', 'doctor-change', 'leave', 'return', 'pending-transfer', 'pending-discharge'] as const;
const RULES = [{ id: 'all', events: [...EVENTS], roles: ['PCP'] }];

function message(
  trigger: string,
  hour: string,
  id: string,
  more: Partial<PamParts> & { action?: string; original?: string } = {},
) {
  const { action = 'INSERT', original = '', ...parts } = more;
  const at = `20260302${hour}0000`;
  return pam({ trigger, at, patientSegments: [rol(AGNES)], zbe: movement(id, at, action, { original }), ...parts });
}

const entered = message('A04', '08', 'M1', { pv1: { 2: 'E' } });

describe('what happens between the admission and the discharge is told to whom a rule names it', () => {
  it.each<[(typeof EVENTS)[number], string, Partial<PamParts>, string, Partial<PamParts>]>([
    ['class-change', 'A06', { pv1: { 2: 'I' } }, 'A07', { pv1: { 2: 'E' } }],
    ['leave', 'A21', { pv2: { 47: '20260305' } }, 'A52', {}],
    ['return', 'A22', {}, 'A53', {}],
    ['doctor-change', 'A54', { pv1: { 7: '0211^MOULIN' } }, 'A55', {}],
    ['pending-discharge', 'A16', { pv2: { 9: '20260304' } }, 'A25', {}],
    ['pending-transfer', 'A15', { pv1: { 42: '3070^12^A' } }, 'A26', {}],
  ])('%s, and its cancellation', async (event, trigger, parts, cancelling, undone) => {
    const gateway = new MemoryGateway({ rules: RULES });
    expect(sent(await gateway.take(entered))).toEqual([]);
    const told = await gateway.take(message(trigger, '10', 'M2', parts));
    expect([happened(told), sent(told)]).toEqual([[event], [`${event} to agnes`]]);
    const cancel = message(cancelling, '11', 'M2', { action: 'CANCEL', original: trigger, ...undone });
    expect(sent(await gateway.take(cancel))).toEqual([`${event}-cancelled to agnes`]);
  });

  it.each<[string, Partial<PamParts>, Partial<PamParts>]>([
    ['A16', { pv2: { 9: '20260304' } }, { pv2: { 9: '20260306' } }],
    ['A21', { pv2: { 47: '20260305' } }, { pv2: { 47: '20260306' } }],
    ['A15', { pv1: { 42: '3070^12^A' } }, { pv1: { 42: '3070^14^A' } }],
  ])('another date or place in a correction of %s is told as a correction', async (trigger, first, second) => {
    const gateway = new MemoryGateway({ rules: RULES });
    await gateway.takeAll(entered, message(trigger, '10', 'M2', first));
    const zbe = movement('M2', '20260302100000', 'UPDATE', { original: trigger });
    const corrected = pam({ trigger: 'Z99', at: '20260302120000', patientSegments: [rol(AGNES)], zbe, ...second });
    expect(sent(await gateway.take(corrected))).toEqual(['correction to agnes']);
  });

  it('of a class that a rule asks for', async () => {
    const rules = [{ id: 'in', events: ['class-change' as const], roles: ['PCP'], when: { class: ['IMP'] } }];
    const gateway = new MemoryGateway({ rules });
    await gateway.take(entered);
    expect(sent(await gateway.take(message('A07', '09', 'M2', { pv1: { 2: 'O' } })))).toEqual([]);
    expect(sent(await gateway.take(message('A06', '10', 'M3', { pv1: { 2: 'I' } })))).toEqual([
      'class-change to agnes',
    ]);
  });
});
