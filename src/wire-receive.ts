import { QUEUES } from './journey.js';
import type { ReceiveDeps } from './receive/accept.js';
import { Committer } from './receive/committer.js';
import { messageIds } from './receive/message-ids.js';
import { openMllp, type MllpListener } from './receive/mllp.js';
import type { Closers, House } from './wire-house.js';
import { Wakeups } from './work/wakeups.js';

/** Messages that a translate job names: what else waits is taken with them. */
const JOB_IDS = 100;
const now = () => Date.now();

/** The receive stage: what it keeps goes to the store, and wakes the translate stage. */
export interface Receive {
  deps: ReceiveDeps;
  listeners: MllpListener[];
}

/**
 * Opens one MLLP listener for each source.
 * @throws GatewayError port-in-use
 */
export async function openReceive(house: House, closers: Closers): Promise<Receive> {
  const { settings, store, queues, metrics, mappingsOf, log } = house;
  const wakeups = new Wakeups((ids) => queues.add(QUEUES.translate, ids), JOB_IDS, now, log);
  const deps: ReceiveDeps = {
    committer: new Committer(
      (batch) => store.keep(batch),
      () => performance.now(),
      log,
    ),
    triggers: (source) => mappingsOf(source).triggers,
    stayFields: (source) => mappingsOf(source).stayFields,
    newId: messageIds(await store.nodeNumber(), now),
    now,
    log,
    onKept: (ids) => {
      wakeups.add(ids);
    },
    onAnswer: (source, code, seconds) => {
      metrics.answered(source, code, seconds);
    },
  };
  closers.push(() => wakeups.flush());
  const listeners = await Promise.all(
    settings.sources
      .filter(({ doors }) => doors.includes('mllp'))
      .map((source) => openMllp(source, source.port ?? settings.mllpPort, deps)),
  );
  closers.push(async () => void (await Promise.all(listeners.map((listener) => listener.close()))));
  return { deps, listeners };
}
