import { parseArgs } from 'node:util';
import { GATEWAY_OPTIONS, GatewayClient, jsonOf } from './gateway-client.js';
import { table } from './table.js';

interface Health {
  status: string;
  missing?: string[];
  degraded?: string[];
}

interface Waiting {
  waiting: Record<string, number>;
  endpoints: { id: string; due: number; dead: number; oldestDueSeconds: number | null }[];
}

/**
 * `tdu status`: is a gateway ready, what waits in its store, and what at each endpoint.
 * @returns 0 when it is ready, 1 when it is degraded or not ready
 * @throws GatewayError peer-unreachable, peer-refused
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: GATEWAY_OPTIONS });
  const client = new GatewayClient(values);
  const health = jsonOf<Health>('status', await client.ask('/health/ready'));
  // Without its store it cannot say what waits.
  const status = health.status === 'not ready' ? undefined : await client.json<Waiting>('status', '/api/status');
  console.log(values.json === true ? JSON.stringify({ health, ...status }, undefined, 2) : textOf(health, status));
  return health.status === 'ready' ? 0 : 1;
}

function textOf({ status, missing = [], degraded = [] }: Health, state: Waiting | undefined): string {
  const without = [...missing, ...degraded].join(', ');
  const lines = [without === '' ? status : `${status}: without ${without}`];
  for (const [what, count] of Object.entries(state?.waiting ?? {})) lines.push(`  ${what.padEnd(15)} ${count}`);
  const endpoints = (state?.endpoints ?? []).map(({ id, due, dead, oldestDueSeconds }) => ({
    endpoint: id,
    due: String(due),
    dead: String(dead),
    oldest: oldestDueSeconds === null ? '' : `${oldestDueSeconds} s`,
  }));
  return (endpoints.length === 0 ? lines : [...lines, table(endpoints)]).join('\n');
}
