import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { readChunks } from '../../../src/store/content.js';
import type { Store } from '../../../src/store/store.js';
import { incoming, openConnectedStore, step } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
let client: pg.Client;

beforeAll(async () => {
  ({ store, client, close } = await openConnectedStore());
});
afterAll(() => close());

const MIB = 1024 * 1024;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function rowOf(id: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT length, octet_length(bytes) AS "inRow", encode(sha256, 'hex') AS sha256, format, parent, external_id AS "externalId",
      (SELECT count(*)::int FROM journal_chunk WHERE message_id = id) AS chunks
    FROM journal WHERE id = $1`,
    [id],
  );
  return rows[0];
}

describe('the bytes of a message', () => {
  it.each([
    ['one byte', 1, 1, 0],
    ['1 MiB', MIB, MIB, 0],
    ['1 MiB and a byte', MIB + 1, 0, 2],
    ['3 MiB', 3 * MIB, 0, 3],
    ['15 MiB', 15 * MIB, 0, 15],
  ])(
    'of %s come back as they were kept, whether they stand in the row or in chunks',
    async (name, size, inRow, chunks) => {
      const bytes = randomBytes(size);
      const message = incoming(name, { bytes });
      await store.keep([message]);
      expect(await rowOf(message.id)).toMatchObject({ length: size, sha256: sha256(bytes), inRow, chunks });
      expect((await store.journalMessage(message.id))?.bytes.equals(bytes)).toBe(true);
      await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) => {
        expect(tx.messages.map((claimed) => claimed.bytes.equals(bytes))).toEqual([true]);
        return Promise.resolve();
      });
    },
  );

  it('are read chunk by chunk', async () => {
    const bytes = randomBytes(2 * MIB + 5);
    const message = incoming('chunks', { bytes });
    await store.keep([message]);
    const sizes: number[] = [];
    const hash = createHash('sha256');
    for await (const chunk of readChunks(client, message.id)) {
      sizes.push(chunk.length);
      hash.update(chunk);
    }
    expect([sizes, hash.digest('hex')]).toEqual([[MIB, MIB, 5], sha256(bytes)]);
  });

  it.each(['received', 'refused'] as const)(
    'that are large and come again (%s) are a repeat, and stand once',
    async (state) => {
      const bytes = randomBytes(2 * MIB);
      const first = incoming(`again ${state}`, { bytes, state });
      const again = incoming(`again ${state}`, { bytes, state });
      expect((await store.keep([first])).map(({ kind }) => kind)).toEqual(['kept']);
      expect((await store.keep([again])).map(({ kind }) => kind)).toEqual(['repeat']);
      const { rows } = await client.query('SELECT DISTINCT message_id FROM journal_chunk WHERE message_id = ANY ($1)', [
        [first.id, again.id],
      ]);
      expect(rows).toEqual([{ message_id: first.id }]);
    },
  );

  it('that are large under a control id taken by others are not kept', async () => {
    await store.keep([incoming('taken', { bytes: randomBytes(2 * MIB) })]);
    const other = incoming('taken', { bytes: randomBytes(2 * MIB) });
    expect((await store.keep([other])).map(({ kind }) => kind)).toEqual(['reused']);
    expect(await rowOf(other.id)).toBeUndefined();
  });

  it('may be the head of the whole, whose length and hash are kept', async () => {
    const whole = randomBytes(9000);
    const message = incoming('head', {
      bytes: whole.subarray(0, 4096),
      whole: { length: whole.length, sha256: createHash('sha256').update(whole).digest() },
      state: 'refused',
    });
    await store.keep([message]);
    expect(await rowOf(message.id)).toMatchObject({ length: 9000, inRow: 4096, sha256: sha256(whole) });
    const again = { ...incoming('head', { bytes: whole, state: 'refused' as const }) };
    expect((await store.keep([again])).map(({ kind }) => kind)).toEqual(['repeat']);
  });
});

describe('what is no HL7 v2', () => {
  it.each([
    ['mail', 'mail', '<1@ch.example>'],
    ['cda', 'a document of that mail', undefined],
    ['xdm', 'a package of that mail', undefined],
    ['fhir', 'a resource', 'Patient/1'],
  ] as const)(
    'is kept as %s, with where it came in and what it is called there',
    async (format, controlId, externalId) => {
      const parent = incoming(`parent of ${controlId}`);
      const child = incoming(controlId, {
        format,
        parent: parent.id,
        ...(externalId === undefined ? {} : { externalId }),
      });
      await store.keep([parent, child]);
      expect(await rowOf(child.id)).toMatchObject({ format, parent: parent.id, externalId: externalId ?? null });
      expect(await store.journalMessage(child.id)).toMatchObject({ format });
      expect(await rowOf(parent.id)).toMatchObject({ format: 'hl7v2', parent: null, externalId: null });
    },
  );
});

describe('the journal', () => {
  it('is never updated: keeping, translating, parking and replaying leave its rows as they were written', async () => {
    const message = incoming('still');
    const place = async () => (await client.query('SELECT ctid, xmin FROM journal WHERE id = $1', [message.id])).rows;
    await store.keep([message]);
    const written = await place();
    for (const state of ['parked', 'translated'] as const) {
      await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
        tx.save(tx.messages.map(({ id }) => ({ ...step(id), state }))),
      );
      expect((await store.journalMessage(message.id))?.state).toBe(state);
      expect(await store.setMessageState(message.id, 'received')).toBe(true);
      expect(await store.setMessageState(message.id, 'received')).toBe(false);
    }
    expect(await place()).toEqual(written);
  });
});
