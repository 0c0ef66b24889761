import type { Communication } from 'fhir/r4.js';
import { openVendor, type Behaviour } from '../../src/cli/vendor/server.js';

/** A vendor's FHIR server in the test's own process. */
export interface TestVendor {
  readonly port: number;
  readonly url: string;
  behave(mode: Behaviour): Promise<void>;
  /** The notifications it holds. */
  communications(): Promise<Communication[]>;
  close(): Promise<void>;
}

export async function startTestVendor(onPort = 0): Promise<TestVendor> {
  const { port, close } = await openVendor(onPort);
  const root = `http://127.0.0.1:${port}`;
  return {
    port,
    url: `${root}/fhir`,
    async behave(mode) {
      const headers = { 'content-type': 'application/json' };
      await fetch(`${root}/_behaviour`, { method: 'POST', headers, body: JSON.stringify({ mode }) });
    },
    async communications() {
      return ((await (await fetch(`${root}/_received`)).json()) as { items: Communication[] }).items;
    },
    close,
  };
}
