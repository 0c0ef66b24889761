import { parseArgs } from 'node:util';
import { GatewayError } from '../message/failure.js';
import { GATEWAY_OPTIONS, GatewayClient } from './gateway-client.js';
import { table } from './table.js';

interface WorkItem {
  id: string;
  source: string | null;
  reason: string;
  field: string | null;
  code: string | null;
  waiting: number;
  firstSeenAt: string;
  lastSeenAt: string;
  text: string;
}

/**
 * `tdu items`: the open work items of a running gateway, each with how many messages stand behind it; or releases or closes one.
 * @throws GatewayError peer-unreachable, peer-refused
 */
export async function run(args: string[]): Promise<number> {
  const options = { ...GATEWAY_OPTIONS, release: { type: 'string' }, close: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  const { release, close } = values;
  if (release !== undefined && close !== undefined)
    throw new GatewayError('request-invalid', 'release or close, not both at once');
  const client = new GatewayClient(values);
  const print = (answer: unknown, text: () => string) => {
    console.log(values.json === true ? JSON.stringify(answer, undefined, 2) : text());
    return 0;
  };
  if (release !== undefined) {
    const answer = await client.json<{ messages: number }>(release, decision(release, 'release'), 'POST');
    return print(answer, () => `${release}: messages queued again: ${answer.messages}`);
  }
  if (close !== undefined)
    return print(await client.json(close, decision(close, 'close'), 'POST'), () => `${close}: closed`);
  const page = await client.json<{ total: number; items: WorkItem[] }>('items', '/api/work-items?state=open&count=500');
  return print(page, () => listOf(page));
}

function decision(id: string, what: string): string {
  return `/api/work-items/${encodeURIComponent(id)}/${what}`;
}

function listOf({ total, items }: { total: number; items: WorkItem[] }): string {
  if (total === 0) return 'nothing waits for anybody';
  const rows = items.map(({ id, source, reason, field, code, waiting, firstSeenAt, lastSeenAt, text }) => ({
    id,
    source: source ?? '',
    reason,
    field: field ?? '',
    code: code ?? '',
    messages: String(waiting),
    first: minute(firstSeenAt),
    last: minute(lastSeenAt),
    text,
  }));
  const rest = total > items.length ? [`  … and ${total - items.length} older`] : [];
  return [table(rows), ...rest].join('\n');
}

/** An instant to the minute, in UTC. */
function minute(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)}Z`;
}
