import { describe, expect, it } from '@jest/globals';
import express from 'express';
import type { OperationOutcome } from 'fhir/r4.js';
import request from 'supertest';
import type { SourceSettings } from '../../../src/config/schema.js';
import { GatewayError } from '../../../src/message/failure.js';
import { Committer } from '../../../src/receive/committer.js';
import { documentsRouter } from '../../../src/receive/documents-http.js';
import { carriesToken } from '../../../src/serve/bearer.js';
import { metadataOf, xdmOf } from '../../support/archive.js';
import { MemoryStore, receiveDeps, receiveSource } from '../../support/admissions.js';
import { insOf, letter } from '../../support/letters.js';

const store = new MemoryStore();
const silent = () => undefined;
const committer = new Committer(store.keep, () => performance.now(), silent, { patienceMs: 300 });
const deps = { ...receiveDeps(store.keep), committer };
const guarded: SourceSettings = { ...receiveSource, name: 'guarded', httpToken: 'a-long-token' };
const small: SourceSettings = { ...receiveSource, name: 'small', maxMessageBytes: 2000 };
const closed: SourceSettings = { ...receiveSource, name: 'closed', doors: ['mllp'] };
const SOURCES = [receiveSource, guarded, small, closed];

const appOf = (local = true, publicUrl?: string) =>
  express().use(documentsRouter(SOURCES, deps, { isLocal: () => local, carriesToken }, publicUrl));
const app = appOf();

interface Sent {
  to?: ReturnType<typeof appOf>;
  query?: string;
  type?: string;
  headers?: Record<string, string>;
}

const post = (body: string | Buffer, { to = app, query = '', type = 'application/xml', headers = {} }: Sent = {}) =>
  request(to)
    .post(`/documents${query}`)
    .set({ 'content-type': type, ...headers })
    .send(body);

const codeOf = ({ body }: { body: unknown }) => (body as OperationOutcome).issue?.[0]?.details?.coding?.[0]?.code;
/** Every document of a test is one of its own. */
let count = 0;
const another = (change: Parameters<typeof letter>[0] = {}) =>
  letter({ id: `2.999.80.9.${String(++count)}`, set: `2.999.81.${String(count)}`, ...change });

describe('POST /documents', () => {
  it('answers 202 with the addresses of the message and of its DocumentReference', async () => {
    const response = await post(another());
    expect(response.status).toBe(202);
    const { id, message, documents } = response.body as { id: string; message: string; documents: string[] };
    expect(message).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/api/messages/${id}$`));
    expect(response.headers['location']).toBe(message);
    expect(documents).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/fhir\/DocumentReference\/[0-9a-f-]{36}$/),
    ]);
    expect(store.messages.at(-1)).toMatchObject({ id, state: 'received' });
  });

  it('gives addresses under the public one, whatever Host the caller names', async () => {
    const to = appOf(true, 'https://gateway.example');
    const { body } = await post(another(), { to, headers: { Host: 'elsewhere.example' } });
    const { message, documents } = body as { message: string; documents: string[] };
    for (const address of [message, ...documents]) expect(address).toMatch(/^https:\/\/gateway\.example\//);
  });

  it('answers the same bytes the same, and keeps them once', async () => {
    const text = another();
    const first = await post(text, { to: appOf(true, 'https://g.example') });
    const before = store.messages.length;
    const again = await post(text, { to: appOf(true, 'https://g.example') });
    expect([again.status, again.body, store.messages.length]).toEqual([202, first.body, before]);
  });

  it.each(['application/xml', 'text/xml', 'application/xml; charset=utf-8'])('takes a CDA as %s', async (type) => {
    expect((await post(another(), { type })).status).toBe(202);
  });

  it.each(['application/zip', 'application/x-zip-compressed'])('takes a package as %s', async (type) => {
    const text = another();
    const uniqueId = /<id root="([^"]*)"/.exec(text)?.[1] ?? '';
    const patient = `${insOf('2540638185001')}^^^&1.2.250.1.213.1.4.10&ISO^NH`;
    const document = { bytes: Buffer.from(text), uniqueId, patientId: patient };
    const response = await post(xdmOf([document], { metadata: metadataOf([document], patient) }), { type });
    expect([response.status, codeOf(response)]).toEqual([202, undefined]);
  });

  it.each([
    ['what is no XML', 'bonjour', 'application/xml', 400, 'document-unreadable'],
    ['half a document', another().slice(0, 900), 'application/xml', 400, 'document-unreadable'],
    ['a DOCTYPE', `<!DOCTYPE a>${another()}`, 'application/xml', 400, 'document-unreadable'],
    ['what is no archive', 'PK', 'application/zip', 400, 'document-unreadable'],
    ['what is no JSON', '{', 'application/fhir+json', 400, 'document-unreadable'],
    ['a document without INS', another({ ins: '' }), 'application/xml', 422, 'document-identity'],
  ])('answers %s with an outcome, and keeps it as refused', async (_, text, type, status, code) => {
    const response = await post(text, { type });
    expect([response.status, codeOf(response)]).toEqual([status, code]);
    expect(response.headers['content-type']).toMatch('application/fhir+json');
    const kept = store.messages.at(-1);
    expect([kept?.state, String(kept?.bytes)]).toEqual(['refused', text]);
    expect(response.headers['location']).toMatch(new RegExp(`/api/messages/${String(kept?.id)}$`));
  });

  it('tells the code of the carriage beside its own', async () => {
    const { body } = await post(another({ ins: '' }));
    expect((body as OperationOutcome).issue[0]?.details?.coding?.map(({ code }) => code)).toEqual([
      'document-identity',
      '903',
    ]);
  });

  it('answers 503 while the store is away, and tells when to come again', async () => {
    const text = another();
    store.away = new GatewayError('store-unavailable', 'away');
    const response = await post(text);
    store.away = undefined;
    expect([response.status, codeOf(response), response.headers['retry-after']]).toEqual([
      503,
      'store-unavailable',
      '5',
    ]);
    expect((await post(text)).status).toBe(202);
  });
});

describe('what POST /documents does not read', () => {
  it.each([
    ['from elsewhere, without a token to ask for', { to: appOf(false) }, 403, 'not-allowed'],
    [
      'from elsewhere, with a token that nobody asks for',
      { to: appOf(false), headers: { Authorization: 'Bearer x' } },
      403,
      'not-allowed',
    ],
    ['without the token', { query: '?source=guarded' }, 401, 'not-allowed'],
    [
      'with another token',
      { query: '?source=guarded', headers: { Authorization: 'Bearer another' } },
      401,
      'not-allowed',
    ],
    [
      'with the token as a password',
      { query: '?source=guarded', headers: { Authorization: 'Basic a-long-token' } },
      401,
      'not-allowed',
    ],
    ['of a source that nobody knows', { query: '?source=nobody' }, 404, 'source-unknown'],
    ['of two sources', { query: '?source=dpi&source=guarded' }, 404, 'source-unknown'],
    ['of a source without that door', { query: '?source=closed' }, 404, 'source-unknown'],
    ['of another type', { type: 'application/json' }, 415, 'type-not-served'],
    ['as HL7 v2', { type: 'application/hl7-v2' }, 415, 'type-not-served'],
    ['in another encoding', { headers: { 'content-encoding': 'compress' } }, 415, 'request-invalid'],
    ['beyond the limit of its source', { query: '?source=small' }, 413, 'message-too-large'],
  ] as [string, Sent, number, string][])('is what comes %s', async (_, sent, status, code) => {
    const before = store.messages.length;
    const response = await post(another(), sent);
    expect([response.status, codeOf(response), store.messages.length]).toEqual([status, code, before]);
    expect(response.headers['content-type']).toMatch('application/fhir+json');
    expect(response.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
  });

  it('is what is larger than any source may send', async () => {
    const response = await post('x'.repeat(300_000));
    expect([response.status, codeOf(response)]).toEqual([413, 'message-too-large']);
  });

  it('is not what comes with the token, wherever from', async () => {
    const headers = { Authorization: 'Bearer a-long-token' };
    for (const local of [true, false])
      expect((await post(another(), { to: appOf(local), query: '?source=guarded', headers })).status).toBe(202);
  });

  it.each(['get', 'put', 'delete'] as const)('is what comes by %s', async (method) => {
    const response = await request(app)[method]('/documents');
    expect([response.status, codeOf(response), response.headers['allow']]).toEqual([405, 'not-supported', 'POST']);
  });

  it('is not an empty document, which is one that cannot be read', async () => {
    const response = await request(app).post('/documents').set('content-type', 'application/xml');
    expect([response.status, codeOf(response)]).toEqual([400, 'document-unreadable']);
  });
});
