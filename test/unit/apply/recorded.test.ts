import { describe, expect, it } from '@jest/globals';
import type { Encounter, Patient } from 'fhir/r4.js';
import { MemoryGateway } from '../../support/applied.js';
import { IPP, movement, pam, type Fields } from '../../support/pam.js';

/** An identity message recorded and sent at these times. */
function identity(recorded: string, sentAt: string, pid: Fields): string {
  return pam({ trigger: 'A31', at: sentAt, pv1: null, pid: { 3: IPP, ...pid } }).replace(
    /EVN\|\|\d+/,
    `EVN||${recorded}`,
  );
}

describe('two messages recorded in one second', () => {
  const first = identity('20260302080000', '20260302080001', { 5: 'AVANT^CAMILLE' });
  const second = identity('20260302080000', '20260302080002', { 5: 'APRES^CAMILLE' });
  const family = (gateway: MemoryGateway) => gateway.only<Patient>('Patient').name?.[0]?.family;

  it.each([
    ['in the order in which they were sent', [first, second]],
    ['the other way round', [second, first]],
    ['the other way round, and once more', [second, first, second]],
  ])('go by MSH-7, whatever arrives first: %s', async (_what, texts) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...texts);
    expect(family(gateway)).toBe('APRES');
  });

  it('of a movement do so too', async () => {
    const correction = (sentAt: string, bed: string) =>
      pam({
        trigger: 'Z99',
        at: sentAt,
        pv1: { 3: `3070^12^${bed}` },
        zbe: movement('M1', '20260302070000', 'UPDATE', { original: 'A01' }),
      }).replace(/EVN\|\|\d+/, 'EVN||20260302080000');
    const admission = pam({ trigger: 'A01', at: '20260302070000', zbe: movement('M1', '20260302070000') });
    const texts = [admission, correction('20260302080003', 'C'), correction('20260302080002', 'B')];
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(gateway.only<Encounter>('Encounter').location?.[0]?.location.display).toContain('Lit C');
    }
  });
});

describe('a message recorded in the future', () => {
  const present = { receivedAt: '2026-03-02T09:00:00Z' };
  const family = (gateway: MemoryGateway) => gateway.only<Patient>('Patient').name?.[0]?.family;

  it.each([
    ['decades', '20620302080000'],
    ['a year', '20270302080000'],
    ['two days', '20260304100000'],
  ])('by %s is looked at, and does not win over what is recorded after it', async (_what, recorded) => {
    const gateway = new MemoryGateway();
    await gateway.take(identity(recorded, '20260302080000', { 5: 'FUTUR^CAMILLE' }), present);
    expect(gateway.openItems()).toEqual(['field-invalid']);
    expect(family(gateway)).toBe('FUTUR');
    await gateway.take(identity('20260302083000', '20260302083000', { 5: 'PRESENT^CAMILLE' }), present);
    expect(family(gateway)).toBe('PRESENT');
  });

  it('by hours is one whose clock is ahead, and is believed', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(identity('20260302150000', '20260302150000', { 5: 'FUTUR^CAMILLE' }), present);
    expect(gateway.openItems()).toEqual([]);
  });

  it('in MSH-7 too stands at its reception', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(identity('20620302080000', '20620302080000', { 5: 'FUTUR^CAMILLE' }), present);
    await gateway.take(identity('20260303083000', '20260303083000', { 5: 'PRESENT^CAMILLE' }), {
      receivedAt: '2026-03-03T09:00:00Z',
    });
    expect(family(gateway)).toBe('PRESENT');
  });

  it('does not move the birth of a patient, nor the order of two numbers of one', async () => {
    const gateway = new MemoryGateway();
    const step = await gateway.take(identity('20620302080000', '20260302080000', {}), present);
    expect(step.anchors).toMatchObject([{ recordedAt: '2026-03-02T07:00:00.000Z' }]);
  });
});
