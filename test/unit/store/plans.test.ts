import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parseSearch } from '../../../src/fhir/search.js';
import { SERVED } from '../../../src/serve/capability.js';
import type { DocumentClaim, DocumentQuestion } from '../../../src/message/document-claim.js';
import type { Mention } from '../../../src/message/fact.js';
import { resourceId } from '../../../src/message/uuid.js';
import { firstIdAt } from '../../../src/store/partitions.js';
import type { Store } from '../../../src/store/store.js';
import {
  changed,
  CIRCLE,
  factOf,
  incoming,
  member,
  openTestStore,
  request,
  routed,
  step,
} from '../../support/stored.js';

/** Rows of each large table: enough that reading one whole is never the cheapest way. */
const ROWS = 20_000;
const FIRST = firstIdAt(Date.UTC(2026, 1, 1));
const FILL = [
  `INSERT INTO journal SELECT ${FIRST} + n, 'chu', 'mllp', 'hl7v2', NULL, NULL, now(), 'GAM|CHU', 'C' || n, 'ADT^A01', 'ASCII',
    sha256(n::text::bytea), 1, 'x', 'AA', 'y', '[]', n % 10 = 0 FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO waiting SELECT ${FIRST} + n, 1 FROM generate_series(1, ${ROWS}) AS n WHERE n % 4 = 1`,
  `INSERT INTO parked SELECT ${FIRST} + n FROM generate_series(1, ${ROWS}) AS n WHERE n % 4 = 2`,
  `INSERT INTO control_id SELECT source, sender, control_id, id, sha256 FROM journal`,
  `INSERT INTO document SELECT ${FIRST} + n, 0, 'urn:oid:2.999.80|' || n % 10000, 'urn:oid:2.999.81|' || n % 5000, n, 'new',
    sha256(n::text::bytea), '{}' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO document_content SELECT DISTINCT ON (key) key, sha1 FROM document`,
  `INSERT INTO identifier SELECT 'urn:oid:2.999.1|' || n, 'urn:oid:2.999.1', n::text, 'PI', n, now() FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO fact_document SELECT 'urn:oid:2.999.7|' || n, ${FIRST} + n, 0 FROM generate_series(1, 20000) AS n`,
  `INSERT INTO fact SELECT ${FIRST} + n, 0, 'chu', 'urn:oid:2.999.1|' || n % 5000,
    CASE WHEN n % 4 > 0 THEN 'urn:oid:2.999.2|' || n % 5000 END, 'urn:oid:2.999.4|' || n % 5000, 'movement', '{}', now(), now(), now(), 'x',
    'x', 'x', 'm', now(), CASE WHEN n % 20 = 0 THEN now() END, n % 8 > 0 FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO mention SELECT 'Practitioner', n::text, 'chu', sha256(n::text::bytea), 'name', now(), now(), ${FIRST} + n,
    'rpps|' || n % 5000, 'FABRE', '{"resourceType":"Practitioner","id":"' || n || '"}' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO membership SELECT 'p' || n % 5000, 'urn:oid:2.999.2|' || n, 'PractitionerRole/1', '{}', 'l', now(), 'x', now(), 'x', false, false, 'stay',
    'chu', 'PV1', false, false, NULL, NULL, '{}' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO circle_due SELECT 'p' || n, 'urn:oid:2.999.1|' || n, now() + n * interval '1 minute' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO resource SELECT type, n::text, 1, now(), false, numbers_of(ARRAY['identifier=' || n, 'status=active']), now(), now()
    FROM generate_series(1, ${ROWS / 4}) AS n, unnest(ARRAY['Patient', 'Encounter', 'CareTeam', 'CarePlan']) AS type ON CONFLICT DO NOTHING`,
  `INSERT INTO resource_version SELECT type, id, version, '{}', NULL, updated_at, false, NULL FROM resource ON CONFLICT DO NOTHING`,
  `INSERT INTO event (patient, number, kind, message_id, about_type, about_key, thread, effective_at, effective_text, attributes)
    SELECT 'urn:oid:2.999.1|' || n, 1, 'admission', ${FIRST} + n, 'stay', 's', 'm', now(), 'x', '{}' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO receipt (id, message_id, patient, about_type, about_key, thread, event_kind, effective_text, member, label, role, decision,
    reason) SELECT gen_random_uuid(), ${FIRST} + n, 'urn:oid:2.999.1|' || n % 5000, 'stay', 'urn:oid:2.999.2|' || n % 5000, 'm', 'admission',
    'x', 'PractitionerRole/1', 'l', 'PCP', 'told', 'rule-tells' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO delivery (id, receipt_id, message_id, endpoint, lane, kind, state, pinned, event_number, reached,
    patient, sent_at)
    SELECT gen_random_uuid(), id, message_id, 'cpts', CASE WHEN due THEN 'cpts|due' ELSE 'cpts|' END || about_key, 'admission', CASE WHEN due THEN 'due' ELSE 'delivered' END,
      ARRAY['Patient/1/_history/1'], 1, NOT due, (message_id % 5000)::text, '2026-03-02'::timestamptz + message_id % 5000 * interval '1 hour' FROM (SELECT *, random() < 0.1 AS due FROM receipt) AS receipt`,
  `INSERT INTO holding SELECT 'cpts', type, id, version FROM resource`,
  `INSERT INTO attempt SELECT id, 1, now(), 1, true, 200, NULL, '', 'x', '{}' FROM delivery WHERE state = 'delivered'`,
  `INSERT INTO work_item (key, message_id, control_id, reason, text, state)
    SELECT 'k' || n, ${FIRST} + n, 'C' || n, 'code-unknown', 't', CASE WHEN n % 100 = 0 THEN 'open' ELSE 'done' END
    FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO work_item_message SELECT id, message_id FROM work_item WHERE message_id IS NOT NULL ON CONFLICT DO NOTHING`,
  'ANALYZE',
];

/** Read whole: it holds the batches under way, one or two for each process. */
const SMALL = 'translation_claim';

/** What one statement may touch of a table. The sweep of deliveries reads what is due, and that is much here. */
const FEW = 1000;

interface Statement {
  text: string;
  values: unknown[];
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Plan[];
}

let store: Store;
let close: () => Promise<void>;
let explainer: pg.Client;

beforeAll(async () => {
  const opened = await openTestStore();
  ({ store, close } = opened);
  explainer = new pg.Client({ connectionString: opened.url });
  await explainer.connect();
  for (const statement of FILL) await explainer.query(statement);
});
afterAll(async () => {
  await explainer.end();
  await close();
});

/** Every statement that a piece of work sends to PostgreSQL. */
async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const original = pg.Client.prototype.query;
  const watching = function (this: pg.Client, ...given: unknown[]): unknown {
    const [query, values] = given as [string | Statement, unknown];
    if (typeof query === 'string')
      statements.push({ text: query, values: Array.isArray(values) ? [...(values as unknown[])] : [] });
    else if ('text' in query) statements.push({ text: query.text, values: [...(query.values ?? [])] });
    return Reflect.apply(original, this, given);
  };
  pg.Client.prototype.query = watching as typeof original;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = original;
  }
  return statements.filter(({ text }) => /^\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b/.test(text));
}

/** Carries a statement out once more, for nothing, and gives its plan; where its rows are there already, the plan alone. */
async function planOf({ text, values }: Statement): Promise<Plan> {
  const explain = async (options: string) => {
    const explained = `EXPLAIN (${options}) ${text}`;
    const { rows } = await explainer.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(explained, values);
    return rows[0]?.['QUERY PLAN'][0]?.Plan ?? { 'Node Type': 'none' };
  };
  await explainer.query('BEGIN');
  try {
    return await explain('ANALYZE, FORMAT JSON');
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '23505') throw error;
  } finally {
    await explainer.query('ROLLBACK');
  }
  return explain('FORMAT JSON');
}

/** Places of a plan that read a table whole, or more rows of it than few. */
function wideScans(plan: Plan, few: number, text: string): string[] {
  const place = plan['Index Name'] ?? plan['Relation Name'];
  const filtered = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const touched = ((plan['Actual Rows'] ?? 0) + filtered) * (plan['Actual Loops'] ?? 1);
  const wide = (plan['Node Type'] === 'Seq Scan' && place !== SMALL) || (place !== undefined && touched > few);
  const here = `${plan['Node Type']} on ${place ?? ''}, ${touched} rows: ${text.trim().slice(0, 80)}`;
  return [...(wide ? [here] : []), ...(plan.Plans ?? []).flatMap((below) => wideScans(below, few, text))];
}

/** One message with all that a message may bring, and what a replay does besides; `keys` are those of its patient. */
async function translateOne(
  keys = ['urn:oid:2.999.1|17', 'urn:oid:2.999.1|18'],
  supersedes = true,
  on: Store = store,
): Promise<void> {
  const [patient = ''] = keys;
  const stay = 'urn:oid:2.999.2|17';
  const message = incoming(`PLAN ${Math.random()}`);
  await on.keep([message]);
  await on.inTranslation({ ids: [message.id], limit: 0 }, async (tx) => {
    const [window] = await tx.load(
      [request(message.id, keys, { stays: [stay], account: { number: 'urn:oid:2.999.4|17', alone: true } })],
      CIRCLE,
    );
    if (window !== undefined && supersedes) await tx.loadWhole(window);
    const resource = {
      resourceType: 'Patient',
      id: '17',
      identifier: [{ system: 'urn:oid:2.999.1', value: '17' }],
    } as const;
    const id = resourceId('Patient', patient);
    await tx.save([
      step(message.id, {
        facts: [factOf(message.id, { patient, stay })],
        outdated: window?.facts.flatMap((fact) => (fact.stay === undefined ? [fact.id] : [])) ?? [],
        supersedes,
        reconsiders: supersedes,
        anchors: [{ anchor: patient, recordedAt: '2026-03-02T08:00:00Z', exact: false }],
        resources: [changed({ ...resource, identifier: [...resource.identifier] })],
        mentions: [practitioner('17'), practitioner('new')],
        memberships: [{ patient: id, stay, rows: [member('2026-03-02T08:00:00Z', { stay })] }],
        nextChanges: [
          { patient: id, anchor: patient, at: '2026-03-02T08:00:00Z' },
          { patient: 'p17', anchor: patient, at: null },
        ],
        removed: ['CarePlan/1'],
        workItems: [{ reason: 'code-unknown', text: 't', key: 'plan' }],
        settled: ['something else'],
        ...routed(message.id, { endpoint: 'plan', member: 'Patient/18', resources: ['Patient/17'] }),
      }),
    ]);
  });
}

const PATIENT = 'urn:oid:2.999.1|17';

const QUESTION: DocumentQuestion = {
  source: 'chu',
  sender: 'GAM|CHU',
  controlId: 'C17',
  sha256: '00',
  patients: [PATIENT, 'urn:oid:2.999.1|18'],
  documents: ['urn:oid:2.999.80|17', 'urn:oid:2.999.81|17'],
};

const DOCUMENT: DocumentClaim = {
  part: 0,
  key: 'urn:oid:2.999.80|new',
  set: 'urn:oid:2.999.81|17',
  version: 1,
  request: 'new',
  sha1: '00',
  parties: [],
};

/** A mention that makes a wording more, of a number that others share. */
function practitioner(id: string): Mention {
  const resource = {
    resourceType: 'Practitioner',
    id,
    identifier: [{ system: 'rpps', value: '17' }],
    name: [{ family: 'A' }],
  } as const;
  return {
    resource: { ...resource, identifier: [...resource.identifier], name: [...resource.name] },
    rank: 'name',
    source: 'chu',
    recordedAt: '2026-03-02T08:00:00Z',
    trace: [],
  };
}

async function keepCircle(on: Store = store): Promise<void> {
  const now = new Date(Date.now() + 5 * 60_000);
  const [first] = await on.dueCircles(now, 10);
  await on.inUpkeep({ anchor: first?.anchor ?? '', now, ...CIRCLE }, () => Promise.resolve());
}

async function deliverOne(on: Store = store): Promise<void> {
  const due = await on.claimDeliveries({ endpoint: 'plan', limit: 10, leaseMs: 1000 });
  expect(due.length).toBeGreaterThan(0);
  const made = {
    startedAt: new Date(0),
    durationMs: 1,
    ok: true,
    reached: true,
    status: 200,
    code: null,
    detail: '',
    sent: [],
  };
  await on.recordAttempts(
    due.map(({ id, claim }) => ({
      ...made,
      deliveryId: id,
      claim,
      sha256: Buffer.alloc(32),
      next: { state: 'delivered' },
    })),
  );
}

const parsed = (type: string, query: string) => parseSearch(type, new URLSearchParams(query), { zone: 'UTC' });
const search = (query: string) => () => store.searchResources(parsed('Encounter', query));
const notifications = (query: string) => () => store.searchCommunications(parsed('Communication', query));

describe('the plans of what messages and callers ask often', () => {
  it.each<[string, () => Promise<unknown>, number?]>([
    ['keeping new messages', () => store.keep([incoming('P0')])],
    ['keeping messages', () => store.keep([incoming('P1'), incoming('P2', { state: 'refused' })])],
    ['keeping a document', () => store.keep([incoming('P3', { documents: [DOCUMENT] })])],
    ['asking what is known of a document', () => store.documentKnowledge(QUESTION)],
    ['opening the bytes of a message', () => store.openContent((BigInt(FIRST) + 5n).toString())],
    [
      'recognising repeats',
      async () => void (await store.keep([incoming('P1'), incoming('P2', { state: 'refused' })])),
    ],
    ['translating, and uniting two patients', () => translateOne()],
    ['translating the next message', () => translateOne(['urn:oid:2.999.1|17'], false)],
    ['keeping a circle', () => keepCircle()],
    ['reading a whole patient', () => store.wholeOf('urn:oid:2.999.1|17')],
    [
      'reading a patient as he was known',
      () => store.factsKnownAt({ stay: 'urn:oid:2.999.2|17' }, '2026-03-02T08:00:00Z'),
    ],
    ['delivering', () => deliverOne()],
    ['delivering a few of many that are due', () => store.claimDeliveries({ endpoint: 'cpts', limit: 16, leaseMs: 0 })],
    ['searching by the time of change', search('_lastUpdated=lt2020')],
    ['searching by date', search('date=2020-01')],
    ['searching by what goes on', search('date=gt2040')],
    ['sweeping messages', () => store.untranslated(Date.UTC(2026, 5, 1), 100)],
    ['sweeping deliveries', () => store.endpointsDue(), ROWS / 5],
    ['changing a message’s state', () => store.setMessageState((BigInt(FIRST) + 5n).toString(), 'received')],
    ['reading a message', () => store.journalMessage((BigInt(FIRST) + 5n).toString())],
    ['reading', () => store.readResource('Encounter', '17')],
    ['reading a version', () => store.readVersion('Encounter', '17', 1)],
    ['reading the version of a moment', () => store.readVersionAt('Encounter', '17', '2030-01-01T00:00:00Z')],
    ['reading a history', () => store.historyOf('Encounter', '17', { count: 10 })],
    [
      'reading what changed',
      () => store.changesAfter({ types: SERVED, after: { at: new Date(0), number: '-1' }, count: 10 }),
    ],
    [
      'reading what changed of a type since',
      () => store.changesAfter({ types: ['CarePlan'], after: { at: new Date(), number: '7' }, count: 10 }),
    ],
    ['reading a history since', () => store.historyOf('Encounter', '17', { count: 10, since: new Date() })],
    ['reading a notification', () => store.readCommunication('00000000-0000-5000-8000-000000000000')],
    ['searching the notifications of a patient', notifications('patient=17')],
    ['searching the notifications of a day', notifications('sent=2026-03-02')],
    [
      'searching a notification by identifier',
      notifications('identifier=urn:uuid:00000000-0000-5000-8000-000000000000'),
    ],
    ['searching by name', () => store.searchResources(parsed('Patient', 'name=nobody'))],
    ['searching by identifier', search('identifier=17')],
    ['searching by id', search('_id=17,18')],
    ['finding messages by control id', () => store.listMessages({ controlId: 'C17' })],
    ['finding a message by id', () => store.listMessages({ id: (BigInt(FIRST) + 5n).toString() })],
    ['finding work items by control id', () => store.listWorkItems({ controlId: 'C17', state: 'open' })],
    ['finding work items by message', () => store.listWorkItems({ message: (BigInt(FIRST) + 5n).toString() })],
    ['finding a work item', () => store.listWorkItems({ id: '100' })],
    ['listing the messages behind a work item', () => store.listWorkItemMessages({ item: '100' })],
    ['releasing a work item', () => store.releaseWorkItem('200')],
    ['finding receipts of a stay', () => store.listReceipts({ stay: 'urn:oid:2.999.2|17' })],
    ['finding receipts of a message', () => store.listReceipts({ message: (BigInt(FIRST) + 5n).toString() })],
    ['finding deliveries of a message', () => store.listDeliveries({ message: (BigInt(FIRST) + 5n).toString() })],
    [
      'finding deliveries of a receipt',
      () => store.listDeliveries({ receipt: '00000000-0000-5000-8000-000000000000' }),
    ],
    ['finding dead deliveries', () => store.listDeliveries({ state: 'dead' })],
    ['closing a work item', () => store.closeWorkItem('17')],
    ['reviving a delivery', () => store.reviveDelivery('00000000-0000-5000-8000-000000000000')],
  ])('touch few rows: %s', async (_, work, few = FEW) => {
    const statements = await statementsOf(work);
    expect(statements.length).toBeGreaterThan(0);
    const wide: string[] = [];
    for (const statement of statements) wide.push(...wideScans(await planOf(statement), few, statement.text));
    expect(wide).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['messages', () => store.listMessages({ count: 10 })],
    ['messages that wait', () => store.listMessages({ count: 10, state: 'received' })],
    ['messages that are parked', () => store.listMessages({ count: 10, state: 'parked' })],
    ['messages that were refused', () => store.listMessages({ count: 10, state: 'refused' })],
    ['work items', () => store.listWorkItems({ count: 10 })],
    ['receipts', () => store.listReceipts({ count: 10 })],
    ['deliveries', () => store.listDeliveries({ count: 10 })],
    ['deliveries in one state', () => store.listDeliveries({ count: 10, state: 'delivered' })],
  ])('a page of all %s touches few rows', async (_, work) => {
    const pages = (await statementsOf(work)).filter(({ text }) => text.includes('LIMIT'));
    expect(pages).toHaveLength(1);
    for (const page of pages) expect(wideScans(await planOf(page), FEW, page.text)).toEqual([]);
  });
});

describe('a patient of 2,000 stays', () => {
  const anchor = 'urn:oid:2.999.1|of many stays';
  const patient = resourceId('Patient', anchor);
  const STAYS = 2000;

  /** Rows that the statements of one message touch. */
  async function rowsOfMessage(): Promise<number> {
    const statements = await statementsOf(() => translateOne([anchor], false));
    let rows = 0;
    const count = (plan: Plan) => {
      const filtered = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
      if (plan['Index Name'] !== undefined || plan['Relation Name'] !== undefined)
        rows += ((plan['Actual Rows'] ?? 0) + filtered) * (plan['Actual Loops'] ?? 1);
      plan.Plans?.forEach(count);
    };
    for (const statement of statements) count(await planOf(statement));
    return rows;
  }

  it('costs no more rows than one of none', async () => {
    const few = await rowsOfMessage();
    await explainer.query(
      `INSERT INTO fact SELECT ${FIRST} + n, 1, 'chu', $1, 'many|' || n, NULL, 'movement', '{}', now(), now(), now(), 'x', 'x', 'x', 'm',
        now(), NULL, true FROM generate_series(1, ${STAYS}) AS n`,
      [anchor],
    );
    await explainer.query(
      `INSERT INTO fact SELECT ${FIRST} + n, 2, 'chu', $1, NULL, NULL, 'identity', '{}', now(), now(), now(), 'x', 'x', 'x', 'm',
        now(), NULL, false FROM generate_series(1, ${STAYS}) AS n`,
      [anchor],
    );
    await explainer.query(
      `INSERT INTO membership SELECT $1, 'many|' || n, 'PractitionerRole/1', '{}', 'l', '2020-01-01', 'x', '2020-01-02', 'x', false, false, 'stay', 'chu',
        'PV1', false, false, NULL, NULL, '{}' FROM generate_series(1, ${STAYS}) AS n`,
      [patient],
    );
    await explainer.query(
      `INSERT INTO receipt (id, message_id, patient, about_type, about_key, thread, event_kind, effective_text, member, label, role, decision,
        reason) SELECT gen_random_uuid(), ${FIRST} + n, $1, 'stay', 'many|' || n, 'm', 'admission', 'x', 'm', 'l', 'PCP', 'told', 'rule-tells'
        FROM generate_series(1, ${STAYS}) AS n`,
      [anchor],
    );
    await explainer.query('ANALYZE');
    const many = await rowsOfMessage();
    expect(few).toBeGreaterThan(20);
    expect(many).toBeLessThan(few + 20);
  });
});

describe('plans made while the tables were empty, and kept', () => {
  /** A parameter as SQL writes it. */
  function literal(value: unknown): string {
    if (value === null || value === undefined) return 'NULL';
    if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
    if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
    if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map(element).join(',')}}`);
    return pg.escapeLiteral(String(value));
  }

  function element(value: unknown): string {
    if (value === null) return 'NULL';
    return JSON.stringify(Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : String(value));
  }

  let empty: Awaited<ReturnType<typeof openTestStore>>;
  let client: pg.Client;

  beforeAll(async () => {
    empty = await openTestStore();
    client = new pg.Client({ connectionString: empty.url });
    await client.connect();
    await client.query('SET plan_cache_mode = force_generic_plan');
  });
  afterAll(async () => {
    await client.end();
    await empty.close();
  });

  /** The plan that the connection keeps, carried out for nothing; none where its rows are there already, or what they refer to is gone. */
  async function keptPlan(execute: string): Promise<Plan> {
    await client.query('BEGIN');
    try {
      const explained = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${execute}`,
      );
      return explained.rows[0]?.['QUERY PLAN'][0]?.Plan ?? { 'Node Type': 'none' };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code?.startsWith('23') !== true) throw error;
      return { 'Node Type': 'none' };
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it('touch few rows when the tables are full', async () => {
    const translate = () => translateOne(['urn:oid:2.999.1|a', 'urn:oid:2.999.1|b'], true, empty.store);
    await translateOne(['urn:oid:2.999.1|a'], false, empty.store);
    await translateOne(['urn:oid:2.999.1|b'], false, empty.store);
    const deliver = async () => {
      const claim = { endpoint: 'cpts', limit: 16, leaseMs: 0 };
      await empty.store.claimDeliveries(claim);
      await empty.store.claimDeliveries({ ...claim, ids: ['00000000-0000-5000-8000-000000000000'] });
      await empty.store.laneHeads('cpts', 16);
      await deliverOne(empty.store);
    };
    const keep = () =>
      empty.store.keep([
        incoming('P1'),
        incoming('P2', { state: 'refused' }),
        incoming('P3', { documents: [DOCUMENT] }),
      ]);
    const know = () => empty.store.documentKnowledge(QUESTION);
    const work = [
      translate,
      translate,
      deliver,
      keep,
      keep,
      know,
      () => keepCircle(empty.store),
      () => empty.store.wholeOf(PATIENT),
    ];
    const statements = [];
    for (const piece of work) statements.push(...(await statementsOf(piece)));
    const byText = new Map(statements.map((statement) => [statement.text, statement]));
    await client.query(
      'TRUNCATE fact, fact_document, membership, event, receipt, delivery, mention, identifier, journal, waiting, parked, document, document_content, circle_due, control_id CASCADE',
    );
    const executions: { text: string; execute: string }[] = [];
    for (const [index, { text, values }] of [...byText.values()].entries()) {
      const execute = `EXECUTE plan${index} ${values.length === 0 ? '' : `(${values.map(literal).join(', ')})`}`;
      await client.query(`PREPARE plan${index} AS ${text}`);
      await client.query(`EXPLAIN ${execute}`);
      executions.push({ text, execute });
    }
    for (const fill of FILL.filter((statement) => statement !== 'ANALYZE')) await client.query(fill);
    const wide: string[] = [];
    for (const { text, execute } of executions) wide.push(...wideScans(await keptPlan(execute), FEW, text));
    expect(executions.length).toBeGreaterThan(30);
    expect(wide).toEqual([]);
  });
});
