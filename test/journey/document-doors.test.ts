import type { Binary, DocumentReference, OperationOutcome } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../src/cli/demo/vendor-process.js';
import type { Message } from '../../src/hl7v2/parse.js';
import { zipOf } from '../support/archive.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { carrying, flags, insOf, letter } from '../support/letters.js';
import { dischargeReport } from '../support/fhir-document.js';
import { describeSamples, readSample, readSampleDocument, sampleDocumentsIn } from '../support/samples.js';

const CONFIG = `
sources:
  - { name: ris, doors: [mllp, http], charset: UNICODE UTF-8, maxMessageBytes: 60000000 }
`;

const IPP = 'IPP-7001^^^CH&2.999.71.1&ISO^PI';

/** What the gateway says of a message of its journal. */
interface Progress {
  state: string;
  documents?: { id: string; reference?: string }[];
}

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await freshDatabase();
  gateway = await startTestGateway(CONFIG, { DATABASE_URL: database.url });
});
afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

interface Answer {
  status: number;
  location: string;
  body: { id: string; message: string; documents: string[] } & OperationOutcome;
}

async function post(body: string | Buffer, type = 'application/xml'): Promise<Answer> {
  const address = `http://127.0.0.1:${gateway.httpPort}/documents`;
  const response = await fetch(address, { method: 'POST', headers: { 'Content-Type': type }, body });
  const location = response.headers.get('Location') ?? '';
  return { status: response.status, location, body: (await response.json()) as Answer['body'] };
}

const pathOf = (address: string) => new URL(address).pathname;

/** What has become of a message, once it is translated or parked. */
async function progressOf(address: string): Promise<Progress> {
  let progress: Progress = { state: 'received' };
  await until(async () => {
    progress = await gateway.get<Progress>(pathOf(address));
    return progress.state !== 'received';
  }, 30_000);
  return progress;
}

/** The message of that control id, once it is translated or parked. */
async function progressOfControl(controlId: string): Promise<Progress> {
  const { items } = await gateway.get<Page>(`/api/messages?controlId=${controlId}`);
  return progressOf(`http://x/api/messages/${String(items[0]?.['id'])}`);
}

const reference = async ({ documents = [] }: Progress) =>
  gateway.get<DocumentReference>(`/fhir/${documents[0]?.reference ?? ''}`);
const codesOf = ({ body }: Answer) => (body.issue ?? []).map(({ details }) => details?.coding?.map(({ code }) => code));
const errorsOf = (ack: Message) =>
  ack
    .all('ERR')
    .map((err) => [err.value(4), err.value(3), err.value(5)].join(' ').trim())
    .filter((text) => text.startsWith('E'));

describe('a document by HTTP', () => {
  it('is kept, answered, translated, and read again byte for byte', async () => {
    const xml = letter({ id: '2.999.80.11', set: '2.999.80.1' });
    const { status, location, body } = await post(xml);
    expect(status).toBe(202);
    expect(location).toBe(body.message);
    const progress = await progressOf(body.message);
    expect(progress).toMatchObject({ state: 'translated' });
    const document = await reference(progress);
    expect(body.documents).toEqual([expect.stringContaining(`/fhir/DocumentReference/${document.id ?? ''}`)]);
    expect(document).toMatchObject({ status: 'current', masterIdentifier: { value: 'urn:oid:2.999.80.11' } });
    const url = document.content[0]?.attachment.url ?? '';
    const raw = await fetch(`http://127.0.0.1:${gateway.httpPort}/fhir/${url.replace(/^.*\/?(?=Binary\/)/, '')}`);
    expect(raw.headers.get('Content-Type')).toBe('text/xml');
    expect(await raw.text()).toBe(xml);
    const binary = await gateway.get<Binary>(`/fhir/${url}?_format=json`);
    expect(binary).toMatchObject({ resourceType: 'Binary', contentType: 'text/xml' });
    expect(Buffer.from(binary.data ?? '', 'base64').toString()).toBe(xml);
  });

  it('of FHIR is kept, read and given again like a CDA', async () => {
    const report = JSON.stringify(dischargeReport());
    const { status, body } = await post(report, 'application/fhir+json');
    expect(status).toBe(202);
    const progress = await progressOf(body.message);
    expect(progress).toMatchObject({ state: 'translated' });
    const document = await reference(progress);
    expect(document).toMatchObject({ status: 'current', type: { coding: [{ code: '11490-0' }] } });
    const binary = await gateway.get<Binary>(`/fhir/${document.content[0]?.attachment.url ?? ''}?_format=json`);
    expect(Buffer.from(binary.data ?? '', 'base64').toString()).toBe(report);
  });

  it.each(['{}', '[]', '{"resourceType":"Bundle","type":"collection"}', '{"resourceType":"Patient"}', 'null', '{'])(
    'that says it is FHIR and is %s is refused with its reason',
    async (text) => {
      const { status, body } = await post(text, 'application/fhir+json');
      expect([400, 422]).toContain(status);
      expect(body.issue[0]?.details?.coding?.[0]?.code).toBe('document-unreadable');
    },
  );

  it('that holds a file gives the file an address of its own', async () => {
    const pdf = Buffer.from('%PDF-1.4 invented');
    const folded = pdf.toString('base64').replaceAll(/.{8}/g, '$&\n   ');
    const body = `<component><nonXMLBody><text mediaType="application/pdf" representation="B64">${folded}</text></nonXMLBody></component>`;
    const xml = letter({ id: '2.999.80.14', set: '2.999.80.4' });
    const from = xml.indexOf('<component><structuredBody>');
    const { body: answer } = await post(
      `${from < 0 ? xml.replace('</ClinicalDocument>', '') : xml.slice(0, from)}${body}</ClinicalDocument>`,
    );
    const document = await reference(await progressOf(answer.message));
    expect(document.content.map(({ attachment }) => attachment.contentType)).toEqual(['text/xml', 'application/pdf']);
    const file = await gateway.get<Binary>(`/fhir/${document.content[1]?.attachment.url ?? ''}?_format=json`);
    expect(Buffer.from(file.data ?? '', 'base64')).toEqual(pdf);
  });

  it('is answered the same when it comes again, accepted or refused', async () => {
    const good = letter({ id: '2.999.80.12', set: '2.999.80.2' });
    const bad = letter({ id: '2.999.80.13', set: '2.999.80.3', ins: '' });
    for (const xml of [good, bad]) {
      const [first, second] = [await post(xml), await post(xml)];
      expect(second).toEqual(first);
    }
  });

  it('of nobody, or of another, is refused, kept, and no DocumentReference is made of it', async () => {
    await progressOf((await post(letter({ id: '2.999.80.21', set: '2.999.80.4' }))).body.message);
    const wrong: [string, string][] = [
      [letter({ id: '2.999.80.22', ins: '' }), '903'],
      [letter({ id: '2.999.80.23', sex: '' }), '905'],
      [letter({ id: '2.999.80.24', birthDate: '19540613' }), '904'],
      [letter({ id: '2.999.80.25', ins: insOf('2540638185002') }), '903'],
    ];
    for (const [xml, code] of wrong) {
      const answer = await post(xml);
      expect([answer.status, codesOf(answer)]).toEqual([422, expect.arrayContaining([['document-identity', code]])]);
      const message = await gateway.get<Progress>(pathOf(answer.location));
      expect(message.state).toBe('refused');
      const items = await gateway.get<Page>(`/api/work-items?message=${answer.location.split('/').at(-1) ?? ''}`);
      expect(items.items).toMatchObject([{ reason: 'document-identity', state: 'open' }]);
    }
  });

  it('with the id of another is refused, and the one that has it stands', async () => {
    const first = await post(letter({ id: '2.999.80.31', set: '2.999.80.5' }));
    const second = await post(letter({ id: '2.999.80.31', set: '2.999.80.5', text: 'Autre texte.' }));
    expect([first.status, second.status]).toEqual([202, 422]);
    expect(codesOf(second)).toEqual([['document-id-reused', '906']]);
  });

  it('of which two contents come at once is accepted once', async () => {
    const texts = Array.from({ length: 8 }, (_, index) => `Texte ${String(index)}.`);
    const answers = await Promise.all(
      texts.map((text) => post(letter({ id: '2.999.80.41', set: '2.999.80.6', text }))),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(7);
  });

  it('of a kind that is not taken, too large, or that cannot be read is refused in the words of FHIR', async () => {
    expect(await post('x', 'text/csv')).toMatchObject({ status: 415, body: { resourceType: 'OperationOutcome' } });
    expect(await post('{}', 'application/xml')).toMatchObject({
      status: 400,
      body: { resourceType: 'OperationOutcome' },
    });
    expect(await post('no zip', 'application/zip')).toMatchObject({ status: 400 });
    expect(await post('no json', 'application/fhir+json')).toMatchObject({ status: 400 });
    expect(await post(Buffer.alloc(60_000_001, 'x'))).toMatchObject({ status: 413 });
  });
});

describe('a document in a message', () => {
  it('goes from new to replaced to deleted', async () => {
    const first = letter({ id: '2.999.81.1', set: '2.999.81' });
    const second = letter({ id: '2.999.81.2', set: '2.999.81', version: 2, replaces: '2.999.81.1' });
    const acks = [
      await gateway.send(carrying(first, { controlId: 'M1' })),
      await gateway.send(carrying(second, { controlId: 'M2', request: 'replace' })),
      await gateway.send(carrying(second, { controlId: 'M3', request: 'delete' })),
    ];
    expect(acks.map((ack) => [ack.value('MSA-1'), ack.value('MSH-9'), errorsOf(ack)])).toEqual(
      ['T02', 'T10', 'T04'].map(() => ['AA', 'ACK', []]),
    );
    const [one, two] = [await progressOfControl('M1'), await progressOfControl('M2')];
    await progressOfControl('M3');
    expect((await reference(two)).status).toBe('entered-in-error');
    expect(['superseded', 'current']).toContain((await reference(one)).status);
  });

  it('is read again out of its message', async () => {
    const xml = letter({ id: '2.999.82.1', set: '2.999.82' });
    await gateway.send(carrying(xml, { controlId: 'M11', type: 'ORU' }));
    const document = await reference(await progressOfControl('M11'));
    const binary = await gateway.get<Binary>(`/fhir/${document.content[0]?.attachment.url ?? ''}?_format=json`);
    expect(Buffer.from(binary.data ?? '', 'base64').toString()).toBe(xml);
  });

  it('that contradicts its message is refused with its code, and the next is served', async () => {
    const xml = letter({ id: '2.999.83.1', set: '2.999.83' });
    const wrong: [string, string[]][] = [
      [carrying(xml, { controlId: 'M21', control: 'RO' }), ['E 207 906']],
      [carrying(xml, { controlId: 'M22', id: '2.999.83.9' }), ['E 207 906']],
      [carrying(xml, { controlId: 'M23', data: 'cela n’est pas du base64' }), ['E 102']],
      [carrying(xml, { controlId: 'M24', data: Buffer.from('Un texte.').toString('base64') }), ['E 207 906']],
      [carrying(letter({ id: '2.999.83.2', ins: '' }), { controlId: 'M25', pid3: IPP }), ['E 207 903']],
    ];
    for (const [text, errors] of wrong) {
      const ack = await gateway.send(text);
      expect([ack.value('MSA-1'), ack.value('MSA-2'), errorsOf(ack)]).toEqual(['AE', expect.anything(), errors]);
      const again = await gateway.send(text);
      expect(again.toString()).toBe(ack.toString());
    }
    expect((await gateway.send(carrying(xml, { controlId: 'M26' }))).value('MSA-1')).toBe('AA');
  });

  it('whose mail is asked in a combination that is not allowed is kept, with a work item that says so', async () => {
    const xml = letter({ id: '2.999.84.1', set: '2.999.84' });
    const ack = await gateway.send(carrying(xml, { controlId: 'M31', after: flags('MASQUE_PS', 'DESTMSSANTEPS') }));
    expect(ack.value('MSA-1')).toBe('AA');
    expect((await progressOfControl('M31')).documents?.[0]?.reference).toBeDefined();
    const { items } = await gateway.get<Page>('/api/work-items?controlId=M31&state=open');
    expect(items).toMatchObject([{ reason: 'routing-not-allowed' }]);
  });
});

describe('what is meant to do harm', () => {
  const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>`;
  const deep = '<a>'.repeat(100_000);
  const bomb = zipOf([{ name: 'IHE_XDM/SUBSET01/METADATA.XML', content: Buffer.alloc(60_000_000, 'x') }]);
  const crowd = zipOf(Array.from({ length: 10_000 }, (_, index) => ({ name: `F${String(index)}`, content: 'x' })));
  const slip = zipOf([{ name: '../../etc/passwd', content: 'x' }]);

  it.each<[string, string | Buffer, string]>([
    ['entities that laugh', laughs, 'application/xml'],
    ['a deep document', deep, 'application/xml'],
    ['a bomb', bomb, 'application/zip'],
    ['ten thousand entries', crowd, 'application/zip'],
    ['a name that leads out', slip, 'application/zip'],
    ['half an archive', bomb.subarray(0, bomb.length / 2), 'application/zip'],
    [
      'an endless Bundle',
      `{"resourceType":"Bundle","type":"document","entry":${'['.repeat(50_000)}`,
      'application/fhir+json',
    ],
  ])('is refused in bounded time, and the next is served meanwhile: %s', async (_, body, type) => {
    const started = Date.now();
    const harm = post(body, type);
    const next = await post(letter({ id: `2.999.85.${String(started)}`, set: `2.999.86.${String(started)}` }));
    expect(next.status).toBe(202);
    expect([400, 422]).toContain((await harm).status);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it('in fifty million characters of base64 is refused in bounded time', async () => {
    const started = Date.now();
    const data = Buffer.alloc(37_500_000, 'ab').toString('base64');
    const ack = await gateway.send(carrying(letter({ id: '2.999.87.1' }), { controlId: 'M41', data }));
    expect(ack.value('MSA-1')).toBe('AE');
    expect(Date.now() - started).toBeLessThan(20_000);
  });
});

describeSamples('the documents of ../shared/data', () => {
  /** Refused for what they are: an encoding that is none, nothing in them, an INS of the real authority without its key. */
  const REFUSED = /a10-prolog-inconnu|a13-document-vide|CSE-CS8_2024/;
  /** The same ids as others of them have, with other bytes. */
  const REUSED = /a0|a11|a13|CANCER|LDL|VSM|Delete/;

  it.each([...sampleDocumentsIn('cases/documents'), ...sampleDocumentsIn('cda'), ...sampleDocumentsIn('xdm')])(
    '%s is accepted with its DocumentReference, or refused for its reason',
    async (name) => {
      const type = name.endsWith('.zip') ? 'application/zip' : 'application/xml';
      const answer = await post(readSampleDocument(name), type);
      if (REFUSED.test(name)) return expect([400, 422]).toContain(answer.status);
      if (answer.status === 422) {
        expect(name).toMatch(REUSED);
        expect(codesOf(answer)).toContainEqual(['document-id-reused', '906']);
        return;
      }
      expect([answer.status, codesOf(answer)]).toEqual([202, expect.anything()]);
      expect(await reference(await progressOf(answer.body.message))).toMatchObject({
        resourceType: 'DocumentReference',
      });
    },
  );

  it.each([
    ['mdm-t02-new.er7', 'AA'],
    ['mdm-t10-replace.er7', 'AA'],
    ['mdm-t04-delete.er7', 'AA'],
    ['oru-r01-new.hl7', 'AA'],
    ['mdm-t02-not-base64-invalid.er7', 'AE'],
    // The id of mdm-t02-new, and other bytes.
    ['mdm-t02-from-mailbox.er7', 'AE'],
  ])('%s is answered %s', async (name, code) => {
    const controlId = `S-${name.slice(0, 12)}`;
    const text = readSample(`documents/${name}`).toString().replace('|015|', `|${controlId}|`);
    const ack = await gateway.send(text.trimEnd().replaceAll('\n', '\r'));
    expect([ack.value('MSA-1'), ack.value('MSA-2')]).toEqual([code, controlId]);
    if (code === 'AA') expect(await progressOfControl(controlId)).toMatchObject({ state: 'translated' });
  });
});
