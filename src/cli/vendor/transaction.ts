import { randomUUID } from 'node:crypto';
import type { Bundle, BundleEntry, FhirResource, Reference } from 'fhir/r4.js';
import { mapReferences } from '../../fhir/references.js';
import { readCondition, satisfies, type Condition } from './condition.js';
import type { Records, Stored } from './records.js';

/** Why a transaction was not carried out: an HTTP status, and an issue code of R4's IssueType. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What an entry comes to once its condition has been looked up. */
interface Step {
  resource: FhirResource & { id: string };
  condition: Condition;
  /** A conditional create whose resource is there already changes nothing. */
  write: boolean;
  existing: Stored | undefined;
}

/**
 * Carries out a transaction whole or not at all, as R4 §3.1.0.11.2 says: every entry is a conditional update or a conditional create by
 * identifier, no two of them may come to one resource, and every reference must lead to what is held afterwards.
 * @throws Refusal
 */
export function transaction(records: Records, bundle: Bundle, at: Date): Bundle {
  if (bundle.resourceType !== 'Bundle' || bundle.type !== 'transaction')
    throw new Refusal(400, 'invalid', 'only a Bundle of type transaction is taken');
  const entries = bundle.entry ?? [];
  const steps = entries.map((entry) => stepOf(records, entry));
  refuseOverlap(entries, steps);
  const references = new Map(entries.map(({ fullUrl }, index) => [fullUrl ?? '', referenceOf(steps[index])]));
  const after = new Set(steps.map(referenceOf));
  const resolved = steps.map(({ resource }) =>
    mapReferences(resource, (reference) => resolve(reference, references, after, records)),
  );
  return {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: steps.map((step, index) => carryOut(records, step, resolved[index] ?? step.resource, at)),
  };
}

function stepOf(records: Records, { request, resource }: BundleEntry): Step {
  if (resource === undefined) throw new Refusal(400, 'required', 'an entry has no resource');
  const update = request?.method === 'PUT';
  const condition = conditionOf(resource as FhirResource, request);
  if (!satisfies(resource as FhirResource, condition))
    throw new Refusal(422, 'business-rule', `a ${condition.type} does not carry what it is looked up by`);
  const [existing, another] = records.search(condition);
  if (another !== undefined)
    throw new Refusal(412, 'multiple-matches', `several ${condition.type} match the condition of an entry`);
  const id = existing?.resource.id ?? randomUUID();
  const write = update || existing === undefined;
  return { resource: { ...(resource as FhirResource), id }, condition, write, existing };
}

function conditionOf(resource: FhirResource, request: BundleEntry['request']): Condition {
  const type = resource.resourceType;
  const written =
    request?.method === 'PUT'
      ? request.url
      : request?.method === 'POST' && request.url === type && request.ifNoneExist !== undefined
        ? `${type}?${request.ifNoneExist}`
        : '';
  const condition = readCondition(written);
  if (condition?.type !== type)
    throw new Refusal(400, 'not-supported', 'an entry must be a conditional update or create by identifier');
  return condition;
}

/** Two entries that come to one resource, or that would create one twice under the same condition. */
function refuseOverlap(entries: readonly BundleEntry[], steps: readonly Step[]): void {
  const seen = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const { type, tokens } = step.condition;
    for (const key of [referenceOf(step), `${type} ${JSON.stringify(tokens)}`, entries[index]?.fullUrl ?? ''])
      if (key !== '' && seen.has(key)) throw new Refusal(400, 'duplicate', `two entries come to one ${type}`);
      else seen.add(key);
  }
}

function referenceOf(step: Step | undefined): string {
  return step === undefined ? '' : `${step.resource.resourceType}/${step.resource.id}`;
}

function resolve(
  reference: Reference,
  references: ReadonlyMap<string, string>,
  after: ReadonlySet<string>,
  records: Records,
): Reference {
  const target = reference.reference ?? '';
  const entry = references.get(target);
  if (entry !== undefined) return { ...reference, reference: entry };
  const [type = '', id = ''] = target.split('/');
  const condition = readCondition(target);
  if (condition !== undefined) {
    const [match, another] = records.search(condition);
    if (match === undefined || another !== undefined)
      throw new Refusal(412, 'multiple-matches', `a reference by search leads to no ${condition.type}, or to several`);
    return { ...reference, reference: `${condition.type}/${match.resource.id}` };
  }
  const isHeld = after.has(target) || records.read(type, id) !== undefined;
  if (target.startsWith('#') || /^https?:/.test(target) || isHeld) return reference;
  throw new Refusal(422, 'not-found', 'a reference leads to nothing that is held or sent');
}

function carryOut(
  records: Records,
  { write, existing }: Step,
  resource: FhirResource & { id: string },
  at: Date,
): BundleEntry {
  const version = write ? records.write(resource, at) : (existing?.version ?? 1);
  return {
    response: {
      status: existing === undefined ? '201 Created' : '200 OK',
      location: `${resource.resourceType}/${resource.id}/_history/${version}`,
      etag: `W/"${version}"`,
      lastModified: at.toISOString(),
    },
  };
}
