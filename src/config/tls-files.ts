import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { GatewayError } from '../message/failure.js';
import { fileFault, type ConfigurationFile, type Item } from './faults.js';
import type { SourceItem } from './schema.js';

/** The sources with the paths of their TLS files led from the configuration file; files that no listener could use are faults. */
export function withTlsFiles(
  sources: readonly Item<SourceItem>[],
  file: ConfigurationFile,
): { sources: SourceItem[]; faults: GatewayError[] } {
  const read = sources.map(({ index, item: source }) => {
    if (source.tls === undefined) return { source, faults: [] };
    const { key, cert, ca } = source.tls;
    const beside = (path: string) => resolve(dirname(file.path), path);
    const paths = { key: beside(key), cert: beside(cert), ...(ca === undefined ? {} : { ca: beside(ca) }) };
    const faults = wrongFiles(paths).map(({ which, what, remedy }) =>
      fileFault(file, ['sources', index, 'tls', which], what, remedy),
    );
    return { source: { ...source, tls: { ...source.tls, ...paths } }, faults };
  });
  return { sources: read.map(({ source }) => source), faults: read.flatMap(({ faults }) => faults) };
}

interface TlsPaths {
  key: string;
  cert: string;
  ca?: string;
}

interface WrongFile {
  which: keyof TlsPaths;
  what: string;
  remedy: string;
}

function wrongFiles({ key, cert, ca }: TlsPaths): WrongFile[] {
  const wrong: WrongFile[] = [];
  const use = <T>(
    which: keyof TlsPaths,
    path: string,
    parse: (bytes: Buffer) => T | undefined,
    form: string,
  ): T | undefined => {
    const bytes = bytesOf(path);
    const parsed = bytes === undefined ? undefined : parsedBy(parse, bytes);
    if (bytes === undefined)
      wrong.push({ which, what: `${path} cannot be read`, remedy: 'correct the path or its rights' });
    else if (parsed === undefined) wrong.push({ which, what: `${path} holds no ${form}`, remedy: 'give one in PEM' });
    return parsed;
  };
  const owned = use('key', key, (bytes): KeyObject => createPrivateKey(bytes), 'private key without a passphrase');
  const certificate = use('cert', cert, certificateOf, 'certificate');
  if (ca !== undefined) use('ca', ca, certificateOf, 'certificate');
  if (owned !== undefined && certificate?.checkPrivateKey(owned) === false)
    wrong.push({ which: 'key', what: `${key} is the key of another certificate`, remedy: 'give the one of cert' });
  return wrong;
}

/** A listener takes PEM alone, where the class would take DER too. */
function certificateOf(bytes: Buffer): X509Certificate | undefined {
  return bytes.includes('-----BEGIN ') ? new X509Certificate(bytes) : undefined;
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** @returns undefined where they are nothing of that form, whatever OpenSSL says of it */
function parsedBy<T>(parse: (bytes: Buffer) => T | undefined, bytes: Buffer): T | undefined {
  try {
    return parse(bytes);
  } catch {
    return undefined;
  }
}
