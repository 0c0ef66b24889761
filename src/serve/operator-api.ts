import { Router } from 'express';
import { GatewayError } from '../message/failure.js';
import type { MessageFormat } from '../message/message.js';
import { resourceId } from '../message/uuid.js';
import { carriesToken } from './bearer.js';
import { circleApi, type CirclePort } from './circle-api.js';
import { isLocal } from './loopback.js';
import { operatorDecisions, type DecisionPort } from './operator-decisions.js';
import {
  filterOf,
  idOf,
  isUuid,
  refuseUnknownNames,
  type OperatorFilter,
  type OperatorList,
} from './operator-request.js';

/** Of the bytes of a message, by its format. */
const CONTENT_TYPES: Readonly<Record<MessageFormat, string>> = {
  hl7v2: 'application/hl7-v2',
  cda: 'application/xml',
  xdm: 'application/zip',
  fhir: 'application/fhir+json',
  mail: 'message/rfc822',
};

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
  content(id: string): Promise<{ format: MessageFormat; bytes: Buffer } | undefined>;
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
    ['messages', async (filter) => withReferences(await port.listMessages(filter))],
    ['work-items', (filter) => port.listWorkItems(filter)],
    ['receipts', (filter) => port.listReceipts(filter)],
    ['deliveries', (filter) => port.listDeliveries(filter)],
  ];
  for (const [name, list] of lists)
    router.get(`/${name}`, async (request, response) => {
      const filter = filterOf(request, name);
      const page = await list(filter);
      if (page.total === 0) await refuseUnknownNames(filter, port.configured, list);
      response.json(page);
    });
  router.get('/work-items/:id/messages', async (request, response) => {
    const item = idOf(request);
    const page = await port.listWorkItemMessages({ ...filterOf(request, 'work-item-messages'), item });
    if (page.total === 0) only(await port.listWorkItems({ id: item }), 'resource-unknown', 'work item');
    response.json(page);
  });
}

/** Messages with the addresses of what their documents have become; those that hold none say nothing of it. */
function withReferences(page: OperatorPage): OperatorPage {
  const items = page.items.map(({ documents, ...message }) => {
    if (!Array.isArray(documents)) return message;
    const translated = message['state'] === 'translated';
    const listed = (documents as { id: string }[]).map((document) =>
      translated
        ? { ...document, reference: `DocumentReference/${resourceId('DocumentReference', document.id)}` }
        : document,
    );
    return { ...message, documents: listed };
  });
  return { ...page, items };
}

function only({ items }: OperatorPage, code: 'message-unknown' | 'resource-unknown', what: string) {
  if (items[0] === undefined) throw new GatewayError(code, `there is no such ${what}`);
  return items[0];
}

function addSingles(router: Router, port: OperatorPort): void {
  router.get('/messages/:id', async (request, response) => {
    const page = withReferences(await port.listMessages({ id: idOf(request) }));
    response.json(only(page, 'message-unknown', 'message'));
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
    const content = await port.content(idOf(request));
    if (content === undefined) throw new GatewayError('message-unknown', 'there is no such message');
    const { format, bytes } = content;
    response.set({ 'Content-Type': CONTENT_TYPES[format], 'Cache-Control': 'no-store' }).send(bytes);
  });
}
