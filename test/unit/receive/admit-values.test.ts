import { describe, expect, it } from '@jest/globals';
import { parse } from '../../../src/hl7v2/parse.js';
import { generalPath } from '../../../src/hl7v2/path.js';
import { admit, type Admission } from '../../../src/receive/admit.js';
import { admission, receiveSource } from '../../support/admissions.js';

const check = (text: string): Admission =>
  admit(parse(text, '8859/15'), [], { source: receiveSource, triggers: new Set(['A01', 'A31']) });
const found = ({ issues }: Admission, severity: string) =>
  issues.filter((issue) => issue.severity === severity).map(({ location, code }) => `${location ?? ''} ${code}`);

const whole = admission();
/** A sound admission with a field of a segment filled in, or a segment added. */
function withField(name: string, field: number, value: string): string {
  const lines = whole.split('\r');
  const at = lines.findIndex((line) => line.startsWith(name));
  const fields = (at < 0 ? name : (lines[at] ?? '')).split('|');
  while (fields.length <= field) fields.push('');
  // MSH-1 is the mark itself.
  fields[name === 'MSH' ? field - 1 : field] = value;
  if (at < 0) lines.splice(3, 0, fields.join('|'));
  else lines[at] = fields.join('|');
  return lines.join('\r');
}

describe('a control character in an identifier', () => {
  it.each([
    ['PID', 3, '9001\x0001^^^HOP&1.2.250.1.999.1&ISO^PI', 'PID-3'],
    ['PID', 3, '900001^^^HOP^PI~77\x01^^^HOP^PI', 'PID-3[2]'],
    ['PID', 3, '900001^^^HO\x1fP^PI', 'PID-3'],
    ['PID', 3, '9\\X00\\1^^^HOP^PI', 'PID-3'],
    ['PID', 3, '9\\X0D0A\\1^^^HOP^PI', 'PID-3'],
    ['PID', 18, 'A1\t^^^HOP^AN', 'PID-18'],
    ['PV1', 19, 'V1\x08^^^HOP^VN', 'PV1-19'],
    ['PV1', 7, '71\x00^STONE', 'PV1-7'],
    ['PV1', 8, '72^A~73\x7f^B', 'PV1-8[2]'],
    ['PV1', 17, '\\X1B\\74^STONE', 'PV1-17'],
    ['PD1', 4, '75\x00^STONE', 'PD1-4'],
    ['ROL', 4, '76\x00^STONE', 'ROL-4'],
    ['NK1', 33, 'C1\x00^^^HOP^PN', 'NK1-33'],
    ['ZBE', 1, 'M1\x02^HOP', 'ZBE-1'],
  ])('is refused: %s-%s', (name, field, value, location) => {
    const given = check(withField(name, field, value));
    expect([given.code, given.state, found(given, 'E')]).toEqual(['AE', 'refused', [`${location} 102`]]);
    expect(given.workItems).toMatchObject([{ reason: 'field-invalid', field: generalPath(location) }]);
  });

  it('is refused in every number of a merge', () => {
    const merge = (mrg: string) => `${whole.replaceAll('A01', 'A40').split('\r').slice(0, 3).join('\r')}\rMRG|${mrg}`;
    expect(found(check(merge('8\x00^^^HOP^PI')), 'E')).toEqual(['MRG-1 102']);
    expect(found(check(merge('8^^^HOP^PI~9\\X07\\^^^HOP^PI')), 'E')).toEqual(['MRG-1[2] 102']);
    expect(found(check(merge('8^^^HOP^PI||A\x01')), 'E')).toEqual(['MRG-3 102']);
  });

  it('is sought in the field that holds the stay’s number at the site', () => {
    const rules = { source: receiveSource, triggers: new Set(['A01']), stayFields: ['PV1-50'] };
    expect(found(admit(parse(withField('PV1', 50, 'V\x009')), [], rules), 'E')).toEqual(['PV1-50 102']);
  });

  it('is not what a name beside the number holds', () => {
    const given = check(withField('PV1', 7, '71^STO\x00NE'));
    expect([given.code, found(given, 'W')]).toEqual(['AA', ['PV1-7 102']]);
  });
});

describe('a control character elsewhere', () => {
  it.each([
    ['PID', 5, 'ES\x00SAI^CAMILLE^^^^^L', 'PID-5'],
    ['PID', 11, '8 all\\X07\\e^^CITY', 'PID-11'],
    ['PV2', 3, '^Chute\x1f', 'PV2-3'],
    ['NK1', 2, 'A\x7f^B', 'NK1-2'],
    ['PID', 13, '^PRN^PH~^PRN^PH^a\x01', 'PID-13'],
  ])('is a warning that names the field: %s-%s', (name, field, value, location) => {
    const given = check(withField(name, field, value));
    expect([given.code, found(given, 'W'), found(given, 'E')]).toEqual(['AA', [`${location} 102`], []]);
  });

  it('is none where it is a tab or a line end', () => {
    expect(check(withField('PV2', 3, '^Chute\t\\X0D0A\\\\X000D\\\nsuite')).issues).toEqual([]);
  });

  it('is told of twenty fields at most', () => {
    const given = check(`${whole}\r${Array.from({ length: 50 }, () => 'ZZZ|\x01').join('\r')}`);
    expect([given.code, found(given, 'W').length]).toEqual(['AA', 20]);
  });
});

describe('a date that is none', () => {
  it.each([
    ['PID', 7, '14/05/1948'],
    ['PID', 7, '1948-05-14'],
    ['PID', 7, '19470231'],
    ['PID', 29, '20260231'],
    ['PV1', 44, '2026'.repeat(3) + '1'],
    ['PV1', 45, 'hier'],
    ['PV2', 8, '19489999'],
    ['PV2', 9, '20260309250000'],
    ['ROL', 5, 'soon'],
    ['ROL', 6, '20261301'],
    ['NK1', 8, 'demain'],
    ['NK1', 9, '2026-03-09'],
    ['NK1', 16, '1.1.1970'],
    ['EVN', 2, 'now'],
    ['MSH', 7, '2024-03-06'],
    ['MSH', 7, '20240231110000'],
    ['ZFA', 10, '01/03/2026'],
    ['ZFA', 12, '20261301'],
    ['ZFD', 6, 'hier'],
    ['EVN', 6, '202603021'],
  ])('is a warning that names the field: %s-%s %s', (name, field, value) => {
    const given = check(withField(name, field, value));
    expect([given.code, found(given, 'W'), given.workItems]).toEqual(['AA', [`${name}-${field} 102`], []]);
    expect(JSON.stringify(given.issues)).not.toContain(value);
  });

  it.each(['19480000', '194800', '1948', '19480500', '19480000000000', '""', '19480514000000.0000+0100', '99991231'])(
    'is not %s',
    (value) => {
      expect(check(withField('PID', 7, value)).issues).toEqual([]);
    },
  );

  it('is named in the segment where it stands', () => {
    const given = check(`${whole}\rROL||UC|ODRP|1^A|20260101\rROL||UC|ODRP|2^B||never`);
    expect(found(given, 'W')).toEqual(['ROL[2]-6 102']);
  });
});

describe('the limits of a message', () => {
  it.each([
    ['PID', 11, 'rue^^CITY'],
    ['PID', 3, '1^^^HOP^PI'],
    ['PV1', 7, '1^A'],
    ['ROL', 4, '1^A'],
    ['ZZZ', 1, ''],
  ])('refuse more than 200 repetitions of %s-%s', (name, field, value) => {
    const repeated = (count: number) =>
      check(withField(name, field, Array.from({ length: count }, () => value).join('~')));
    expect(found(repeated(201), 'E')).toEqual([`${name}-${field} 103`]);
    expect(repeated(201)).toMatchObject({ code: 'AE', workItems: [{ reason: 'field-invalid' }] });
    expect(found(repeated(200), 'E').filter((issue) => issue.endsWith(' 103'))).toEqual([]);
  });

  it('take as many repetitions in a segment, field by field', () => {
    const many = Array.from({ length: 150 }, () => 'x').join('~');
    expect(check(`${whole}\rZZZ|${many}|${many}`).code).toBe('AA');
  });

  it('refuse more than 20,000 segments', () => {
    const given = check(`${whole}${'\rNTE|1'.repeat(20_000)}`);
    expect([given.code, found(given, 'E')]).toEqual(['AE', ['NTE[19996] 100']]);
    expect(check(`${whole}${'\rNTE|1'.repeat(19_000)}`).code).toBe('AA');
  });

  it('cost a message of very many repetitions no more than a message of its length', () => {
    const cost = (text: string) => {
      const started = performance.now();
      for (let turn = 0; turn < 20; turn++) check(text);
      return performance.now() - started;
    };
    const repeats = withField('PID', 11, '~'.repeat(50_000));
    const plain = withField('PID', 11, 'x'.repeat(50_000));
    cost(plain);
    expect(cost(repeats)).toBeLessThan(cost(plain) * 20 + 50);
    expect(cost(withField('PID', 3, '1~'.repeat(50_000)))).toBeLessThan(cost(plain) * 20 + 50);
  });
});
