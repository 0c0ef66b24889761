import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { measureOnePatient } from '../../../../src/cli/bench/one-patient.js';
import { connected, freshDatabase, type ConnectedDatabase } from '../../../support/database.js';

const STAYS = 20;

describe('the bench of one patient', () => {
  let database: ConnectedDatabase;
  beforeAll(async () => {
    database = await connected(freshDatabase());
  });
  afterAll(() => database.drop());

  it('carries every session from the journal to an ended stay whose family doctor is told of both ends', async () => {
    const result = await measureOnePatient(database.url, STAYS);
    expect(result).toMatchObject({ stays: STAYS, messages: 2 * STAYS });
    for (const figure of [result.rate, result.early, result.late, result.ratio]) expect(figure).toBeGreaterThan(0);
    const count = async (statement: string) =>
      Number((await database.client.query<{ count: string }>(statement)).rows[0]?.count);
    // Somebody else's sessions warm the process up.
    expect(await count(`SELECT count(*) FROM message WHERE state = 'translated'`)).toBe(4 * STAYS);
    expect(await count(`SELECT count(*) FROM receipt WHERE decision = 'told'`)).toBe(4 * STAYS);
    expect(
      await count(`
        SELECT count(*) FROM resource JOIN resource_version USING (type, id, version)
        WHERE type = 'Encounter' AND body::json ->> 'status' = 'finished'`),
    ).toBe(2 * STAYS);
    expect(await count(`SELECT count(*) FROM resource WHERE type = 'Patient'`)).toBe(2);
  });
});
