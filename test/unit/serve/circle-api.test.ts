import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { statusOf } from '../../../src/fhir/outcome.js';
import { circleApi, type CircleQuery } from '../../../src/serve/circle-api.js';

const NOW = Date.UTC(2026, 2, 10);

function ask(path: string) {
  const queries: CircleQuery[] = [];
  const app = express();
  app.use(
    circleApi(
      (query) => {
        queries.push(query);
        const unknown = 'anchor' in query.subject && query.subject.anchor === 'urn:oid:2.999.1|nobody';
        return Promise.resolve(unknown ? undefined : [{ patient: 'urn:oid:2.999.1|1' }]);
      },
      () => NOW,
    ),
  );
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    response.status(statusOf(error)).json({ text: String(error) });
  });
  return request(app)
    .get(path)
    .then((response) => ({ response, queries }));
}

describe('the circle at an instant', () => {
  it('is asked of a patient, as of now and as it is known now where nothing else is said', async () => {
    const { response, queries } = await ask('/circle?patient=urn:oid:2.999.1%7C1');
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ people: [{ patient: 'urn:oid:2.999.1|1' }] });
    const now = new Date(NOW).toISOString();
    expect(queries).toEqual([{ subject: { anchor: 'urn:oid:2.999.1|1' }, asOf: now, knownAt: now }]);
  });

  it('is asked of a stay, of two instants, the plus of an offset escaped or not', async () => {
    const path = '/circle?stay=urn:oid:2.999.2%7CV1&asOf=2026-03-03T12:00:00%2B01:00&knownAt=2026-03-05T12:00:00+01:00';
    const { queries } = await ask(path);
    expect(queries).toEqual([
      {
        subject: { stay: 'urn:oid:2.999.2|V1' },
        asOf: '2026-03-03T12:00:00+01:00',
        knownAt: '2026-03-05T12:00:00+01:00',
      },
    ]);
  });

  it.each([
    '/circle',
    '/circle?patient=a%7C1&stay=b%7C2',
    '/circle?patient=a%7C1&asOf=2026-03-03',
    '/circle?patient=a%7C1&knownAt=yesterday',
    '/circle?patient=a%7C1&knownAt=2026-02-30T00:00:00Z',
    '/circle?patient=a%7C1&asOf=2026-04-31T00:00:00Z',
    '/circle?patient=a%7C1&knownAt=2026-03-03T12:00:00%2B23:59',
    '/circle?patient=a%7C1&knownAt=2026-03-03T12:00:00%2B14:01',
    '/circle?patient=a%7C1&knownAt=0000-01-01T00:00:00Z',
    '/circle?patient=a%7C1&knownAt=9999-12-31T23:59:59-23:59',
    '/circle?patient=a%7C1&patient=a%7C2',
    '/circle?patient=a%7C1&who=me',
  ])('is no question: %s', async (path) => {
    expect((await ask(path)).response.status).toBe(400);
  });

  it('of nobody is not there', async () => {
    expect((await ask('/circle?patient=urn:oid:2.999.1%7Cnobody')).response.status).toBe(404);
  });
});
