import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { CarePlan, StructureDefinition } from 'fhir/r4.js';
import { OWN } from '../../../src/fhir/systems.js';
import { faultsOf } from '../../support/conformance.js';
import { factsOf, foldedOf, HOSPITAL, movement, pam, type PamParts } from '../../support/pam.js';

const profile = JSON.parse(
  readFileSync('profiles/StructureDefinition-stay-care-plan.json', 'utf8'),
) as StructureDefinition;

/** A message of the stay V1; `day` is that of March 2026. */
function message(trigger: string, day: string, id: string, more: Partial<PamParts> = {}): string {
  const at = `202603${day}0000`;
  const action = /A1[123]/.test(trigger) ? 'CANCEL' : 'INSERT';
  return pam({ trigger, at, zbe: movement(id, at, action, { unit: '2040' }), ...more });
}

const planned = message('A05', '0109', 'M0', { pv2: { 8: '20260302080000', 9: '20260306' } });
const admission = message('A01', '0208', 'M1', { pv1: { 3: `2040^12^A^${HOSPITAL}` } });
const doctor = { 7: '10999000102^FABRE^Hélène^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS' };
const discharge = message('A03', '0510', 'M3', { pv1: { 36: '1' } });
const plansOf = (...messages: string[]) => foldedOf<CarePlan>('CarePlan', factsOf(messages));

describe('the CarePlan of a stay', () => {
  it.each([
    ['expected', [planned], 'draft'],
    ['begun', [planned, admission], 'active'],
    ['with a circle', [message('A01', '0208', 'M1', { pv1: doctor })], 'active'],
    ['ended', [planned, admission, discharge], 'completed'],
    ['cancelled', [admission, message('A11', '0209', 'M1')], 'revoked'],
    ['without any movement number', [pam({ trigger: 'A01', at: '20260302080000' })], 'active'],
    ['protected', [message('A01', '0208', 'M1', { pv2: { 22: 'Y' } })], 'active'],
  ])('of a stay that is %s claims its profile and keeps it', (_, messages, status) => {
    const plans = plansOf(...messages);
    expect(plans.map((plan) => [plan.status, plan.meta?.profile])).toEqual([[status, [OWN.stayCarePlan]]]);
    for (const plan of plans) expect(faultsOf(plan, profile)).toEqual([]);
  });
});
