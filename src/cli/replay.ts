import { parseArgs } from 'node:util';
import { GatewayError } from '../message/failure.js';
import { GATEWAY_OPTIONS, GatewayClient, refusalOf } from './gateway-client.js';

/**
 * `tdu replay ID`: asks a running gateway to send a message of its journal through the stages again.
 * @throws GatewayError peer-unreachable, peer-refused
 */
export async function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: GATEWAY_OPTIONS });
  const [id, ...surplus] = positionals;
  if (id === undefined || surplus.length > 0)
    throw new GatewayError('request-invalid', 'which message?', { remedy: 'tdu replay ID' });
  const answer = await new GatewayClient(values).ask(`/api/messages/${encodeURIComponent(id)}/replay`, 'POST');
  if (values.json === true) console.log(answer.body);
  else if (answer.ok) console.log(`${id}: queued again`);
  else throw refusalOf(id, answer);
  return answer.ok ? 0 : 1;
}
