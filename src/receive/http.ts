import express, { Router, type NextFunction, type Request, type Response } from 'express';
import type { SourceSettings } from '../config/schema.js';
import type { AckCode } from '../message/message.js';
import { accept, oversizeAnswer, type ReceiveDeps } from './accept.js';

/** HTTP statuses of the answers: what was kept 200, what is wrong in itself 422, what is not for us or not kept now 400 or 503. */
const STATUS: Readonly<Record<AckCode, number>> = { AA: 200, CA: 200, AE: 422, CE: 422, AR: 400, CR: 400 };

/** Who may bring messages by HTTP. */
export interface HttpDoor {
  /** Does the request come from this machine? */
  isLocal(request: Request): boolean;
  carriesToken(request: Request, token: string): boolean;
}

/**
 * `POST /hl7v2` with `application/hl7-v2` or `text/plain`: the same journey as MLLP, the acknowledgement as the body.
 * `?source=` names the configured source; without it the first whose `doors` hold `http`. A source with a token answers whoever has it,
 * one without answers this machine only; what a caller may not use is not read.
 */
export function hl7v2Router(sources: readonly SourceSettings[], deps: ReceiveDeps, door: HttpDoor): Router {
  const router = Router();
  const open = sources.filter(({ doors }) => doors.includes('http'));
  const limit = Math.max(0, ...open.map((source) => source.maxMessageBytes));
  const read = express.raw({ type: ['application/hl7-v2', 'text/plain', 'x-application/hl7-v2+er7'], limit });
  /** A body that the process has no room for is not read. */
  const hold = (request: Request, response: Response, most: number, next: NextFunction) => {
    const share = deps.budget.join(() => undefined);
    response.once('close', () => {
      share.leave();
    });
    if (share.holds(Number(request.get('Content-Length') ?? most))) return next();
    refuse(response.set('Retry-After', '1'), 503, 'the gateway holds too much; send it again');
  };
  router.post('/hl7v2', (request, response, next) => {
    const source = sourceOf(request, open);
    if (source === undefined) return refuse(response, 404, 'no source of that name takes messages by HTTP');
    const { httpToken } = source;
    const allowed = httpToken === undefined ? door.isLocal(request) : door.carriesToken(request, httpToken);
    if (allowed) hold(request, response, source.maxMessageBytes, next);
    else if (httpToken === undefined) refuse(response, 403, 'this source answers this machine only');
    else refuse(response.set('WWW-Authenticate', 'Bearer'), 401, 'this source asks for its token');
  });
  router.post('/hl7v2', read, async (request, response) => {
    const source = sourceOf(request, open);
    if (source === undefined) return;
    if (!Buffer.isBuffer(request.body)) return refuse(response, 415, 'send application/hl7-v2 or text/plain');
    const body: Buffer = request.body;
    if (body.length > source.maxMessageBytes)
      return void response
        .status(413)
        .type('application/hl7-v2')
        .send(oversizeAnswer(body, source, deps));
    const { code, messages, kept } = await accept(body, source, 'http', deps);
    response.status(kept ? STATUS[code] : 503);
    const answer = messages[0];
    if (answer === undefined) return void response.end();
    response.type('application/hl7-v2').send(answer);
  });
  router.use('/hl7v2', unread);
  return router;
}

function sourceOf(request: Request, open: readonly SourceSettings[]): SourceSettings | undefined {
  const wanted = request.query['source'];
  return wanted === undefined ? open[0] : open.find(({ name }) => name === wanted);
}

function refuse(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(`${text}\n`);
}

/** A body that is not read, for its size or its encoding, has no MSH to answer: it is refused in words, as all that is no message. */
function unread(error: { status?: number }, _request: Request, response: Response, next: NextFunction): void {
  const { status = 500 } = error;
  if (status === 413) refuse(response, 413, 'the message is too large');
  else if (status >= 400 && status < 500) refuse(response, status, 'the message cannot be read');
  else next(error);
}
