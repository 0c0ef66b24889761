import { createPostgresBackend, Queue, runMigrations, Worker, type Job } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import pg from 'pg';

export type Run = (job: Job, token?: string) => Promise<void>;

/** What both backends offer to the three classes of BullMQ. */
export interface Backend {
  queue(name: string): Queue;
  worker(name: string, process: Run, concurrency: number): Worker;
  /** Some connection is not there, so that no farewell would be answered. */
  isAway(): boolean;
  close(): Promise<void>;
}

const SCHEMA = 'bullmq';

/** The queue may be lost whole, so it waits for no disk. */
const OPTIONS =
  '-c synchronous_commit=off -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=15 -c tcp_keepalives_count=3';

/** Milliseconds: no session of the queue may hang where the store's may not. */
const LIMITS = {
  connectionTimeoutMillis: 5000,
  statement_timeout: 10_000,
  lock_timeout: 5000,
  idle_in_transaction_session_timeout: 60_000,
  query_timeout: 15_000,
  keepAlive: true,
};

/** BullMQ's own PostgreSQL backend, in a schema of its own, migrated. */
export async function postgresBackend(databaseUrl: string): Promise<Backend> {
  await migrateQueue(databaseUrl);
  const connection = { ...LIMITS, connectionString: databaseUrl, schema: SCHEMA, max: 3, options: OPTIONS };
  return {
    queue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
    worker: (name, process, concurrency) =>
      new Worker(
        name,
        process,
        { connection, concurrency, drainDelay: 5, autorun: false },
        createPostgresBackend,
      ) as unknown as Worker,
    isAway: () => false,
    close: () => Promise.resolve(),
  };
}

async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 });
  // What breaks the connection fails the statement under way; an error that nobody hears ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await runMigrations(client, SCHEMA);
  } finally {
    await client.end();
  }
}

/** Redis, through connections that all end when the backend is closed. */
export function redisBackend(url: string, prefix: string, failed: (error: Error) => void): Backend {
  const connections: Redis[] = [];
  const opened = (options: RedisOptions) => {
    const connection = new Redis(url, { connectTimeout: 5000, keepAlive: 15_000, ...options });
    connection.on('error', failed);
    // A worker waits for jobs on a copy of its own, which is to be closed too.
    connection.duplicate = (changes) => opened({ ...connection.options, ...changes });
    connections.push(connection);
    return connection;
  };
  return {
    // Whoever adds a job is told soon that it was not taken; a worker waits for Redis as long as it takes.
    queue: (name) => new Queue(name, { prefix, connection: opened({ maxRetriesPerRequest: 3, commandTimeout: 5000 }) }),
    worker: (name, process, concurrency) =>
      new Worker(name, process, {
        prefix,
        connection: opened({ maxRetriesPerRequest: null }),
        concurrency,
        autorun: false,
      }),
    isAway: () => connections.some(({ status }) => status !== 'ready'),
    close: () => {
      for (const connection of connections) connection.disconnect();
      return Promise.resolve();
    },
  };
}
