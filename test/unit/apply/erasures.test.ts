import { describe, expect, it } from '@jest/globals';
import type { CareTeam, Encounter, Patient } from 'fhir/r4.js';
import { AGNES, MemoryGateway, rol, sent } from '../../support/applied.js';
import { HOSPITAL, movement, pam, segment, type Fields, type PamParts } from '../../support/pam.js';

const identity = (day: string, pid: Fields, more: Partial<PamParts> = {}) =>
  pam({ trigger: 'A31', at: `202603${day}080000`, pv1: null, pid, ...more });
const admission = (more: Partial<PamParts> = {}) =>
  pam({ trigger: 'A01', at: '20260301080000', zbe: movement('M1', '20260301080000'), ...more });
const later = (trigger: string, zbe: Fields, more: Partial<PamParts> = {}) =>
  pam({ trigger, at: '20260302080000', zbe, ...more });
const correction = (more: Partial<PamParts>, zbe: Fields = {}) =>
  later('Z99', { ...movement('M1', '20260301080000', 'UPDATE', { original: 'A01', nature: 'C' }), ...zbe }, more);
const transfer = (more: Partial<PamParts>) => later('A02', movement('M2', '20260302080000'), more);
const unit = (code: string) => `Unité ${code}^^^^^${HOSPITAL}^UF^^^${code}`;

describe('a field that is `""` takes back what it gave to the patient, and nothing else', () => {
  const FULL: Fields = {
    6: 'MERE^^^^^^M',
    11: '1 RUE^^VILLE^^75001^FRA^H~^^^^^^BDL^^71014',
    13: '^PRN^PH^^^^^^^^^0300000001',
    14: '^WPN^PH^^^^^^^^^0300000002',
    16: 'M',
    26: 'FRA',
    29: '20260301',
    32: 'VALI',
  };
  const paths: Record<string, (patient: Patient) => unknown> = {
    address: (patient) => patient.address,
    home: (patient) => patient.telecom?.find(({ value }) => value === '0300000001'),
    work: (patient) => patient.telecom?.find(({ value }) => value === '0300000002'),
    marital: (patient) => patient.maritalStatus,
    death: (patient) => patient.deceasedDateTime,
    mother: (patient) => patient.extension?.find(({ url }) => url.includes('mothersMaidenName')),
    nationality: (patient) => patient.extension?.find(({ url }) => url.includes('nationality')),
    reliability: (patient) => patient.extension?.find(({ url }) => url.includes('identity-reliability')),
    birthPlace: (patient) => patient.extension?.find(({ url }) => url.includes('birthPlace')),
  };

  it.each<[string, Fields, string[]]>([
    ['PID-11, address and birth place', { 11: '""' }, ['address', 'birthPlace']],
    ['PID-13', { 13: '""' }, ['home']],
    ['PID-14', { 14: '""' }, ['work']],
    ['PID-16', { 16: '""' }, ['marital']],
    ['PID-29', { 29: '""' }, ['death']],
    ['PID-6 without PID-32', { 6: '""' }, ['mother']],
    ['PID-6 beside PID-32', { 6: '""', 32: 'VALI' }, ['mother']],
    ['PID-26', { 26: '""', 32: 'VALI' }, ['nationality']],
    ['PID-32', { 32: '""' }, ['reliability']],
    ['nothing at all', {}, []],
  ])('%s', async (_field, erased, gone) => {
    const gateway = new MemoryGateway();
    await gateway.take(identity('02', FULL));
    const before = gateway.only<Patient>('Patient');
    for (const [name, path] of Object.entries(paths)) expect([name, path(before)]).not.toEqual([name, undefined]);
    await gateway.take(identity('03', erased));
    const after = gateway.only<Patient>('Patient');
    const missing = Object.entries(paths).flatMap(([name, path]) => (path(after) === undefined ? [name] : []));
    expect(missing.sort()).toEqual([...gone].sort());
    expect(JSON.stringify(after)).not.toContain('\\"\\"');
  });
});

describe('what a later movement erases is gone from the stay', () => {
  it.each<[string, Partial<PamParts>, Partial<PamParts>, (encounter: Encounter) => unknown]>([
    ['the expected discharge (PV2-9)', { pv2: { 9: '20260309' } }, { pv2: { 9: '""' } }, ({ extension }) => extension],
    ['the service (PV1-10)', { pv1: { 10: 'CHIR' } }, { pv1: { 10: '""' } }, ({ serviceType }) => serviceType],
    ['the protection (PV2-22 N)', { pv2: { 22: 'Y' } }, { pv2: { 22: 'N' } }, ({ meta }) => meta?.security],
    ['the protection (PV2-22 "")', { pv2: { 22: 'Y' } }, { pv2: { 22: '""' } }, ({ meta }) => meta?.security],
    ['the reason (PV2-3)', { pv2: { 3: 'X^Chute' } }, { pv2: { 3: '""' } }, ({ reasonCode }) => reasonCode],
    ['the admit source (PV1-14)', { pv1: { 14: '1' } }, { pv1: { 14: '""' } }, (e) => e.hospitalization?.admitSource],
  ])('%s, by a transfer and by a correction', async (_what, first, second, of) => {
    for (const erase of [transfer, correction]) {
      const gateway = new MemoryGateway();
      await gateway.take(admission(first));
      expect(of(gateway.only('Encounter'))).toBeDefined();
      await gateway.take(erase(second));
      expect(of(gateway.only('Encounter'))).toBeUndefined();
    }
  });
});

describe('a person or unit that is erased', () => {
  it.each<[string, Partial<PamParts>, Partial<PamParts>, Fields, string]>([
    ['the responsible doctor (PV1-7)', { pv1: { 7: '0210^FABRE' } }, { pv1: { 7: '""' } }, {}, 'FABRE'],
    ['the admitting doctor (PV1-17)', { pv1: { 17: '0211^MOULIN' } }, { pv1: { 17: '""' } }, {}, 'MOULIN'],
    ['the referring doctor (PV1-8)', { pv1: { 8: '0212^REFERENT' } }, { pv1: { 8: '""' } }, {}, 'REFERENT'],
    [
      'the medical unit (ZBE-7)',
      { zbe: { ...movement('M1', '20260301080000'), 7: unit('3070') } },
      {},
      { 7: '""' },
      'Unité 3070',
    ],
    [
      'the care unit (ZBE-8)',
      { zbe: { ...movement('M1', '20260301080000'), 8: unit('3071') } },
      {},
      { 8: '""' },
      'Unité 3071',
    ],
  ])('%s leaves Encounter and circle', async (_what, first, second, zbe, label) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(first));
    expect(gateway.memberships().map((member) => member.label)).toEqual([label]);
    await gateway.take(correction(second, zbe));
    expect(gateway.memberships()).toEqual([]);
    expect(JSON.stringify(gateway.only('Encounter'))).not.toContain(label);
  });

  it('by a later movement leaves when that one comes', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission({ pv1: { 7: '0210^FABRE' } }), transfer({ pv1: { 7: '""' } }));
    expect(gateway.memberships()).toMatchObject([{ label: 'FABRE', to: '2026-03-02T08:00:00+01:00' }]);
  });
});

describe('the place that is erased', () => {
  it.each(['""', '""^""^""'])('(PV1-3 %s) is no place, and no text', async (place) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission({ pv1: { 3: '3070^12^A' } }), correction({ pv1: { 3: place } }));
    const encounter = gateway.only<Encounter>('Encounter');
    expect(encounter.location).toBeUndefined();
    expect(JSON.stringify(encounter)).not.toContain('\\"\\"');
  });
});

describe('pre-admission (PV1-5)', () => {
  const cancel = (five: string) =>
    later('A11', movement('M1', '20260301080000', 'CANCEL', { original: 'A01' }), { pv1: { 5: five } });

  it.each<[string, string, string]>([
    ['filled on the admission', 'PRE1', ''],
    ['filled on the cancellation alone', '', 'PRE1'],
    ['filled on both', 'PRE1', 'PRE1'],
  ])('%s: the stay is planned again', async (_what, five, cancelled) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission({ pv1: { 5: five } }), cancel(cancelled));
    expect(gateway.only('Encounter')).toMatchObject({ status: 'planned' });
  });

  it.each<[string, string, string]>([
    ['nowhere', '', ''],
    ['erased on the admission', '""', ''],
    ['filled on the admission, erased on the cancellation', 'PRE1', '""'],
  ])('%s: the stay is cancelled', async (_what, five, cancelled) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission({ pv1: { 5: five } }), cancel(cancelled));
    expect(gateway.only('Encounter')).toMatchObject({ status: 'cancelled' });
  });
});

describe('times that are erased', () => {
  it('of a statement (ROL-6 `""`) let the member stay', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission({ patientSegments: [rol(AGNES, { end: '20260302000000' })] }));
    await gateway.take(
      identity('01', {}, { patientSegments: [rol(AGNES, { end: '""' })] }).replaceAll(
        '20260301080000',
        '20260301090000',
      ),
    );
    expect(gateway.only<CareTeam>('CareTeam').participant?.[0]?.period?.end).toBeUndefined();
  });

  it('of the stay (PV1-44, PV1-45 `""`) leave the time of the movement', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission({ pv1: { 44: '20260228230000' } }), correction({ pv1: { 44: '""' } }));
    expect(gateway.only<Encounter>('Encounter').period?.start).toBe('2026-03-01T08:00:00+01:00');
  });

  it('of a contact (NK1-9 `""`) let him stay', async () => {
    const gateway = new MemoryGateway();
    const contact = (end: string) =>
      segment('NK1', { 2: 'PROCHE^LEA', 3: 'CHD', 7: 'C', 9: end, 33: `PC1^^^${HOSPITAL}^PN` });
    await gateway.take(admission({ patientSegments: [contact('20260305')] }));
    const step = await gateway.take(correction({ patientSegments: [contact('""')] }));
    expect(sent(step)).toEqual([]);
    expect(gateway.memberships().map(({ to }) => to)).toEqual([undefined]);
  });
});
