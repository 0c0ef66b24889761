import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Bundle, CareTeam, Encounter, Patient } from 'fhir/r4.js';
import { freshDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { describeSamples, readSample } from '../support/samples.js';
import { startTestVendor, type TestVendor } from '../support/vendor.js';

/** An official sample under a control id of its own: several of them carry the same. */
function sample(file: string, controlId: string): string {
  const text = readSample(`pam-fr/${file}`).toString('utf8');
  return text.replace(/^(MSH(?:\|[^|\r\n]*){8}\|)[^|]*/, (_, head: string) => `${head}${controlId}`);
}

/** What a log must never hold of the people in the samples. */
const CONTENT = [
  'PAT-TROIS',
  'DOMINIQUE',
  '279035121518989',
  'Breteuil',
  '75007',
  '19790328',
  '1979-03-28',
  'AGNES',
  'Isabelle',
  'NORMANDIN',
  '0546442221',
  'Réault',
];

describeSamples('the official samples, from MLLP to the family doctor’s software', () => {
  let gateway: TestGateway;
  let vendor: TestVendor;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    vendor = await startTestVendor();
    const config = [
      `endpoints: [{ id: logiciel, url: "${vendor.url}" }]`,
      'professionals: [{ rpps: "10000023084", family: AGNES, endpoint: logiciel }]',
      'rules: [{ id: medecin-traitant, events: [admission, transfer, discharge], roles: [PCP] }]',
    ];
    gateway = await startTestGateway(config.join('\n'), { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await gateway.stop();
    await vendor.close();
    await drop();
  });

  const search = async <T extends { resourceType: string }>(query: string): Promise<T[]> => {
    const bundle = await gateway.get<Bundle>(`/fhir/${query}`);
    return (bundle.entry ?? []).map(({ resource }) => resource as unknown as T);
  };
  const stays = () => search<Encounter>('Encounter?identifier=000897406');

  it('answers the admission AA, and serves one stay in progress with its patient', async () => {
    const admission = sample('sgl-admission-a01.er7', 'SGL-1');
    expect((await gateway.send(admission)).value('MSA-1')).toBe('AA');
    await gateway.settled();
    const found = await stays();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      status: 'in-progress',
      class: { code: 'IMP' },
      period: { start: '2024-03-06T11:00:00+01:00' },
    });
    expect(found[0]?.period?.end).toBeUndefined();
    const patient = await gateway.get<Patient>(`/fhir/${found[0]?.subject?.reference ?? ''}`);
    expect(patient.identifier).toContainEqual(
      expect.objectContaining({ system: 'urn:oid:1.2.250.1.213.1.4.10', value: '279035121518989' }),
    );
    const reliability = patient.extension?.find(({ url }) => url.endsWith('fr-core-identity-reliability'));
    expect(reliability?.extension).toContainEqual(
      expect.objectContaining({ url: 'identityStatus', valueCoding: expect.objectContaining({ code: 'VALI' }) }),
    );
    expect(await search('Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|279035121518989')).toEqual([patient]);
  });

  it('puts the family doctor of the consent sample in the circle, and tells her software once', async () => {
    const consent = sample('a01-dmp-consent-ic-ino.er7', 'SGL-2');
    expect((await gateway.send(consent)).value('MSA-1')).toBe('AA');
    await gateway.settled();
    const [stay] = await stays();
    const teams = await search<CareTeam>(`CareTeam?patient=${stay?.subject?.reference ?? ''}`);
    expect(teams).toHaveLength(1);
    const doctors = (teams[0]?.participant ?? []).filter(({ role }) =>
      role?.some(({ coding }) => coding?.some(({ code }) => code === 'PCP')),
    );
    expect(doctors).toHaveLength(1);
    expect(doctors[0]?.member?.display).toMatch(/AGNES/);
    const told = await vendor.communications();
    expect(told.map(({ topic }) => topic?.coding?.[0]?.code)).toEqual(['admission']);
    const [message] = (await gateway.get<Page>('/api/messages?controlId=SGL-2')).items;
    const receipts = await gateway.get<Page>(`/api/receipts?message=${String(message?.['id'])}&decision=told`);
    expect(receipts).toMatchObject({ total: 1, items: [{ role: 'PCP', event: 'admission', reason: 'rule-tells' }] });
    const deliveries = await gateway.get<Page>(`/api/deliveries?message=${String(message?.['id'])}`);
    expect(deliveries).toMatchObject({
      total: 1,
      items: [{ state: 'delivered', attempts: 1, endpoint: 'logiciel' }],
    });
  });

  it('changes nothing when a message comes twice', async () => {
    const before = await everything(gateway, vendor);
    for (const [file, controlId] of [
      ['sgl-admission-a01.er7', 'SGL-1'],
      ['a01-dmp-consent-ic-ino.er7', 'SGL-2'],
    ] as const)
      expect((await gateway.send(sample(file, controlId))).value('MSA-1')).toBe('AA');
    // The same facts under a new control id are a new message, and still change no resource.
    expect((await gateway.send(sample('a01-dmp-consent-ic-ino.er7', 'SGL-2B'))).value('MSA-1')).toBe('AA');
    await gateway.settled();
    expect(await everything(gateway, vendor)).toEqual(before);
    expect((await gateway.get<Page>('/api/messages?controlId=SGL-1')).total).toBe(1);
  });

  it('answers the shifted ZBE with AE 102 naming ZBE, keeps it as refused, and opens a work item', async () => {
    const wrong = sample('sgl-sortie-a03-shifted-zbe.er7', 'SGL-3');
    const answer = await gateway.send(wrong);
    expect(answer.value('MSA-1')).toBe('AE');
    const errors = answer.segments
      .filter(({ name }) => name === 'ERR')
      .map((segment) => ({ location: segment.value(2), code: segment.value(3) }));
    expect(errors).toContainEqual({ location: 'ZBE', code: '102' });
    const messages = await gateway.get<Page>('/api/messages?controlId=SGL-3');
    expect(messages).toMatchObject({
      total: 1,
      items: [{ controlId: 'SGL-3', source: 'default', type: 'ADT^A03', state: 'refused', answer: { code: 'AE' } }],
    });
    const items = await gateway.get<Page>('/api/work-items?controlId=SGL-3&state=open');
    expect(items.total).toBeGreaterThan(0);
    expect(items.items[0]).toMatchObject({ controlId: 'SGL-3', messageId: messages.items[0]?.['id'], state: 'open' });
    expect(String(items.items[0]?.['field'])).toMatch(/^ZBE/);
    const again = await gateway.send(wrong);
    expect([again.value('MSA-1'), again.value('MSA-2')]).toEqual(['AE', 'SGL-3']);
    expect((await gateway.get<Page>('/api/messages?controlId=SGL-3')).total).toBe(1);
    expect((await stays())[0]?.status).toBe('in-progress');
  });

  it('lists messages and work items as operators know them', async () => {
    const first = await gateway.get<Page>('/api/messages?count=2');
    expect(first.items).toHaveLength(2);
    const second = await gateway.get<Page>(`/api/messages?count=2&after=${first.next ?? ''}`);
    expect(second.items).toHaveLength(2);
    expect(second.next).toBeUndefined();
    expect([first.total, second.total]).toEqual([4, 4]);
    for (const message of [...first.items, ...second.items])
      expect(Object.keys(message)).toEqual(
        expect.arrayContaining(['id', 'controlId', 'source', 'type', 'receivedAt', 'state', 'answer']),
      );
    const { items } = await gateway.get<Page>('/api/work-items');
    for (const item of items)
      expect(Object.keys(item)).toEqual(
        expect.arrayContaining(['id', 'controlId', 'messageId', 'reason', 'field', 'text', 'state', 'openedAt']),
      );
  });

  it('writes nothing of the people in logs, metrics, messages, work items or deliveries', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text();
    expect(gateway.output()).toContain('gateway.ready');
    expect(metrics).toContain('tdu_answer_seconds');
    const lists = await Promise.all(
      ['messages', 'work-items', 'deliveries'].map((name) => gateway.get(`/api/${name}`)),
    );
    const shown = [gateway.output(), metrics, JSON.stringify(lists)].join('\n');
    expect(CONTENT.filter((word) => shown.includes(word))).toEqual([]);
  });
});

/** Every version of every resource and what the vendor holds: what a message sent twice must leave alone. */
async function everything(gateway: TestGateway, vendor: TestVendor): Promise<unknown> {
  const types = ['Patient', 'Encounter', 'CareTeam', 'CarePlan', 'RelatedPerson', 'Practitioner', 'PractitionerRole'];
  const territory = ['Organization', 'Location'];
  const found = await Promise.all(
    [...types, ...territory].map(async (type) => {
      const { entry, total } = await gateway.get<Bundle>(`/fhir/${type}?_count=500`);
      return { total, resources: (entry ?? []).map(({ resource }) => resource) };
    }),
  );
  return { found, told: await vendor.communications() };
}
