import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Encounter, FhirResource, Patient, Practitioner } from 'fhir/r4.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { transactionBundle } from '../../src/fhir/transaction.js';
import { parse } from '../../src/hl7v2/parse.js';
import { freshDatabase } from '../support/database.js';
import { Feed } from '../support/feed.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { HOSPITAL, INS_TEST, movement, pam, professional, segment, type PamParts } from '../support/pam.js';
import { allPages, realServerClassPath, startRealServer, type RealServer } from '../support/real-server.js';
import { businessKey, compareContent } from '../support/same-content.js';

const PATIENTS = 500;
const FEEDS = 4;
const PATIENCE_MS = 900_000;

const DOCTORS = Array.from({ length: 10 }, (_, n) => ({
  rpps: `109990002${String(n).padStart(2, '0')}`,
  family: `MEDECIN${'ABCDEFGHIJ'.charAt(n)}`,
}));
const UNITS = ['2010', '2020', '2030', '2040', '2050', '2060'];
const RPPS = 'https://rpps.esante.gouv.fr';

const local = (value: string) => `${value}^^^${HOSPITAL}^PI`;
const foreign = (value: string) => `${value}^^^CH-AUTRE&2.999.72.1&ISO^PI`;

/** An INS of the test arc, with its key. */
function ins(n: number): string {
  const nir = `2790371014${String(n).padStart(3, '0')}`;
  const key = String(97 - Number(BigInt(nir) % 97n)).padStart(2, '0');
  return `${nir}${key}^^^${INS_TEST}^INS`;
}

let controlIds = 0;

function message(parts: PamParts): { controlId: string; text: string } {
  const controlId = `REAL${++controlIds}`;
  const text = pam(parts).replace(`|C${parts.at}|`, `|${controlId}|`);
  return { controlId, text };
}

/** Who patient n is, whatever number speaks of him. */
const traits = (n: number) => ({
  5: `ESSAI-${'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.charAt(n % 26)}^CAMILLE^CAMILLE ANDREE^^^^L`,
  7: `19${String(30 + (n % 60))}0328`,
  8: 'F',
  11: '^^^^^^BDL^^71014',
});

/** A movement of a stay: `hour` of 2 March, to a unit that the patients share. */
function move(
  n: number,
  trigger: string,
  hour: string,
  { number = local(`IPP${n}`), visit = `V${n}`, pid = {}, original = '' } = {},
) {
  const at = `20260302${hour}0000`;
  const doctor = DOCTORS[n % DOCTORS.length] ?? { rpps: '', family: '' };
  const attending = DOCTORS[(n + 3) % DOCTORS.length] ?? doctor;
  const unit = UNITS[(n + Number(hour)) % UNITS.length] ?? '';
  const cancels = original !== '';
  const instant = cancels ? `20260302${original.slice(3)}0000` : at;
  return message({
    trigger,
    at,
    pid: { ...traits(n), 3: number, ...pid },
    patientSegments: [segment('ROL', { 1: '1', 2: 'UC', 3: 'ODRP', 4: professional(doctor.rpps, doctor.family) })],
    pv1: {
      3: `${unit}^${n}`,
      7: professional(attending.rpps, attending.family),
      19: `${visit}^^^${HOSPITAL}^VN`,
      ...(trigger === 'A03' ? { 45: at } : {}),
    },
    zbe: movement(`${visit}-${instant}`, instant, cancels ? 'CANCEL' : 'INSERT', {
      unit,
      ...(cancels ? { original: original.slice(0, 3) } : {}),
    }),
  });
}

const identity = (n: number, trigger: string, hour: string, pid: Record<number, string>) =>
  message({ trigger, at: `20260302${hour}0000`, pid: { ...traits(n), ...pid }, pv1: null });

function merge(n: number, hour: string) {
  const { controlId, text } = identity(n, 'A40', hour, { 3: local(`IPP${n}`) });
  return { controlId, text: text.replace(/\rPV1.*/, `\rMRG|${local(`DUP${n}`)}`) };
}

const all = Array.from({ length: PATIENTS }, (_, n) => n);
const every = (divisor: number, rest: number) => all.filter((n) => n % divisor === rest);
const TRANSFERRED = every(2, 0);
const DISCHARGED = every(4, 0);
const MERGED = every(25, 5);
const JOINED = [...every(25, 7), ...every(25, 9)];
const PARTED = every(25, 9);
/** A second stay, under another number of the same person. */
const ofB = (n: number) => ({ number: foreign(`B${n}`), visit: `VB${n}` });
const identified = { 32: 'VALI' };

/** What happens, in waves: each is told before the next comes. */
const WAVES = [
  [
    ...all.map((n) =>
      move(n, 'A01', '08', JOINED.includes(n) ? { pid: { 3: `${local(`IPP${n}`)}~${ins(n)}`, ...identified } } : {}),
    ),
    ...MERGED.map((n) => move(n, 'A01', '08', { number: local(`DUP${n}`), visit: `VD${n}` })),
    ...JOINED.map((n) => move(n, 'A01', '08', ofB(n))),
    ...TRANSFERRED.map((n) => move(n, 'A02', '09')),
    ...DISCHARGED.map((n) => move(n, 'A03', '10')),
  ],
  [
    ...every(10, 1).map((n) => move(n, 'A11', '11', { original: 'A0108' })),
    ...every(20, 2).map((n) => move(n, 'A12', '11', { original: 'A0209' })),
    ...every(20, 4).map((n) => move(n, 'A13', '11', { original: 'A0310' })),
    ...MERGED.map((n) => merge(n, '11')),
    ...JOINED.map((n) => identity(n, 'A31', '11', { 3: `${foreign(`B${n}`)}~${ins(n)}`, ...identified })),
  ],
  [
    ...PARTED.map((n) => identity(n, 'A31', '12', { 3: foreign(`B${n}`), 32: 'PROV' })),
    ...MERGED.map((n) => move(n, 'A02', '13', { visit: `VD${n}` })),
  ],
  JOINED.map((n) => move(n, 'A02', '14', ofB(n))),
];

const classPath = realServerClassPath();
const suite = classPath === undefined ? describe.skip : describe;

suite('500 patients at a FHIR server that others made (skipped without Java, or without what Maven brings)', () => {
  let server: RealServer;
  let gateway: TestGateway;
  let drop: () => Promise<void>;
  let ofGateway: FhirResource[];
  let ofVendor: FhirResource[];
  let enrichedDoctor: Practitioner;

  beforeAll(async () => {
    server = await startRealServer(classPath ?? '');
    enrichedDoctor = await server.create<Practitioner>({
      resourceType: 'Practitioner',
      active: true,
      identifier: [
        { system: RPPS, value: DOCTORS[0]?.rpps ?? '' },
        { system: 'urn:oid:2.999.80', value: 'user-17' },
      ],
      name: [{ family: 'MEDECINA', prefix: ['Dr'] }],
      telecom: [{ system: 'email', value: 'medecin.a@example.test' }],
    });
    const database = await freshDatabase();
    drop = database.drop;
    const config = [
      `endpoints: [{ id: vendor, url: "${server.url}", concurrency: 8, timeoutSeconds: 60 }]`,
      'professionals:',
      ...DOCTORS.map(({ rpps, family }) => `  - { rpps: "${rpps}", family: ${family}, endpoint: vendor }`),
      'rules: [{ id: medecin-traitant, events: [admission, transfer, discharge], roles: [PCP] }]',
    ];
    gateway = await startTestGateway(config.join('\n'), { DATABASE_URL: database.url, TDU_LOG_LEVEL: 'warn' });
    for (const wave of WAVES) await play(wave);
    ofGateway = await everything((type) => allPages(`http://127.0.0.1:${gateway.httpPort}/fhir/${type}?_count=500`));
    ofVendor = await everything((type) => server.all(type as FhirResource['resourceType']));
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await gateway?.stop();
    await server?.stop();
    await drop?.();
  });

  /** Sends messages over several connections, those of one patient in their order, and waits until all is told. */
  async function play(wave: readonly { controlId: string; text: string }[]): Promise<void> {
    const lanes = Array.from({ length: FEEDS }, (): (typeof wave)[number][][] => []);
    for (const sent of wave) {
      const n = Number(/\d+/.exec(parse(sent.text).value('PID-3.1'))?.[0] ?? 0);
      lanes[n % FEEDS]?.push([sent]);
    }
    await Promise.all(lanes.map((batches) => new Feed(gateway.mllpPort, () => undefined).send(batches)));
    await until(async () => {
      const waiting = await gateway.get<Page>('/api/messages?state=received&count=1');
      const due = await gateway.get<Page>('/api/deliveries?state=due&count=1');
      return waiting.total + due.total === 0;
    }, PATIENCE_MS);
  }

  const TYPES = ['Patient', 'Encounter', 'CareTeam', 'CarePlan', 'RelatedPerson'];
  const SHARED = ['Practitioner', 'PractitionerRole', 'Organization', 'Location'];

  async function everything(of: (type: string) => Promise<FhirResource[]>): Promise<FhirResource[]> {
    const resources: FhirResource[] = [];
    for (const type of [...TYPES, ...SHARED]) resources.push(...(await of(type)));
    return resources;
  }

  it('has none of the deliveries refused for good', async () => {
    const total = async (state: string) => (await gateway.get<Page>(`/api/deliveries?state=${state}&count=1`)).total;
    const dead = (await gateway.get<Page>('/api/deliveries?state=dead&count=5')).items;
    expect(dead).toEqual([]);
    expect(await total('delivered')).toBeGreaterThan(PATIENTS * 1.5);
    expect((await gateway.get<Page>('/api/work-items?state=open&count=5')).items).toEqual([]);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text();
    const attempts = Object.fromEntries(
      [...metrics.matchAll(/^tdu_delivery_seconds_count\{.*code="([^"]*)".*\} (\d+)$/gm)].map(([, code, count]) => [
        code,
        Number(count),
      ]),
    );
    // Two that change one thing at once are a conflict, which a second try ends; anything else that is refused is our own fault.
    const { delivered, 'endpoint-conflict': conflicts = 0, ...rest } = attempts;
    expect(delivered).toBeGreaterThan(PATIENTS * 1.5);
    expect(conflicts).toBeLessThan(PATIENTS);
    expect(rest).toEqual({});
  });

  it.each([
    'Patient',
    'Encounter',
    'CareTeam',
    'CarePlan',
    'Practitioner',
    'PractitionerRole',
    'Organization',
    'Location',
  ])('holds one %s for each identifier', (type) => {
    const active = ofVendor.filter(
      (resource) => resource.resourceType === type && (resource as Partial<Patient>).active !== false,
    );
    const keys = active.map(businessKey);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('holds what the gateway serves, value for value', () => {
    const { differences, displays } = compareContent(
      ['Patient', 'Encounter', 'CareTeam', 'CarePlan'],
      ofGateway,
      ofVendor,
    );
    expect(differences.slice(0, 20)).toEqual([]);
    // Past places of a stay, and what a replaced Patient and his circle lead to: another Patient is no entry beside the first.
    expect([...displays].sort()).toEqual([
      'CareTeam.extension.valueReference CareTeam',
      'Encounter.location.location Location',
      'Patient.link.other Patient',
    ]);
  });

  it('holds who were joined as one active Patient, and who were parted again as two', () => {
    const numbers = ofVendor.flatMap((resource) =>
      resource.resourceType === 'Patient' && resource.active === true
        ? [resource.identifier?.map(({ value = '' }) => value).filter((value) => /^(IPP|B)\d/.test(value)) ?? []]
        : [],
    );
    for (const n of JOINED) {
      const his = numbers.filter((values) => values.some((value) => value === `IPP${n}` || value === `B${n}`));
      expect(his.map((values) => values.sort()).sort()).toEqual(
        PARTED.includes(n) ? [[`B${n}`], [`IPP${n}`]] : [[`B${n}`, `IPP${n}`]],
      );
    }
  });

  it('takes the exclusion of another’s number, in an entry and in a reference', async () => {
    const [wanted, excluded] = ['urn:oid:2.999.90|W', 'urn:oid:2.999.90|E'];
    const patient = (...keys: string[]): Patient => ({
      resourceType: 'Patient',
      id: 'p',
      identifier: keys.map((key) => ({ system: key.split('|')[0] ?? '', value: key.split('|')[1] ?? '' })),
    });
    const member = (resource: FhirResource, identifier: string, exclusions: string[] = []) => ({
      reference: `${resource.resourceType}/${resource.id ?? ''}`,
      identifier,
      resource,
      excluded: exclusions,
    });
    const stay: Encounter = {
      resourceType: 'Encounter',
      id: 'e',
      identifier: [{ system: 'urn:oid:2.999.90', value: 'STAY' }],
      status: 'in-progress',
      class: { code: 'IMP' },
      subject: { reference: 'Patient/p' },
    };
    const settings = { directory: 'theirs', patient: 'ours', unchanged: 'omit', profiles: 'keep' } as const;
    const send = async (...parameters: Parameters<typeof transactionBundle>) => {
      const { status, body } = await server.transaction(transactionBundle(...parameters));
      expect(status).toBe(200);
      return body.entry?.map(({ response }) => response?.location?.replace(/\/_history.*/, '') ?? '') ?? [];
    };
    const [survivor] = await send([member(patient(wanted, excluded), excluded)], settings);
    const parted = member(patient(wanted), wanted, [excluded]);
    const [himself, his] = await send([parted, member(stay, 'urn:oid:2.999.90|STAY')], settings);
    expect(himself).not.toBe(survivor);
    expect(await send([parted], settings)).toEqual([himself]);
    expect(await send([member(stay, 'urn:oid:2.999.90|STAY')], settings, [parted])).toEqual([his]);
    const stays = await server.all<Encounter>('Encounter');
    expect(stays.find(({ id }) => his === `Encounter/${id ?? ''}`)?.subject?.reference).toBe(himself);
  });

  it('keeps what the vendor knows of a professional beside what he is told', () => {
    const [practitioner, another] = ofVendor.filter(
      (resource): resource is Practitioner =>
        resource.resourceType === 'Practitioner' &&
        resource.identifier?.some(({ value }) => value === DOCTORS[0]?.rpps) === true,
    );
    expect(another).toBeUndefined();
    expect(practitioner).toEqual(enrichedDoctor);
  });
});
