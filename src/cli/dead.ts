import { parseArgs } from 'node:util';
import { GATEWAY_OPTIONS, GatewayClient } from './gateway-client.js';
import { table } from './table.js';

interface DeadDelivery {
  id: string;
  endpoint: string;
  event: string;
  attempts: number;
  code: string | null;
  endedAt: string | null;
  history: { detail: string }[];
}

/**
 * `tdu dead`: the deliveries that a running gateway has given up, each with what its last attempt said.
 * @throws GatewayError peer-unreachable, peer-refused
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...GATEWAY_OPTIONS, endpoint: { type: 'string' } } });
  const filter = values.endpoint === undefined ? '' : `&endpoint=${encodeURIComponent(values.endpoint)}`;
  const path = `/api/deliveries?state=dead&count=500${filter}`;
  const page = await new GatewayClient(values).json<{ total: number; items: DeadDelivery[] }>('dead', path);
  console.log(values.json === true ? JSON.stringify(page, undefined, 2) : listOf(page));
  return 0;
}

function listOf({ total, items }: { total: number; items: DeadDelivery[] }): string {
  if (total === 0) return 'nothing is dead';
  const rows = items.map(({ id, endpoint, event, attempts, code, endedAt, history }) => ({
    id,
    endpoint,
    event,
    attempts: String(attempts),
    ended: endedAt ?? '',
    code: code ?? '',
    detail: history.at(-1)?.detail ?? '',
  }));
  const rest = total > items.length ? [`  … and ${total - items.length} older`] : [];
  return [table(rows), ...rest].join('\n');
}
