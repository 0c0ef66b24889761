import { describe, expect, it } from '@jest/globals';
import { parse } from '../../../src/hl7v2/parse.js';

const MSH = 'MSH|^~\\&|GAM|CH|TDU|V|20240306110000||ADT^A01^ADT_A01|42|P|2.5^FRA^2.11';
const TEXT = [
  MSH,
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

  it('leaves out the blanks that a value is filled up with', () => {
    const message = parse(`${MSH}\rPID|1||1001  ^^^ CH &2.999.1 ^PI~   ~2002||DUPONT FILS ^ Jean  |\\X20\\A`);
    expect(message.value('PID-3')).toBe('1001');
    expect(message.value('PID-3[1].4')).toBe('CH');
    expect(message.value('PID-3[1].4.2')).toBe('2.999.1');
    expect(message.value('PID-3[2]')).toBe('');
    expect(message.value('PID-5')).toBe('DUPONT FILS');
    expect(message.value('PID-5.2')).toBe('Jean');
    expect(message.value('PID-6')).toBe('A');
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

  it.each([
    ['LF, and CR at the very end', 'MSH|^~\\&|APP\nPID|1||7\nPV1|1|I\r'],
    ['LF, and CRLF at the very end', 'MSH|^~\\&|APP\nPID|1||7\nPV1|1|I\r\n'],
    ['LF, and CR in the middle', 'MSH|^~\\&|APP\nPID|1||7\rPV1|1|I\nZBE|1'],
    ['CR, and LF in the middle', 'MSH|^~\\&|APP\rPID|1||7\nPV1|1|I\rZBE|1'],
    ['CR, CRLF and LF in turn', 'MSH|^~\\&|APP\rPID|1||7\r\nPV1|1|I\nZBE|1\r'],
    ['LF before CR', 'MSH|^~\\&|APP\n\rPID|1||7\n\rPV1|1|I\n\r'],
    ['CRLF, and blanks before the names', 'MSH|^~\\&|APP\r\n PID|1||7\r\n\tPV1|1|I'],
  ])('reads line ends that are mixed: %s', (_, text) => {
    const message = parse(text);
    expect([message.value('MSH-3'), message.value('PID-3'), message.value('PV1-2')]).toEqual(['APP', '7', 'I']);
    expect(message.toString()).toBe(text);
  });

  it.each([
    ['LF where CR is the mark', 'MSH|^~\\&|APP\rPV2|||^Fall\nat home\nIRM|||X\rZBE|1\r', 'Fall\nat home\nIRM'],
    ['CR where LF is the mark', 'MSH|^~\\&|APP\nPV2|||^Fall\rat home|||X\nZBE|1\n', 'Fall\rat home'],
    ['CR where CRLF is the mark', 'MSH|^~\\&|APP\r\nPV2|||^Fall\rat home|||X\r\nZBE|1', 'Fall\rat home'],
    ['LF where CRLF is the mark', 'MSH|^~\\&|APP\r\nPV2|||^Fall\n\nat home|||X\r\nZBE|1', 'Fall\n\nat home'],
  ])('keeps the other line end as text: %s', (_, text, reason) => {
    const message = parse(text);
    expect([message.value('PV2-3.2'), message.value('PV2-6'), message.value('ZBE-1')]).toEqual([reason, 'X', '1']);
  });

  it('sees a second message whose line ends differ from the first', () => {
    expect(parse('MSH|^~\\&|A\rPID|1\rPV1|1\r\nMSH|^~\\&|B\nPID|2\n').all('MSH')).toHaveLength(2);
    expect(parse('MSH|^~\\&|A\nPID|1\nPV1|1\nMSH#*+!@#B\rPID#2\r').all('MSH')).toHaveLength(2);
    expect(parse('MSH|^~\\&|A\rPID|1\rPV1|1\nFHS|^~\\&|B').all('FHS')).toHaveLength(1);
  });

  it('takes a message of many line ends in a time that grows with its length alone', () => {
    const started = performance.now();
    parse(`MSH|^~\\&|A\rPID|${'\n'.repeat(2_000_000)}x\r`);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  describe('reads base64 in OBX-5 over line ends', () => {
    const DATA = 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODk';
    const carrier = (ends: string, content: string) =>
      ['MSH|^~\\&|A', 'PID|1', `OBX|1|ED|X^x^LN||^text^XML^Base64^${content}||||||F|`, 'PRT|1|UC', 'ZXX|1'].join(ends);
    const folded = (fold: string, width: number) =>
      DATA.match(new RegExp(`.{1,${String(width)}}`, 'g'))?.join(fold) ?? '';
    const ends = ['\r', '\n', '\r\n'];
    const cases = ends.flatMap((segment) =>
      ends.flatMap((fold) => [10, 16, 81].map((width) => [segment, fold, width] as const)),
    );

    it.each(cases)('segments that end with %j, folded by %j after %i', (segment, fold, width) => {
      for (const indent of ['', ' ', '\t  ']) {
        const message = parse(carrier(segment, folded(fold + indent, width)));
        expect(message.segments.map(({ name }) => name)).toEqual(['MSH', 'PID', 'OBX', 'PRT', 'ZXX']);
        expect(message.value('OBX-5.5').replaceAll(/\s/g, '')).toBe(DATA);
        expect(message.value('OBX-11')).toBe('F');
      }
    });

    it('where it begins, ends or has a blank line behind a line end', () => {
      for (const content of [`\r${DATA}`, `${DATA}\r`, `${DATA.slice(0, 8)}\r\r${DATA.slice(8)}`]) {
        const message = parse(carrier('\r', content));
        expect([message.value('OBX-5.5').replaceAll(/\s/g, ''), message.value('OBX-11')]).toEqual([DATA, 'F']);
      }
    });

    it('where the last piece is three letters, as the name of a segment is', () => {
      const message = parse(carrier('\r', 'QUJD\rQUE'));
      expect([message.value('OBX-5.5').replaceAll(/\s/g, ''), message.value('OBX-11')]).toEqual(['QUJDQUE', 'F']);
    });

    it.each([
      ['a segment that HL7 has', 'OBX|1|ED|X||^^^Base64^QUJD\rPRT|1', ['OBX', 'PRT']],
      ['a segment of a site', 'OBX|1|ED|X||^^^Base64^QUJD\rZAB|1', ['OBX', 'ZAB']],
      ['what is no base64', 'OBX|1|ED|X||^^^Base64^QUJD\rune ligne, ici', ['OBX', 'une']],
      ['anything behind a complete field', 'OBX|1|ED|X||^^^Base64^QUJD||||||F\rQUJD', ['OBX', 'QUJ']],
      ['anything behind another type', 'OBX|1|TX|X||^^^Base64^QUJD\rQUJD', ['OBX', 'QUJ']],
      ['anything behind another encoding', 'OBX|1|ED|X||^^^A^QUJD\rQUJD', ['OBX', 'QUJ']],
      ['anything behind another segment', 'NTE|1|ED|X||^^^Base64^QUJD\rQUJD', ['NTE', 'QUJ']],
    ])('and not over %s', (_, text, names) => {
      expect(parse(`MSH|^~\\&|A\r${text}`).segments.map(({ name }) => name)).toEqual(['MSH', ...names]);
    });

    it('in a time that grows with its length alone', () => {
      const started = performance.now();
      expect(parse(carrier('\r', 'QUJD\r'.repeat(500_000))).segments).toHaveLength(5);
      expect(performance.now() - started).toBeLessThan(5000);
    });
  });

  it('lets no control character but tab, CR and LF leave a value', () => {
    const segment = parse('MSH|^~\\&|A\rOBX|a\0b\x08c\x7fd\x85|\\X1B\\e\\X00\\|f\tg\\X0D0A09\\|h\x01^i\x02').segment(
      'OBX',
    );
    expect([1, 2, 3].map((field) => segment?.value(field))).toEqual(['abcd', 'e', 'f\tg\r\n\t']);
    expect([segment?.value(4, 1, 2), segment?.raw(4), segment?.raw(1, 1)]).toEqual(['i', 'h^i', 'abcd']);
  });

  it('reads the bytes of an escape in the charset of the message', () => {
    const read = (text: string, charset?: string) => parse(`MSH|^~\\&|${text}`, charset).value('MSH-3');
    expect(read('\\XC3A9\\')).toBe('é');
    expect(read('\\XA4\\', '8859/15')).toBe('€');
    expect(read('\\XA4\\', '8859/1')).toBe('¤');
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
