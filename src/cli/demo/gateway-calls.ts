import type { GatewayProcess } from '../bench/gateway-process.js';
import { exchange } from '../mllp-client.js';

/** A list of the operator's API. */
export interface Page {
  total: number;
  items: Record<string, string | number | null>[];
}

/** What the gateway says of itself under that path, as JSON. */
export async function get<T>(gateway: GatewayProcess, path: string): Promise<T> {
  return (await (await fetch(`http://127.0.0.1:${gateway.httpPort}${path}`)).json()) as T;
}

/** Sends a message over MLLP. @returns MSA-1 of the answer */
export async function acknowledged({ mllpPort }: GatewayProcess, text: string): Promise<string> {
  const answer = await exchange('127.0.0.1', mllpPort, text);
  return /MSA\|(\w\w)/.exec(answer)?.[1] ?? '??';
}
