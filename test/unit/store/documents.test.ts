import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DocumentClaim, DocumentQuestion } from '../../../src/message/document-claim.js';
import { resourceId } from '../../../src/message/uuid.js';
import type { Store } from '../../../src/store/store.js';
import { changed, CIRCLE, factOf, incoming, openTestStore, request, step } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

const SHA1 = '00112233445566778899aabbccddeeff00112233';

function claim(key: string, change: Partial<DocumentClaim> = {}): DocumentClaim {
  const parties = ['person|10999000011', 'organisation|38,"0'];
  return { part: 0, key, set: `${key}-set`, version: 1, request: 'new', sha1: SHA1, parties, ...change };
}

const kept = async (documents: DocumentClaim[], size = 10) => {
  const [result] = await store.keep([incoming(randomUUID(), { bytes: Buffer.alloc(size, randomUUID()), documents })]);
  return result;
};

const question = (change: Partial<DocumentQuestion>): DocumentQuestion => ({
  source: 'chu',
  sender: '',
  controlId: '',
  sha256: '00',
  patients: [],
  documents: [],
  ...change,
});

describe('what documents claim', () => {
  it.each([10, 3_000_000])(
    'is kept with a message of %d bytes, and asked by id, by set, and by message',
    async (size) => {
      const key = `urn:oid:2.999.1|${String(size)}`;
      const documents = [claim(key), claim(`${key}-b`, { part: 1 })];
      const result = await kept(documents, size);
      expect(result?.kind).toBe('kept');
      expect(await store.documentsOfMessage(result?.id ?? '')).toEqual(documents);
      for (const asked of [key, `${key}-set`])
        expect((await store.documentKnowledge(question({ documents: [asked] }))).versions).toEqual([claim(key)]);
    },
  );

  it('holds for one content: a message whose document has another is not kept, and none of it', async () => {
    const key = 'urn:oid:2.999.2|1';
    await kept([claim(key)]);
    const other = await kept([claim('urn:oid:2.999.2|2'), claim(key, { part: 1, sha1: SHA1.replace('00', '99') })]);
    expect(other?.kind).toBe('document-reused');
    expect(await store.journalMessage(other?.id ?? '')).toBeUndefined();
    expect((await store.documentKnowledge(question({ documents: ['urn:oid:2.999.2|2'] }))).versions).toEqual([]);
    expect((await kept([claim(key)]))?.kind).toBe('kept');
  });

  it('is not held against a deletion, which names the id of what it deletes', async () => {
    const key = 'urn:oid:2.999.3|1';
    await kept([claim(key)]);
    const deletion = claim(key, { request: 'delete', sha1: SHA1.replace('00', '99') });
    expect((await kept([deletion]))?.kind).toBe('kept');
    expect((await store.documentKnowledge(question({ documents: [key] }))).versions).toHaveLength(2);
  });

  it('holds for one of many that come at once', async () => {
    const contents = Array.from({ length: 6 }, (_, n) =>
      claim('urn:oid:2.999.4|1', { sha1: SHA1.replace('00', `1${n}`) }),
    );
    const kinds = await Promise.all(contents.map((document) => kept([document])));
    expect(kinds.map((result) => result?.kind).sort()).toEqual([
      'document-reused',
      'document-reused',
      'document-reused',
      'document-reused',
      'document-reused',
      'kept',
    ]);
  });

  it('gives the latest fifty versions of a set', async () => {
    const set = 'urn:oid:2.999.5|set';
    for (let version = 1; version <= 53; version++)
      await kept([claim(`urn:oid:2.999.5|${String(version)}`, { set, version })]);
    const { versions } = await store.documentKnowledge(question({ documents: [set] }));
    expect(versions.map(({ version }) => version ?? 0).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 4),
    );
  });
});

describe('what is known before a document is answered', () => {
  it('says whether the same bytes were accepted under the same control id', async () => {
    const message = incoming('KNOWN', { bytes: Buffer.from('abc') });
    await store.keep([message]);
    const asked = { source: message.source, sender: message.sender, controlId: message.controlId };
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect((await store.documentKnowledge(question({ ...asked, sha256 }))).repeated).toBe(true);
    expect((await store.documentKnowledge(question({ ...asked, sha256: sha256.replace('ba', 'ab') }))).repeated).toBe(
      false,
    );
    expect((await store.documentKnowledge(question({ ...asked, source: 'other', sha256 }))).repeated).toBe(false);
  });

  it('gives the patient whom a number leads to, by any of his numbers, and none who was replaced', async () => {
    const [key, ins] = ['urn:oid:2.999.6|7', 'urn:oid:1.2.250.1.213.1.4.10|254063818500184'];
    const [other, value] = [resourceId('Patient', key), { system: 'urn:oid:2.999.6', value: '7' }];
    const inseeCode = { url: 'x', valueCoding: { system: 'y', code: '38185' } };
    const birthPlace = {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
      valueAddress: { extension: [inseeCode] },
    };
    const message = incoming('IDENTITY');
    await store.keep([message]);
    await store.inTranslation({ ids: [message.id], limit: 0 }, async (tx) => {
      await tx.load([request(message.id, [key, ins])], CIRCLE);
      const resources = [
        changed({
          resourceType: 'Patient',
          id: other,
          active: true,
          identifier: [value, { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '254063818500184' }],
          name: [
            { use: 'usual', family: 'B' },
            { use: 'official', family: 'A' },
          ],
          gender: 'female',
          birthDate: '1954-06-12',
          extension: [birthPlace],
        }),
        changed({ resourceType: 'Patient', id: resourceId('Patient', ins), active: false, identifier: [value] }),
      ];
      return tx.save([step(message.id, { facts: [factOf(message.id, { patient: key })], resources })]);
    });
    const known = {
      identifiers: [key, ins],
      birthName: 'A',
      sex: 'female',
      birthDate: '1954-06-12',
      birthPlace: '38185',
    };
    for (const patients of [[key], [ins], [key, ins, 'urn:oid:2.999.6|nobody']])
      expect((await store.documentKnowledge(question({ patients }))).patients).toEqual([known]);
    expect((await store.documentKnowledge(question({ patients: ['urn:oid:2.999.6|8'] }))).patients).toEqual([]);
  });
});

describe('the bytes of a message', () => {
  it.each([3, 2_500_000])('are read piece by piece: %d of them', async (size) => {
    const bytes = Buffer.alloc(size, 'abcdefg');
    const message = incoming(`BYTES ${String(size)}`, { bytes, format: 'cda' });
    await store.keep([message]);
    const content = await store.openContent(message.id);
    expect(content).toMatchObject({ format: 'cda', length: size, state: 'received' });
    const pieces: Buffer[] = [];
    for await (const piece of content?.bytes ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(pieces.length).toBe(Math.ceil(size / 1024 / 1024));
  });

  it('are none of a message that is not there', async () => {
    expect(await store.openContent('1')).toBeUndefined();
  });
});
