import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DocumentThreads, type ThreadOptions } from '../../../src/receive/document-threads.js';
import type { DocumentBytes } from '../../../src/translate/open-documents.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-threads-'));
const opened: DocumentThreads[] = [];
const logged: string[] = [];

/** Threads of a program that does what the first bytes of a message say. */
function threads(options: ThreadOptions = {}): DocumentThreads {
  const file = join(folder, 'thread.mjs');
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ bytes }) => {
      const task = Buffer.from(bytes).toString();
      if (task === 'hang') for (;;);
      if (task === 'die') process.exit(1);
      if (task === 'throw') throw new Error('a defect');
      if (task === 'grow') { const all = []; for (;;) all.push(new Array(1000000).fill({ a: 1 })); }
      if (task === 'refuse') parentPort.postMessage({ failure: { code: 'document-unreadable', text: 'no XML', field: 'DOC.XML' } });
      else if (task === 'defect') parentPort.postMessage({ place: 'at x' });
      else parentPort.postMessage({ summaries: [{ part: Number(task) }] });
    });`,
  );
  const list = new DocumentThreads((_level, event) => void logged.push(event), {
    script: pathToFileURL(file),
    timeoutMs: 2000,
    ...options,
  });
  opened.push(list);
  return list;
}

const task = (text: string): DocumentBytes => ({ bytes: Buffer.from(text), format: 'cda', charset: '', zone: 'UTC' });

afterEach(async () => {
  await Promise.all(opened.splice(0).map((list) => list.close()));
  logged.length = 0;
});

describe('threads that open documents', () => {
  it('give each message what it holds, many more than there are threads', async () => {
    const list = threads();
    const parts = Array.from({ length: 20 }, (_, part) => part);
    const answers = await Promise.all(parts.map((part) => list.open(task(String(part)))));
    expect(answers.map(([summary]) => summary?.part)).toEqual(parts);
  });

  it('say why a document cannot be opened, and where', async () => {
    await expect(threads().open(task('refuse'))).rejects.toMatchObject({
      code: 'document-unreadable',
      message: 'no XML',
      field: 'DOC.XML',
    });
  });

  it.each(['hang', 'die', 'throw', 'grow'])('answer the next while one of them and after it does: %s', async (bad) => {
    const list = threads({ memoryMb: 32 });
    const refused = expect(list.open(task(bad))).rejects.toMatchObject({ code: 'document-unreadable' });
    expect(await list.open(task('7'))).toEqual([{ part: 7 }]);
    await refused;
    expect(await Promise.all(['8', '9', '10'].map((part) => list.open(task(part))))).toHaveLength(3);
  });

  it('recover where all of them were lost', async () => {
    const list = threads({ timeoutMs: 300 });
    const lost = await Promise.allSettled(['hang', 'die', 'hang', 'throw'].map((bad) => list.open(task(bad))));
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    expect(await list.open(task('1'))).toEqual([{ part: 1 }]);
  });

  it('log the place of a defect, and refuse its document', async () => {
    await expect(threads().open(task('defect'))).rejects.toMatchObject({ code: 'document-unreadable' });
    expect(logged).toEqual(['receive.document-failed']);
  });

  it('refuse no document for the end of the gateway', async () => {
    const list = threads({ size: 1 });
    const waiting = Promise.allSettled(['hang', '1'].map((bad) => list.open(task(bad))));
    await list.close();
    const results = await waiting;
    for (const result of results) expect(result).toMatchObject({ reason: { code: 'store-unavailable' } });
  });
});
