import express, { Router, type NextFunction, type Request, type Response } from 'express';
import type { SourceSettings } from '../config/schema.js';
import type { FailureCode } from '../message/failure.js';
import type { AckCode } from '../message/message.js';
import { accept, oversizeAnswer, type ReceiveDeps } from './accept.js';
import { HttpSources, type HttpDoor } from './http-door.js';

/** HTTP statuses of the answers: what was kept 200, what is wrong in itself 422, what is not for us or not kept now 400 or 503. */
const STATUS: Readonly<Record<AckCode, number>> = { AA: 200, CA: 200, AE: 422, CE: 422, AR: 400, CR: 400 };

/**
 * `POST /hl7v2` with `application/hl7-v2` or `text/plain`: the same journey as MLLP, the acknowledgement as the body.
 * `?source=` names the configured source; without it the first whose `doors` hold `http`. A source with a token answers whoever has it,
 * one without answers this machine only; what a caller may not use is not read.
 */
export function hl7v2Router(sources: readonly SourceSettings[], deps: ReceiveDeps, door: HttpDoor): Router {
  const router = Router();
  const open = new HttpSources(sources);
  const read = express.raw({
    type: ['application/hl7-v2', 'text/plain', 'x-application/hl7-v2+er7'],
    limit: open.limit,
  });
  router.post('/hl7v2', open.guard(deps.budget, door, refuseFor));
  router.post('/hl7v2', read, async (request, response) => {
    const source = open.of(request);
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
  router.all('/hl7v2', (_request, response) => {
    refuse(response.set('Allow', 'POST'), 405, 'messages come by POST');
  });
  router.use('/hl7v2', unread);
  return router;
}

function refuseFor(response: Response, status: number, _code: FailureCode, text: string): void {
  refuse(response, status, text);
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
