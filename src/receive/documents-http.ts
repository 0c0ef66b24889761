import express, { Router, type NextFunction, type Request, type Response } from 'express';
import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import type { SourceSettings } from '../config/schema.js';
import { OWN } from '../fhir/systems.js';
import { GatewayError, type FailureCode } from '../message/failure.js';
import { acceptDocument, type DocumentAnswer, type DocumentFormat } from './accept-document.js';
import type { ReceiveDeps } from './accept.js';
import { HttpSources, type HttpDoor } from './http-door.js';

const FORMATS: Readonly<Record<string, DocumentFormat>> = {
  'application/xml': 'cda',
  'text/xml': 'cda',
  'application/zip': 'xdm',
  'application/x-zip-compressed': 'xdm',
  'application/fhir+json': 'fhir',
};
const TAKEN = 'send application/xml (CDA), application/zip (XDM) or application/fhir+json (a Bundle of type document)';

/**
 * `POST /documents`: a CDA document, an XDM package or a FHIR document, with the rules of `POST /hl7v2` for who may send what. 202 says that it
 * is kept and sound, with the addresses of its message and of its DocumentReference; everything else is an OperationOutcome.
 * @param publicUrl the address of the gateway's root as callers know it; undefined: the one that they use
 */
export function documentsRouter(
  sources: readonly SourceSettings[],
  deps: ReceiveDeps,
  door: HttpDoor,
  publicUrl: string | undefined,
): Router {
  const router = Router();
  const open = new HttpSources(sources);
  const read = express.raw({ type: Object.keys(FORMATS), limit: open.limit });
  router.post('/documents', open.guard(deps.budget, door, refuse));
  router.post('/documents', read, async (request, response) => {
    const source = open.of(request);
    if (source === undefined) return;
    const format = FORMATS[String(request.is(Object.keys(FORMATS)))];
    if (format === undefined || !Buffer.isBuffer(request.body)) return refuse(response, 415, 'type-not-served', TAKEN);
    const body: Buffer = request.body;
    if (body.length > source.maxMessageBytes) return tooLarge(response);
    try {
      const base = publicUrl ?? `${request.protocol}://${request.get('Host') ?? ''}`;
      send(response, await acceptDocument(body, format, source, deps), base);
    } catch (error) {
      notKept(response, error, source, deps);
    }
  });
  router.all('/documents', (_request, response) => {
    refuse(response.set('Allow', 'POST'), 405, 'not-supported', 'documents come by POST');
  });
  router.use('/documents', unread);
  return router;
}

function send(response: Response, answer: DocumentAnswer, base: string): void {
  const { id, accepted, references, findings } = answer;
  const message = `${base}/api/messages/${id}`;
  response.set('Location', message);
  const issue = findings.map(issueOf);
  if (accepted) {
    const documents = references.map((reference) => `${base}/fhir/DocumentReference/${reference}`);
    return void response.status(202).json({ id, message, documents, ...(issue.length === 0 ? {} : { issue }) });
  }
  const unreadable = findings.some(({ severity, code }) => severity === 'E' && code === 'document-unreadable');
  sendOutcome(response, unreadable ? 400 : 422, issue);
}

type AnswerFinding = DocumentAnswer['findings'][number];

const ERR_5 = 'http://terminology.hl7.org/CodeSystem/v2-0533';

function issueOf({ severity, code, application, field, text }: AnswerFinding): OperationOutcomeIssue {
  return {
    severity: severity === 'E' ? 'error' : 'warning',
    code: code === 'document-unreadable' ? 'structure' : 'business-rule',
    details: {
      coding: [
        { system: OWN.failure, code },
        { system: ERR_5, code: String(application) },
      ],
    },
    diagnostics: text,
    ...(field === '' ? {} : { location: [field] }),
  };
}

function refuse(response: Response, status: number, code: FailureCode, text: string): void {
  const details = { coding: [{ system: OWN.failure, code }] };
  sendOutcome(response, status, [{ severity: 'error', code: 'processing', details, diagnostics: text }]);
}

function sendOutcome(response: Response, status: number, issue: OperationOutcomeIssue[]): void {
  const outcome: OperationOutcome = { resourceType: 'OperationOutcome', issue };
  response.status(status).set('Content-Type', 'application/fhir+json; charset=utf-8').send(JSON.stringify(outcome));
}

function tooLarge(response: Response): void {
  refuse(response, 413, 'message-too-large', 'the document is larger than its source may send');
}

function notKept(response: Response, error: unknown, source: SourceSettings, deps: ReceiveDeps): void {
  const code = error instanceof GatewayError ? error.code : 'store-unavailable';
  deps.log('error', 'receive.not-kept', { source: source.name, code });
  const text = 'the document could not be kept; send it again';
  refuse(response.set('Retry-After', '5'), 503, code, text);
}

/** A body that is not read, for its size or its encoding, is refused as all that is no document. */
function unread(error: { status?: number }, _request: Request, response: Response, next: NextFunction): void {
  const { status = 500 } = error;
  if (status === 413) tooLarge(response);
  else if (status >= 400 && status < 500) refuse(response, status, 'request-invalid', 'the document cannot be read');
  else next(error);
}
