import { describe, expect, it } from '@jest/globals';
import { parse } from '../../../src/hl7v2/parse.js';
import { generalPath } from '../../../src/hl7v2/path.js';
import { admit } from '../../../src/receive/admit.js';
import { admission, receiveSource } from '../../support/admissions.js';

const triggers = new Set(['A01', 'A02', 'A28', 'A40']);
const check = (text: string) => admit(parse(text), [], { source: receiveSource, triggers });

const whole = admission('FIRST');
const lines = whole.split('\r');
const line = (name: string) => lines.find((each) => each.startsWith(name)) ?? '';
const withAfter = (name: string, more: string) => whole.replace(line(name), `${line(name)}\r${more}`);
const OTHER_PERSON = 'PID|2||900002^^^HOP&1.2.250.1.999.1&ISO^PI||SECOND^DOMINIQUE^^^^^L||19700101|M';

describe('a frame with more than one message', () => {
  it.each([
    ['a second admission', `${whole}\r${admission('SECOND')}`, 'MSH[2]'],
    ['a second MSH alone', `${whole}\r${line('MSH')}`, 'MSH[2]'],
    ['a second MSH with marks of its own', `${whole}\rMSH#*+!@#DPI#CH`, 'MSH[2]'],
    ['a message of another type behind', `${whole}\rMSH|^~\\&|LAB|CH|||||ORU^R01|L1|P|2.5\rNK1|1|AUTRE`, 'MSH[2]'],
    ['a second MSH behind blanks', `${whole}\r  ${line('MSH')}`, 'MSH[2]'],
    ['a file header in front', `FHS|^~\\&|DPI\r${whole}`, 'FHS'],
    ['a batch header in front', `BHS|^~\\&|DPI\r${whole}\rBTS|1`, 'BHS'],
    ['a batch trailer behind', `${whole}\rBTS|1`, 'BTS'],
    ['a file trailer behind', `${whole}\rFTS|1`, 'FTS'],
    ['a segment before MSH', `${line('EVN')}\r${whole}`, 'MSH'],
    ['a line of text before MSH', `from the archive\r${whole}`, 'MSH'],
  ])('is refused whole for %s', (_, text, location) => {
    const given = check(text);
    expect(given).toMatchObject({
      code: 'AE',
      state: 'refused',
      controlId: 'FIRST',
      issues: [{ location, code: 100, severity: 'E' }],
      workItems: [{ reason: 'message-malformed', field: generalPath(location) }],
    });
  });

  it('is refused whatever the type of the first is', () => {
    const text = whole.replace('ADT^A01^ADT_A01', 'ORU^R01');
    expect(check(`${text}\r${admission('SECOND')}`).issues).toMatchObject([{ location: 'MSH[2]', code: 100 }]);
  });
});

describe('a segment that stands once', () => {
  it.each([
    ['EVN', line('EVN'), 'EVN[2]'],
    ['PID', OTHER_PERSON, 'PID[2]'],
    ['PID', line('PID'), 'PID[2]'],
    ['PV1', line('PV1').replace('V1^', 'V2^'), 'PV1[2]'],
    ['ZBE', line('ZBE').replace('M1^', 'M2^'), 'ZBE[2]'],
    ['PV1', 'PV2|||A\rPV2|||B', 'PV2[2]'],
    ['PID', 'PD1|||\rPD1|||', 'PD1[2]'],
  ])('is refused when it stands twice: %s', (name, more, location) => {
    expect(check(withAfter(name, more))).toMatchObject({
      code: 'AE',
      state: 'refused',
      issues: [{ location, code: 100, severity: 'E' }],
      workItems: [{ reason: 'message-malformed' }],
    });
  });

  it('is refused in an identity event, in a merge and in an event that is not mapped', () => {
    for (const trigger of ['A28', 'A40', 'A31', 'A44', 'Z42'])
      expect(check(withAfter('PID', OTHER_PERSON).replaceAll('A01', trigger)).issues).toMatchObject([
        { location: 'PID[2]', code: 100 },
      ]);
  });

  it('names every segment that stands twice', () => {
    const text = `${withAfter('PID', OTHER_PERSON)}\r${line('ZBE')}`;
    expect(check(text).issues.map(({ location }) => location)).toEqual(['PID[2]', 'ZBE[2]']);
  });

  it('stands twice where the event is about two patients, and no more often', () => {
    for (const trigger of ['A17', 'A24', 'A37']) {
      const two = [line('MSH'), line('EVN'), line('PID'), line('PV1'), OTHER_PERSON, line('PV1')].join('\r');
      const text = two.replaceAll('A01', trigger);
      expect(check(text)).toMatchObject({ code: 'AA', state: 'parked' });
      expect(check(`${text}\r${OTHER_PERSON}`).issues).toMatchObject([{ location: 'PID[3]', code: 100 }]);
    }
  });

  it('leaves alone what may repeat', () => {
    const text = withAfter('PID', 'ROL||UC|ODRP|1^A\rROL||UC|ODRP|2^B\rNK1|1|A\rNK1|2|B');
    expect(check(`${text}\rZZZ|1\rZZZ|2`).code).toBe('AA');
  });
});

describe('a line that is no segment', () => {
  it.each([
    ['the rest of a field that a CR has cut', withAfter('PV1', 'suite de la chute|||Y'), 'PV1[1]'],
    ['a word in capitals', withAfter('PID', 'SUITE DE LA CHUTE|||Y'), 'PID[1]'],
    ['digits', withAfter('ZBE', '71100^FRA'), 'ZBE[1]'],
    ['a name of two letters', withAfter('EVN', 'ZZ|1'), 'EVN[1]'],
    ['a name in lower case', whole.replace('ZBE|', 'zbe|'), 'PV1[1]'],
    ['marks alone', `${whole}\r|||`, 'ZBE[1]'],
  ])('is refused for %s, naming the segment before it', (_, text, location) => {
    expect(check(text)).toMatchObject({
      code: 'AE',
      state: 'refused',
      issues: [{ location, code: 100 }],
      workItems: [{ reason: 'message-malformed' }],
    });
  });

  it('is not made of blanks before a name, blank lines, bare names and unknown segments', () => {
    const text = whole.replace('\rPID|', '\r  PID|').replace('\rZBE|', '\r\r \rZZZ\rZ9X \rZBE|');
    expect(check(`${text}\r \x1a`).code).toBe('AA');
  });

  it('is told without its text', () => {
    const given = check(withAfter('PV1', 'chute de DUPONT'));
    expect(JSON.stringify([given.issues, given.workItems])).not.toContain('DUPONT');
  });
});
