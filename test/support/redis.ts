import { isRedisInstalled, startRedisProcess, type RedisProcess } from '../../src/cli/bench/redis-process.js';

/** Is the program there? Suites that need it are skipped by name where it is not. */
export const hasRedis = isRedisInstalled();

export type TestRedis = RedisProcess;

export const startRedis = startRedisProcess;
