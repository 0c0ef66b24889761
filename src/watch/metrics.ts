import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';

export type MetricsJson = MetricObjectWithValues<MetricValue<string>>[];

/** Every metric of the gateway. Labels are bounded: sources, endpoints, codes. */
export interface Metrics {
  /** A source may be answered, with these codes: a counter that begins at its first event hides that event from `increase`. */
  answers(source: string, codes: readonly string[]): void;
  /** An endpoint may be delivered to: the same. */
  delivers(endpoint: string): void;
  answered(source: string, code: string, seconds: number): void;
  refused(source: string, part: string, bytes: number): void;
  translated(messages: number, seconds: number): void;
  delivered(endpoint: string, code: string, seconds: number): void;
  counted(counts: Readonly<Record<string, number>>): void;
  workers(states: readonly { name: string; up: boolean; restarts: number }[]): void;
  /** Seconds since the last sweep at any gateway; NaN where the store does not say. */
  swept(seconds: number): void;
  /** What is due at each endpoint; one that is not among them has nothing. */
  endpoints(loads: readonly { id: string; due: number; oldestDueSeconds: number | null }[]): void;
  /** For another process, which serves them with its own. */
  json(): Promise<MetricsJson>;
  /** Prometheus text, with what the workers last reported. */
  text(workers: readonly MetricsJson[]): Promise<string>;
}

// eslint-disable-next-line max-lines-per-function -- the list of metrics, one after the other
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const answers = new Histogram({
    name: 'tdu_answer_seconds',
    help: 'From a message’s last byte to its acknowledgement',
    labelNames: ['source', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const last = new Gauge({
    name: 'tdu_last_message_timestamp_seconds',
    help: 'When a source last sent a message; the start, until it does',
    labelNames: ['source'],
    // Two processes may hear one source.
    aggregator: 'max',
    registers,
  });
  /** The gauge has seconds, and thousands of answers are given in one. */
  const lastSecond = new Map<string, number>();
  const refused = new Counter({
    name: 'tdu_refused_bytes_total',
    help: 'Bytes of refused messages, by what was kept of them',
    labelNames: ['source', 'kept'],
    registers,
  });
  const translated = new Counter({ name: 'tdu_translated_total', help: 'Messages translated or parked', registers });
  const batches = new Histogram({ name: 'tdu_translate_seconds', help: 'One batch of the translate stage', registers });
  const deliveries = new Histogram({
    name: 'tdu_delivery_seconds',
    help: 'One delivery attempt',
    labelNames: ['endpoint', 'code'],
    registers,
  });
  const depth = new Gauge({ name: 'tdu_waiting', help: 'What waits in the store', labelNames: ['what'], registers });
  const up = new Gauge({ name: 'tdu_worker_up', help: 'Is the process there', labelNames: ['worker'], registers });
  const restarts = new Gauge({
    name: 'tdu_worker_restarts',
    help: 'Deaths since the start',
    labelNames: ['worker'],
    registers,
  });
  const sweep = new Gauge({ name: 'tdu_sweep_age_seconds', help: 'Since the last sweep at any gateway', registers });
  const due = new Gauge({ name: 'tdu_due', help: 'Deliveries that are due', labelNames: ['endpoint'], registers });
  const oldest = new Gauge({
    name: 'tdu_oldest_due_seconds',
    help: 'Since the oldest delivery that is due was decided',
    labelNames: ['endpoint'],
    registers,
  });
  const now = () => Math.floor(Date.now() / 1000);
  return {
    answers(source, codes) {
      for (const code of codes) answers.zero({ source, code });
      last.set({ source }, now());
    },
    delivers(endpoint) {
      deliveries.zero({ endpoint, code: 'delivered' });
    },
    answered(source, code, seconds) {
      answers.observe({ source, code }, seconds);
      const second = now();
      if (lastSecond.get(source) === second) return;
      lastSecond.set(source, second);
      last.set({ source }, second);
    },
    refused(source, kept, bytes) {
      refused.inc({ source, kept }, bytes);
    },
    translated(messages, seconds) {
      translated.inc(messages);
      batches.observe(seconds);
    },
    delivered(endpoint, code, seconds) {
      deliveries.observe({ endpoint, code }, seconds);
    },
    counted(counts) {
      for (const [what, count] of Object.entries(counts)) depth.set({ what }, count);
    },
    workers(states) {
      for (const state of states) {
        up.set({ worker: state.name }, state.up ? 1 : 0);
        restarts.set({ worker: state.name }, state.restarts);
      }
    },
    swept(seconds) {
      sweep.set(seconds);
    },
    endpoints(loads) {
      due.reset();
      oldest.reset();
      for (const load of loads) {
        due.set({ endpoint: load.id }, load.due);
        oldest.set({ endpoint: load.id }, load.oldestDueSeconds ?? 0);
      }
    },
    json: () => registry.getMetricsAsJSON(),
    async text(workers) {
      if (workers.length === 0) return registry.metrics();
      return AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), ...workers]).metrics();
    },
  };
}
