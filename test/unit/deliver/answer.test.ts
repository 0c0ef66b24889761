import { describe, expect, it } from '@jest/globals';
import { issueCodes, judge } from '../../../src/deliver/answer.js';

const response = (...statuses: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: statuses.map((status) => ({ response: { status } })),
});
const outcome = (severity: string, code = 'processing') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity, code, diagnostics: 'ESSAI CAMILLE is not known' }],
});
const sent = (status: number, body: unknown) =>
  judge({ status, text: typeof body === 'string' ? body : JSON.stringify(body) }, 2);

describe('a transaction was taken', () => {
  it.each([
    ['where each entry was answered 2xx', 200, response('200 OK', '201')],
    [
      'where an entry was answered with a warning beside its 2xx',
      200,
      {
        ...response(),
        entry: [
          { response: { status: '200', outcome: outcome('warning') } },
          { response: { status: '204 No Content' } },
        ],
      },
    ],
    ['by an empty 200', 200, ''],
    ['by an empty 201', 201, ''],
    ['by an empty 204', 204, ''],
  ])('%s', (_how, status, body) => {
    expect(sent(status, body)).toMatchObject({ code: null, status });
  });
});

describe('a transaction was not taken', () => {
  it.each([
    ['an OperationOutcome', outcome('error')],
    ['an OperationOutcome of a mere warning', outcome('warning')],
    ['a page to log in', '<html><body>login</body></html>'],
    ['something else in JSON', { type: 'redirect' }],
    ['an empty object', {}],
    ['a list', []],
    ['a text', '"ok"'],
    ['a number', '1'],
    ['null', 'null'],
    ['the request sent back', { resourceType: 'Bundle', type: 'transaction', entry: [{}, {}] }],
    ['a batch-response', { ...response('200', '200'), type: 'batch-response' }],
    ['no entries', { resourceType: 'Bundle', type: 'transaction-response' }],
    ['one entry short', response('200')],
    ['one entry too many', response('200', '200', '200')],
    ['an entry without response', { ...response('200'), entry: [{ response: { status: '200' } }, {}] }],
    ['entries that are null', { ...response('200'), entry: [null, null] }],
    ['a list of entries that is none', { ...response(), entry: 'two' }],
    ['a status that is a word', response('200', 'Conflict')],
    ['a status that is empty', response('200', '')],
    ['a status that is a number', response('200', 409)],
    ['a status of four digits', response('200', '2000')],
    ['an entry that is still to be done', response('200', '102')],
    ['an entry that leads elsewhere', response('200', '302')],
    ['blanks', '  '],
  ])('where a 200 holds %s', (_what, body) => {
    expect(sent(200, body).code).not.toBeNull();
  });

  it.each([202, 203, 206])('by a %i, whatever it holds', (status) => {
    expect(sent(status, '')).toMatchObject({ code: 'endpoint-error' });
    expect(sent(status, response('200', '200'))).toMatchObject({ code: 'endpoint-error' });
  });

  it.each([
    ['409 Conflict', 'endpoint-conflict'],
    ['412', 'endpoint-conflict'],
    ['404', 'endpoint-refused'],
    ['304 Not Modified', 'endpoint-error'],
    ['301', 'endpoint-error'],
    ['422 Unprocessable', 'endpoint-refused'],
    ['429', 'endpoint-busy'],
    ['500', 'endpoint-error'],
  ])('where an entry was answered %s: %s', (status, code) => {
    expect(sent(200, response('201', status))).toMatchObject({ code, status: Number(status.slice(0, 3)) });
    expect(sent(200, response('201', status)).detail).toBe(`entry 2 was answered ${status.slice(0, 3)}`);
  });
});

describe('of an OperationOutcome', () => {
  const issue = (change: object) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', ...change }] });

  it.each([
    [issue({ code: 'conflict', diagnostics: 'HAPI-0550: HAPI-2745 for CAMILLE' }), ['conflict', 'HAPI-0550']],
    [
      issue({ code: 'multiple-matches', details: { coding: [{ code: 'MSG_MULTIPLE_MATCH' }] } }),
      ['multiple-matches', 'MSG_MULTIPLE_MATCH'],
    ],
    [issue({ code: 'CAMILLE', details: { coding: [{ code: 'ESSAI' }], text: 'CAMILLE' } }), []],
    [issue({ code: 'not-found', expression: ['CAMILLE'], location: ['CAMILLE'] }), ['not-found']],
    [issue({ code: 7, details: { coding: 'MSG_X' }, diagnostics: ['HAPI-1111'] }), []],
    [{ resourceType: 'OperationOutcome', issue: [null, { code: 'invalid' }, { code: 'invalid' }] }, ['invalid']],
    [{ resourceType: 'OperationOutcome', issue: 'CAMILLE' }, []],
    [{ resourceType: 'Bundle', issue: [{ code: 'invalid' }] }, []],
    [null, []],
    ['invalid', []],
  ])('%j the codes alone are kept: %j', (body, codes) => {
    expect(issueCodes(body)).toEqual(codes);
  });

  it('the codes stand with the attempt, and no text does', () => {
    const { detail } = sent(422, outcome('error', 'business-rule'));
    expect(detail).toBe('answered 422 business-rule');
  });

  it('five codes at most are kept', () => {
    const codes = ['invalid', 'structure', 'required', 'value', 'invariant', 'security', 'login'];
    expect(issueCodes({ resourceType: 'OperationOutcome', issue: codes.map((code) => ({ code })) })).toHaveLength(5);
  });
});
