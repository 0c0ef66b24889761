import type { Bundle } from 'fhir/r4.js';
import { Batch } from '../../src/apply/batch.js';
import { notificationBundle } from '../../src/deliver/notification.js';
import { openDeliver, type DeliverDeps, type DeliverEndpoint } from '../../src/deliver/pump.js';
import type { AttemptOutcome, Claim } from '../../src/message/delivery.js';
import { buildDirectory } from '../../src/route/directory.js';
import type { Store } from '../../src/store/store.js';
import { requestOf } from '../../src/work/patient-request.js';
import { translateStage, type TranslateDeps } from '../../src/work/translate-stage.js';
import { documentTranslation, type TestDocument } from './documents.js';
import { ownMappings, professional, segment } from './pam.js';
import { incoming, openTestStore } from './stored.js';

/** The family doctor who is told, and the software that tells him. */
export const DOCTOR = { rpps: '10999000123', family: 'MEDECIN' };
export const ENDPOINT = 'logiciel';
/** The segment by which a message declares him. */
export const DECLARED = segment('ROL', { 1: '1', 2: 'UC', 3: 'ODRP', 4: professional(DOCTOR.rpps, DOCTOR.family) });

/** Whose the records of a vendor are where the configuration says nothing. */
export const OWNERSHIP = { directory: 'theirs', patient: 'ours', unchanged: 'omit', profiles: 'keep' } as const;

/** After all that the messages of tests tell of. */
const RECEIVED_AT = new Date(Date.UTC(2026, 3, 1));

const TAKEN = {
  startedAt: new Date(0),
  durationMs: 1,
  ok: true,
  reached: true,
  status: 200,
  code: null,
  detail: '',
  sent: [],
  sha256: Buffer.alloc(32),
  next: { state: 'delivered' as const },
};

type DeliverSettings = Partial<DeliverEndpoint> & Pick<DeliverDeps, 'documents'>;

/** Translate and deliver over a real store, in the test's own process and without a queue. */
export interface Stages {
  /** Keeps these messages, one after the other, and translates each. */
  translate(...texts: string[]): Promise<void>;
  /** As `translate`, of documents: their facts as translation gives them. */
  translateDocuments(...documents: TestDocument[]): Promise<void>;
  /** As `translate`, all of them in one batch. */
  translateTogether(...texts: string[]): Promise<void>;
  /**
   * Sends all that waits to that address.
   * @param wakes how often the endpoint is woken; absent: until nothing waits any more
   * @returns the attempts, in the order in which they ended
   */
  deliver(url: string, settings?: DeliverSettings, wakes?: number): Promise<AttemptOutcome[]>;
  /** The bundles of all that is due, in the order of their lanes. It is not due any more after that. */
  bundles(): Promise<Bundle[]>;
  /** Records the same outcome for each of these claims. */
  record(claimed: readonly Claim[], next: AttemptOutcome['next'], reached?: boolean): Promise<void>;
  readonly store: Store;
  /** The reasons of the work items that are open. */
  workItems(): Promise<unknown[]>;
  close(): Promise<void>;
}

const EVENTS = ['preadmission', 'admission', 'transfer', 'discharge', 'document', 'care-plan', 'appointment'] as const;

export async function openStages(): Promise<Stages> {
  const { store, close } = await openTestStore();
  const deps = {
    inTranslation: (claim, run) => store.inTranslation(claim, run),
    source: (name) => ({ name, mappings: ownMappings(), zone: 'Europe/Paris', charset: '8859/15', authorities: {} }),
    directory: buildDirectory([{ ...DOCTOR, endpoint: ENDPOINT }], []),
    rules: [{ id: 'all', events: EVENTS, roles: ['PCP'] }],
    fold: { zone: 'Europe/Paris', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 },
    now: () => Date.now(),
    due: () => undefined,
    log: () => undefined,
    observe: () => undefined,
    stopping: () => true,
  } satisfies TranslateDeps;
  const stage = translateStage(deps);
  const translateDocument = async (document: TestDocument) => {
    const message = incoming(`C${Math.random()}`, { receivedAt: RECEIVED_AT });
    await store.keep([message]);
    const fold = { ...deps.fold, now: new Date().toISOString() };
    const context = { directory: deps.directory, rules: deps.rules, lateSince: '2025-12-31T00:00:00Z', fold };
    await store.inTranslation({ ids: [message.id], limit: 0 }, async (tx) => {
      const translation = documentTranslation(message.id, document);
      const [window] = await tx.load([requestOf(message.id, translation)], { endedSince: context.lateSince });
      if (window === undefined) throw new Error('no window was loaded');
      await tx.save(await new Batch(context, [], tx.loadWhole).apply(message.id, translation, window));
    });
  };
  const translateTogether = async (...texts: string[]) => {
    const messages = texts.map((text) =>
      incoming(`C${Math.random()}`, { bytes: Buffer.from(text), receivedAt: RECEIVED_AT }),
    );
    await store.keep(messages);
    await stage(messages.map(({ id }) => id));
  };
  const waiting = async () => (await store.listDeliveries({ state: 'due' })).total;
  return {
    store,
    translateTogether,
    async translateDocuments(...documents) {
      for (const document of documents) await translateDocument(document);
    },
    async translate(...texts) {
      for (const text of texts) await translateTogether(text);
    },
    async deliver(url, { documents, ...settings } = {}, wakes = Infinity) {
      const outcomes: AttemptOutcome[] = [];
      const pumps = openDeliver({
        endpoints: [
          { id: ENDPOINT, url, timeoutSeconds: 5, concurrency: 4, expireHours: 72, ...OWNERSHIP, ...settings },
        ],
        documents,
        claimDeliveries: (request) => store.claimDeliveries(request),
        recordAttempts: async (made) => {
          await store.recordAttempts(made);
          outcomes.push(...made);
        },
        releaseDeliveries: (claims) => store.releaseDeliveries(claims),
        reportEndpoint: (endpoint, code) => store.reportEndpoint(endpoint, code),
        now: () => Date.now(),
        elapsed: () => performance.now(),
        chance: () => 0.5,
        log: () => undefined,
        observe: () => undefined,
      });
      for (let wake = 0; wake < wakes && (await waiting()) > 0; wake++) {
        if (wake > 0) await new Promise((resolve) => setTimeout(resolve, 50));
        await pumps.wake(ENDPOINT);
      }
      await pumps.close();
      return outcomes;
    },
    async bundles() {
      const bundles: Bundle[] = [];
      for (;;) {
        const claimed = await store.claimDeliveries({ endpoint: ENDPOINT, limit: 100, leaseMs: 60_000 });
        if (claimed.length === 0) return bundles;
        bundles.push(...claimed.map((delivery) => notificationBundle(delivery, OWNERSHIP).bundle));
        await store.recordAttempts(claimed.map(({ id, claim }) => ({ ...TAKEN, deliveryId: id, claim })));
      }
    },
    record: (claimed, next, reached = next.state === 'delivered') =>
      store.recordAttempts(
        claimed.map(({ id, claim }) => {
          const ok = next.state === 'delivered';
          return { ...TAKEN, deliveryId: id, claim, ok, reached, code: ok ? null : 'endpoint-refused', next };
        }),
      ),
    workItems: async () => (await store.listWorkItems({})).items.map(({ reason }) => reason),
    close,
  };
}
