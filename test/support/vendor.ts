import type { Bundle, Communication, FhirResource } from 'fhir/r4.js';
import { openVendor, type Behaviour, type Instruction } from '../../src/cli/vendor/server.js';

/** A vendor's FHIR server in the test's own process. */
export interface TestVendor {
  readonly port: number;
  readonly url: string;
  behave(mode: Behaviour, how?: Omit<Instruction, 'mode'>): Promise<void>;
  /** The notifications it holds. */
  communications(): Promise<Communication[]>;
  /** What it holds of one type; with `identifier` as it stands in a search. */
  search<T extends FhirResource>(type: T['resourceType'], identifier?: string): Promise<T[]>;
  /** A record that the vendor has made himself. */
  create<T extends FhirResource>(resource: T): Promise<T & { id: string }>;
  /** @returns the status and the body of its answer */
  transaction(bundle: unknown): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

export async function startTestVendor(onPort = 0): Promise<TestVendor> {
  const { port, close } = await openVendor(onPort);
  const root = `http://127.0.0.1:${port}`;
  const post = (path: string, body: unknown) =>
    fetch(`${root}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(body),
    });
  const get = async (path: string): Promise<unknown> => (await fetch(`${root}/${path}`)).json();
  return {
    port,
    url: `${root}/fhir`,
    behave: async (mode, how = {}) => void (await post('_behaviour', { mode, ...how })),
    communications: async () => ((await get('_received')) as { items: Communication[] }).items,
    async search<T extends FhirResource>(type: T['resourceType'], identifier?: string) {
      const query = identifier === undefined ? '' : `?identifier=${encodeURIComponent(identifier)}`;
      const { entry = [] } = (await get(`fhir/${type}${query}`)) as Bundle;
      return entry.map(({ resource }) => resource as unknown as T);
    },
    create: async <T extends FhirResource>(resource: T) =>
      (await (await post(`fhir/${resource.resourceType}`, resource)).json()) as T & { id: string },
    async transaction(bundle) {
      const response = await post('fhir', bundle);
      return { status: response.status, body: await response.json() };
    },
    close,
  };
}
