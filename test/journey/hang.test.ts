import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { parse } from '../../src/hl7v2/parse.js';
import { Feed } from '../support/feed.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { childrenOf } from '../support/processes.js';

/** Stops PostgreSQL and all its processes as a disk does that answers no more; gives the way back. */
async function stopPostgres(gateway: TestGateway): Promise<() => void> {
  const [server] = await childrenOf(gateway.pid, 'postgres -D');
  const main = server?.pid ?? 0;
  // The one that makes the others first, so that no other comes.
  process.kill(main, 'SIGSTOP');
  const pids = [main, ...(await childrenOf(main)).map(({ pid }) => pid)];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids.splice(0)) process.kill(pid, 'SIGCONT');
  };
}

const messages = (run: string, count: number) =>
  Array.from({ length: count }, (_, n) => {
    const text = benchAdmission(n, run);
    return { controlId: parse(text).value('MSH-10'), text };
  });

describe('a PostgreSQL that neither answers nor refuses', () => {
  it('is answered AR 207 for while it hangs, and loses nothing that was acknowledged', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tdu-hang-'));
    const gateway = await startTestGateway('', { TDU_DATA_DIR: dataDir, TDU_LOG_LEVEL: 'info' });
    const acknowledged = new Set<string>();
    const feeds = Array.from(
      { length: 3 },
      () => new Feed(gateway.mllpPort, (controlId) => void acknowledged.add(controlId)),
    );
    const sent = feeds.map((_, index) => messages(`H${index}`, 60));
    const batches = sent.map((list) => list.map((message) => [message]));
    let resume: () => void = () => undefined;
    try {
      // Once a first message is through, both workers are there.
      await gateway.send(benchAdmission(0, 'FIRST'));
      await gateway.settled();
      const feeding = Promise.all(feeds.map((feed, index) => feed.send(batches[index] ?? [])));
      for (const share of [0.2, 0.5]) {
        await until(() => Promise.resolve(acknowledged.size >= share * sent.flat().length), 60_000);
        resume = await stopPostgres(gateway);
        const before = acknowledged.size;
        for (const { controlId, text } of messages(`A${share * 10}`, 2)) {
          const answer = await gateway.send(text);
          expect([answer.value('MSA-1'), answer.value('MSA-2')]).toEqual(['AR', controlId]);
          expect(answer.value('ERR-3.1')).toBe('207');
        }
        // Those under way when it stopped were kept; of those that came since none is.
        expect(acknowledged.size - before).toBeLessThanOrEqual(feeds.length);
        resume();
      }
      await feeding;
      await gateway.settled();
      const kept = async (controlId: string) =>
        (await gateway.get<Page>(`/api/messages?controlId=${controlId}`)).items.map(({ state }) => state);
      for (const { controlId } of sent.flat()) expect(await kept(controlId)).toEqual(['translated']);
      expect([...acknowledged].sort()).toEqual(
        sent
          .flat()
          .map(({ controlId }) => controlId)
          .sort(),
      );
      expect(gateway.output()).not.toContain('work.died');
    } finally {
      resume();
      for (const feed of feeds) feed.close();
      await gateway.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  }, 300_000);
});
