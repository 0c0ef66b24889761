import { describe, expect, it } from '@jest/globals';
import { IPP, movement, pam, segment, translated, type Fields, type PamParts } from '../../support/pam.js';

const AT = '20260302080000';

function look(parts: Partial<PamParts>) {
  const text = pam({ trigger: 'A01', at: AT, zbe: movement('M1', AT), ...parts });
  return translated(text, '1', { source: { name: 'default', authorities: {} } });
}

describe('a value that cannot be read', () => {
  const nk1 = (fields: Fields) => [segment('NK1', { 2: 'ESSAI^LUCIE', 3: 'SPO', 7: 'C', ...fields })];
  const rol = (fields: Fields) => [segment('ROL', { 2: 'UC', 3: 'ODRP', 4: 'D1^A', ...fields })];

  it.each<[string, Partial<PamParts>]>([
    ['PID-7', { pid: { 7: '1948-05-14' } }],
    ['PID-7', { pid: { 7: '14/05/1948' } }],
    ['PID-7', { pid: { 7: '1948051' } }],
    ['PID-29', { pid: { 29: '2026-02-28', 30: 'Y' } }],
    ['PID-30', { pid: { 30: 'O' } }],
    ['PID-24', { pid: { 24: '2' } }],
    ['PID-25', { pid: { 24: 'Y', 25: 'deux' } }],
    ['PV1-44', { pv1: { 44: 'hier' } }],
    ['PV1-45', { pv1: { 45: '20260231' } }],
    ['PV2-9', { pv2: { 9: '9 mars' } }],
    ['PV2-22', { pv2: { 22: 'OUI' } }],
    ['NK1-9', { patientSegments: nk1({ 9: '31/01/2026' }) }],
    ['NK1-16', { patientSegments: nk1({ 16: 'x' }) }],
    ['ROL-6', { patientSegments: rol({ 6: '2026' + 'x' }) }],
    ['ZFA-10', { visitSegments: [segment('ZFA', { 9: 'IO', 10: 'x' })] }],
    ['ZFD-4', { visitSegments: [segment('ZFD', { 4: 'O' })] }],
    ['ZFD-6', { pid: { 32: 'VALI' }, visitSegments: [segment('ZFD', { 5: 'INSI', 6: 'x' })] }],
    ['ZFV-1', { visitSegments: [segment('ZFV', { 1: '12345' })] }],
    ['PV1-37', { trigger: 'A03', pv1: { 37: 'CHU DE X' } }],
  ])('is a work item of its sender, and its field unused: %s', (field, parts) => {
    const { issues, unused } = look(parts);
    expect(issues).toContainEqual(
      expect.objectContaining({ blocking: false, reason: 'field-invalid', field, key: `field-invalid|${field}` }),
    );
    expect(unused()).toContain(field);
  });

  it('is as good as empty to the rows behind it, in its own segment alone', () => {
    const { facts } = look({ pid: { 29: 'x', 30: 'Y' } });
    expect(JSON.stringify(facts[0])).toContain('deceasedBoolean');
    const named = look({ patientSegments: [...nk1({ 16: 'x' }), ...nk1({ 16: '19500101' })] });
    expect(JSON.stringify(named.facts)).toContain('1950-01-01');
  });

  it('is told by its place, never by what stands there', () => {
    const { issues } = look({ pid: { 7: 'SECRET', 13: '0102' } });
    expect(JSON.stringify(issues)).not.toContain('SECRET');
  });
});

describe('a code that no table has', () => {
  it.each<[string, string, string, Partial<PamParts>]>([
    ['PID-32', 'PID-32', 'QUAL', { pid: { 32: 'QUAL' } }],
    ['PID-32', 'PID-32', 'XXX', { pid: { 32: 'PROV~XXX' } }],
    ['PID-3.5', 'CX-5', 'QQ', { pid: { 3: `${IPP}~7^^^X^QQ` } }],
    ['PID-5.7', 'XPN-7', 'Q', { pid: { 5: 'ESSAI^CAMILLE^^^^^Q' } }],
    ['PID-11.7', 'XAD-7', 'QQ', { pid: { 11: '^^AUTUN^^^^QQ' } }],
    ['PID-13.2', 'XTN-2', 'QQ', { pid: { 13: '01^QQ^PH' } }],
    ['PID-13.3', 'XTN-3', 'QQ', { pid: { 13: '01^PRN^QQ' } }],
    ['ZFD-5', 'ZFD-5', 'TELEP', { pid: { 32: 'VALI' }, visitSegments: [segment('ZFD', { 5: 'TELEP' })] }],
    ['ZFD-7', 'ZFD-7', 'XX', { pid: { 32: 'VALI' }, visitSegments: [segment('ZFD', { 7: 'XX' })] }],
    ['ZFA-9', 'ZFA-9', 'OUI', { visitSegments: [segment('ZFA', { 9: 'OUI' })] }],
    ['ZFA-11', 'ZFA-11', 'NON', { visitSegments: [segment('ZFA', { 11: 'NON' })] }],
    ['ROL-2', 'ROL-2', 'QQ', { patientSegments: [segment('ROL', { 2: 'QQ', 3: 'ODRP', 4: 'D1^A' })] }],
    ['ROL-3', 'ROL-3', 'QQ', { patientSegments: [segment('ROL', { 2: 'UC', 3: 'QQ', 4: 'D1^A' })] }],
    ['NK1-7', 'NK1-7', 'Q', { patientSegments: [segment('NK1', { 2: 'A^B', 3: 'SPO', 7: 'Q' })] }],
    ['NK1-3', 'Relationship', 'QQQ', { patientSegments: [segment('NK1', { 2: 'A^B', 3: 'QQQ' })] }],
    ['ZBE-9', 'ZBE-9', 'X', { zbe: { ...movement('M1', AT), 9: 'HX' } }],
    ['PV1-14', 'AdmitSource', '55', { pv1: { 14: '55' } }],
  ])('is a work item of its sender: %s', (field, table, code, parts) => {
    expect(look(parts).issues).toContainEqual(
      expect.objectContaining({
        blocking: false,
        reason: 'code-unknown',
        field,
        code,
        key: `code-unknown|${table}|${code}`,
      }),
    );
  });

  it.each(['MARTIN JEAN PAUL', 'ESSAI CAMILLE 1950', 'né à Autun'])(
    'is not named where it has no form of a code: %s',
    (text) => {
      const [issue] = look({ pv1: { 14: text } }).issues;
      expect(issue?.code).toBeUndefined();
      expect(issue?.key).toMatch(/^code-unknown\|AdmitSource\|[0-9a-f]{12}$/);
    },
  );

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'is unknown whatever JavaScript calls so: %s',
    (name) => {
      const pid = {
        3: `${IPP}~7^^^X^${name}`,
        5: `ESSAI^CAMILLE^^^^^${name}`,
        8: name,
        11: `^^AUTUN^^^^${name}`,
        13: `01^${name}^${name}`,
        32: name,
      };
      const { facts } = look({
        pid,
        pv1: { 4: name, 14: name },
        patientSegments: [segment('NK1', { 2: 'A^B', 3: name, 7: name })],
      });
      const text = JSON.stringify(facts);
      expect(text).not.toContain('{}');
      expect(text).not.toContain('"use":null');
      expect(text).toContain('"gender"');
    },
  );

  it('does not count as used', () => {
    expect(look({ pid: { 32: 'QUAL' } }).unused()).toContain('PID-32');
    expect(look({ visitSegments: [segment('ZFA', { 9: 'OUI' })] }).unused()).toContain('ZFA-9');
    expect(look({ pid: { 32: 'VALI' }, visitSegments: [segment('ZFD', { 5: 'TELEP' })] }).unused()).toContain('ZFD-5');
  });
});
