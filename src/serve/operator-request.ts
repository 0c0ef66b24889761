import type { Request } from 'express';
import { DELIVERY_CHANGES, MESSAGE_CHANGES } from '../journey.js';
import { FAILURES, GatewayError } from '../message/failure.js';

/** Filters of a list, and the page: `after` is the cursor of the page before. */
export interface OperatorFilter {
  [field: string]: string | number | undefined;
  after?: string;
  count?: number;
}

/** The lists, each with its filters. */
const FILTERS = {
  messages: ['id', 'controlId', 'state', 'source'],
  'work-items': ['controlId', 'message', 'state', 'reason', 'source'],
  'work-item-messages': ['state'],
  receipts: ['message', 'stay', 'decision'],
  deliveries: ['message', 'receipt', 'endpoint', 'state'],
} as const;

export type OperatorList = keyof typeof FILTERS;

/** A 63-bit number, as ids of messages and work items are. */
function isNumber(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** The id in the address. */
export function idOf(request: Request, form = isNumber): string {
  const id = String(request.params['id']);
  if (!form(id)) throw new GatewayError('request-invalid', 'that is no id', { field: 'id' });
  return id;
}

/** Filters whose values have a form that the store insists on. */
const FORMS: Readonly<Record<string, (text: string) => boolean>> = {
  id: isNumber,
  message: isNumber,
  receipt: isUuid,
  after: isNumber,
  // system|value, as a stay is known.
  stay: (text) => /^[^|]+\|[^\0]+$/.test(text),
};

/** Filters whose values are of a closed list. */
const VALUES: Readonly<Record<OperatorList, Readonly<Record<string, readonly string[]>>>> = {
  messages: { state: Object.keys(MESSAGE_CHANGES) },
  'work-item-messages': { state: Object.keys(MESSAGE_CHANGES) },
  'work-items': { state: ['open', 'done'], reason: Object.keys(FAILURES) },
  receipts: { decision: ['told', 'not-told'] },
  deliveries: { state: Object.keys(DELIVERY_CHANGES) },
};

/**
 * The filters in the address, and the page.
 * @throws GatewayError request-invalid for a filter that the list does not have, or a value that nothing in it can have
 */
export function filterOf(request: Request, list: OperatorList): OperatorFilter {
  const filter: OperatorFilter = {};
  for (const [name, value] of Object.entries(request.query)) {
    const field = name.slice(0, 40);
    const bad = (why: string) => new GatewayError('request-invalid', `${field}: ${why}`, { field });
    if (typeof value !== 'string') throw bad('one value');
    if (name === 'count') {
      const count = Number(value);
      if (!Number.isInteger(count) || count < 1 || count > 500) throw bad('a whole number from 1 to 500');
      filter.count = count;
      continue;
    }
    if (name !== 'after' && !isFilter(list, name)) throw bad('not a filter of this list');
    const values = VALUES[list][name];
    if (values !== undefined && !values.includes(value)) throw bad(`one of ${values.join(', ')}`);
    if (!(FORMS[name] ?? isText)(value)) throw bad('no such value can exist');
    filter[name] = value;
  }
  return filter;
}

/** Names of the configuration, by the filter that takes them. */
export type ConfiguredNames = Readonly<Record<'source' | 'endpoint', readonly string[]>>;

/**
 * Refuses a name that is misspelt. One that the configuration has no more finds what it left behind.
 * @param find how many things of a list are found by one filter alone
 * @throws GatewayError request-invalid, with the names that there are
 */
export async function refuseUnknownNames(
  filter: Readonly<Record<string, unknown>>,
  configured: ConfiguredNames,
  find: (filter: OperatorFilter) => Promise<{ total: number }>,
): Promise<void> {
  for (const field of ['source', 'endpoint'] as const) {
    const name = filter[field];
    if (typeof name !== 'string' || configured[field].includes(name)) continue;
    if ((await find({ [field]: name, count: 1 })).total > 0) continue;
    const names = configured[field].join(', ');
    throw new GatewayError('request-invalid', `${field}: none of that name; configured: ${names}`, { field });
  }
}

function isFilter(list: OperatorList, name: string): boolean {
  return (FILTERS[list] as readonly string[]).includes(name);
}

function isText(text: string): boolean {
  return !text.includes('\0');
}
