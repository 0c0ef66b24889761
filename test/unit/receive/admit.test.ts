import { describe, expect, it } from '@jest/globals';
import type { SourceSettings } from '../../../src/config/schema.js';
import { decodeText } from '../../../src/hl7v2/charset.js';
import { parse } from '../../../src/hl7v2/parse.js';
import { admit, type Admission } from '../../../src/receive/admit.js';
import { receiveSource, admission } from '../../support/admissions.js';
import { describeSamples, readSample, samplesIn } from '../../support/samples.js';

const triggers = new Set(['A01', 'A02', 'A03', 'A04', 'A05', 'A08', 'A11', 'A28', 'A40', 'A44', 'A47', 'Z99']);

function check(text: string, settings: Partial<SourceSettings> = {}, warnings: string[] = []): Admission {
  return admit(parse(text), warnings, { source: { ...receiveSource, ...settings }, triggers });
}

const errors = (given: Admission) =>
  given.issues.filter(({ severity }) => severity === 'E').map(({ location, code }) => `${location ?? ''} ${code}`);

const whole = admission();
const identity = (trigger: string, more = '') =>
  whole.replaceAll('A01', trigger).split('\r').slice(0, 3).join('\r') + (more === '' ? '' : `\r${more}`);

describe('what a message shows before its answer', () => {
  it('accepts a sound admission', () => {
    expect(check(whole)).toMatchObject({ code: 'AA', state: 'received', issues: [], type: 'ADT^A01' });
  });

  it.each([
    ['no MSH at all', 'hello', 'AR', 'MSH 100'],
    ['another type', whole.replace('ADT^A01^ADT_A01', 'ORM^O01'), 'AR', 'MSH-9.1 200'],
    ['an unknown version', whole.replace('2.5^FRA^2.10', '3.0'), 'AR', 'MSH-12 203'],
    ['an unknown processing id', whole.replace('|P|2.5', '|X|2.5'), 'AR', 'MSH-11 202'],
    ['no control id', whole.replace('|C1|', '||'), 'AE', 'MSH-10 101'],
    ['no event', whole.replace('ADT^A01^ADT_A01', 'ADT'), 'AE', 'MSH-9.2 101'],
    ['no PID', whole.replace('PID|', 'XID|'), 'AE', 'PID 100'],
    ['no PV1', whole.replace('PV1|', 'XV1|'), 'AE', 'PV1 100'],
    ['no identifier', whole.replace('900001^^^HOP&1.2.250.1.999.1&ISO^PI', ''), 'AE', 'PID-3 101'],
    ['no class', whole.replace('PV1|1|I', 'PV1|1|'), 'AE', 'PV1-2 101'],
    ['no visit number', whole.replace('V1^^^HOP&1.2.250.1.999.1&ISO^VN', ''), 'AE', 'PV1-19 101'],
    ['no ZBE', whole.replace('ZBE|', 'XBE|'), 'AE', 'ZBE 101'],
    ['no movement id', whole.replace('M1^HOP', ''), 'AE', 'ZBE-1 101'],
    ['no movement time', whole.replace('|20240306110000||INSERT', '|||INSERT'), 'AE', 'ZBE-2 101'],
    ['a movement time that is none', whole.replace('|20240306110000||INSERT', '|soon||INSERT'), 'AE', 'ZBE-2 102'],
    ['an unknown action', whole.replace('INSERT', 'REPLACE'), 'AE', 'ZBE-4 103'],
    ['a historic mark that is none', whole.replace('INSERT|N', 'INSERT|X'), 'AE', 'ZBE-5 103'],
    ['an update without its original', whole.replace('INSERT', 'UPDATE').replaceAll('A01', 'Z99'), 'AE', 'ZBE-6 101'],
    ['ZBE shifted by one', whole.replace('|INSERT', '||INSERT'), 'AE', 'ZBE-4 102'],
    ['a merge without MRG', identity('A40'), 'AE', 'MRG-1 101'],
    ['a circular merge', identity('A40', 'MRG|900001^^^HOP&1.2.250.1.999.1&ISO^PI'), 'AE', 'MRG-1 205'],
  ])('refuses %s', (_, text, code, error) => {
    const given = check(text);
    expect([given.code, given.state, errors(given)]).toEqual([code, 'refused', [error]]);
    expect(given.workItems).toHaveLength(1);
  });

  it.each([
    ['of a visit, without ZBE', whole.replace(/\rZBE.*/, '')],
    ['of the patient, without PV1', identity('A01')],
    ['of the patient, with the PV1 of identity messages', identity('A01', 'PV1|1|N')],
    ['of the patient, with a PV1 that names no visit', identity('A01', 'PV1|1|I')],
  ])('asks of an A08 %s no more than it holds', (_, text) => {
    expect(check(text.replaceAll('A01', 'A08'))).toMatchObject({ state: 'received', code: 'AA' });
  });

  it.each([
    ['PID-3 alone', whole.replace('900001^^^HOP&1.2.250.1.999.1&ISO^PI', '""'), 'PID-3[1].4 101'],
    ['PID-3 of an authority', whole.replace('900001^', '""^'), 'PID-3.1 101'],
    ['PV1-2', whole.replace('PV1|1|I', 'PV1|1|""'), 'PV1-2 101'],
    ['PV1-19', whole.replace('V1^^^HOP', '""^^^HOP'), 'PV1-19 101'],
    ['ZBE-1', whole.replace('M1^HOP', '""'), 'ZBE-1 101'],
    ['ZBE-2', whole.replace('|20240306110000||INSERT', '|""||INSERT'), 'ZBE-2 101'],
    ['ZBE-4', whole.replace('INSERT', '""'), 'ZBE-4 101'],
    ['ZBE-5', whole.replace('INSERT|N', 'INSERT|""'), 'ZBE-5 101'],
    ['MRG-1', identity('A40', 'MRG|""^^^HOP'), 'MRG-1 101'],
    ['MSH-10', whole.replace('|C1|', '|""|'), 'MSH-10 101'],
    ['MSH-9.2', whole.replace('ADT^A01^ADT_A01', 'ADT^""'), 'MSH-9.2 101'],
  ])('takes "" for nothing in %s, which is required', (_, text, error) => {
    expect(errors(check(text))).toEqual([error]);
    expect(check(text).workItems).toMatchObject([{ reason: 'field-missing' }]);
  });

  it.each([
    ['MSH-10', whole.replace('|C1|', '|  |'), 'MSH-10 101'],
    ['PID-3', whole.replace('900001^', ' ^'), 'PID-3[1].1 101'],
    ['PV1-19', whole.replace('V1^^^HOP', ' ^^^HOP'), 'PV1-19 101'],
    ['ZBE-1', whole.replace('M1^HOP', '  '), 'ZBE-1 101'],
    ['MRG-1', identity('A40', 'MRG| ^^^HOP'), 'MRG-1 101'],
  ])('takes blanks for nothing in %s, which is required', (_, text, error) => {
    expect(errors(check(text))).toEqual([error]);
  });

  it('makes two problems of two faults of one field, and one of one fault wherever it stands', () => {
    const keys = (...texts: string[]) => new Set(texts.map((text) => check(text).workItems[0]?.key)).size;
    const [first = '', ...rest] = whole.split('\r');
    expect(keys('hello', `${whole}\r${first}`)).toBe(2);
    expect(keys(`${whole}\rPID|2||7`, `${first}\r${rest.join('\r')}\rBTS|1`)).toBe(2);
    expect(keys(whole.replace('\rPV1', '\r x\r y\rPV1'), `${whole}\rtwo\rlines`, `${whole}\rPV1|2`)).toBe(3);
    expect(keys(`${first}\rtext\r${rest.join('\r')}`, `${first}\rA\r${rest.join('\r')}`)).toBe(1);
    expect(keys(`${whole}\rPV1|2`, `${whole}\rPV1|2\rPV1|3`)).toBe(1);
  });

  it('takes a "" beside a number for what it erases', () => {
    const erased = '~""^^^ASIP&1.2.250.1.213.1.4.10&ISO^INS';
    expect(check(whole.replace('^PI||', `^PI${erased}||`)).issues).toEqual([]);
    expect(check(whole.replace('^PI||', '^PI~""^^^&1.2.250.1.213.1.4.10&ISO^INS||')).issues).toEqual([]);
  });

  it('says nothing of a ZBE-9 that is erased', () => {
    expect(check(whole.replace('|HMS', '|""')).issues).toEqual([]);
  });

  it.each([
    ['PV1-19', whole.replace('V1^^^', '""^^^')],
    ['PV1-19', whole.replace('V1^^^HOP&1.2.250.1.999.1&ISO^VN', '')],
  ])('takes the account for the stay where %s is empty or erased and the source is not strict', (field, text) => {
    const given = (account: string, strict: SourceSettings['strict']) =>
      check(text.replace('|19500101|F', `|19500101|F||||||||||${account}`), { strict });
    expect(given('D1^^^HOP^AN', 'lenient')).toMatchObject({
      code: 'AA',
      issues: [{ location: field, code: 101, severity: 'W' }],
    });
    expect(errors(given('D1^^^HOP^AN', 'auto'))).toEqual(['PV1-19 101']);
    for (const account of ['', '""', '""^^^HOP']) expect(errors(given(account, 'lenient'))).toEqual(['PV1-19 101']);
  });

  it('seeks the number of the stay where the site has it', () => {
    const at = (stayFields: string[], text: string) =>
      admit(parse(text), [], { source: receiveSource, triggers, stayFields });
    const moved = whole.replace('|V1^^^HOP&1.2.250.1.999.1&ISO^VN', `|${'|'.repeat(31)}V1^^^HOP^VN`);
    expect(parse(moved).value('PV1-50')).toBe('V1');
    expect(errors(check(moved))).toEqual(['PV1-19 101']);
    expect(at(['PV1-50'], moved).issues).toEqual([]);
    expect(at(['PV1-50', 'PV1-19'], whole)).toMatchObject({
      code: 'AA',
      issues: [{ location: 'PV1-50', severity: 'W' }],
    });
    expect(errors(at(['PV1-50'], whole))).toEqual(['PV1-50 101']);
    const accountAlone = whole
      .replace('V1^^^HOP&1.2.250.1.999.1&ISO^VN', '')
      .replace('|F\r', '|F||||||||||D1^^^HOP^AN\r');
    expect(errors(at(['PV1-50', 'PID-18'], accountAlone))).toEqual(['PV1-50 101']);
  });

  it.each([
    ['no MRG', '', 'MRG-1 101'],
    ['an MRG-1 that is erased', 'MRG|""', 'MRG-1 101'],
    ['one number twice', 'MRG|900001^^^HOP&1.2.250.1.999.1&ISO^PI', 'MRG-1 205'],
    ['the number in a later repetition', 'MRG|7^^^HOP^PI~900001^^^HOP&1.2.250.1.999.1&ISO^PI', 'MRG-1 205'],
    ['the authority under another name', 'MRG|900001^^^OTHER&1.2.250.1.999.1&ISO^PI', 'MRG-1 205'],
    ['the authority by its name alone', 'MRG|900001^^^HOP^PI', 'MRG-1 205'],
  ])('refuses a merge with %s, mapped or not', (_, mrg, error) => {
    const text = identity('A40', mrg);
    expect(errors(check(text))).toEqual([error]);
    const unmapped = admit(parse(text), [], { source: receiveSource, triggers: new Set(['A01']) });
    expect([unmapped.code, unmapped.state, errors(unmapped)]).toEqual(['AE', 'refused', [error]]);
  });

  it('refuses a merge into a later repetition of PID-3', () => {
    const text = identity('A40', 'MRG|8^^^HOP^PI').replace('^PI||', '^PI~8^^^HOP^PI||');
    expect(check(text).workItems).toMatchObject([{ reason: 'identity-conflict' }]);
  });

  it.each([
    ['no MRG', '', 'MRG-1 101'],
    ['an MRG-1 that is erased', 'MRG|""', 'MRG-1 101'],
    ['the one number as it is', 'MRG|900001^^^HOP&1.2.250.1.999.1&ISO^PI', 'MRG-1 205'],
    ['the one number twice', 'MRG|900001^^^HOP^PI~900001^^^OTHER&1.2.250.1.999.1&ISO^PI', 'MRG-1 205'],
  ])('refuses a change of numbers with %s', (_, mrg, error) => {
    expect(errors(check(identity('A47', mrg)))).toEqual([error]);
  });

  it.each([
    ['another number of the authority', 'MRG|8^^^HOP&1.2.250.1.999.1&ISO^PI'],
    ['the number of another authority', 'MRG|900001^^^OTHER&1.2.250.1.999.2&ISO^PI'],
    ['another number beside one that stays', 'MRG|900001^^^HOP&1.2.250.1.999.1&ISO^PI~8^^^HOP^MR'],
  ])('takes a change of numbers of %s', (_, mrg) => {
    expect(check(identity('A47', mrg))).toMatchObject({ code: 'AA', state: 'received', issues: [] });
  });

  it.each([
    ['no MRG', '', ['MRG-1 101', 'MRG-3 101']],
    ['no account', 'MRG|8^^^HOP^PI', ['MRG-3 101']],
    ['an account that is erased', 'MRG|8^^^HOP^PI||""', ['MRG-3 101']],
    ['one patient', 'MRG|900001^^^HOP&1.2.250.1.999.1&ISO^PI||D1^^^HOP', ['MRG-1 205']],
  ])('refuses a move of an account with %s', (_, mrg, faults) => {
    expect(errors(check(identity('A44', mrg)))).toEqual(faults);
  });

  it('takes PID-18 for the account that moves', () => {
    const text = identity('A44', 'MRG|8^^^HOP^PI').replace(/\|F\r/, '|F||||||||||D1^^^HOP^AN\r');
    expect(check(text)).toMatchObject({ code: 'AA', issues: [] });
  });

  it('parks a merge of two numbers that no mapping serves', () => {
    for (const mrg of ['8^^^HOP^PI', '900001^^^OTHER&1.2.250.1.999.2&ISO^PI'])
      expect(
        admit(parse(identity('A40', `MRG|${mrg}`)), [], { source: receiveSource, triggers: new Set() }),
      ).toMatchObject({
        code: 'AA',
        state: 'parked',
      });
  });

  it.each(['constructor', '__proto__', 'toString'])('takes %s for no word of any table', (word) => {
    expect(errors(check(whole.replace('INSERT', word)))).toEqual(['ZBE-4 103']);
    expect(errors(check(whole.replace('|INSERT|N', `||${word}`)))).toEqual(['ZBE-4 101', 'ZBE-5 103']);
    expect(check(whole.replaceAll('A01', word)).state).toBe('parked');
  });

  it.each(['^~\\', '^~\\&', '^~\\&#'])('reads the marks %s', (marks) => {
    const text = whole.replace('^~\\&', marks);
    expect(check(marks.length === 3 ? text.replaceAll('&', '\\T\\') : text).code).toBe('AA');
  });

  it('parks an event without mapping, with a warning, so that no feed stops', () => {
    const given = check(whole.replaceAll('A01', 'Z42'));
    expect(given).toMatchObject({ code: 'AA', state: 'parked', workItems: [{ reason: 'trigger-unmapped' }] });
    expect(given.issues).toMatchObject([{ code: 201, severity: 'W', location: 'MSH-9.2' }]);
  });

  it('asks no movement of identity and account events', () => {
    expect(check(identity('A28')).code).toBe('AA');
    expect(check(identity('A44', 'MRG|900002^^^HOP&1.2.250.1.999.1&ISO^PI||D1^^^HOP')).code).toBe('AA');
  });

  it('asks the French strictness of French messages and of sources configured so', () => {
    const foreign = whole.replace('2.5^FRA^2.10', '2.5').replace('ZBE|', 'XBE|');
    expect(check(foreign).code).toBe('AA');
    expect(errors(check(foreign, { strict: 'pam-fr' }))).toEqual(['ZBE 101']);
    expect(check(whole.replace('ZBE|', 'XBE|'), { strict: 'lenient' }).code).toBe('AA');
  });

  it('admits only the senders that the source names', () => {
    expect(check(whole, { applications: ['DPI'], facilities: ['CH'] }).code).toBe('AA');
    expect(check(whole, { applications: ['OTHER'] })).toMatchObject({
      code: 'AR',
      workItems: [{ reason: 'sender-not-allowed' }],
    });
    expect(check(whole, { facilities: ['OTHER'] }).code).toBe('AR');
  });

  it('tells the sender of a character set that it could not follow', () => {
    expect(check(whole, {}, ['not known']).issues).toMatchObject([{ location: 'MSH-18', severity: 'W' }]);
  });

  it('never repeats what the message holds in its texts', () => {
    const refused = check(whole.replaceAll('A01', 'ESSAIX').replace('INSERT', 'DUPONT'));
    expect(JSON.stringify([refused.issues, refused.workItems])).not.toMatch(/ESSAI|DUPONT|900001/);
  });
});

describeSamples('the real samples', () => {
  const read = (path: string) => decodeText(readSample(path), '8859/15').text;

  it('refuses the discharge whose ZBE is shifted by one, naming the field', () => {
    const given = check(read('pam-fr/sgl-sortie-a03-shifted-zbe.er7'), { strict: 'pam-fr' });
    expect([given.code, errors(given)]).toEqual(['AE', expect.arrayContaining(['ZBE-4 102'])]);
  });

  it.each(samplesIn('pam-fr').filter((path) => !path.includes('shifted')))('takes %s', (path) => {
    expect(errors(check(read(path)))).toEqual([]);
  });
});
