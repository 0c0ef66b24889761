import { describe, expect, it } from '@jest/globals';
import { parsePath } from '../../../src/hl7v2/path.js';

describe('parsePath', () => {
  it('reads every part', () => {
    expect(parsePath('NK1[2]-3[4].5.6')).toEqual({
      segment: 'NK1',
      occurrence: 2,
      field: 3,
      repetition: 4,
      component: 5,
      subcomponent: 6,
    });
  });

  it('takes 1 for what is left out, and field 0 for a whole segment', () => {
    expect(parsePath('PID-3')).toMatchObject({ occurrence: 1, repetition: 1, component: 1, subcomponent: 1 });
    expect(parsePath('ZBE')).toMatchObject({ segment: 'ZBE', field: 0 });
  });

  it('gives nothing for what is no path', () => {
    for (const text of ['', 'pid-3', 'PID.3', 'PID-3.', 'PIDX-1', 'PID-3[x]']) expect(parsePath(text)).toBeUndefined();
  });
});
