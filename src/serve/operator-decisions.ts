import { Router } from 'express';
import { GatewayError } from '../message/failure.js';
import { idOf, isUuid, refuseUnknownNames, type ConfiguredNames, type OperatorFilter } from './operator-request.js';

/** What an operator may decide. */
export interface DecisionPort {
  configured: ConfiguredNames;
  listDeliveries(filter: OperatorFilter): Promise<{ total: number }>;
  /** Sends a parked or translated message through the stages again. */
  replay(id: string): Promise<boolean>;
  /** @throws GatewayError messages-waiting where a parked message would stand behind no open work item */
  closeWorkItem(id: string): Promise<boolean>;
  /** Sends every message behind a work item through the stages again; gives their number, undefined when it is not open. */
  releaseWorkItem(id: string): Promise<number | undefined>;
  reviveDelivery(id: string): Promise<boolean>;
  /** Revives all that is dead, of one endpoint or of every one; gives how many there were. */
  reviveAll(endpoint?: string): Promise<number>;
}

/** The decisions of `/api`. */
export function operatorDecisions(port: DecisionPort): Router {
  const router = Router();
  router.post('/messages/:id/replay', async (request, response) => {
    if (!(await port.replay(idOf(request))))
      throw new GatewayError(
        'message-unknown',
        'no message of that id can be replayed: it is the id that /api/messages gives, not MSH-10; a refused one is sent again by its sender',
      );
    response.status(202).json({ id: idOf(request), state: 'received' });
  });
  router.post('/work-items/:id/close', async (request, response) => {
    if (!(await port.closeWorkItem(idOf(request))))
      throw new GatewayError('resource-unknown', 'no open work item has that id');
    response.json({ id: idOf(request), state: 'done' });
  });
  router.post('/work-items/:id/release', async (request, response) => {
    const messages = await port.releaseWorkItem(idOf(request));
    if (messages === undefined) throw new GatewayError('resource-unknown', 'no open work item has that id');
    if (messages === 0)
      throw new GatewayError(
        'message-unknown',
        'no message behind that work item can be replayed: refused ones are sent again by their sender, and the item is closed by hand',
      );
    response.status(202).json({ id: idOf(request), messages });
  });
  router.post('/deliveries/revive', async (request, response) => {
    const { endpoint, ...rest } = request.query;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined || (endpoint !== undefined && typeof endpoint !== 'string'))
      throw new GatewayError('request-invalid', 'endpoint alone, once or not at all, says what is revived');
    const revived = await port.reviveAll(endpoint);
    if (revived === 0) await refuseUnknownNames({ endpoint }, port.configured, port.listDeliveries);
    response.status(202).json({ revived });
  });
  router.post('/deliveries/:id/revive', async (request, response) => {
    const id = idOf(request, isUuid);
    if (!(await port.reviveDelivery(id))) throw new GatewayError('resource-unknown', 'no dead delivery has that id');
    response.status(202).json({ id, state: 'due' });
  });
  return router;
}
