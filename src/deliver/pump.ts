import { hash } from 'node:crypto';
import type { Ownership } from '../fhir/transaction.js';
import type { AttemptOutcome, DueDelivery } from '../message/delivery.js';
import { FAILURES, GatewayError, type FailureCode } from '../message/failure.js';
import { fhirSender, type FhirEndpoint, type Sent } from './fhir.js';
import { notificationBundle } from './notification.js';
import { nextState } from './retry.js';

export interface DeliverEndpoint extends FhirEndpoint, Ownership {
  id: string;
  expireHours: number;
}

export interface DeliverDeps {
  endpoints: readonly DeliverEndpoint[];
  claimDeliveries(request: { endpoint: string; limit: number; leaseMs: number }): Promise<DueDelivery[]>;
  recordAttempts(outcomes: AttemptOutcome[]): Promise<void>;
  /** Gives back what was claimed and not tried. */
  releaseDeliveries(ids: string[]): Promise<void>;
  now(): number;
  /** A number from 0 to 1, to spread retries. */
  chance(): number;
  log(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>): void;
  observe(endpoint: string, code: FailureCode | 'delivered', seconds: number): void;
}

export interface Deliver {
  /** Something may be due for that endpoint. Cheap; returns when nothing more is due, or at once if the endpoint is being served. */
  wake(endpoint: string): Promise<void>;
  close(): Promise<void>;
}

/** After so many failures of reach in a row the endpoint is left alone for a while; then one delivery tries whether it is back. */
const BREAK_AFTER = 5;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;
/** Deliveries of one claim for each that may be on its way at once. */
const ROUNDS = 16;
/** How long after a claim an attempt may still begin: the lease ends when the last of them has timed out, and no later. */
const BEGIN_MS = 10_000;
const MARGIN_MS = 5000;

/** The next claim is made when so many deliveries for each that may be on its way are left of the last. */
const AHEAD = 4;

/** One pump for each endpoint, so that none waits for another (law 10). */
export function openDeliver(deps: DeliverDeps): Deliver {
  const pumps = new Map(deps.endpoints.map((endpoint) => [endpoint.id, new Pump(endpoint, deps)]));
  return {
    async wake(endpoint) {
      const pump = pumps.get(endpoint);
      if (pump === undefined) deps.log('warn', 'deliver.unknown-endpoint', { endpoint });
      else await pump.run();
    },
    close: async () => void (await Promise.all([...pumps.values()].map((pump) => pump.close()))),
  };
}

interface Claim {
  deliveries: DueDelivery[];
  /** When the last attempt may begin. */
  until: number;
}

interface Delivered {
  outcomes: AttemptOutcome[];
  untried: DueDelivery[];
  next: Promise<Claim>;
}

class Pump {
  private running: Promise<void> | undefined;
  private again = false;
  private closed = false;
  private failures = 0;
  private pausedUntil = 0;
  private readonly send: (bundle: Buffer) => Promise<Sent>;

  constructor(
    private readonly endpoint: DeliverEndpoint,
    private readonly deps: DeliverDeps,
  ) {
    this.send = fhirSender(endpoint);
  }

  /** Waits for the pump it started; one that runs already is only told to look again, so that a slow endpoint holds one caller. */
  run(): Promise<void> {
    this.again = true;
    if (this.running !== undefined || !this.mayBegin()) return Promise.resolve();
    this.running = this.drain();
    return this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.running?.catch(() => undefined);
  }

  /** Claims at least once, so that it never ends before `running` holds it. */
  private async drain(): Promise<void> {
    try {
      do {
        this.again = false;
        for (let claim = await this.claim(); claim.deliveries.length > 0;) {
          const { outcomes, untried, next } = await this.deliver(claim);
          [claim] = await Promise.all([next, this.record(outcomes, untried)]);
        }
      } while (this.again && this.mayBegin());
    } finally {
      // In the same turn as the last look at `again`: a wake in between would be lost.
      this.running = undefined;
    }
  }

  private mayBegin(): boolean {
    return !this.closed && this.deps.now() >= this.pausedUntil;
  }

  /** Nothing where the endpoint rests or the gateway stops. */
  private async claim(): Promise<Claim> {
    const until = this.deps.now() + BEGIN_MS;
    if (!this.mayBegin()) return { deliveries: [], until };
    const { id, concurrency, timeoutSeconds } = this.endpoint;
    const limit = this.failures >= BREAK_AFTER ? 1 : concurrency * ROUNDS;
    const leaseMs = BEGIN_MS + timeoutSeconds * 1000 + MARGIN_MS;
    return { deliveries: await this.deps.claimDeliveries({ endpoint: id, limit, leaseMs }), until };
  }

  /** Tries what was claimed, and claims the next while the last of it is on its way, so that the endpoint never waits for the store. */
  private async deliver({ deliveries, until }: Claim): Promise<Delivered> {
    const untried = [...deliveries];
    const outcomes: AttemptOutcome[] = [];
    const { concurrency } = this.endpoint;
    let next: Promise<Claim> | undefined;
    const claimNext = () => {
      const claiming = this.claim();
      // Awaited once the attempts have ended: a store that is away meanwhile is met there.
      claiming.catch(() => undefined);
      return claiming;
    };
    const take = () => {
      if (!this.mayBegin() || this.deps.now() > until) return undefined;
      if (untried.length <= concurrency * AHEAD && this.failures === 0) next ??= claimNext();
      return untried.shift();
    };
    const worker = async () => {
      for (let delivery = take(); delivery !== undefined; delivery = take())
        outcomes.push(await this.attempt(delivery));
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, deliveries.length) }, worker));
    return { outcomes, untried, next: next ?? claimNext() };
  }

  private async record(outcomes: AttemptOutcome[], untried: DueDelivery[]): Promise<void> {
    await this.deps.recordAttempts(outcomes);
    if (untried.length > 0) await this.deps.releaseDeliveries(untried.map(({ id }) => id));
  }

  private async attempt(delivery: DueDelivery): Promise<AttemptOutcome> {
    const startedAt = this.deps.now();
    const { sent, sha256 } = await this.post(delivery);
    const now = this.deps.now();
    this.reached(sent.code === null || FAILURES[sent.code] === 'permanent', now);
    this.deps.observe(this.endpoint.id, sent.code ?? 'delivered', (now - startedAt) / 1000);
    const { expireHours } = this.endpoint;
    const { attempts, createdAt } = delivery;
    const chance = this.deps.chance();
    const next =
      sent.code === null
        ? undefined
        : nextState(sent.code, { attempts: attempts + 1, createdAt, expireHours, now, chance });
    if (next?.state === 'dead')
      this.deps.log('error', 'deliver.dead', { delivery: delivery.id, endpoint: this.endpoint.id, code: next.code });
    return {
      deliveryId: delivery.id,
      startedAt: new Date(startedAt),
      durationMs: now - startedAt,
      ok: sent.code === null,
      status: sent.status,
      code: next?.code ?? null,
      detail: sent.detail,
      sent: delivery.resources.map(({ reference, version }) => `${reference}/_history/${version}`),
      sha256,
      next:
        next === undefined
          ? { state: 'delivered' }
          : { state: next.state, ...(next.at === undefined ? {} : { at: next.at }) },
    };
  }

  /** Counts failures of reach in a row; from the fifth on the endpoint rests, longer each time, a minute at most. */
  private reached(reached: boolean, now: number): void {
    this.failures = reached ? 0 : this.failures + 1;
    if (this.failures < BREAK_AFTER) return;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.failures - BREAK_AFTER, 10), LONGEST_PAUSE_MS);
    this.pausedUntil = now + pause;
  }

  private async post(delivery: DueDelivery): Promise<{ sent: Sent; sha256: Buffer }> {
    try {
      const bundle = Buffer.from(JSON.stringify(notificationBundle(delivery, this.endpoint)));
      return { sent: await this.send(bundle), sha256: hash('sha256', bundle, 'buffer') };
    } catch (error) {
      // A bundle that cannot be made will not be made better by waiting.
      const failure = error instanceof GatewayError ? error : undefined;
      const detail = failure?.field ?? 'the bundle could not be made';
      return { sent: { status: null, code: failure?.code ?? 'endpoint-refused', detail }, sha256: Buffer.alloc(32) };
    }
  }
}
