import type { Request } from 'express';
import { GatewayError } from '../message/failure.js';

/** What a caller may ask of any answer, whatever it asks for (R4 §3.1.0.1). */
export interface GeneralParameters {
  /** The parameters that are the request's own: `_format`, `_pretty` and what has been met already are taken out. */
  params: URLSearchParams;
  /** Indented JSON, for people. */
  pretty: boolean;
  /** False where nobody wants to know how many there are in all. */
  total: boolean;
}

const JSON_FORMS = new Set(['application/fhir+json', 'application/json', 'application/json+fhir', 'text/json']);
/** A browser asks for HTML first and reads JSON as well. */
const ANY = new Set(['*/*', 'application/*', 'text/html']);

/**
 * Refuses a caller who cannot read JSON of FHIR 4.0: `_format` decides where it is given, else `Accept` (R4 §3.1.0.1.10).
 * @throws GatewayError not-acceptable
 */
export function negotiate(request: Request): void {
  const format = new URLSearchParams(queryOf(request)).get('_format');
  const accept = request.get('Accept') ?? '*/*';
  if (format === null ? accept.split(',').some(readsJson) : /json/i.test(format)) return;
  throw new GatewayError('not-acceptable', 'only JSON of FHIR 4.0 is served', {
    field: format === null ? 'Accept' : '_format',
    remedy: 'ask for application/fhir+json',
  });
}

function readsJson(range: string): boolean {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const unwanted = parameters.some(
    (parameter) =>
      /^q=0(\.0*)?$/.test(parameter) ||
      (parameter.startsWith('fhirversion=') && !/^fhirversion="?4\.0/.test(parameter)),
  );
  return !unwanted && (JSON_FORMS.has(type) || ANY.has(type));
}

/**
 * Reads the parameters that any request may carry and takes them out. A total is exact, or there is none; resources have
 * no narrative, so `_summary=data` is the whole of them.
 * @param lenient what is not served is left to be left out
 * @throws GatewayError request-invalid for an answer that cannot be given in that form
 */
export function readGeneral(given: URLSearchParams, lenient = false): GeneralParameters {
  const params = new URLSearchParams(given);
  for (const [name, value] of given)
    if (`${name}${value}`.includes('\0')) throw invalidParameter(name.replaceAll('\0', ''), 'a NUL stands in no value');
  const pretty = params.get('_pretty') === 'true';
  const total = params.get('_total');
  if (total !== null && !['none', 'estimate', 'accurate'].includes(total))
    throw invalidParameter('_total', 'none, estimate or accurate');
  const summary = params.get('_summary');
  if (summary === 'true' || summary === 'text')
    throw invalidParameter('_summary', `${summary} is not served; false and data give whole resources, count a total`);
  if (params.has('_elements') && !lenient) throw invalidParameter('_elements', 'not served: resources are given whole');
  for (const general of ['_format', '_pretty', '_total']) params.delete(general);
  if (summary === 'data' || summary === 'false') params.delete('_summary');
  return { params, pretty, total: total !== 'none' };
}

/** Does the caller allow that parameters which are not served are left out (R4 Search, Handling Errors)? */
export function isLenient(request: Request): boolean {
  return /(^|[,;\s])handling\s*=\s*"?lenient"?\s*($|[,;])/i.test(request.get('Prefer') ?? '');
}

export function invalidParameter(name: string, why: string): GatewayError {
  const field = name.slice(0, 64);
  return new GatewayError('request-invalid', `${field}: ${why}`, { field });
}

/** The query of the address as it was written. */
export function queryOf(request: Request): string {
  const at = request.originalUrl.indexOf('?');
  return at < 0 ? '' : request.originalUrl.slice(at + 1);
}
