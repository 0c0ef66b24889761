import { Router, type Request } from 'express';
import { DELIVERY_CHANGES, MESSAGE_CHANGES } from '../journey.js';
import { FAILURES, GatewayError } from '../message/failure.js';
import { carriesToken } from './bearer.js';
import { circleApi, type CirclePort } from './circle-api.js';
import { isLocal } from './loopback.js';

/** A page of a list (docs/design.md#lists-for-the-operator). */
export interface OperatorPage {
  total: number;
  items: Record<string, unknown>[];
  next?: string;
}

export type OperatorFilter = Record<string, string | undefined> & { after?: string };

/** What the operator API asks of the store and of the queues. */
export interface OperatorPort {
  listMessages(filter: OperatorFilter & { count?: number }): Promise<OperatorPage>;
  listWorkItems(filter: OperatorFilter & { count?: number }): Promise<OperatorPage>;
  listReceipts(filter: OperatorFilter & { count?: number }): Promise<OperatorPage>;
  listDeliveries(filter: OperatorFilter & { count?: number }): Promise<OperatorPage>;
  closeWorkItem(id: string, how: string): Promise<boolean>;
  reviveDelivery(id: string): Promise<boolean>;
  /** Sends a parked or translated message through the stages again. */
  replay(id: string): Promise<boolean>;
  circleAt: CirclePort;
}

const FILTERS = {
  messages: ['id', 'controlId', 'state', 'source'],
  'work-items': ['controlId', 'message', 'state', 'reason'],
  receipts: ['message', 'stay', 'decision'],
  deliveries: ['message', 'receipt', 'endpoint', 'state'],
} as const;

/**
 * `/api`: lists for operators, and the few things they may decide.
 * @param token what a caller from another machine must carry; undefined: this machine only
 */
export function operatorApi(port: OperatorPort, token: string | undefined): Router {
  const router = Router();
  const lists = {
    messages: port.listMessages.bind(port),
    'work-items': port.listWorkItems.bind(port),
    receipts: port.listReceipts.bind(port),
    deliveries: port.listDeliveries.bind(port),
  };
  router.use((request, _response, next) => {
    if (!isLocal(request) && (token === undefined || !carriesToken(request, token)))
      throw new GatewayError('not-allowed', 'the operator API asks other machines for the operator’s token');
    next();
  });
  for (const name of Object.keys(FILTERS) as (keyof typeof FILTERS)[])
    router.get(`/${name}`, async (request, response) => {
      response.json(await lists[name](filterOf(request, name)));
    });
  router.use(circleApi(port.circleAt, () => Date.now()));
  router.get('/messages/:id', async (request, response) => {
    const { items } = await port.listMessages({ id: idOf(request) });
    if (items[0] === undefined) throw new GatewayError('message-unknown', 'there is no such message');
    response.json(items[0]);
  });
  router.post('/messages/:id/replay', async (request, response) => {
    if (!(await port.replay(idOf(request))))
      throw new GatewayError('message-unknown', 'no message of that id can be replayed');
    response.status(202).json({ id: idOf(request), state: 'received' });
  });
  router.post('/work-items/:id/close', async (request, response) => {
    if (!(await port.closeWorkItem(idOf(request), 'operator')))
      throw new GatewayError('resource-unknown', 'no open work item has that id');
    response.json({ id: idOf(request), state: 'done' });
  });
  router.post('/deliveries/:id/revive', async (request, response) => {
    const id = idOf(request, isUuid);
    if (!(await port.reviveDelivery(id))) throw new GatewayError('resource-unknown', 'no dead delivery has that id');
    response.status(202).json({ id, state: 'due' });
  });
  return router;
}

/** A 63-bit number, as ids of messages and work items are. */
function isNumber(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n;
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function idOf(request: Request, form = isNumber): string {
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
};

/** Filters whose values are of a closed list. */
const VALUES: Readonly<Record<keyof typeof FILTERS, Readonly<Record<string, readonly string[]>>>> = {
  messages: { state: Object.keys(MESSAGE_CHANGES) },
  'work-items': { state: ['open', 'done'], reason: Object.keys(FAILURES) },
  receipts: { decision: ['told', 'not-told'] },
  deliveries: { state: Object.keys(DELIVERY_CHANGES) },
};

function filterOf(request: Request, list: keyof typeof FILTERS): OperatorFilter & { count?: number } {
  const filter: Record<string, string> = {};
  let count: number | undefined;
  for (const [name, value] of Object.entries(request.query)) {
    const field = name.slice(0, 40);
    const bad = (why: string) => new GatewayError('request-invalid', `${field}: ${why}`, { field });
    if (typeof value !== 'string') throw bad('one value');
    if (name === 'count') {
      count = Number(value);
      if (!Number.isInteger(count) || count < 1 || count > 500) throw bad('a whole number from 1 to 500');
      continue;
    }
    if (name !== 'after' && !isFilter(list, name)) throw bad('not a filter of this list');
    const values = VALUES[list][name];
    if (values !== undefined && !values.includes(value)) throw bad(`one of ${values.join(', ')}`);
    if (!(FORMS[name] ?? isText)(value)) throw bad('no such value can exist');
    filter[name] = value;
  }
  return count === undefined ? filter : ({ ...filter, count } as OperatorFilter & { count?: number });
}

function isFilter(list: keyof typeof FILTERS, name: string): boolean {
  return (FILTERS[list] as readonly string[]).includes(name);
}

function isText(text: string): boolean {
  return !text.includes('\0');
}
