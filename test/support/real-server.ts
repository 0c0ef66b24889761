import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Bundle, FhirResource } from 'fhir/r4.js';

const FOLDER = fileURLToPath(new URL('../real-server/', import.meta.url));

/** HAPI FHIR JPA in a process of its own, as a vendor might run it. */
export interface RealServer {
  readonly url: string;
  /** Everything it holds of one type. */
  all<T extends FhirResource>(type: T['resourceType']): Promise<T[]>;
  create<T extends FhirResource>(resource: T): Promise<T & { id: string }>;
  /** @returns the status of its answer and its body */
  transaction(bundle: Bundle): Promise<{ status: number; body: Bundle }>;
  stop(): Promise<void>;
}

/**
 * The class path of the real server, by Maven without network: what `mvn -f test/real-server/pom.xml dependency:build-classpath` has
 * brought.
 * @returns undefined where Java, Maven or any of it is not there
 */
export function realServerClassPath(): string | undefined {
  if (spawnSync('javac', ['-version']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'tdu-class-path-'));
  const file = join(folder, 'class-path');
  const goal = ['dependency:build-classpath', `-Dmdep.outputFile=${file}`];
  try {
    const resolved = spawnSync('mvn', ['-q', '-B', '-o', '-f', join(FOLDER, 'pom.xml'), ...goal], { timeout: 120_000 });
    return resolved.status === 0 ? readFileSync(file, 'utf8') : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts it on a free port. It ends with its input, and so with the test, however that ends. */
export async function startRealServer(classPath: string): Promise<RealServer> {
  const memory = ['-Xmx1500m', '-XX:+UseParallelGC', '-XX:TieredStopAtLevel=1'];
  const command = [...memory, '-cp', `${FOLDER}:${classPath}`, join(FOLDER, 'RealServer.java')];
  const child = spawn('java', command, { stdio: ['pipe', 'pipe', 'pipe'] });
  let written = '';
  child.stderr.on('data', (chunk) => (written += String(chunk)));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the real server ended before it was ready:\n${written}`)));
    createInterface(child.stdout).on('line', (line) => {
      const ready = /^ready (\d+)$/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
  });
  const url = `http://127.0.0.1:${port}/fhir`;
  const post = (path: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(body),
    });
  return {
    url,
    all: async <T extends FhirResource>(type: T['resourceType']) => allPages<T>(`${url}/${type}?_count=1000`),
    create: async <T extends FhirResource>(resource: T) =>
      (await (await post(`/${resource.resourceType}`, resource)).json()) as T & { id: string },
    async transaction(bundle) {
      const response = await post('', bundle);
      return { status: response.status, body: (await response.json()) as Bundle };
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Every resource of a searchset, page after page. */
export async function allPages<T extends FhirResource>(first: string): Promise<T[]> {
  const resources: T[] = [];
  for (let next: string | undefined = first; next !== undefined;) {
    const page = (await (await fetch(next)).json()) as Bundle<T>;
    resources.push(...(page.entry ?? []).flatMap(({ resource }) => resource ?? []));
    next = page.link?.find(({ relation }) => relation === 'next')?.url;
  }
  return resources;
}
