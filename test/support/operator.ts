import type { OperatorPort } from '../../src/serve/operator-api.js';
import type { Store } from '../../src/store/store.js';

const none = () => Promise.resolve({ total: 0, items: [] });
const no = () => Promise.resolve(false);

/** An operator API's port behind which there is nothing. */
export const NO_OPERATOR: OperatorPort = {
  configured: { source: ['chu'], endpoint: ['cpts'] },
  listMessages: none,
  listWorkItems: none,
  listWorkItemMessages: none,
  listReceipts: none,
  listDeliveries: none,
  content: () => Promise.resolve(undefined),
  status: () => Promise.resolve({}),
  circleAt: () => Promise.resolve(undefined),
  replay: no,
  closeWorkItem: no,
  releaseWorkItem: () => Promise.resolve(undefined),
  reviveDelivery: no,
  reviveAll: () => Promise.resolve(0),
};

/**
 * The port over a store, without queues.
 * @param queued takes the ids of messages that are to be translated again
 */
export function operatorOf(store: Store, queued: (ids: string[]) => void = () => undefined): OperatorPort {
  return {
    ...NO_OPERATOR,
    ...store,
    async replay(id) {
      const changed = await store.setMessageState(id, 'received');
      if (changed) queued([id]);
      return changed;
    },
    async releaseWorkItem(id) {
      const released = await store.releaseWorkItem(id);
      queued(released?.first ?? []);
      return released?.count;
    },
    content: (id) => store.journalMessage(id),
    status: async () => ({ waiting: await store.counts(), endpoints: await store.endpointLoads() }),
  };
}
