import { describe, expect, it } from '@jest/globals';
import { parseFile } from '../../../src/config/parse-file.js';
import { ruleFaults } from '../../../src/config/rule-checks.js';
import type { Vocabulary } from '../../../src/translate/vocabulary.js';

const VOCABULARY: Vocabulary = {
  roles: new Set(['PCP', 'PROV', 'NOK']),
  classes: new Set(['IMP', 'EMER']),
  natures: new Set(['S', 'H', 'M', 'L', 'D', 'C']),
  documentClasses: new Set(['10', '11']),
};

/** Each fault of one rule as `message — remedy`. */
function faults(rule: string, vocabulary: Vocabulary = VOCABULARY): string[] {
  const file = parseFile('gateway.yaml', `rules:\n  - { id: r, ${rule} }\n`, []);
  if (file === undefined) throw new Error('no YAML');
  return ruleFaults(file, vocabulary).map(({ message, remedy = '', line, file: path }) => {
    expect([line, path]).toEqual([2, 'gateway.yaml']);
    return `${message} — ${remedy}`;
  });
}

const admission = 'events: [admission], roles: [any]';

describe('a rule', () => {
  it.each([
    admission,
    'events: [admission], roles: [PCP, NOK]',
    'events: [admission, document], roles: [any], when: {}',
    'events: [transfer, bed-change], roles: [any], when: { nature: [L, M] }',
    'events: [admission], roles: [any], when: { class: [IMP], unit: [6268], nature: [H] }',
    'events: [document, care-plan, appointment], roles: [any], when: { type: [11490-0], class: ["10"] }',
    'events: [document, discharge], roles: [any], when: { class: ["10", IMP] }',
    "events: [document], roles: ['http://snomed.info/sct|224535009']",
  ])('that can tell somebody is taken: %s', (rule) => {
    expect(faults(rule)).toEqual([]);
  });

  it('names a role that nobody can have, the nearest one, and all there are', () => {
    const list =
      'one of any NOK PCP PROV, one that a row of the site gives, or system|code of a FHIR document’s care team';
    expect(faults('events: [admission], roles: [PCPP, any, doctor]')).toEqual([
      `rules.0.roles.0: nobody can have the role PCPP — did you mean PCP? Else ${list}`,
      `rules.0.roles.2: nobody can have the role doctor — ${list}`,
    ]);
  });

  it.each(['pcp', 'Any', 'PCP|PROV', '|PCP', 'FHIR|PCP'])('is refused for the role %s', (role) => {
    expect(faults(`events: [admission], roles: ['${role}']`)).toHaveLength(1);
  });

  it.each([
    ['class: [IMPP]', 'class.0: no admission can be of class IMPP — did you mean IMP? Else one of EMER IMP,'],
    ['class: [EMER, "10"]', 'class.1: no admission can be of class 10 — one of EMER IMP,'],
    ['nature: [MH]', 'nature.0: no admission can be of nature MH — one of C D H L M S,'],
    ['nature: [m]', 'nature.0: no admission can be of nature m — did you mean M? Else one of'],
  ])('is refused for what no event of it can be: %s', (when, fault) => {
    expect(faults(`${admission}, when: { ${when} }`)).toEqual([expect.stringContaining(`rules.0.when.${fault}`)]);
  });

  it.each([
    ['discharge, document', 'type: [11490-0]', '0: discharge has no type, so it is never told'],
    ['document, admission', 'unit: [6268]', '0: document has no unit, so it is never told'],
    ['appointment', 'nature: [H]', '0: appointment has no nature, so it is never told'],
    ['discharge, document', 'class: [IMP]', '1: document is never of class IMP — give document a rule of its own'],
    ['discharge, document', 'class: ["10", "11"]', '0: discharge is never of class 10 or 11 — give'],
    ['transfer, bed-change', 'nature: [M]', '1: bed-change is never of nature M — give'],
  ])('for %s is refused where %s leaves one of them out for ever', (events, when, fault) => {
    expect(faults(`events: [${events}], roles: [any], when: { ${when} }`)).toEqual([
      expect.stringContaining(`rules.0.events.${fault}`),
    ]);
  });

  it('is looked at though something else of it is wrong', () => {
    expect(faults('events: [admision, admission], roles: [PCPP], when: { class: [IMPP] }, colour: red')).toEqual([
      expect.stringContaining('roles.0: nobody can have the role PCPP'),
      expect.stringContaining('no admission can be of class IMPP'),
    ]);
    for (const rule of ['events: admission, roles: PCPP, when: [class]', `${admission}, when: { class: }`])
      expect(faults(rule)).toEqual([]);
  });

  it('is not held to a vocabulary that is open', () => {
    const open: Vocabulary = { roles: undefined, classes: undefined, natures: undefined, documentClasses: undefined };
    expect(faults('events: [admission], roles: [PCPP], when: { class: [X], nature: [X] }', open)).toEqual([]);
  });
});
