import type { FhirResource } from 'fhir/r4.js';
import pg from 'pg';
import { emptyStep } from '../../src/apply/apply.js';
import type { NewDelivery } from '../../src/message/delivery.js';
import type { Event } from '../../src/message/event.js';
import type { Fact } from '../../src/message/fact.js';
import { canonicalJson } from '../../src/message/canonical-json.js';
import { uuid5 } from '../../src/message/uuid.js';
import type { Membership } from '../../src/message/membership.js';
import type { IncomingMessage } from '../../src/message/message.js';
import type { NewReceipt } from '../../src/message/receipt.js';
import type { ChangedResource, PatientRequest, TranslationStep } from '../../src/message/translation.js';
import { firstIdAt } from '../../src/store/partitions.js';
import { openStore, type Store } from '../../src/store/store.js';
import { freshDatabase } from './database.js';

/** A store on a database of the test's own. */
export async function openTestStore(): Promise<{ store: Store; url: string; close(): Promise<void> }> {
  const database = await freshDatabase();
  const store = await openStore({ databaseUrl: database.url, log: () => undefined });
  return {
    store,
    url: database.url,
    async close() {
      await store.close();
      await database.drop();
    },
  };
}

/** The same with a connection beside the store's, for what only SQL shows. */
export async function openConnectedStore(): Promise<{
  store: Store;
  url: string;
  client: pg.Client;
  close(): Promise<void>;
}> {
  const opened = await openTestStore();
  const client = new pg.Client({ connectionString: opened.url });
  await client.connect();
  return {
    ...opened,
    client,
    async close() {
      await client.end();
      await opened.close();
    },
  };
}

let next = 0;

/** A message as the receive stage hands it to the store, on 2 March 2026; each has an id of its own. */
export function incoming(controlId: string, change: Partial<IncomingMessage> = {}): IncomingMessage {
  const bytes = change.bytes ?? Buffer.from(`bytes of ${controlId}`);
  next += 1;
  return {
    id: (BigInt(firstIdAt(Date.UTC(2026, 2, 2))) + BigInt(next)).toString(),
    source: 'chu',
    door: 'mllp',
    receivedAt: new Date(Date.UTC(2026, 2, 2)),
    bytes,
    charset: 'UNICODE UTF-8',
    controlId,
    sender: 'GAM|CHU',
    type: 'ADT^A01',
    state: 'received',
    answer: Buffer.from(`answer to ${controlId}`),
    answerCode: change.state === 'refused' ? 'AE' : 'AA',
    issues: [],
    workItems:
      change.state === 'refused' ? [{ reason: 'field-missing', field: 'ZBE-4', text: 'ZBE-4 is missing' }] : [],
    ...change,
  };
}

/** A step of the translate stage that changes nothing but what is asked. */
export function step(messageId: string | null, change: Partial<TranslationStep> = {}): TranslationStep {
  return { ...emptyStep(messageId, 'translated'), ...change };
}

/** A resource as the translate stage hands it to the store. */
export function changed(resource: FhirResource & { id: string }): ChangedResource {
  return { resource, body: canonicalJson(resource) };
}

/** Keeps one message and carries it through a translation that gives these resources. */
export async function translated(
  store: Store,
  controlId: string,
  resources: readonly (FhirResource & { id: string })[],
  change: Partial<TranslationStep> = {},
): Promise<string> {
  const message = incoming(controlId);
  await store.keep([message]);
  await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
    tx.save([step(message.id, { resources: resources.map(changed), ...change })]),
  );
  return message.id;
}

/** The patient of the facts, events and requests made here, and his stay. */
export const PATIENT = 'urn:oid:2.999.1|1';
export const STAY = 'urn:oid:2.999.2|V1';

/** A fact as translation gives it, of the patient's stay; `stay: undefined` makes it one of no stay. */
export function factOf(
  messageId: string,
  { stay = STAY, ...change }: Partial<Omit<Fact, 'stay' | 'body'>> & { stay?: string | null; body?: unknown } = {},
): Fact {
  const at = '2026-03-02T08:00:00+01:00';
  return {
    id: `${messageId}.0`,
    messageId,
    source: 'chu',
    patient: PATIENT,
    ...(stay === null ? {} : { stay }),
    kind: 'movement',
    body: {},
    effectiveAt: at,
    recordedAt: at,
    sentAt: at,
    mapping: 'm',
    ...change,
  } as Fact;
}

/** What a message touches that speaks of these identifiers, given as `system|value`. */
export function request(
  messageId: string,
  keys: readonly string[] = [PATIENT],
  change: Partial<PatientRequest> = {},
): PatientRequest {
  const identifiers = keys.map((key) => {
    const bar = key.indexOf('|');
    return { system: key.slice(0, bar), value: key.slice(bar + 1), type: 'PI' };
  });
  return { messageId, identifiers, stays: [], ...change };
}

/** The window of the circle that the tests ask for. */
export const CIRCLE = { endedSince: '2026-01-01T00:00:00Z' };

/** A doctor of a stay's circle from an instant on. */
export function member(from: string, change: Partial<Membership> = {}): Membership {
  return {
    person: 'PractitionerRole/r',
    role: { system: 'urn:oid:2.999.8', code: 'ATND', display: 'Médecin responsable' },
    label: 'Dr FABRE',
    from,
    scope: 'stay',
    source: 'chu',
    basis: 'PV1',
    hidden: false,
    restricted: false,
    fromDerived: false,
    toDerived: false,
    origin: { messageId: '1', from: 'PV1-7', row: 'PV1-Movement:doctor' },
    ...change,
  };
}

/** What routing one event to one member gives: event, receipt and delivery. */
export function routed(
  messageId: string,
  {
    endpoint,
    member: reference,
    lane,
    resources,
    event: change = {},
  }: { endpoint: string; member: string; lane?: string; resources: string[]; event?: Partial<Event> },
): { events: Event[]; receipts: NewReceipt[]; deliveries: NewDelivery[] } {
  const effectiveAt = '2026-03-02T08:00:00+01:00';
  const event: Event = {
    kind: 'admission',
    messageId,
    patient: PATIENT,
    about: { type: 'stay', key: STAY },
    thread: 'urn:oid:2.999.3|M1',
    effectiveAt,
    attributes: {},
    ...change,
  };
  const receipt: NewReceipt = {
    id: uuid5(`receipt ${messageId} ${endpoint}`),
    event,
    member: reference,
    label: 'Dr BERTHIER',
    role: 'PCP',
    decision: 'told',
    reason: 'rule-tells',
    rule: 'medecin-traitant',
    memberFrom: effectiveAt,
    memberTo: null,
  };
  const delivery: NewDelivery = {
    id: uuid5(`delivery ${messageId} ${endpoint}`),
    receiptId: receipt.id,
    endpoint,
    kind: 'admission',
    lane: lane ?? `${endpoint}|${PATIENT}`,
    resources,
  };
  return { events: [event], receipts: [receipt], deliveries: [delivery] };
}
