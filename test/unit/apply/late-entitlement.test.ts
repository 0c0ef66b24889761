import { describe, expect, it } from '@jest/globals';
import { AGNES, BRUNO, happened, MemoryGateway, reasons, rol, sent } from '../../support/applied.js';
import { movement, pam, segment, type Fields, type PamParts } from '../../support/pam.js';

function visit(trigger: string, at: string, zbe: Fields, more: Partial<PamParts> = {}): string {
  return pam({ trigger, at, zbe, ...more });
}
const admission = (more: Partial<PamParts> = {}) =>
  visit('A01', '20260310080000', movement('M1', '20260310080000'), more);
const transfer = visit('A02', '20260311080000', movement('M2', '20260311080000'));
const discharge = (at = '20260312080000', more: Partial<PamParts> = {}) => visit('A03', at, movement('M4', at), more);
const correction = (at: string, more: Partial<PamParts>) =>
  visit('Z99', at, movement('M1', '20260310080000', 'UPDATE', { original: 'A01', nature: 'C' }), more);
const identity = (at: string, patientSegments: string[]) => pam({ trigger: 'A31', at, pv1: null, patientSegments });
const SINCE_JANUARY = rol(AGNES, { begin: '20260101000000' });

describe('who comes to be of the circle at the time of an event gets the event itself', () => {
  it.each([
    ['a correction that names the family doctor', correction('20260310081000', { patientSegments: [rol(AGNES)] })],
    ['a correction that dates him back', correction('20260310120000', { patientSegments: [SINCE_JANUARY] })],
    ['an identity message that dates him back', identity('20260310120000', [SINCE_JANUARY])],
    [
      'PD1-4 of an identity message recorded before',
      identity('20260309120000', [
        segment('PD1', { 4: '10999000011^AGNES^Alix^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS' }),
      ]),
    ],
  ])('%s', async (_what, naming) => {
    const gateway = new MemoryGateway();
    const first = await gateway.take(admission());
    const late = await gateway.take(naming);
    expect([sent(first), sent(late)]).toEqual([[], ['admission to agnes']]);
    expect(reasons(late)).toContain('Alix AGNES: admission, rule-tells');
  });

  it('all that holds of the stay, and nothing that was cancelled', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), transfer, visit('A02', '20260311090000', movement('M3', '20260311090000')));
    await gateway.take(visit('A12', '20260311100000', movement('M3', '20260311090000', 'CANCEL', { original: 'A02' })));
    await gateway.take(discharge());
    const late = await gateway.take(identity('20260312090000', [SINCE_JANUARY]));
    expect(sent(late)).toEqual(['admission to agnes', 'transfer to agnes', 'discharge to agnes']);
  });

  it('only from the time on at which he is of the circle', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), transfer, discharge());
    const late = await gateway.take(identity('20260312090000', [rol(AGNES, { begin: '20260311120000' })]));
    expect(sent(late)).toEqual(['discharge to agnes']);
  });

  it('and is corrected afterwards like everybody who was told', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), correction('20260310081000', { patientSegments: [rol(AGNES)] }));
    const cancel = visit('A11', '20260310090000', movement('M1', '20260310080000', 'CANCEL', { original: 'A01' }));
    expect(sent(await gateway.take(cancel))).toEqual(['admission-cancelled to agnes']);
  });

  it('beside those who were told of it before, who get its correction alone', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission({ patientSegments: [rol(AGNES)], pv1: { 3: '3070^1^A' } }));
    const both = await gateway.take(
      correction('20260310100000', {
        patientSegments: [rol(BRUNO, { begin: '20260310070000' })],
        pv1: { 3: '3070^1^B' },
      }),
    );
    expect(sent(both).sort()).toEqual(['admission to bruno', 'correction to agnes']);
  });
});

describe('nobody is told twice', () => {
  it.each([
    ['by the same statement again', correction('20260310120000', { patientSegments: [rol(AGNES)] })],
    ['by a statement that dates him back', correction('20260310120000', { patientSegments: [SINCE_JANUARY] })],
    ['by an identity message', identity('20260310120000', [SINCE_JANUARY])],
    ['by a second role', identity('20260310120000', [SINCE_JANUARY, rol(AGNES, { role: 'CP', begin: '20260101' })])],
  ])('%s', async (_what, again) => {
    const gateway = new MemoryGateway();
    expect(sent(await gateway.take(admission({ patientSegments: [rol(AGNES)] })))).toEqual(['admission to agnes']);
    expect(sent(await gateway.take(again))).toEqual([]);
  });

  it('though the message that names him late comes a second time', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), correction('20260310081000', { patientSegments: [rol(AGNES)] }));
    const again = await gateway.take(correction('20260310081500', { patientSegments: [rol(AGNES)] }));
    expect(sent(again)).toEqual([]);
  });
});

describe('a stay that ended long ago is told to nobody who comes late', () => {
  const named = identity('20260601080000', [SINCE_JANUARY]);

  it.each([
    ['a week', '2026-03-19T12:00:00Z', ['admission to agnes', 'discharge to agnes']],
    ['89 days', '2026-06-09T12:00:00Z', ['admission to agnes', 'discharge to agnes']],
    ['four months', '2026-07-12T12:00:00Z', []],
    ['years', '2029-07-12T12:00:00Z', []],
  ])('after %s', async (_what, now, expected) => {
    const gateway = new MemoryGateway({ now });
    await gateway.takeAll(admission(), discharge());
    expect(sent(await gateway.take(named))).toEqual(expected);
  });

  it('while one that lasts is, however long it has', async () => {
    const gateway = new MemoryGateway({ now: '2027-03-01T00:00:00Z' });
    await gateway.take(admission());
    expect(sent(await gateway.take(named))).toEqual(['admission to agnes']);
  });

  it('though another stay is told', async () => {
    const gateway = new MemoryGateway({ now: '2026-12-01T00:00:00Z' });
    await gateway.takeAll(admission(), discharge());
    const at = '20261120080000';
    await gateway.take(visit('A01', at, movement('M9', at), { pv1: { 19: 'V2^^^CH-ESSAI&2.999.71.1&ISO^VN' } }));
    const late = await gateway.take(identity('20261121080000', [SINCE_JANUARY]));
    expect(late.events.map(({ kind, about }) => `${kind} ${about.key.split('|')[1] ?? ''}`)).toEqual(['admission V2']);
  });
});

describe('a stay that a message read anew no longer names', () => {
  const elsewhere = { pv1: { 19: 'V2^^^CH-ESSAI&2.999.71.1&ISO^VN' } };
  const told = { patientSegments: [rol(AGNES)] };

  it('is taken back where it was told, and told under its new number', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(told), { messageId: '1' });
    const step = await gateway.take(admission({ ...told, ...elsewhere }), { messageId: '1' });
    expect(sent(step).sort()).toEqual(['admission to agnes', 'admission-cancelled to agnes']);
    expect(gateway.resources('Encounter')).toHaveLength(1);
  });

  it('takes back all that was told of it, its discharge too', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(told), { messageId: '1' });
    await gateway.take(discharge(), { messageId: '2' });
    await gateway.take(discharge('20260312080000', elsewhere), { messageId: '2' });
    const step = await gateway.take(admission({ ...told, ...elsewhere }), { messageId: '1' });
    expect(happened(step)).toContain('admission-cancelled');
    expect(gateway.resources('Encounter')).toHaveLength(1);
  });

  it('is entered in error for those who hold it, with its plan', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(told), { messageId: '1' });
    const step = await gateway.take(admission({ ...told, ...elsewhere }), { messageId: '1' });
    const wrong = step.resources.filter(({ body }) => body.includes('"entered-in-error"'));
    expect(wrong.map(({ resource }) => resource.resourceType).sort()).toEqual(['CarePlan', 'Encounter']);
    const cancelled = step.deliveries.find(({ kind }) => kind === 'admission-cancelled');
    expect(cancelled?.resources).toEqual(
      expect.arrayContaining(wrong.map(({ resource }) => `${resource.resourceType}/${resource.id}`)),
    );
  });

  it('of somebody else, whose number the message now has, is his from then on, and those who were told learn it', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(told), { messageId: '1' });
    const other = { pid: { 3: 'IPP2^^^CH-ESSAI&2.999.71.1&ISO^PI', 5: 'AUTRE^PERSONNE' } };
    const step = await gateway.take(admission({ ...told, ...other }), { messageId: '1' });
    expect(gateway.only('Encounter')).toMatchObject({
      subject: { reference: `Patient/${gateway.only('Patient').id ?? ''}` },
    });
    expect(sent(step)).toEqual(['admission-cancelled to agnes', 'admission to agnes']);
  });

  it('and whoever knows one of the two is shown nothing of the other', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(told), { messageId: '1' });
    const [patient] = gateway.resources('Patient');
    const other = { pid: { 3: 'IPP2^^^CH-ESSAI&2.999.71.1&ISO^PI', 5: 'AUTRE^PERSONNE' } };
    const step = await gateway.take(admission({ ...other, patientSegments: [rol(BRUNO)] }), { messageId: '1' });
    expect(sent(step)).toEqual(['admission-cancelled to agnes', 'admission to bruno']);
    const encounters = step.resources.filter(({ resource }) => resource.resourceType === 'Encounter');
    const own = { status: 'entered-in-error', subject: { reference: `Patient/${patient?.id ?? ''}` } };
    expect(encounters.map(({ resource }) => resource)).toMatchObject([own, { status: 'in-progress' }]);
    expect(step.deliveries[0]?.resources).toContain(`Patient/${patient?.id ?? ''}`);
    expect(step.deliveries[1]?.resources).not.toContain(`Patient/${patient?.id ?? ''}`);
  });

  it('is left as it is by a reading that gives the same', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission(told), { messageId: '1' });
    const step = await gateway.take(admission(told), { messageId: '1' });
    expect([step.facts, step.resources, step.deliveries, step.supersedes]).toEqual([[], [], [], false]);
  });
});
