import { parseArgs } from 'node:util';
import { readPorts } from '../config/load.js';
import { GatewayError } from '../message/failure.js';

/**
 * `tdu replay ID`: asks a running gateway to send a message of its journal through the stages again.
 * @throws GatewayError peer-unreachable, peer-refused
 */
export async function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: 'string' }, json: { type: 'boolean' } },
  });
  const [id] = positionals;
  if (id === undefined) throw new GatewayError('request-invalid', 'which message?', { remedy: 'tdu replay ID' });
  const url = (values.url ?? `http://127.0.0.1:${readPorts().http}`).replace(/\/+$/, '');
  const response = await fetch(`${url}/api/messages/${encodeURIComponent(id)}/replay`, { method: 'POST' }).catch(
    (cause: unknown) => {
      throw new GatewayError('peer-unreachable', `no gateway answers at ${url}`, { cause });
    },
  );
  const body = await response.text();
  if (values.json === true) console.log(body);
  else if (response.ok) console.log(`${id}: queued again`);
  else throw new GatewayError('peer-refused', `${id}: the gateway answered ${response.status} ${reasonIn(body)}`);
  return response.ok ? 0 : 1;
}

/** The sentence of an OperationOutcome; nothing where the answer is none. */
function reasonIn(body: string): string {
  return /"diagnostics":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? '';
}
