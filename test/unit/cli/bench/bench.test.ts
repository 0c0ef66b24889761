import { describe, expect, it } from '@jest/globals';
import { run } from '../../../../src/cli/bench/bench.js';

describe('the bench of a backlog', () => {
  it.each(['many', '0', '-3', '1.5', ''])('refuses %j for the number of its messages', async (messages) => {
    await expect(run(['--drain', messages])).rejects.toMatchObject({ code: 'request-invalid' });
  });
});
