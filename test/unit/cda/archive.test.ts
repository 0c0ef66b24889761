import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openArchive } from '../../../src/cda/archive.js';
import { zipOf, type ZipEntry } from '../../support/archive.js';

const entry = (name: string, more: Partial<ZipEntry> = {}): ZipEntry => ({ name, content: 'x', ...more });

describe('an archive', () => {
  it('gives its entries by their names in capitals, folders left out', async () => {
    const entries = await openArchive(zipOf([entry('a/'), entry('a\\b.xml', { content: 'é' }), entry('C.TXT')]));
    expect([...entries.keys()]).toEqual(['A/B.XML', 'C.TXT']);
    expect((await entries.get('A/B.XML')?.read())?.toString()).toBe('é');
  });

  it.each<[string, ZipEntry[], RegExp]>([
    ['a name that climbs out', [entry('../x')], /leads out/],
    ['one that climbs out later', [entry('a/b/../../../x')], /leads out/],
    ['one that climbs out with backslashes', [entry('a\\..\\..\\x')], /leads out/],
    ['an absolute name', [entry('/etc/x')], /leads out/],
    ['an absolute name of Windows', [entry('\\\\server\\x')], /leads out/],
    ['a name with a drive letter', [entry('C:\\x')], /leads out/],
    ['a name with a zero byte', [entry('a\0.xml')], /leads out/],
    ['a link', [entry('a', { mode: 0o120777, content: '/etc/passwd' })], /a link/],
    ['an archive within', [entry('a/B.Zip')], /holds an archive/],
    ['a name twice', [entry('a.xml'), entry('A.XML')], /twice/],
    ['a name twice under two kinds of slashes', [entry('a/b'), entry('A\\B')], /twice/],
    ['an encrypted entry', [entry('a', { encrypted: true })], /encrypted/],
    ['10,000 entries', Array.from({ length: 10_000 }, (_, n) => entry(`f${String(n)}`)), /more than 500 entries/],
    ['an entry that says it is large', [entry('a', { size: 33 * 1024 * 1024 })], /larger than/],
    [
      'entries that say they are large together',
      Array.from({ length: 4 }, (_, n) => entry(String(n), { content: randomBytes(200_000), size: 30 * 1024 * 1024 })),
      /holds more/,
    ],
    ['a bomb', [entry('a', { content: Buffer.alloc(30 * 1024 * 1024) })], /packed more than 250 times/],
  ])('is refused: %s', async (_, entries, reason) => {
    const bytes = zipOf(entries);
    const failure = openArchive(bytes);
    await expect(failure).rejects.toThrow(reason);
    await expect(failure).rejects.toMatchObject({ code: 'document-unreadable' });
  });

  it('inflates no more than it says: a bomb that hides its size ends there', async () => {
    const entries = await openArchive(zipOf([entry('a', { content: Buffer.alloc(20 * 1024 * 1024), size: 1000 })]));
    const before = process.memoryUsage().rss;
    await expect(entries.get('A')?.read()).rejects.toThrow(/not as large as it says/);
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('with an archive under another name within, or with bytes that are not packed as they say, is refused when it is read', async () => {
    const inner = zipOf([entry('a')]);
    const entries = await openArchive(
      zipOf([entry('a.xml', { content: inner }), entry('b', { content: 'abc', size: 2 })]),
    );
    await expect(entries.get('A.XML')?.read()).rejects.toThrow(/holds an archive/);
    await expect(entries.get('B')?.read()).rejects.toThrow(/cannot be inflated/);
    const broken = zipOf([entry('a', { content: 'abcabcabcabc'.repeat(100) })]);
    broken.fill(0xff, 31, 40);
    await expect((await openArchive(broken)).get('A')?.read()).rejects.toThrow(/cannot be inflated/);
  });

  it('is refused by its size before it is looked into, and says nothing of its names', async () => {
    await expect(openArchive(Buffer.alloc(65 * 1024 * 1024))).rejects.toThrow(/larger than/);
    await expect(openArchive(zipOf([entry('../DUPONT Odette.xml')]))).rejects.toThrow(/^(?!.*DUPONT)/);
  });
});
