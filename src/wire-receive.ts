import { QUEUES } from './journey.js';
import type { ReceiveDeps } from './receive/accept.js';
import { ByteBudget } from './receive/byte-budget.js';
import { CommitLanes } from './receive/commit-lanes.js';
import { ACK_CODES } from './message/message.js';
import { DocumentThreads } from './receive/document-threads.js';
import { messageIds } from './receive/message-ids.js';
import { openMllp, type MllpListener } from './receive/mllp.js';
import { RefusedQuota } from './receive/refused-quota.js';
import type { Closers, House } from './wire-house.js';
import { sparseLog } from './work/sparse-log.js';
import { Wakeups } from './work/wakeups.js';

/** Messages that a translate job names: what else waits is taken with them. */
const JOB_IDS = 100;
/** Bytes of messages that this process holds, half read or not yet answered, before large ones wait. */
const HELD_BYTES = 64 * 1024 * 1024;
/** What one source may say in the log a minute, of each kind: whoever reaches its port can bring about any number. */
const LINES_A_MINUTE = 60;
const now = () => Date.now();

/** The receive stage: what it keeps goes to the store, and wakes the translate stage. */
export async function receiveStage(house: House, closers: Closers): Promise<ReceiveDeps> {
  const { settings, store, queues, metrics, mappingsOf } = house;
  const log = sparseLog(house.log, undefined, LINES_A_MINUTE);
  for (const { name } of settings.sources) metrics.answers(name, ACK_CODES);
  const wakeups = new Wakeups((ids) => queues.add(QUEUES.translate, ids), JOB_IDS, log);
  closers.push(() => wakeups.flush());
  const threads = new DocumentThreads(log);
  closers.push(() => threads.close());
  return {
    committer: new CommitLanes(
      (batch) => store.keep(batch),
      () => performance.now(),
      log,
    ),
    budget: new ByteBudget(HELD_BYTES),
    quota: new RefusedQuota(now),
    documents: { open: (message) => threads.open(message), knowledge: (question) => store.documentKnowledge(question) },
    triggers: (source) => mappingsOf(source).triggers,
    stayFields: (source) => mappingsOf(source).stayFields,
    newId: messageIds(await store.nodeNumber(), now),
    now,
    log,
    onKept: (ids) => {
      wakeups.add(ids);
    },
    onRefused: (source, part, bytes) => {
      metrics.refused(source, part, bytes);
    },
    onAnswer: (source, code, seconds) => {
      metrics.answered(source, code, seconds);
    },
  };
}

/**
 * Opens one MLLP listener for each source.
 * @throws GatewayError port-in-use
 */
export async function openListeners(house: House, closers: Closers): Promise<MllpListener[]> {
  const { settings } = house;
  const deps = await receiveStage(house, closers);
  const listeners = await Promise.all(
    settings.sources
      .filter(({ doors }) => doors.includes('mllp'))
      .map((source) => openMllp(source, source.port ?? settings.mllpPort, deps)),
  );
  closers.push(async () => void (await Promise.all(listeners.map((listener) => listener.close()))));
  return listeners;
}
