import { Router } from 'express';
import { GatewayError } from '../message/failure.js';
import { carriesToken } from './bearer.js';
import { circleApi, type CirclePort } from './circle-api.js';
import { isLocal } from './loopback.js';
import { operatorDecisions, type DecisionPort } from './operator-decisions.js';
import { filterOf, idOf, isUuid, type OperatorFilter, type OperatorList } from './operator-request.js';

/** A page of a list (docs/design.md#lists-for-the-operator). */
export interface OperatorPage {
  total: number;
  items: Record<string, unknown>[];
  next?: string;
}

/** What the operator API asks of the store and of the queues. */
export interface OperatorPort extends DecisionPort {
  listMessages(filter: OperatorFilter): Promise<OperatorPage>;
  listWorkItems(filter: OperatorFilter): Promise<OperatorPage>;
  listWorkItemMessages(filter: OperatorFilter): Promise<OperatorPage>;
  listReceipts(filter: OperatorFilter): Promise<OperatorPage>;
  listDeliveries(filter: OperatorFilter): Promise<OperatorPage>;
  /** The bytes of a message as they came. */
  content(id: string): Promise<Buffer | undefined>;
  /** What waits in the store, and at each endpoint. */
  status(): Promise<Record<string, unknown>>;
  circleAt: CirclePort;
}

/**
 * `/api`: lists for operators, and the few things they may decide.
 * @param token what a caller from another machine must carry; undefined: this machine only
 */
export function operatorApi(port: OperatorPort, token: string | undefined): Router {
  const router = Router();
  router.use((request, _response, next) => {
    if (!isLocal(request) && (token === undefined || !carriesToken(request, token)))
      throw new GatewayError('not-allowed', 'the operator API asks other machines for the operator’s token');
    next();
  });
  router.get('/status', async (_request, response) => void response.json(await port.status()));
  router.use(circleApi(port.circleAt, () => Date.now()));
  addLists(router, port);
  addSingles(router, port);
  router.use(operatorDecisions(port));
  return router;
}

function addLists(router: Router, port: OperatorPort): void {
  const lists: [OperatorList, (filter: OperatorFilter) => Promise<OperatorPage>][] = [
    ['messages', (filter) => port.listMessages(filter)],
    ['work-items', (filter) => port.listWorkItems(filter)],
    ['receipts', (filter) => port.listReceipts(filter)],
    ['deliveries', (filter) => port.listDeliveries(filter)],
  ];
  for (const [name, list] of lists)
    router.get(`/${name}`, async (request, response) => void response.json(await list(filterOf(request, name))));
  router.get('/work-items/:id/messages', async (request, response) => {
    response.json(await port.listWorkItemMessages({ ...filterOf(request, 'work-item-messages'), item: idOf(request) }));
  });
}

function addSingles(router: Router, port: OperatorPort): void {
  const only = ({ items }: OperatorPage, code: 'message-unknown' | 'resource-unknown', what: string) => {
    if (items[0] === undefined) throw new GatewayError(code, `there is no such ${what}`);
    return items[0];
  };
  router.get('/messages/:id', async (request, response) => {
    response.json(only(await port.listMessages({ id: idOf(request) }), 'message-unknown', 'message'));
  });
  router.get('/work-items/:id', async (request, response) => {
    response.json(only(await port.listWorkItems({ id: idOf(request) }), 'resource-unknown', 'work item'));
  });
  router.get('/deliveries/:id', async (request, response) => {
    response.json(only(await port.listDeliveries({ id: idOf(request, isUuid) }), 'resource-unknown', 'delivery'));
  });
  router.get('/messages/:id/content', async (request, response) => {
    if (!isLocal(request))
      throw new GatewayError('not-allowed', 'what a message holds is shown to this machine only, whatever the token');
    const bytes = await port.content(idOf(request));
    if (bytes === undefined) throw new GatewayError('message-unknown', 'there is no such message');
    response.set({ 'Content-Type': 'application/hl7-v2', 'Cache-Control': 'no-store' }).send(bytes);
  });
}
