import { Router, type Request } from 'express';
import { dateRange } from '../fhir/date-range.js';
import { GatewayError } from '../message/failure.js';

/** Whose circle, and as of when. */
export interface CircleQuery {
  subject: { anchor: string } | { stay: string };
  /** Instant in the world, ISO 8601 with offset. */
  asOf: string;
  /** Instant of the gateway's knowledge. */
  knownAt: string;
}

/** What the circle API asks of the store and the folds; undefined where nobody knows the subject. */
export type CirclePort = (query: CircleQuery) => Promise<Record<string, unknown>[] | undefined>;

/**
 * `GET /api/circle`: who was of a patient's circle at an instant, and where he was, as it was known at another. `patient` (`system|value`) or
 * `stay` says whose; `asOf` and `knownAt` are now where they are absent.
 */
export function circleApi(circleAt: CirclePort, now: () => number): Router {
  const router = Router();
  router.get('/circle', async (request, response) => {
    const query = queryOf(request, new Date(now()).toISOString());
    const people = await circleAt(query);
    if (people === undefined) throw new GatewayError('resource-unknown', 'nobody has that number');
    response.json({ asOf: query.asOf, knownAt: query.knownAt, people });
  });
  return router;
}

const PARAMETERS = new Set(['patient', 'stay', 'asOf', 'knownAt']);

function queryOf(request: Request, now: string): CircleQuery {
  for (const name of Object.keys(request.query))
    if (!PARAMETERS.has(name)) throw invalid(name.slice(0, 40), 'no parameter of this question');
  const patient = textOf(request, 'patient');
  const stay = textOf(request, 'stay');
  if ((patient === undefined) === (stay === undefined)) throw invalid('patient', 'give patient or stay, system|value');
  const subject = patient === undefined ? { stay: stay ?? '' } : { anchor: patient };
  return { subject, asOf: instantOf(request, 'asOf') ?? now, knownAt: instantOf(request, 'knownAt') ?? now };
}

function textOf(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalid(name, 'one value');
  return value;
}

/** With an offset as XML Schema has it, 14 hours at most; the year 0 is none. */
const INSTANT = /^(?!0000)\d{4}-\d{2}-\d{2}T.*(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;

function instantOf(request: Request, name: string): string | undefined {
  // A plus that nobody escaped is a blank by the time it is here.
  const text = textOf(request, name)?.replace(' ', '+');
  if (text !== undefined && (!INSTANT.test(text) || dateRange(text, 'UTC') === undefined))
    throw invalid(name, 'a time with its offset, e.g. 2026-03-03T12:00:00+01:00');
  return text;
}

function invalid(field: string, why: string): GatewayError {
  return new GatewayError('request-invalid', `${field}: ${why}`, { field });
}
