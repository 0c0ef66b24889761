import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../src/cli/demo/vendor-process.js';
import { forkWorkers, type Workers } from '../../../src/work/worker-process.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tdu-worker-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A worker that lives and reports, but for the first one of the translate stage, which does that after its first report. */
async function program(name: string, first: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  const mark = JSON.stringify(join(folder, `${name}.mark`));
  await writeFile(
    file,
    `import { existsSync, writeFileSync } from 'node:fs';
    const report = () => process.send({ kind: 'report', report: process.pid });
    report();
    setInterval(report, 50);
    process.on('disconnect', () => process.exit());
    if (process.argv[2] === 'translate' && !existsSync(${mark})) {
      writeFileSync(${mark}, '');
      setTimeout(() => { ${first} }, 200);
    }`,
  );
  return file;
}

describe('a worker process', () => {
  it.each([
    ['loops without end', 'for (;;);', 'work.hangs'],
    ['is stopped', "process.kill(process.pid, 'SIGSTOP');", 'work.hangs'],
    ['aborts', 'process.abort();', 'work.died'],
    ['is killed', "process.kill(process.pid, 'SIGKILL');", 'work.died'],
  ])('that %s is ended and started again, and the others are left alone', async (name, first, event) => {
    const logged: string[] = [];
    const workers: Workers<number> = forkWorkers(
      { translate: 1, deliver: 2, http: 0 },
      {
        main: await program(name, first),
        environment: () => process.env,
        standing: () => Promise.resolve(workers.standing()),
        log: (_, what) => void logged.push(what),
        silentMs: 3000,
      },
    );
    try {
      await until(() => Promise.resolve(workers.standing().states.every(({ up }) => up)), 20_000);
      const before = workers.standing().reports;
      await until(
        () => Promise.resolve(workers.standing().states.some(({ restarts, up }) => restarts === 1 && up)),
        30_000,
      );
      expect(logged).toEqual(event === 'work.hangs' ? ['work.hangs', 'work.died'] : ['work.died']);
      expect(workers.standing().states).toEqual([
        { name: 'translate', kind: 'translate', up: true, restarts: 1 },
        { name: 'deliver', kind: 'deliver', up: true, restarts: 0 },
        { name: 'deliver-2', kind: 'deliver', up: true, restarts: 0 },
      ]);
      const { reports } = workers.standing();
      expect(reports[0]).not.toBe(before[0]);
      expect(reports[1]).toBe(before[1]);
    } finally {
      await workers.stop();
    }
  });
});
