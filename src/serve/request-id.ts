import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/** What a caller may name its request by: what is longer, or holds anything else, is not given back. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,63}$/;
/** A UUID or a trace's number is made by a machine: only such a one stands in the log. */
const MADE = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Every answer carries `X-Request-Id`: the caller's, where it is sane, else a new one. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('X-Request-Id') ?? '';
  response.set('X-Request-Id', SANE.test(given) ? given : randomUUID());
  next();
}

/** The id of an answer as the log may hold it. */
export function loggedId(response: Response): string | undefined {
  const id = response.get('X-Request-Id') ?? '';
  return MADE.test(id) ? id : undefined;
}
