import { describe, expect, it } from '@jest/globals';
import { parse } from '../../../src/hl7v2/parse.js';

const TEXT = [
  'MSH|^~\\&|GAM|CH|TDU|V|20240306110000||ADT^A01^ADT_A01|42|P|2.5^FRA^2.11',
  'PID|1||1001^^^CH&000990001&M^PI~2002^^^A&1.2.3&ISO^INS||DUPONT\\T\\FILS^Jean^^^""',
  'NK1|1|MARTIN',
  'NK1|2|DURAND',
  'ZZZ|anything',
  '',
].join('\r');

describe('parse', () => {
  it('reads subcomponents of repetitions', () => {
    const message = parse(TEXT);
    expect(message.value('PID-3[2].4.2')).toBe('1.2.3');
    expect(message.value('PID-3')).toBe('1001');
    expect(message.value('NK1[2]-2')).toBe('DURAND');
  });

  it('numbers the fields of MSH as HL7 does', () => {
    const message = parse(TEXT);
    expect(message.value('MSH-1')).toBe('|');
    expect(message.value('MSH-2')).toBe('^~\\&');
    expect(message.value('MSH-9.2')).toBe('A01');
    expect(message.segment('MSH')?.fieldCount).toBe(12);
  });

  it('decodes escapes after cutting, and leaves null as two quotes', () => {
    const message = parse(TEXT);
    expect(message.value('PID-5')).toBe('DUPONT&FILS');
    expect(message.value('PID-5.5')).toBe('""');
  });

  it('gives nothing for what is not there', () => {
    const message = parse(TEXT);
    for (const path of ['PID-99', 'PID-3[3]', 'PID-3.9', 'PID-3.4.9', 'NK1[3]-2', 'QQQ-1', 'not a path'])
      expect(message.value(path)).toBe('');
  });

  it('counts repetitions and gives their undecoded text', () => {
    const pid = parse(TEXT).segment('PID');
    expect(pid?.repetitions(3)).toBe(2);
    expect(pid?.repetitions(4)).toBe(0);
    expect(pid?.raw(5)).toBe('DUPONT\\T\\FILS^Jean^^^""');
    expect(pid?.raw(3, 2)).toBe('2002^^^A&1.2.3&ISO^INS');
  });

  it('keeps unknown segments, with their place', () => {
    const message = parse(TEXT);
    expect(message.segments.map((segment) => segment.name)).toEqual(['MSH', 'PID', 'NK1', 'NK1', 'ZZZ']);
    expect(message.all('NK1').map((segment) => [segment.index, segment.occurrence])).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(message.all('QQQ')).toEqual([]);
  });

  it('reads the marks that the message declares, five of them in MSH-2 too', () => {
    const message = parse('MSH#*+!@$#APP\rPID###A@B*C+D!S!E');
    expect(message.delimiters).toEqual({ field: '#', component: '*', repetition: '+', escape: '!', subcomponent: '@' });
    expect(message.value('MSH-3')).toBe('APP');
    expect(message.value('PID-3.1.2')).toBe('B');
    expect(message.value('PID-3[2]')).toBe('D*E');
  });

  it('reads LF and CRLF as ends of segments', () => {
    for (const end of ['\n', '\r\n'])
      expect(parse(['MSH|^~\\&|APP', 'PID|1||7', ''].join(end)).value('PID-3')).toBe('7');
  });

  it('keeps a line feed inside a field where CR ends the segments', () => {
    expect(parse('MSH|^~\\&|APP\rOBX|1|TX|||line\nline\r').value('OBX-5')).toBe('line\nline');
  });

  it('passes over blank lines, leading blanks and a byte order mark', () => {
    expect(parse('\ufeff\r\r  MSH|^~\\&|APP\r\r PID|1||7\r').value('PID-3')).toBe('7');
  });

  it('reads messages that are none', () => {
    for (const text of ['', 'MSH', 'MSH|', '\r\r', 'PID|1']) {
      const message = parse(text);
      expect(message.toString()).toBe(text);
      expect(message.value('MSH-9')).toBe('');
    }
  });
});
