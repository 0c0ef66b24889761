import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parseSearch } from '../../../src/fhir/search.js';
import type { Fact } from '../../../src/message/fact.js';
import { firstIdAt } from '../../../src/store/partitions.js';
import type { Store } from '../../../src/store/store.js';
import { changed, incoming, openTestStore, routed, step } from '../../support/stored.js';

/** Rows of each large table: enough that reading one whole is never the cheapest way. */
const ROWS = 20_000;
const FIRST = firstIdAt(Date.UTC(2026, 1, 1));
const FILL = [
  `INSERT INTO journal SELECT ${FIRST} + n, 'chu', 'mllp', now(), 'GAM|CHU', 'C' || n, 'ADT^A01', 'ASCII', sha256(n::text::bytea),
    'x', 'AA', 'y', '[]', CASE WHEN n % 10 = 0 THEN 'refused' WHEN n % 1000 = 1 THEN 'received' ELSE 'translated' END
    FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO control_id SELECT source, sender, control_id, id, sha256 FROM journal`,
  `INSERT INTO identifier SELECT 'urn:oid:2.999.1', n::text, 'PI', n FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO fact SELECT ${FIRST} + n, 0, 'urn:oid:2.999.1|' || n % 5000, 'urn:oid:2.999.2|' || n % 5000, 'movement', '{}', now(), now(),
    'x', 'x', 'm' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO resource SELECT type, n::text, 1, now(), false, NULL, numbers_of(ARRAY['identifier=' || n, 'status=active']), now(), now()
    FROM generate_series(1, ${ROWS / 4}) AS n, unnest(ARRAY['Patient', 'Encounter', 'CareTeam', 'CarePlan']) AS type`,
  `INSERT INTO resource_version SELECT type, id, version, '{}', updated_at, false, NULL FROM resource`,
  `INSERT INTO event (patient, number, kind, message_id, stay, movement, effective_at, effective_text)
    SELECT 'urn:oid:2.999.1|' || n, 1, 'admission', ${FIRST} + n, 's', 'm', now(), 'x' FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO receipt SELECT gen_random_uuid(), ${FIRST} + n, 'p', 'urn:oid:2.999.2|' || n % 5000, 'm', 'admission', 'x', 'PractitionerRole/1',
    'l', 'PCP', 'told', 'rule-tells', NULL, NULL, NULL FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO delivery (id, receipt_id, message_id, endpoint, lane, kind, state, pinned)
    SELECT gen_random_uuid(), id, message_id, 'cpts', 'cpts|' || stay, 'admission', CASE WHEN random() < 0.1 THEN 'due' ELSE 'delivered' END,
      ARRAY['Patient/1/_history/1'] FROM receipt`,
  `INSERT INTO attempt SELECT id, 1, now(), 1, true, 200, NULL, '', 'x', '{}' FROM delivery WHERE state = 'delivered'`,
  `INSERT INTO work_item (message_id, control_id, reason, text, state)
    SELECT ${FIRST} + n, 'C' || n, 'code-unknown', 't', CASE WHEN n % 100 = 0 THEN 'open' ELSE 'done' END FROM generate_series(1, ${ROWS}) AS n`,
  'ANALYZE',
];

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
  return statements.filter(({ text }) => /^\s*(WITH|SELECT|INSERT|UPDATE)\b/.test(text));
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

/** Places of the plan that read a table whole, or more rows of it than few. */
async function wideScans(statement: Statement, few: number): Promise<string[]> {
  const wide: string[] = [];
  const walk = (plan: Plan) => {
    const place = plan['Index Name'] ?? plan['Relation Name'];
    const filtered = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
    const touched = ((plan['Actual Rows'] ?? 0) + filtered) * (plan['Actual Loops'] ?? 1);
    if (plan['Node Type'] === 'Seq Scan' || (place !== undefined && touched > few))
      wide.push(`${plan['Node Type']} on ${place ?? ''}, ${touched} rows: ${statement.text.trim().slice(0, 80)}`);
    plan.Plans?.forEach(walk);
  };
  walk(await planOf(statement));
  return wide;
}

const fact = (messageId: string): Fact =>
  ({
    id: `${messageId}.0`,
    messageId,
    patient: 'urn:oid:2.999.1|17',
    stay: 'urn:oid:2.999.2|17',
    kind: 'movement',
    body: {},
    effectiveAt: '2026-03-02T08:00:00+01:00',
    recordedAt: '2026-03-02T08:00:00+01:00',
    mapping: 'm',
  }) as unknown as Fact;

async function translateOne(): Promise<void> {
  const message = incoming('PLAN');
  await store.keep([message]);
  await store.inTranslation({ ids: [message.id], others: 0 }, async (tx) => {
    await tx.load({
      identifiers: [[{ system: 'urn:oid:2.999.1', value: '17', type: 'PI' }]],
      stays: ['urn:oid:2.999.2|17'],
    });
    const patient = {
      resourceType: 'Patient',
      id: '17',
      identifier: [{ system: 'urn:oid:2.999.1', value: '17' }],
    } as const;
    const resource = { ...patient, identifier: [...patient.identifier] };
    const routes = routed(message.id, { endpoint: 'plan', member: 'Patient/18', resources: ['Patient/17'] });
    const mentions = [
      { resource: { resourceType: 'Organization', id: 'o' }, recordedAt: '2026-03-02T08:00:00Z', trace: [] },
    ] as never[];
    await tx.save([
      step(message.id, {
        facts: [fact(message.id)],
        resources: [changed(resource)],
        mentions,
        removed: ['CarePlan/1'],
        workItems: [{ reason: 'code-unknown', text: 't', key: 'plan' }],
        ...routes,
      }),
    ]);
  });
}

async function deliverOne(): Promise<void> {
  const due = await store.claimDeliveries({ endpoint: 'plan', limit: 10, leaseMs: 1000 });
  expect(due).toHaveLength(1);
  const made = { startedAt: new Date(0), durationMs: 1, ok: true, status: 200, code: null, detail: '', sent: [] };
  await store.recordAttempts(
    due.map(({ id }) => ({ ...made, deliveryId: id, sha256: Buffer.alloc(32), next: { state: 'delivered' } })),
  );
}

const search = (query: string) => () => store.searchResources(parseSearch('Encounter', new URLSearchParams(query)));

describe('the plans of what messages and callers ask often', () => {
  it.each<[string, () => Promise<unknown>, number?]>([
    ['keeping new messages', () => store.keep([incoming('P0')])],
    ['keeping messages', () => store.keep([incoming('P1'), incoming('P2', { state: 'refused' })])],
    [
      'recognising repeats',
      async () => void (await store.keep([incoming('P1'), incoming('P2', { state: 'refused' })])),
    ],
    ['translating', translateOne],
    ['delivering', deliverOne],
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
    ['reading a history', () => store.historyOf('Encounter', '17', { count: 10 })],
    ['searching by identifier', search('identifier=17')],
    ['searching by id', search('_id=17,18')],
    ['finding messages by control id', () => store.listMessages({ controlId: 'C17' })],
    ['finding a message by id', () => store.listMessages({ id: (BigInt(FIRST) + 5n).toString() })],
    ['finding work items by control id', () => store.listWorkItems({ controlId: 'C17', state: 'open' })],
    ['finding receipts of a message', () => store.listReceipts({ message: (BigInt(FIRST) + 5n).toString() })],
    ['finding deliveries of a message', () => store.listDeliveries({ message: (BigInt(FIRST) + 5n).toString() })],
    ['finding dead deliveries', () => store.listDeliveries({ state: 'dead' })],
    ['closing a work item', () => store.closeWorkItem('17', 'operator')],
    ['reviving a delivery', () => store.reviveDelivery('00000000-0000-5000-8000-000000000000')],
  ])('touch few rows: %s', async (_, work, few = FEW) => {
    const statements = await statementsOf(work);
    expect(statements.length).toBeGreaterThan(0);
    const wide: string[] = [];
    for (const statement of statements) wide.push(...(await wideScans(statement, few)));
    expect(wide).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['messages', () => store.listMessages({ count: 10 })],
    ['work items', () => store.listWorkItems({ count: 10 })],
    ['receipts', () => store.listReceipts({ count: 10 })],
    ['deliveries', () => store.listDeliveries({ count: 10 })],
    ['deliveries in one state', () => store.listDeliveries({ count: 10, state: 'delivered' })],
  ])('a page of all %s touches few rows', async (_, work) => {
    const pages = (await statementsOf(work)).filter(({ text }) => text.includes('LIMIT'));
    expect(pages).toHaveLength(1);
    for (const page of pages) expect(await wideScans(page, FEW)).toEqual([]);
  });
});
