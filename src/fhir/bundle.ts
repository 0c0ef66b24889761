import type { Bundle, BundleEntry, FhirResource, OperationOutcome } from 'fhir/r4.js';

/** A bundle of its own, made at an instant. */
export interface BundleStamp {
  id: string;
  timestamp: Date;
}

interface Links {
  self: string;
  next?: string | undefined;
}

interface Searchset {
  /** Absent where it was not counted. */
  total?: number | undefined;
  resources: readonly FhirResource[];
  /** What changed before is in it. */
  until?: Date | undefined;
  /** What is to be said of how the search was read. */
  outcome?: OperationOutcome | undefined;
  links: Links;
}

/** A searchset (R4 §3.1.1.1.1). `base` is the server's FHIR root; `self` of its links the request, `next` the next page. */
export function searchset(base: string, stamp: BundleStamp, page: Searchset): Bundle {
  const entries: BundleEntry[] = page.resources.map((resource) => ({
    fullUrl: `${base}/${resource.resourceType}/${resource.id ?? ''}`,
    resource,
    search: { mode: 'match' },
  }));
  if (page.outcome !== undefined) entries.push({ resource: page.outcome, search: { mode: 'outcome' } });
  return bundle('searchset', stamp, page, entries);
}

export interface HistoryEntry {
  resource: FhirResource;
  version: number;
  updatedAt: Date;
  removed: boolean;
}

/** Where a page of the change feed ended: the instant of its last version, and that one's number among those of the instant. */
export interface FeedPlace {
  at: Date;
  number: string;
}

/** A page of the change feed, oldest first. */
export interface FeedPage {
  /** Every version written before is in it, or in a page before. */
  until: Date;
  versions: HistoryEntry[];
  /** Absent where there is nothing yet. */
  next?: FeedPlace;
}

interface History {
  total?: number | undefined;
  versions: readonly HistoryEntry[];
  until?: Date | undefined;
  links: Links;
}

/** A history (R4 §3.1.0.13), its versions in the order that they are given in. */
export function history(base: string, stamp: BundleStamp, page: History): Bundle {
  const entries = page.versions.map((version) => historyEntry(base, version));
  return bundle('history', stamp, page, entries);
}

function bundle(
  type: 'searchset' | 'history',
  { id, timestamp }: BundleStamp,
  { total, until, links }: { total?: number | undefined; until?: Date | undefined; links: Links },
  entry: BundleEntry[],
): Bundle {
  return {
    resourceType: 'Bundle',
    id,
    ...(until === undefined ? {} : { meta: { lastUpdated: until.toISOString() } }),
    type,
    timestamp: timestamp.toISOString(),
    ...(total === undefined ? {} : { total }),
    link: linksOf(links),
    ...(entry.length === 0 ? {} : { entry }),
  };
}

function historyEntry(base: string, { resource, version, updatedAt, removed }: HistoryEntry): BundleEntry {
  const path = `${resource.resourceType}/${resource.id ?? ''}`;
  const method = removed ? ('DELETE' as const) : version === 1 ? ('POST' as const) : ('PUT' as const);
  const status = removed ? '204' : version === 1 ? '201' : '200';
  return {
    fullUrl: `${base}/${path}`,
    ...(removed ? {} : { resource }),
    request: { method, url: version === 1 && !removed ? resource.resourceType : path },
    response: { status, etag: `W/"${version}"`, lastModified: updatedAt.toISOString() },
  };
}

function linksOf({ self, next }: Links) {
  return [{ relation: 'self', url: self }, ...(next === undefined ? [] : [{ relation: 'next', url: next }])];
}
