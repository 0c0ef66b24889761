import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '../../../src/message/failure.js';
import { crashText } from '../../../src/work/process.js';

describe('what a process prints when it ends by an error', () => {
  const quoted = Object.assign(new TypeError('Key (control_id)=(MARTIN) exists\nand MARTIN again'), {
    code: '23505',
    detail: 'MARTIN',
  });

  it.each([
    ['of a library', quoted],
    ['with a cause', new Error('MARTIN', { cause: quoted })],
    ['of ours', new GatewayError('store-rejected', 'the store refused a statement (23505)', { cause: quoted })],
    ['that is a text', 'MARTIN'],
    ['that is nothing', undefined],
  ])('holds nothing that an error %s quotes', (_, error) => {
    expect(crashText(error)).not.toContain('MARTIN');
  });

  it('names kind, code and place', () => {
    expect(crashText(quoted)).toMatch(/^TypeError 23505\n +at .*process\.test/);
    expect(crashText(new GatewayError('port-in-use', 'taken', { remedy: 'free it' }))).toBe(
      'port-in-use: taken — free it',
    );
  });
});
