import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DELIVERY_CHANGES, MESSAGE_CHANGES, STAGES, statesBefore } from '../../src/journey.js';

const filesBelow = (path: string): string[] =>
  path.endsWith('/')
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(path, name))
    : [path];

describe('the map of the house', () => {
  it('names files and folders that exist, folders with a slash at their end', () => {
    for (const path of STAGES.flatMap(({ files }): readonly string[] => files)) {
      expect([path, existsSync(path)]).toEqual([path, true]);
      expect([path, statSync(path).isDirectory()]).toEqual([path, path.endsWith('/')]);
    }
  });

  it('puts every file of a stage’s room and all wiring of a stage on one stage', () => {
    const placed = STAGES.flatMap(({ files }) => files.flatMap((path) => filesBelow(path)));
    expect(new Set(placed).size).toBe(placed.length);
    const rooms = ['receive', 'translate', 'apply', 'record', 'circle', 'route', 'deliver', 'serve'];
    const wiring = readdirSync('src').filter((name) => /^wire-(?!house)/.test(name));
    const expected = [
      ...rooms.flatMap((room) => filesBelow(`src/${room}/`)),
      ...wiring.map((name) => join('src', name)),
    ];
    expect(expected.filter((path) => !placed.includes(path))).toEqual([]);
  });

  it('has an exit for every state that ends short of its goal, and no other', () => {
    const goals = new Set(['received', 'translated', 'due', 'delivered']);
    const states = [...Object.keys(MESSAGE_CHANGES), ...Object.keys(DELIVERY_CHANGES)];
    const exits: string[] = STAGES.flatMap((stage) => [...stage.exits]);
    expect([...new Set(exits)].sort()).toEqual(states.filter((state) => !goals.has(state)).sort());
  });

  it('lets each state be reached from those whose changes name it', () => {
    expect(statesBefore(MESSAGE_CHANGES, 'received')).toEqual(['parked', 'translated']);
    expect(statesBefore(MESSAGE_CHANGES, 'refused')).toEqual([]);
    expect(statesBefore(DELIVERY_CHANGES, 'due')).toEqual(['dead']);
    expect(statesBefore(DELIVERY_CHANGES, 'delivered')).toEqual(['due']);
  });
});
