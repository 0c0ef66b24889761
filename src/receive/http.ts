import express, { Router, type NextFunction, type Request, type Response } from 'express';
import type { SourceSettings } from '../config/schema.js';
import type { AckCode } from '../message/message.js';
import { accept, oversizeAnswer, type ReceiveDeps } from './accept.js';

/** HTTP statuses of the answers: what was kept 200, what is wrong in itself 422, what is not for us or not kept now 400 or 503. */
const STATUS: Readonly<Record<AckCode, number>> = { AA: 200, CA: 200, AE: 422, CE: 422, AR: 400, CR: 400 };

/**
 * `POST /hl7v2` with `application/hl7-v2` or `text/plain`: the same journey as MLLP, the acknowledgement as the body.
 * `?source=` names the configured source; without it the first.
 */
export function hl7v2Router(sources: readonly SourceSettings[], deps: ReceiveDeps): Router {
  const router = Router();
  const limit = Math.max(...sources.map((source) => source.maxMessageBytes));
  router.post(
    '/hl7v2',
    express.raw({ type: ['application/hl7-v2', 'text/plain', 'x-application/hl7-v2+er7'], limit }),
    async (request, response) => {
      const wanted = request.query['source'];
      const source = wanted === undefined ? sources[0] : sources.find(({ name }) => name === wanted);
      if (source === undefined) return void response.status(404).type('text/plain').send('no such source\n');
      if (!Buffer.isBuffer(request.body))
        return void response.status(415).type('text/plain').send('send application/hl7-v2 or text/plain\n');
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
    },
  );
  router.use('/hl7v2', tooLarge);
  return router;
}

/** Beyond the largest limit of all sources the body is not read, so there is no MSH to answer. */
function tooLarge(error: { status?: number }, _request: Request, response: Response, next: NextFunction): void {
  if (error.status === 413) response.status(413).type('text/plain').send('the message is too large\n');
  else next(error);
}
