/** Stops what `start-postgres.js` started. */
export default async function stopPostgres() {
  await globalThis.stopTestPostgres?.();
}
