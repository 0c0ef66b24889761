import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import type { Bundle } from 'fhir/r4.js';
import { history, type FeedPage, type FeedPlace, type HistoryEntry } from '../fhir/bundle.js';
import { dateRange } from '../fhir/date-range.js';
import { GatewayError } from '../message/failure.js';
import type { Addresses } from './addresses.js';
import { invalidParameter } from './general-parameters.js';

/** What histories ask of the store. */
export interface HistoryPort {
  historyOf(
    type: string,
    id: string,
    page: { count: number; before?: number | undefined; since?: Date | undefined },
  ): Promise<{ total: number; versions: HistoryEntry[] }>;
  changesAfter(request: { types: readonly string[]; after: FeedPlace; count: number }): Promise<FeedPage>;
}

export interface HistorySettings {
  addresses: Addresses;
  /** IANA zone of instants without offset. */
  zone: string;
}

/**
 * The history of one resource, newest version first.
 * @throws GatewayError request-invalid, resource-unknown
 */
export async function instanceHistory(
  port: HistoryPort,
  { addresses, zone }: HistorySettings,
  request: Request,
  { type, id, params }: { type: string; id: string; params: URLSearchParams },
): Promise<Bundle> {
  allowOnly(params, ['_count', '_before', '_since']);
  const since = sinceOf(params, zone);
  const page = { count: countOf(params), before: numberOf(params, '_before'), since };
  const { total, versions } = await port.historyOf(type, id, page);
  if (total === 0 && since === undefined) throw new GatewayError('resource-unknown', 'there is no such resource');
  const last = versions.at(-1)?.version;
  const hasMore = last !== undefined && last > 1 && versions.length === page.count;
  const next = hasMore ? addresses.changed(request, params, { _before: String(last) }) : undefined;
  return history(addresses.base(request), stamp(), { total, versions, links: { self: addresses.self(request), next } });
}

/**
 * The history of all resources, or of a type: the change feed. Each page holds the changes that come after those of the page before; within
 * a page they are newest first, as R4 §3.1.0.13 has it, or oldest first with R5's `_sort=_lastUpdated`. A page without changes has no next:
 * its own address is what to ask again.
 * @throws GatewayError request-invalid
 */
export async function changeFeed(
  port: HistoryPort,
  { addresses, zone }: HistorySettings,
  request: Request,
  { types, params }: { types: readonly string[]; params: URLSearchParams },
): Promise<Bundle> {
  allowOnly(params, ['_count', '_since', '_sort', '_cursor']);
  const sort = params.get('_sort');
  if (sort !== null && sort !== '_lastUpdated' && sort !== '-_lastUpdated')
    throw invalidParameter('_sort', '_lastUpdated or -_lastUpdated');
  const after = placeOf(params, zone);
  const { until, versions, next } = await port.changesAfter({ types, after, count: Math.max(1, countOf(params)) });
  const links = {
    self: addresses.self(request),
    next: next && addresses.changed(request, params, { _since: undefined, _cursor: placeText(next) }),
  };
  const ordered = sort === '_lastUpdated' ? versions : [...versions].reverse();
  return history(addresses.base(request), stamp(), { versions: ordered, until, links });
}

/** Identity and instant of a bundle that is made now. */
export function stamp(): { id: string; timestamp: Date } {
  return { id: randomUUID(), timestamp: new Date() };
}

function allowOnly(params: URLSearchParams, names: readonly string[]): void {
  for (const name of params.keys()) if (!names.includes(name)) throw invalidParameter(name, 'not served in a history');
}

function numberOf(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text !== null && !/^\d{1,9}$/.test(text)) throw invalidParameter(name, 'a whole number');
  return text === null ? undefined : Number(text);
}

function countOf(params: URLSearchParams): number {
  return Math.min(numberOf(params, '_count') ?? 50, 500);
}

function sinceOf(params: URLSearchParams, zone: string): Date | undefined {
  const text = params.get('_since');
  if (text === null) return undefined;
  const range = dateRange(text, zone);
  if (range === undefined) throw invalidParameter('_since', 'an instant such as 2026-03-06T11:00:00.123+01:00');
  return range.from;
}

/** Where the feed goes on: after what was given last, or from an instant on; else from its beginning. */
function placeOf(params: URLSearchParams, zone: string): FeedPlace {
  const cursor = params.get('_cursor');
  if (cursor === null) return { at: sinceOf(params, zone) ?? new Date(0), number: '-1' };
  const [, at, number] = /^(\d{1,14})\.(\d{1,18})$/.exec(cursor) ?? [];
  if (at === undefined || number === undefined) throw invalidParameter('_cursor', 'not one that this server gave');
  return { at: new Date(Number(at)), number };
}

function placeText({ at, number }: FeedPlace): string {
  return `${at.getTime()}.${number}`;
}
