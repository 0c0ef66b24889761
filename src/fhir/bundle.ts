import type { Bundle, FhirResource } from 'fhir/r4.js';

/** A searchset (R4 §3.1.1.1.1). `base` is the server's FHIR root, `self` the request, `next` the next page. */
export function searchset(
  base: string,
  total: number,
  resources: readonly FhirResource[],
  links: { self: string; next?: string },
): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link: linksOf(links),
    ...(resources.length === 0
      ? {}
      : {
          entry: resources.map((resource) => ({
            fullUrl: `${base}/${resource.resourceType}/${resource.id ?? ''}`,
            resource,
            search: { mode: 'match' },
          })),
        }),
  };
}

export interface HistoryEntry {
  resource: FhirResource;
  version: number;
  updatedAt: Date;
  removed: boolean;
}

/** A history of one resource, newest version first (R4 §3.1.0.13). */
export function history(
  base: string,
  total: number,
  versions: readonly HistoryEntry[],
  links: { self: string; next?: string },
): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'history',
    total,
    link: linksOf(links),
    ...(versions.length === 0 ? {} : { entry: versions.map((version) => historyEntry(base, version)) }),
  };
}

function historyEntry(base: string, { resource, version, updatedAt, removed }: HistoryEntry) {
  const path = `${resource.resourceType}/${resource.id ?? ''}`;
  const method = removed ? ('DELETE' as const) : version === 1 ? ('POST' as const) : ('PUT' as const);
  return {
    fullUrl: `${base}/${path}`,
    ...(removed ? {} : { resource }),
    request: { method, url: version === 1 && !removed ? resource.resourceType : path },
    response: { status: version === 1 ? '201' : '200', etag: `W/"${version}"`, lastModified: updatedAt.toISOString() },
  };
}

function linksOf({ self, next }: { self: string; next?: string }) {
  return [{ relation: 'self', url: self }, ...(next === undefined ? [] : [{ relation: 'next', url: next }])];
}
