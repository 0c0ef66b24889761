import type { BundleSettings } from '../fhir/transaction.js';
import type { AttemptOutcome, Claim, DueDelivery } from '../message/delivery.js';
import type { FailureCode } from '../message/failure.js';
import type { Sent } from './answer.js';
import { Breaker } from './breaker.js';
import { isUnclear } from './classify.js';
import { fhirSender, type FhirEndpoint } from './fhir.js';
import { post, stateAfter } from './attempt.js';
import { retryAfterMs } from './retry.js';

export interface DeliverEndpoint extends FhirEndpoint, BundleSettings {
  id: string;
  expireHours: number;
}

export interface DeliverDeps {
  endpoints: readonly DeliverEndpoint[];
  claimDeliveries(request: { endpoint: string; limit: number; leaseMs: number }): Promise<DueDelivery[]>;
  recordAttempts(outcomes: AttemptOutcome[]): Promise<void>;
  /** Gives back what was claimed and not tried. */
  releaseDeliveries(claims: readonly Claim[]): Promise<void>;
  /** The endpoint refuses all it is sent, with that code; or delivers, for the first time or again (null). */
  reportEndpoint(endpoint: string, code: FailureCode | null): Promise<void>;
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

/** Deliveries that may be claimed for each that may be on its way at once. */
const ROUNDS = 16;
/** More are claimed when so many for each that may be on its way are left. */
const AHEAD = 4;
/** How long after a claim an attempt may still begin: the lease ends when the last of them has timed out, and no later. */
const BEGIN_MS = 10_000;
const MARGIN_MS = 5000;
const HOUR_MS = 3_600_000;

/** One pump for each endpoint, so that none waits for another. */
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

interface Claimed {
  delivery: DueDelivery;
  /** When its attempt may begin at the latest. */
  until: number;
}

/**
 * A window over what is due for one endpoint: a place that comes free is taken by the next at once, outcomes are recorded as they come, and
 * more is claimed once they are, since an outcome frees its lane. A request that hangs takes its own place and no other.
 */
class Pump {
  private running: Promise<void> | undefined;
  private closed = false;
  /** Claimed, and not yet begun. */
  private readonly waiting: Claimed[] = [];
  private underWay = 0;
  /** Ended, and not yet recorded. */
  private readonly outcomes: AttemptOutcome[] = [];
  /** Claimed, and not to be begun. */
  private readonly untried: DueDelivery[] = [];
  /** More may be due than what was claimed. */
  private more = false;
  private changed = false;
  private notify: () => void = () => undefined;
  /** What is to be reported of the endpoint, and what was last. */
  private report: FailureCode | null | undefined;
  private reported: FailureCode | null | undefined;
  private readonly breaker = new Breaker();
  private readonly send: (bundle: Buffer, entries: number) => Promise<Sent>;

  constructor(
    private readonly endpoint: DeliverEndpoint,
    private readonly deps: DeliverDeps,
  ) {
    this.send = fhirSender(endpoint);
  }

  /** Waits for the pump it started; one that runs already is only told to look again, so that a slow endpoint holds one caller. */
  run(): Promise<void> {
    this.more = true;
    this.change();
    if (this.running !== undefined || !this.mayBegin()) return Promise.resolve();
    this.running = this.drain();
    return this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.change();
    await this.running?.catch(() => undefined);
  }

  /** Waits at least once, so that it never ends before `running` holds it. What is under way is recorded before a failure is passed on. */
  private async drain(): Promise<void> {
    const failures: unknown[] = [];
    const noted = (error: unknown) => void failures.push(error);
    try {
      for (;;) {
        this.changed = false;
        await this.record().catch(noted);
        if (failures.length === 0) await this.claim().catch(noted);
        this.begin();
        if (this.changed) continue;
        if (this.underWay === 0) break;
        await new Promise<void>((resolve) => (this.notify = resolve));
      }
    } finally {
      // In the same turn as the last look at `changed`: a wake in between would be lost.
      this.running = undefined;
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Something ended, or somebody asks for another look. */
  private change(): void {
    this.changed = true;
    this.notify();
  }

  private mayBegin(): boolean {
    return !this.closed && !this.breaker.isResting(this.deps.now());
  }

  /** Fills the free places; what may not begin any more is given back. */
  private begin(): void {
    const places = this.breaker.isHalfOpen ? 1 : this.endpoint.concurrency;
    while (this.underWay < places) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      if (this.mayBegin() && this.deps.now() <= next.until) void this.follow(next.delivery);
      else {
        this.untried.push(next.delivery);
        this.changed = true;
      }
    }
  }

  private async follow(delivery: DueDelivery): Promise<void> {
    this.underWay += 1;
    const outcome = await this.attempt(delivery);
    this.outcomes.push(outcome);
    this.underWay -= 1;
    this.begin();
    this.change();
  }

  /** What cannot be recorded now is kept for the next time. */
  private async record(): Promise<void> {
    const outcomes = this.outcomes.splice(0);
    const untried = this.untried.splice(0);
    try {
      if (outcomes.length > 0) await this.deps.recordAttempts(outcomes);
    } catch (error) {
      this.outcomes.unshift(...outcomes);
      throw error;
    }
    const { report } = this;
    if (report !== undefined) {
      await this.deps.reportEndpoint(this.endpoint.id, report);
      this.report = undefined;
      // What waited longer than the endpoint was away is due now.
      this.more = true;
    }
    if (outcomes.length > 0) this.more = true;
    // What is not given back comes back when its lease ends.
    if (untried.length > 0) await this.deps.releaseDeliveries(untried.map(({ id, claim }) => ({ id, claim })));
  }

  private async claim(): Promise<void> {
    const { id, concurrency, timeoutSeconds } = this.endpoint;
    const ahead = this.breaker.isFailing ? 0 : concurrency * AHEAD;
    if (!this.more || !this.mayBegin() || this.waiting.length > ahead) return;
    const limit = this.breaker.isHalfOpen ? 1 - this.underWay : concurrency * ROUNDS - this.waiting.length;
    if (limit < 1) return;
    this.more = false;
    const until = this.deps.now() + BEGIN_MS;
    const leaseMs = BEGIN_MS + timeoutSeconds * 1000 + MARGIN_MS;
    const claimed = await this.deps.claimDeliveries({ endpoint: id, limit, leaseMs });
    this.waiting.push(...claimed.map((delivery) => ({ delivery, until })));
    if (claimed.length >= limit) this.more = true;
  }

  private async attempt(delivery: DueDelivery): Promise<AttemptOutcome> {
    const { id: endpoint, expireHours } = this.endpoint;
    const startedAt = this.deps.now();
    const { sent, sha256, resources } = await post(delivery, this.endpoint, this.send);
    const now = this.deps.now();
    const askedMs = retryAfterMs(sent.retryAfter, now, expireHours * HOUR_MS);
    if (sha256 !== undefined) this.judge(sent.code, now, askedMs);
    this.deps.observe(endpoint, sent.code ?? 'delivered', (now - startedAt) / 1000);
    const isPartial = resources.length < delivery.resources.length;
    const next = stateAfter(delivery, sent.code, {
      now,
      askedMs,
      isPartial: isPartial && sha256 !== undefined,
      expireHours,
      chance: this.deps.chance(),
    });
    if (next.state === 'dead')
      this.deps.log('error', 'deliver.dead', { delivery: delivery.id, endpoint, code: next.code });
    const { code, ...state } = next;
    return {
      deliveryId: delivery.id,
      claim: delivery.claim,
      startedAt: new Date(startedAt),
      durationMs: now - startedAt,
      ok: sent.code === null,
      reached: sent.code === null || isUnclear(sent.code, sent.status),
      status: sent.status,
      code,
      detail: sent.detail,
      sent: resources.map(({ reference, version }) => `${reference}/_history/${version}`),
      sha256: sha256 ?? Buffer.alloc(32),
      next: state,
    };
  }

  private judge(code: FailureCode | null, now: number, askedMs: number): void {
    const endpoint = this.endpoint.id;
    const wasAway = this.breaker.isHalfOpen;
    if (this.breaker.record(code, now, askedMs)) this.deps.log('warn', 'deliver.resting', { endpoint, code });
    const isNew = code === null ? wasAway || this.reported !== null : this.breaker.isRefusing && !this.reported;
    if (isNew) this.report = this.reported = code;
  }
}
