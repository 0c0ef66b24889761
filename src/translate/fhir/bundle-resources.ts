import { namesOf } from '../../cda/fhir-head.js';
import type { Bundle, Composition, FhirResource, Identifier, Patient, Reference } from 'fhir/r4.js';

/** A resource of a document, and which of its entries it is, from 0. */
export interface BundleResource<R extends FhirResource = FhirResource> {
  resource: R;
  index: number;
}

/** The resources of a document, as its references lead to them (R4 §3.3.1.2). */
export class BundleResources {
  readonly list: readonly BundleResource[];
  private readonly byName = new Map<string, BundleResource>();

  /** What names this version of the document. */
  readonly identifier: Identifier | undefined;

  /** @param systemOf the system of a number as the source is configured to name it */
  constructor({ entry = [], identifier }: Bundle, systemOf: (system: string) => string) {
    this.identifier = identifier;
    this.list = entry.flatMap(({ resource }, index) =>
      resource === undefined ? [] : [{ resource: withSystems(resource as FhirResource, systemOf), index }],
    );
    for (const target of this.list) {
      for (const name of namesOf(entry[target.index]?.fullUrl, target.resource))
        if (!this.byName.has(name)) this.byName.set(name, target);
    }
  }

  get composition(): Composition {
    return this.list[0]?.resource as Composition;
  }

  /** What a reference leads to; undefined where that is not in the document. */
  resolve(reference: Reference | undefined): BundleResource | undefined {
    const name = reference?.reference;
    if (typeof name !== 'string') return undefined;
    return this.byName.get(name.replace(/\/_history\/.*$/, ''));
  }

  /** The patient whom the document is about. */
  get patient(): BundleResource<Patient> | undefined {
    const subject = this.resolve(this.composition.subject);
    return subject !== undefined && isOf(subject, 'Patient') ? subject : undefined;
  }
}

/** A resource with its numbers under the systems that they have here. What it holds was not looked at yet. */
function withSystems(resource: FhirResource, systemOf: (system: string) => string): FhirResource {
  const numbers: unknown = 'identifier' in resource ? resource.identifier : undefined;
  if (!Array.isArray(numbers)) return resource;
  const renamed = numbers.map((number: unknown) =>
    isNumbered(number) ? { ...number, system: systemOf(number.system) } : number,
  );
  return { ...resource, identifier: renamed } as FhirResource;
}

function isNumbered(number: unknown): number is { system: string } {
  return typeof number === 'object' && number !== null && 'system' in number && typeof number.system === 'string';
}

export function isOf<Type extends FhirResource['resourceType']>(
  target: BundleResource,
  type: Type,
): target is BundleResource<Extract<FhirResource, { resourceType: Type }>> {
  return target.resource.resourceType === type;
}

/** Where a resource of a document stands, as a trace writes it: `entry[3].resource`. */
export function placeOf({ index }: BundleResource): string {
  return `entry[${String(index)}].resource`;
}
