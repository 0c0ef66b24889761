import { parseArgs } from 'node:util';
import { GatewayError } from '../message/failure.js';
import { GATEWAY_OPTIONS, GatewayClient } from './gateway-client.js';

/**
 * `tdu revive ID`, `--endpoint E` or `--all`: dead deliveries of a running gateway are due again.
 * @throws GatewayError peer-unreachable, peer-refused
 */
export async function run(args: string[]): Promise<number> {
  const options = { ...GATEWAY_OPTIONS, endpoint: { type: 'string' }, all: { type: 'boolean' } } as const;
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options });
  const { endpoint, all = false } = values;
  const [id] = positionals;
  const ways = [id !== undefined, endpoint !== undefined, all].filter(Boolean).length;
  if (ways !== 1 || positionals.length > 1)
    throw new GatewayError('request-invalid', 'which delivery?', { remedy: 'tdu revive ID, --endpoint E or --all' });
  const client = new GatewayClient(values);
  if (id !== undefined) {
    const answer = await client.json(id, `/api/deliveries/${encodeURIComponent(id)}/revive`, 'POST');
    console.log(values.json === true ? JSON.stringify(answer) : `${id}: due again`);
    return 0;
  }
  const filter = endpoint === undefined ? '' : `?endpoint=${encodeURIComponent(endpoint)}`;
  const answer = await client.json<{ revived: number }>('revive', `/api/deliveries/revive${filter}`, 'POST');
  console.log(values.json === true ? JSON.stringify(answer) : `due again: ${answer.revived}`);
  return 0;
}
