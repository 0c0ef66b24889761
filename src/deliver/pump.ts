import type { BundleSettings } from '../fhir/transaction.js';
import type { AttemptOutcome, Claim, ClaimRequest, DueDelivery, JobOutcome } from '../message/delivery.js';
import type { FailureCode } from '../message/failure.js';
import type { DocumentAccess } from './attachments.js';
import { attempt, type Attempt } from './attempt.js';
import { Breaker } from './breaker.js';
import { WaitingJobs } from './waiting-jobs.js';
import { fhirSender, type FhirEndpoint, type Send } from './fhir.js';

export interface DeliverEndpoint extends FhirEndpoint, BundleSettings {
  id: string;
  expireHours: number;
}

export interface DeliverDeps {
  endpoints: readonly DeliverEndpoint[];
  claimDeliveries(request: ClaimRequest): Promise<DueDelivery[]>;
  recordAttempts(outcomes: AttemptOutcome[]): Promise<void>;
  /** Gives back what was claimed and not tried. */
  releaseDeliveries(claims: readonly Claim[]): Promise<void>;
  /** The endpoint refuses all it is sent, with that code; or delivers, for the first time or again (null). */
  reportEndpoint(endpoint: string, code: FailureCode | null): Promise<void>;
  /** Absent: documents go without their bytes. */
  documents?: DocumentAccess | undefined;
  now(): number;
  /** Milliseconds of a clock that is never set, for whatever takes time. */
  elapsed(): number;
  /** A number from 0 to 1, to spread retries. */
  chance(): number;
  log(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>): void;
  observe(endpoint: string, code: FailureCode | 'delivered', seconds: number): void;
}

export interface Deliver {
  /** Something may be due for that endpoint. Cheap; returns when nothing more is due, or at once if the endpoint is being served. */
  wake(endpoint: string): Promise<void>;
  /** Carries one delivery, if it is the head of its lane and due, once the endpoint has a place for it; returns when its outcome is recorded. */
  carry(endpoint: string, id: string): Promise<JobOutcome>;
  close(): Promise<void>;
}

/** Deliveries that may be claimed for each that may be on its way at once. */
const ROUNDS = 16;
/** More are claimed when so many for each that may be on its way are left. */
const AHEAD = 4;
/** How long after a claim an attempt may still begin: the lease ends when the last of them has timed out, and no later. */
const BEGIN_MS = 10_000;
const MARGIN_MS = 5000;
/** When a job comes back that could not be carried now. */
const LATER_MS = 2000;
/** While others wait for a place outcomes are gathered, so many at most and so long, and recorded in one statement. */
const GATHERED = { most: 32, ms: 20 };

/** One pump for each endpoint, so that none waits for another. */
export function openDeliver(deps: DeliverDeps): Deliver {
  /** Endpoints that are configured no more, of which that was said once. */
  const unknown = new Set<string>();
  const pumps = new Map(deps.endpoints.map((endpoint) => [endpoint.id, new Pump(endpoint, deps)]));
  return {
    async wake(endpoint) {
      const pump = pumps.get(endpoint);
      if (pump !== undefined) return pump.run();
      if (!unknown.has(endpoint)) deps.log('warn', 'deliver.unknown-endpoint', { endpoint });
      unknown.add(endpoint);
    },
    // Whose endpoint is not configured any more waits in the store.
    carry: (endpoint, id) => pumps.get(endpoint)?.carry(id) ?? Promise.resolve({ state: 'ended' }),
    close: async () => void (await Promise.all([...pumps.values()].map((pump) => pump.close()))),
  };
}

interface Claimed {
  delivery: DueDelivery;
  /** When its attempt may begin at the latest, by the clock that is never set. */
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
  private gathering: NodeJS.Timeout | undefined;
  /** Claimed, and not to be begun. */
  private readonly untried: DueDelivery[] = [];
  private readonly jobs = new WaitingJobs();
  /** More may be due than what was claimed. */
  private more = false;
  private changed = false;
  private notify: () => void = () => undefined;
  /** What is to be reported of the endpoint, and what was last. */
  private report: FailureCode | null | undefined;
  private reported: FailureCode | null | undefined;
  private readonly breaker = new Breaker();
  private readonly send: Send;

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

  carry(id: string): Promise<JobOutcome> {
    if (!this.mayBegin()) return Promise.resolve(this.later());
    const outcome = this.jobs.add(id);
    this.change();
    // A failure is met by whoever waits for a job of it.
    this.running ??= this.drain();
    this.running.catch(() => undefined);
    return outcome;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.change();
    await this.running?.catch(() => undefined);
    this.jobs.settleAll(this.later());
  }

  /** Waits at least once, so that it never ends before `running` holds it. What is under way is recorded before a failure is passed on. */
  private async drain(): Promise<void> {
    const failures: unknown[] = [];
    const noted = (error: unknown) => void failures.push(error);
    try {
      for (;;) {
        this.changed = false;
        await this.record().catch(noted);
        if (failures.length === 0) await this.claimNamed().catch(noted);
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
    if (failures.length === 0) return;
    this.jobs.settleAll(this.later());
    throw failures[0];
  }

  /** Something ended, or somebody asks for another look. */
  private change(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.changed = true;
    this.notify();
  }

  private later(): JobOutcome {
    const rest = this.breaker.restUntil - this.deps.elapsed();
    return { state: 'later', at: this.deps.now() + Math.max(rest, LATER_MS) };
  }

  private mayBegin(): boolean {
    return !this.closed && !this.breaker.isResting(this.deps.elapsed());
  }

  /** Fills the free places; what may not begin any more is given back. */
  private begin(): void {
    const places = this.breaker.isHalfOpen ? 1 : this.endpoint.concurrency;
    while (this.underWay < places) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      if (this.mayBegin() && this.deps.elapsed() <= next.until) void this.follow(next.delivery);
      else {
        this.untried.push(next.delivery);
        this.changed = true;
      }
    }
  }

  private async follow(delivery: DueDelivery): Promise<void> {
    this.underWay += 1;
    const { send, deps, endpoint } = this;
    const { documents, now, elapsed, chance } = deps;
    try {
      const made = await attempt(delivery, endpoint, { send, documents, now, elapsed, chance });
      this.judge(made, delivery.id);
      this.outcomes.push(made.outcome);
    } catch (error) {
      // A defect that one answer brings to light stops no other delivery; this one is tried again when its lease ends.
      this.reportDefect(error, delivery.id);
    }
    this.underWay -= 1;
    this.begin();
    this.gather();
  }

  private reportDefect(error: unknown, delivery: string): void {
    const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
    this.deps.log('error', 'deliver.failed', { delivery, endpoint: this.endpoint.id, place });
    this.jobs.settle(delivery, this.later());
  }

  /** Where nothing waits, the outcome may free what comes next: it is recorded at once. */
  private gather(): void {
    if (this.outcomes.length >= GATHERED.most || this.waiting.length === 0) return this.change();
    this.gathering ??= setTimeout(() => {
      this.change();
    }, GATHERED.ms);
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
    for (const { deliveryId, next, code } of outcomes) this.jobs.settle(deliveryId, jobOutcomeOf(next, code));
    for (const { id } of untried) this.jobs.settle(id, this.later());
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

  /** What jobs name is claimed together. What cannot be had is leased elsewhere, or not due any more, or not yet: then its job ends. */
  private async claimNamed(): Promise<void> {
    const room = this.breaker.isHalfOpen ? 1 - this.underWay - this.waiting.length : Infinity;
    if (!this.mayBegin()) this.jobs.settleNamed(this.later());
    const ids = this.jobs.take(room);
    if (ids.length === 0) return;
    const claimed = await this.lease({ limit: ids.length, ids });
    const leased = new Set(claimed.map(({ delivery }) => delivery.id));
    for (const id of ids) if (!leased.has(id)) this.jobs.settle(id, { state: 'ended' });
    this.waiting.push(...claimed);
  }

  private async lease(request: Pick<ClaimRequest, 'limit' | 'ids'>): Promise<Claimed[]> {
    const { id: endpoint, timeoutSeconds } = this.endpoint;
    const until = this.deps.elapsed() + BEGIN_MS;
    const leaseMs = BEGIN_MS + timeoutSeconds * 1000 + MARGIN_MS;
    const claimed = await this.deps.claimDeliveries({ endpoint, leaseMs, ...request });
    return claimed.map((delivery) => ({ delivery, until }));
  }

  private async claim(): Promise<void> {
    const { concurrency } = this.endpoint;
    const ahead = this.breaker.isFailing ? 0 : concurrency * AHEAD;
    if (!this.more || !this.mayBegin() || this.waiting.length > ahead) return;
    const limit = this.breaker.isHalfOpen ? 1 - this.underWay : concurrency * ROUNDS - this.waiting.length;
    if (limit < 1) return;
    this.more = false;
    const claimed = await this.lease({ limit });
    this.waiting.push(...claimed);
    if (claimed.length >= limit) this.more = true;
  }

  private judge({ outcome, code, durationMs, askedMs, isSent }: Attempt, delivery: string): void {
    const { deps, endpoint } = this;
    deps.observe(endpoint.id, code ?? 'delivered', durationMs / 1000);
    if (outcome.next.state === 'dead')
      deps.log('error', 'deliver.dead', { delivery, endpoint: endpoint.id, code: outcome.code });
    if (!isSent) return;
    const wasAway = this.breaker.isHalfOpen;
    if (this.breaker.record(code, deps.elapsed(), askedMs))
      deps.log('warn', 'deliver.resting', { endpoint: endpoint.id, code });
    const isNew = code === null ? wasAway || this.reported !== null : this.breaker.isRefusing && !this.reported;
    if (isNew) this.report = this.reported = code;
  }
}

function jobOutcomeOf({ state, at }: AttemptOutcome['next'], code: FailureCode | null): JobOutcome {
  if (at !== undefined) return { state: 'later', at: at.getTime() };
  return state === 'dead' ? { state, code: code ?? undefined } : { state: 'ended' };
}
