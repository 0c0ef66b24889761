import type { Bundle } from 'fhir/r4.js';
import { notificationBundle } from '../../src/deliver/notification.js';
import { openDeliver, type DeliverEndpoint } from '../../src/deliver/pump.js';
import type { AttemptOutcome, Claim } from '../../src/message/delivery.js';
import { buildDirectory } from '../../src/route/directory.js';
import type { Store } from '../../src/store/store.js';
import { translateStage } from '../../src/work/translate-stage.js';
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

/** Translate and deliver over a real store, in the test's own process and without a queue. */
export interface Stages {
  /** Keeps these messages, one after the other, and translates each. */
  translate(...texts: string[]): Promise<void>;
  /** As `translate`, all of them in one batch. */
  translateTogether(...texts: string[]): Promise<void>;
  /**
   * Sends all that waits to that address.
   * @param wakes how often the endpoint is woken; absent: until nothing waits any more
   * @returns the attempts, in the order in which they ended
   */
  deliver(url: string, settings?: Partial<DeliverEndpoint>, wakes?: number): Promise<AttemptOutcome[]>;
  /** The bundles of all that is due, in the order of their lanes. It is not due any more after that. */
  bundles(): Promise<Bundle[]>;
  /** Records the same outcome for each of these claims. */
  record(claimed: readonly Claim[], next: AttemptOutcome['next'], reached?: boolean): Promise<void>;
  readonly store: Store;
  /** The reasons of the work items that are open. */
  workItems(): Promise<unknown[]>;
  close(): Promise<void>;
}

export async function openStages(): Promise<Stages> {
  const { store, close } = await openTestStore();
  const stage = translateStage({
    inTranslation: (claim, run) => store.inTranslation(claim, run),
    source: (name) => ({ name, mappings: ownMappings(), zone: 'Europe/Paris', charset: '8859/15', authorities: {} }),
    directory: buildDirectory([{ ...DOCTOR, endpoint: ENDPOINT }], []),
    rules: [{ id: 'all', events: ['preadmission', 'admission', 'transfer', 'discharge'], roles: ['PCP'] }],
    fold: { zone: 'Europe/Paris', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 },
    now: () => Date.now(),
    due: () => undefined,
    log: () => undefined,
    observe: () => undefined,
    stopping: () => true,
  });
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
    async translate(...texts) {
      for (const text of texts) await translateTogether(text);
    },
    async deliver(url, settings = {}, wakes = Infinity) {
      const outcomes: AttemptOutcome[] = [];
      const pumps = openDeliver({
        endpoints: [
          { id: ENDPOINT, url, timeoutSeconds: 5, concurrency: 4, expireHours: 72, ...OWNERSHIP, ...settings },
        ],
        claimDeliveries: (request) => store.claimDeliveries(request),
        recordAttempts: async (made) => {
          await store.recordAttempts(made);
          outcomes.push(...made);
        },
        releaseDeliveries: (claims) => store.releaseDeliveries(claims),
        reportEndpoint: (endpoint, code) => store.reportEndpoint(endpoint, code),
        now: () => Date.now(),
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
