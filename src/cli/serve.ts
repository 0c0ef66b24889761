import { runGateway } from '../main.js';

/** `tdu serve`: the gateway, until it is told to stop. */
export async function run(): Promise<number> {
  await runGateway();
  return 0;
}
