import { randomUUID } from 'node:crypto';
import type { Communication } from 'fhir/r4.js';
import type { Pool } from 'pg';
import type { FeedPage, FeedPlace } from '../fhir/bundle.js';
import type { SearchPage, SearchQuery } from '../fhir/search.js';
import type { AttemptOutcome, Claim, ClaimRequest, DueDelivery } from '../message/delivery.js';
import type { DocumentClaim, DocumentKnowledge, DocumentQuestion } from '../message/document-claim.js';
import type { FailureCode } from '../message/failure.js';
import type { Log } from '../message/log.js';
import type { IncomingMessage, JournalMessage, KeptMessage } from '../message/message.js';
import type { PatientWindow, TranslationRequest, TranslationTx } from '../message/translation.js';
import { recordAttempts } from './attempts.js';
import { openContent, type MessageContent } from './content.js';
import { claimDeliveries, laneHeads, releaseDeliveries } from './deliveries.js';
import { documentKnowledge, documentsOfMessage } from './documents.js';
import { endpointLoads, endpointsDue, reportEndpoint, type EndpointLoad } from './endpoints.js';
import { readCommunication, searchCommunications } from './communications.js';
import { changesAfter } from './feed.js';
import { beat, secondsSinceBeat } from './heartbeats.js';
import { keepBatch } from './keep.js';
import { windowKnownAt, type KnownAtSubject } from './known-at.js';
import { keepMappings } from './mapping-versions.js';
import { waitAgain } from './message-states.js';
import { migrate } from './migrate.js';
import {
  counts,
  journalMessage,
  list,
  databaseId,
  nodeNumber,
  untranslated,
  type Counts,
  type ListFilter,
  type Page,
} from './operations.js';
import { closeByHand, releaseWorkItem } from './parked.js';
import { firstIdAt, makePartitions } from './partitions.js';
import { inSnapshot, openMigrationPool, openPool, storeError, type StoreUse } from './pool.js';
import { historyOf, readResource, readVersion, readVersionAt, searchResources, type StoredVersion } from './serving.js';
import { reviveAll, reviveDeliveries } from './superseded.js';
import { forgetDoneNotes, TranslationClaims } from './translation-claims.js';
import { inTranslation } from './translation.js';
import { dueCircles, inUpkeep, type DueCircle, type UpkeepTx } from './upkeep.js';
import { readWholeWindow } from './windows.js';

/** Everything the gateway keeps, and every question it asks of it. All failures are GatewayErrors. */
export interface Store {
  keep(batch: IncomingMessage[]): Promise<KeptMessage[]>;
  /** What is known of a document's patient and of its other versions, before the document is kept. */
  documentKnowledge(question: DocumentQuestion): Promise<DocumentKnowledge>;
  documentsOfMessage(id: string): Promise<DocumentClaim[]>;
  inTranslation<T>(request: TranslationRequest, run: (tx: TranslationTx) => Promise<T>): Promise<T>;
  /** The circles that change by themselves until `now`, those that are due longest. */
  dueCircles(now: Date, limit: number): Promise<DueCircle[]>;
  /**
   * One transaction of upkeep for the circle of that anchor's patient; what left the circle before `endedSince` is not loaded. Undefined
   * where nobody knows the anchor.
   */
  inUpkeep<T>(
    circle: { anchor: string; now: Date; endedSince: string },
    run: (tx: UpkeepTx) => Promise<T>,
  ): Promise<T | undefined>;
  /** Every fact of that anchor's cluster as it stands, for reading alone; undefined where nobody knows the anchor. */
  wholeOf(anchor: string): Promise<PatientWindow | undefined>;
  /** Every fact of the cluster of an anchor, or of the owner of a stay, as it was known at an instant (ISO 8601). */
  factsKnownAt(subject: KnownAtSubject, at: string): Promise<PatientWindow | undefined>;
  /** Keeps the mapping files and source settings behind a hash that facts name. */
  keepMappings(hash: string, files: unknown): Promise<void>;
  journalMessage(id: string): Promise<JournalMessage | undefined>;
  /** A message's bytes, to be read piece by piece. */
  openContent(id: string): Promise<MessageContent | undefined>;
  /** Lets a message wait for translation again; false where the journey does not allow it. */
  setMessageState(id: string, to: 'received'): Promise<boolean>;
  /** Ids of messages received before that moment (ms) and not translated, oldest first. */
  untranslated(before: number, limit: number): Promise<string[]>;
  claimDeliveries(request: ClaimRequest): Promise<DueDelivery[]>;
  laneHeads(endpoint: string, limit: number): Promise<string[]>;
  recordAttempts(outcomes: AttemptOutcome[]): Promise<void>;
  releaseDeliveries(claims: readonly Claim[]): Promise<void>;
  endpointsDue(): Promise<string[]>;
  /** What is due and dead, for each endpoint that has either. */
  endpointLoads(): Promise<EndpointLoad[]>;
  /** The endpoint refuses whatever it is sent, with that code; or delivers again (null). */
  reportEndpoint(endpoint: string, code: FailureCode | null): Promise<void>;
  reviveDelivery(id: string): Promise<boolean>;
  /** Revives all that is dead, of one endpoint or of every one; gives how many there were. */
  reviveAll(endpoint?: string): Promise<number>;
  readResource(type: string, id: string): Promise<StoredVersion | undefined>;
  readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined>;
  /** The version that stood at an instant (ISO 8601). */
  readVersionAt(type: string, id: string, at: string): Promise<StoredVersion | undefined>;
  historyOf(
    type: string,
    id: string,
    page: { count: number; before?: number | undefined; since?: Date | undefined },
  ): Promise<{ total: number; versions: StoredVersion[] }>;
  /** The versions of these types that were written after a place, oldest first. */
  changesAfter(request: { types: readonly string[]; after: FeedPlace; count: number }): Promise<FeedPage>;
  searchResources(query: SearchQuery): Promise<SearchPage>;
  /** The Communication of a delivery, made of it. */
  readCommunication(id: string): Promise<Communication | undefined>;
  searchCommunications(query: SearchQuery): Promise<SearchPage>;
  listMessages(filter: ListFilter): Promise<Page>;
  listWorkItems(filter: ListFilter): Promise<Page>;
  /** The messages behind the work item that `item` names. */
  listWorkItemMessages(filter: ListFilter): Promise<Page>;
  listReceipts(filter: ListFilter): Promise<Page>;
  listDeliveries(filter: ListFilter): Promise<Page>;
  /** Closes a work item by hand; false when it is not open. Refused where parked messages stand behind it alone. */
  closeWorkItem(id: string): Promise<boolean>;
  /** Every message behind a work item is to be read again. Gives their number and the first of them; undefined when it is not open. */
  releaseWorkItem(id: string): Promise<{ count: number; first: string[] } | undefined>;
  counts(): Promise<Counts>;
  /** Notes that the sweep, or whatever has that name, has run now; and how many seconds ago it last did at any gateway. */
  beat(name: string): Promise<void>;
  secondsSinceBeat(name: string): Promise<number | undefined>;
  /** A number from 0 to 255, for the message ids of one process that receives. */
  nodeNumber(): Promise<number>;
  /** Tells this database from every other, e.g. on one Redis: of letters, digits and hyphens. */
  databaseId(): Promise<string>;
  /** Makes the journal's partitions of the coming days; forgets what claims of dead processes left of messages that are done. */
  makePartitions(from: number, days: number): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  databaseUrl: string;
  log: Log;
  /** What the connections are for; their limits follow from it. Absent: work. */
  use?: StoreUse;
  /** IANA zone of dates without offset, as searches find them. Absent: UTC. */
  zone?: string;
  /** Whose notes of claims are whose: the id of a worker, the same for each process that is started in its place. Absent: one of its own. */
  worker?: string | undefined;
}

/**
 * Opens the store on a PostgreSQL database, migrated to the latest schema.
 * @throws GatewayError store-unavailable, migration-failed
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, log, use = 'work', zone = 'UTC', worker = randomUUID() } = options;
  const pool = openPool(databaseUrl, log, use);
  const migrating = openMigrationPool(databaseUrl, log);
  await guarded(migrate(migrating)).finally(() => migrating.end());
  // Who writes a note holds a connection already: from the same pool all might wait for another.
  const notes = openPool(databaseUrl, log, use, { connections: 1 });
  const claims = new TranslationClaims(notes, worker);
  await guarded(claims.open());
  return {
    ...operatorStore(pool),
    keep: (batch) => keepBatch(pool, batch),
    documentKnowledge: (question) => guarded(documentKnowledge(pool, question)),
    documentsOfMessage: (id) => guarded(documentsOfMessage(pool, id)),
    inTranslation: (request, run) => inTranslation(pool, claims, request, zone, run),
    dueCircles: (now, limit) => guarded(dueCircles(pool, now, limit)),
    inUpkeep: (circle, run) => inUpkeep(pool, { ...circle, zone }, run),
    wholeOf: (anchor) => inSnapshot(pool, (client) => readWholeWindow(client, anchor)),
    factsKnownAt: (subject, at) => inSnapshot(pool, (client) => windowKnownAt(client, subject, at)),
    keepMappings: (hash, files) => guarded(keepMappings(pool, hash, files)),
    journalMessage: (id) => guarded(journalMessage(pool, id)),
    openContent: (id) => guarded(openContent(pool, id)),
    setMessageState: async (id) => (await guarded(waitAgain(pool, [id]))).length > 0,
    untranslated: (before, limit) => guarded(untranslated(pool, firstIdAt(before), limit)),
    claimDeliveries: (request) => guarded(claimDeliveries(pool, request)),
    recordAttempts: (outcomes) => guarded(recordAttempts(pool, outcomes)),
    releaseDeliveries: (claims) => guarded(releaseDeliveries(pool, claims)),
    laneHeads: (endpoint, limit) => guarded(laneHeads(pool, endpoint, limit)),
    endpointsDue: () => guarded(endpointsDue(pool)),
    reportEndpoint: (endpoint, code) => guarded(reportEndpoint(pool, endpoint, code)),
    ...readingOf(pool),
    beat: (name) => guarded(beat(pool, name)),
    secondsSinceBeat: (name) => guarded(secondsSinceBeat(pool, name)),
    nodeNumber: () => guarded(nodeNumber(pool)),
    databaseId: () => guarded(databaseId(pool)),
    makePartitions: (from, days) => guarded(makePartitions(pool, from, days).then(() => forgetDoneNotes(pool))),
    ping: async () => void (await guarded(pool.query('SELECT 1'))),
    close: async () => void (await Promise.all([pool.end(), notes.end()])),
  };
}

type OperatorStore = Pick<
  Store,
  | 'listMessages'
  | 'listWorkItems'
  | 'listWorkItemMessages'
  | 'listReceipts'
  | 'listDeliveries'
  | 'closeWorkItem'
  | 'releaseWorkItem'
  | 'reviveDelivery'
  | 'reviveAll'
  | 'endpointLoads'
  | 'counts'
>;

/** What operators ask and decide. */
function operatorStore(pool: Pool): OperatorStore {
  return {
    listMessages: (filter) => guarded(list(pool, 'messages', filter)),
    listWorkItems: (filter) => guarded(list(pool, 'workItems', filter)),
    listWorkItemMessages: (filter) => guarded(list(pool, 'workItemMessages', filter)),
    listReceipts: (filter) => guarded(list(pool, 'receipts', filter)),
    listDeliveries: (filter) => guarded(list(pool, 'deliveries', filter)),
    closeWorkItem: (id) => closeByHand(pool, id),
    releaseWorkItem: (id) => guarded(releaseWorkItem(pool, id)),
    reviveDelivery: async (id) => (await guarded(reviveDeliveries(pool, [id]))) > 0,
    reviveAll: (endpoint) => guarded(reviveAll(pool, endpoint)),
    endpointLoads: () => guarded(endpointLoads(pool)),
    counts: () => guarded(counts(pool)),
  };
}

type Reading = Pick<
  Store,
  | 'readResource'
  | 'readVersion'
  | 'readVersionAt'
  | 'historyOf'
  | 'changesAfter'
  | 'searchResources'
  | 'readCommunication'
  | 'searchCommunications'
>;

/** What is served of the store. */
function readingOf(pool: Pool): Reading {
  return {
    readResource: (type, id) => guarded(readResource(pool, type, id)),
    readVersion: (type, id, version) => guarded(readVersion(pool, type, id, version)),
    readVersionAt: (type, id, at) => guarded(readVersionAt(pool, type, id, at)),
    historyOf: (type, id, page) => guarded(historyOf(pool, type, id, page)),
    changesAfter: (request) => guarded(changesAfter(pool, request)),
    searchResources: (query) => guarded(searchResources(pool, query)),
    readCommunication: (id) => guarded(readCommunication(pool, id)),
    searchCommunications: (query) => guarded(searchCommunications(pool, query)),
  };
}

function guarded<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw storeError(cause);
  });
}
