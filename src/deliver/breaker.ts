import type { FailureCode } from '../message/failure.js';

/** After so many failures of reach in a row the endpoint rests; then one delivery tries whether it is back. */
const FAILURES = 5;
/** After so many refusals in a row too: what refuses everything would kill all that waits. */
const REFUSALS = 20;
const FIRST_REST_MS = 2000;
const LONGEST_REST_MS = 60_000;

/** Leaves an endpoint alone that fails: longer each time, a minute at most, or for as long as it asks. */
export class Breaker {
  private failures = 0;
  private refusals = 0;
  /** Until when it is left alone, in milliseconds of a clock that is never set, as all instants here. */
  restUntil = -Infinity;

  /** Whether its last answer was none, or that of a server that does not work. */
  get isFailing(): boolean {
    return this.failures > 0;
  }

  /** Whether one delivery alone shall try if it is back. */
  get isHalfOpen(): boolean {
    return this.failures >= FAILURES || this.refusals >= REFUSALS;
  }

  /** Whether it refuses whatever it is sent. */
  get isRefusing(): boolean {
    return this.refusals >= REFUSALS;
  }

  isResting(now: number): boolean {
    return now < this.restUntil;
  }

  /**
   * Takes the outcome of an attempt.
   * @param code null where it was delivered
   * @param askedMs how long the endpoint asks to be left alone
   * @returns true where this outcome begins a rest by failures
   */
  record(code: FailureCode | null, now: number, askedMs: number): boolean {
    const wasHalfOpen = this.isHalfOpen;
    const refused = code === 'endpoint-refused';
    // Who answers a conflict is there and works.
    const well = code === null || code === 'endpoint-conflict';
    this.failures = well || refused ? 0 : this.failures + 1;
    this.refusals = refused ? this.refusals + 1 : 0;
    this.rest(now, askedMs);
    if (!this.isHalfOpen) return false;
    const rests = Math.max(this.failures - FAILURES, this.refusals - REFUSALS);
    this.rest(now, Math.min(FIRST_REST_MS * 2 ** Math.min(rests, 10), LONGEST_REST_MS));
    return !wasHalfOpen;
  }

  private rest(now: number, ms: number): void {
    if (ms > 0) this.restUntil = Math.max(this.restUntil, now + ms);
  }
}
