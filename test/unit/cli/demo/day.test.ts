import { describe, expect, it } from '@jest/globals';
import { sampleDay } from '../../../../src/cli/demo/day.js';
import { ownMappings } from '../../../support/pam.js';

/** MSH-9.2. */
const triggerOf = (text: string) => /^MSH(?:\|[^|]*){7}\|ADT\^(\w+)/.exec(text)?.[1] ?? '';

describe('the sample day', () => {
  it('has one event that no mapping names, which is the one that it calls so', () => {
    const triggers = ownMappings().triggers;
    const unserved = sampleDay().filter(({ text }) => !triggers.has(triggerOf(text)));
    expect(unserved.map(({ what }) => what)).toEqual(['événement non traité']);
  });
});
