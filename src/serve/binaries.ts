import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Binary } from 'fhir/r4.js';
import { binaryPlace, type BinaryPlace } from '../message/binary.js';
import { GatewayError } from '../message/failure.js';
import { queryOf } from './general-parameters.js';

/** The bytes of a document as they came. */
export interface BinaryContent {
  mediaType: string;
  length: number;
  bytes: AsyncIterable<Buffer>;
}

/** Undefined where no accepted message has such a document. */
export type BinaryPort = (place: BinaryPlace) => Promise<BinaryContent | undefined>;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/fhir+json': 'json',
  'application/xslt+xml': 'xsl',
  'text/xml': 'xml',
  'application/pdf': 'pdf',
  'application/rtf': 'rtf',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/tiff': 'tif',
  'image/gif': 'gif',
  'text/plain': 'txt',
};

/**
 * `GET /Binary/[id]` (R4 §2.36): the bytes themselves with their own media type, or a Binary where JSON of FHIR is asked for. A document
 * may hold scripts of its sender: no browser shows it.
 */
export async function readBinary(port: BinaryPort, request: Request, response: Response): Promise<void> {
  const id = String(request.params['id']);
  const place = binaryPlace(id);
  const content = place && (await port(place));
  if (content === undefined) throw new GatewayError('resource-unknown', 'there is no such resource');
  const { mediaType, length, bytes } = content;
  if (wantsResource(request)) {
    const pieces: Buffer[] = [];
    for await (const piece of bytes) pieces.push(piece);
    const data = Buffer.concat(pieces).toString('base64');
    const binary: Binary = { resourceType: 'Binary', id, contentType: mediaType, data };
    return void response.set('Content-Type', 'application/fhir+json; charset=utf-8').send(JSON.stringify(binary));
  }
  // Express would add a character set, which the document says itself.
  response.setHeader('Content-Type', mediaType);
  response.set({
    'Content-Length': String(length),
    'Content-Disposition': `attachment; filename="${id}.${EXTENSIONS[mediaType.replace(/;.*/, '')] ?? 'bin'}"`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
  });
  await pipeline(Readable.from(bytes), response);
}

/** `_format` decides where it is given, else `Accept`. */
function wantsResource(request: Request): boolean {
  const format = new URLSearchParams(queryOf(request)).get('_format');
  return /\bjson\b/i.test(format ?? request.get('Accept') ?? '');
}
