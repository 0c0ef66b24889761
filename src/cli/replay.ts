import { parseArgs } from 'node:util';
import { readEnvironment } from '../config.js';
import { GatewayError } from '../message/failure.js';

/** `tdu replay ID`: asks a running gateway to send a message of its journal through the stages again. */
export async function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: 'string' }, json: { type: 'boolean' } },
  });
  const [id] = positionals;
  if (id === undefined) throw new GatewayError('request-invalid', 'which message?', { remedy: 'tdu replay ID' });
  const url = values.url ?? `http://127.0.0.1:${readEnvironment().httpPort}`;
  const response = await fetch(`${url}/api/messages/${encodeURIComponent(id)}/replay`, { method: 'POST' }).catch(
    (cause: unknown) => {
      throw new GatewayError('peer-unreachable', `no gateway answers at ${url}`, { cause });
    },
  );
  const body = await response.text();
  console.log(
    values.json === true ? body : response.ok ? `${id}: queued again` : `${id}: refused with status ${response.status}`,
  );
  return response.ok ? 0 : 1;
}
