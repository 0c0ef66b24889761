import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anchorOf, Authorities, personIdentifiers } from '../../../src/translate/identifiers.js';
import { pam, translated } from '../../support/pam.js';

const plain = new Authorities({ name: 'gam', authorities: {} }, 'CH-A');

describe('an assigning authority', () => {
  it.each([
    ['CH', '2.999.1', 'ISO', 'urn:oid:2.999.1'],
    ['CH', '2.999.01', 'ISO', 'urn:trait-d-union:authority:gam:CH-A:CH'],
    ['CH', '6F9619FF-8B86-D011-B42D-00CF4FC964FF', 'UUID', 'urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
    ['CH', '000990001', 'N', 'urn:oid:1.2.250.1.71.4.2.2.990001'],
    ['', '000990001', 'M', 'urn:oid:1.2.250.1.71.4.2.2.990001'],
    ['CH ESSAI', '', '', 'urn:trait-d-union:authority:gam:CH-A:CH%20ESSAI'],
    ['', 'X', '', 'urn:trait-d-union:authority:gam:CH-A:X'],
    ['', '', '', 'urn:trait-d-union:authority:gam:CH-A'],
  ])('%s&%s&%s', (namespace, universalId, type, system) => {
    expect(plain.systemOf({ namespace, universalId, type })).toBe(system);
  });

  it('has the name configured for it, by namespace or number', () => {
    const authority = { namespace: 'CH', universalId: '2.999.1', type: 'ISO' };
    const named = (authorities: Record<string, string>) => new Authorities({ name: 'gam', authorities }, 'CH-A');
    expect(named({ CH: 'urn:a' }).systemOf(authority)).toBe('urn:a');
    expect(named({ '2.999.1': 'urn:b' }).systemOf(authority)).toBe('urn:b');
    expect(named({ constructor: 'urn:c' }).systemOf(authority)).toBe('urn:oid:2.999.1');
  });

  it('that is empty is the one configured for the source, and local names stand under it', () => {
    const own = new Authorities({ name: 'gam', authority: 'urn:oid:2.999.7', authorities: {} }, 'CH-A');
    expect(own.systemOf({ namespace: '', universalId: '', type: '' })).toBe('urn:oid:2.999.7');
    expect(own.systemOf({ namespace: 'IPP', universalId: '', type: 'L' })).toBe(
      'urn:trait-d-union:authority:urn%3Aoid%3A2.999.7:IPP',
    );
  });

  it('without an OID of its own is never that of another sender', () => {
    const hd = fc.record({ namespace: fc.string(), universalId: fc.string(), type: fc.constantFrom('', 'L', 'DNS') });
    const other = new Authorities({ name: 'gam', authorities: {} }, 'CH-B');
    fc.assert(fc.property(hd, (authority) => plain.systemOf(authority) !== other.systemOf(authority)));
  });
});

const PI = { system: 'urn:oid:2.999.1', value: '7', type: 'PI' };
const MR = { system: 'urn:a', value: '12345', type: 'MR' };
const SS = { system: 'urn:Z', value: '1', type: 'SS' };
const INS = { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '150016907100121', type: 'INS' };

describe('the anchor of a patient', () => {
  it.each([
    [[SS, MR], 'urn:a|12345'],
    [[INS, MR, PI], 'urn:oid:2.999.1|7'],
    [[INS, { ...MR, type: 'PPN' }], 'urn:a|12345'],
    [[INS], `${INS.system}|${INS.value}`],
    [[{ ...PI, erased: true, value: '' }, INS], `${INS.system}|${INS.value}`],
    [[SS, { ...SS, type: 'AN' }, { ...SS, type: 'NH' }], undefined],
  ])('of %j', (identifiers, anchor) => {
    expect(anchorOf(personIdentifiers(identifiers))).toBe(anchor);
  });

  it('is always one of the identifiers that the patient is found again by, whatever PID-3 holds', () => {
    const type = fc.constantFrom('PI', 'MR', 'SS', 'NH', 'AN', 'PPN', 'PN', 'RRI', 'BC', 'INS', '', 'ZZ');
    const cx = fc.tuple(fc.constantFrom('1', '2', '""', ''), fc.constantFrom('A', 'B', ''), type);
    fc.assert(
      fc.property(fc.array(cx, { minLength: 1, maxLength: 5 }), (list) => {
        const pid3 = list.map(([value, authority, kind]) => `${value}^^^${authority}^${kind}`).join('~');
        const { facts, identifiers } = translated(
          pam({ trigger: 'A28', at: '20260302080000', pid: { 3: pid3 }, pv1: null }),
        );
        const keys = identifiers
          .filter(({ erased }) => erased !== true)
          .map(({ system, value }) => `${system}|${value}`);
        for (const { patient } of facts) expect(keys).toContain(patient);
      }),
    );
  });

  it('is no number that several people may have: a message with nothing else is stopped', () => {
    const pid = { 3: '1800699999999^^^ADT^SS~F77^^^CH^AN' };
    const { facts, issues } = translated(pam({ trigger: 'A28', at: '20260302080000', pid, pv1: null }));
    expect(facts).toEqual([]);
    expect(issues).toMatchObject([{ blocking: true, reason: 'field-missing', field: 'PID-3' }]);
  });
});

describe('two hospitals without authorities', () => {
  const admission = (facility: string, pid3: string, pv119: string) =>
    translated(
      pam({
        trigger: 'A01',
        at: '20260302080000',
        pid: { 3: pid3 },
        pv1: { 3: 'W1^2^3', 7: 'D71^STONE', 19: pv119 },
      }).replace('|CH-ESSAI|', `|${facility}|`),
    );

  it.each([
    ['4711^^^^PI', 'V1^^^^VN'],
    ['5511^^^IPP^PI', '71001^^^SEJ'],
    ['1', '1'],
  ])('share no patient, stay, place or professional: %s, %s', (pid3, pv119) => {
    const [a, b] = [admission('CHA', pid3, pv119), admission('CHB', pid3, pv119)];
    const keys = ({ facts, mentions }: typeof a) => [
      ...facts.flatMap(({ patient, stay }) => [patient, stay ?? '']),
      ...mentions.map(({ resource }) => `${resource.resourceType}/${resource.id}`),
    ];
    expect(a.facts.length).toBeGreaterThan(1);
    expect(keys(a).filter((key) => key !== '' && keys(b).includes(key))).toEqual([]);
    expect(JSON.stringify([a, b])).not.toContain('authority:none');
  });
});
