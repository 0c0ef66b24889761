import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { GatewayError } from '../../../src/message/failure.js';
import type { SourceSettings } from '../../../src/config/schema.js';
import { Committer } from '../../../src/receive/committer.js';
import { hl7v2Router } from '../../../src/receive/http.js';
import { carriesToken } from '../../../src/serve/bearer.js';
import { admission, MemoryStore, receiveDeps, receiveSource } from '../../support/admissions.js';

const store = new MemoryStore();
/** Each reading of the clock is three seconds later, so that patience is short. */
let clock = Date.UTC(2026, 2, 2);
const silent = () => undefined;
const deps = { ...receiveDeps(store.keep), committer: new Committer(store.keep, () => (clock += 3000), silent) };
const large = { ...receiveSource, name: 'large', maxMessageBytes: 200_000 };
const appOf = (sources: readonly SourceSettings[], local = true) =>
  express().use(hl7v2Router(sources, deps, { isLocal: () => local, carriesToken }));
const app = appOf([receiveSource, large]);
const post = (text: string, type = 'application/hl7-v2', query = '') =>
  request(app)
    .post(`/hl7v2${query}`)
    .set('content-type', type)
    .buffer(true)
    .parse((response, done) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => done(null, body));
    })
    .send(text);

describe('POST /hl7v2', () => {
  it.each([
    ['a sound message', admission('H1'), 200, 'MSA|AA|H1'],
    ['a message that is wrong in itself', admission('H2').replace('ZBE|', 'XBE|'), 422, 'MSA|AE|H2'],
    ['two messages in one body', `${admission('H7')}\r${admission('H8')}`, 422, 'MSA|AE|H7'],
    ['two patients in one message', `${admission('H9')}\rPID|2||7^^^HOP^PI`, 422, 'MSA|AE|H9'],
    ['a type that is not served', admission('H3').replace('ADT^A01^ADT_A01', 'ORM^O01'), 400, 'MSA|AR|H3'],
    ['a message that is too large', admission('H4') + '\rNTE|' + 'x'.repeat(99_900), 413, 'MSA|AR|H4'],
  ])('answers %s with its acknowledgement', async (_, text, status, answer) => {
    const response = await post(text);
    expect([response.status, String(response.body).includes(answer)]).toEqual([status, true]);
    expect(response.headers['content-type']).toMatch('application/hl7-v2');
  });

  it('answers 503 while the store is away', async () => {
    store.away = new GatewayError('store-unavailable', 'away');
    const response = await post(admission('H5'), 'text/plain');
    store.away = undefined;
    expect([response.status, String(response.body).includes('MSA|AR|H5')]).toEqual([503, true]);
  });

  it('reads no body beyond the limit of every source', async () => {
    expect((await post('x'.repeat(300_000))).status).toBe(413);
  });

  it.each(['br-and-more', 'compress'])('refuses in words what is encoded as %s', async (encoding) => {
    const response = await request(app)
      .post('/hl7v2')
      .set({ 'content-type': 'text/plain', 'content-encoding': encoding })
      .send('MSH|');
    expect([response.status, response.type]).toEqual([415, 'text/plain']);
  });

  it.each(['get', 'put', 'delete'] as const)('refuses in words whoever comes with %s', async (method) => {
    const response = await request(app)[method]('/hl7v2');
    expect([response.status, response.type, response.headers['allow']]).toEqual([405, 'text/plain', 'POST']);
  });

  it('refuses other content types and unknown sources', async () => {
    expect((await post('{}', 'application/json')).status).toBe(415);
    expect((await post(admission('H6'), 'text/plain', '?source=nobody')).status).toBe(404);
  });

  it.each([
    ['?sorce=large', 400],
    ['?Source=large', 400],
    ['?source=large&site=chu', 400],
    ['?source', 404],
    ['?source=', 404],
    ['?source=large&source=dpi', 404],
  ])('keeps nothing under another source where the address ends with %s', async (query, status) => {
    const before = store.messages.length;
    expect([(await post(admission('H10'), 'text/plain', query)).status, store.messages.length]).toEqual([
      status,
      before,
    ]);
  });
});

describe('the doors of a source', () => {
  const closed: SourceSettings = { ...receiveSource, name: 'closed', doors: ['mllp'] };
  const withToken: SourceSettings = { ...receiveSource, name: 'guarded', httpToken: 'a-long-token' };
  const status = async (to: ReturnType<typeof appOf>, query: string, headers: Record<string, string> = {}) =>
    (
      await request(to)
        .post(`/hl7v2${query}`)
        .set({ 'content-type': 'text/plain', ...headers })
        .send(admission(`D${query}${JSON.stringify(headers)}`))
    ).status;
  const kept = () => store.messages.length;

  it.each([
    ['by name', [closed, receiveSource], '?source=closed'],
    ['as the first of the file', [closed], ''],
    ['among others', [receiveSource, large, closed], '?source=closed'],
  ])('that leave http out are closed to it, %s, from this machine too', async (_, sources, query) => {
    const before = kept();
    expect([await status(appOf(sources), query), kept()]).toEqual([404, before]);
  });

  it('that has no token answers this machine only', async () => {
    const before = kept();
    expect(await status(appOf([receiveSource], false), '')).toBe(403);
    expect(await status(appOf([receiveSource], false), '?source=dpi', { Authorization: 'Bearer anything' })).toBe(403);
    expect(kept()).toBe(before);
    expect(await status(appOf([receiveSource], true), '')).toBe(200);
  });

  it.each([
    ['none', {}, 401],
    ['another', { Authorization: 'Bearer another-token' }, 401],
    ['the beginning of it', { Authorization: 'Bearer a-long' }, 401],
    ['it as a password', { Authorization: 'Basic a-long-token' }, 401],
    ['it', { Authorization: 'Bearer a-long-token' }, 200],
  ])(
    'that has a token answers whoever carries it, wherever from: %s',
    async (_, headers: Record<string, string>, expected) => {
      for (const local of [true, false])
        expect(await status(appOf([receiveSource, withToken], local), '?source=guarded', headers)).toBe(expected);
    },
  );

  it('that nothing opens read no body', async () => {
    const response = await request(appOf([receiveSource], false))
      .post('/hl7v2')
      .set('content-type', 'text/plain')
      .send('x'.repeat(300_000));
    expect(response.status).toBe(403);
  });
});
