import type { FhirResource } from 'fhir/r4.js';

/** Which fact gave an element of a folded resource. */
export interface Origin {
  /** Path from the resource, e.g. `period.start`, `participant[0].role`. A prefix covers all beneath it. */
  path: string;
  messageId: string;
  from: string;
  row: string;
}

/** A resource as a fold gives it: complete but for meta.versionId and meta.lastUpdated, which the store adds. */
export interface FoldedResource {
  readonly resource: FhirResource & { id: string };
  /** `system|value` by which a receiver finds it, where its first identifier is not the one. */
  readonly sentBy?: string;
  /** Where its values come from; asked for by those who explain, and by nobody else. */
  origins(): Origin[];
}

/** `Type/id` of a resource. */
export function referenceTo({ resourceType, id }: { resourceType: string; id?: string | undefined }): string {
  return `${resourceType}/${id ?? ''}`;
}

/** A resource as the store holds it. */
export interface StoredResource {
  /** `Type/id`. */
  readonly reference: string;
  readonly version: number;
  /** `system|value` by which a conditional update finds it; null where it has none. */
  readonly identifier: string | null;
  /** Without the server's part of `meta`. */
  readonly resource: FhirResource;
}
