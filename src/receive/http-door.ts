import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { SourceSettings } from '../config/schema.js';
import type { FailureCode } from '../message/failure.js';
import type { ByteBudget } from './byte-budget.js';

/** Who may bring messages by HTTP. */
export interface HttpDoor {
  /** Does the request come from this machine? */
  isLocal(request: Request): boolean;
  carriesToken(request: Request, token: string): boolean;
}

/** Tells a caller that what he sent is not taken, in the words of the door. */
export type Refuse = (response: Response, status: number, code: FailureCode, text: string) => void;

/** The sources whose `doors` hold `http`. */
export class HttpSources {
  private readonly open: readonly SourceSettings[];
  /** Bytes of the largest message that any of them takes. */
  readonly limit: number;

  constructor(sources: readonly SourceSettings[]) {
    this.open = sources.filter(({ doors }) => doors.includes('http'));
    this.limit = Math.max(0, ...this.open.map((source) => source.maxMessageBytes));
  }

  /** `?source=` names it; without it the first. */
  of(request: Request): SourceSettings | undefined {
    const wanted = request.query['source'];
    return wanted === undefined ? this.open[0] : this.open.find(({ name }) => name === wanted);
  }

  /**
   * Lets on whoever may use the source that he names, while the process has room for his message: a source with a token answers whoever has it,
   * one without answers this machine only. What a caller may not use is not read.
   */
  guard(budget: ByteBudget, door: HttpDoor, refuse: Refuse): RequestHandler {
    return (request, response, next) => {
      const source = this.of(request);
      // A name that is misspelt must not make the message another hospital's.
      if (Object.keys(request.query).some((name) => name !== 'source'))
        return refuse(response, 400, 'request-invalid', 'source is the only parameter');
      if (source === undefined)
        return refuse(response, 404, 'source-unknown', 'no source of that name takes messages by HTTP');
      const { httpToken } = source;
      const allowed = httpToken === undefined ? door.isLocal(request) : door.carriesToken(request, httpToken);
      if (allowed) hold(budget, { request, response, most: source.maxMessageBytes, next, refuse });
      else if (httpToken === undefined) refuse(response, 403, 'not-allowed', 'this source answers this machine only');
      else refuse(response.set('WWW-Authenticate', 'Bearer'), 401, 'not-allowed', 'this source asks for its token');
    };
  }
}

interface Reading {
  request: Request;
  response: Response;
  most: number;
  next: NextFunction;
  refuse: Refuse;
}

/** A body that the process has no room for is not read. */
function hold(budget: ByteBudget, { request, response, most, next, refuse }: Reading): void {
  const share = budget.join(() => undefined);
  response.once('close', () => {
    share.leave();
  });
  if (share.holds(Number(request.get('Content-Length') ?? most))) return next();
  const text = 'the gateway holds too much; send it again';
  refuse(response.set('Retry-After', '1'), 503, 'store-unavailable', text);
}
