import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeText, encodeText } from '../../src/hl7v2/charset.js';
import { escape, STANDARD_DELIMITERS, unescape } from '../../src/hl7v2/escape.js';
import { toDate, toInstant } from '../../src/hl7v2/datetime.js';
import { parse } from '../../src/hl7v2/parse.js';

/** What no value holds: control characters but tab, CR and LF. */
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
/** Text made of what an ER7 parser stumbles over. */
const almost = fc
  .array(
    fc.constantFrom('MSH', 'PID', '|', '^', '~', '\\', '&', '\r', '\n', ' ', '\ufeff', 'X0D', 'F', 'é', '😀', '""'),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

function readAll(text: string): void {
  const message = parse(text);
  for (const segment of message.segments) {
    for (let field = 0; field <= segment.fieldCount + 1; field++) {
      for (let repetition = 1; repetition <= segment.repetitions(field) + 1; repetition++) {
        segment.value(field, repetition, 2, 2);
        segment.raw(field, repetition);
      }
    }
  }
  expect(message.toString()).toBe(text);
}

describe('the parser', () => {
  it('reads any bytes without throwing and gives back the very text', () => {
    fc.assert(
      fc.property(noise, fc.boolean(), (bytes, headed) => {
        const whole = headed ? Buffer.concat([Buffer.from('MSH'), bytes]) : bytes;
        readAll(decodeText(whole, '8859/15').text);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads any text that is nearly a message', () => {
    fc.assert(
      fc.property(almost, fc.boolean(), (text, headed) => readAll(headed ? `MSH${text}` : text)),
      {
        numRuns: 3000,
      },
    );
  });

  it('finds the same fields in whatever order they are asked for', () => {
    const texts = fc.array(fc.constantFrom('', 'A', '^', '~', 'é', '’'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom('MSH', 'PID', 'ZZZ'), texts, fc.array(fc.nat(15)), (name, fields, asked) => {
        const line = [name, ...fields].join('|');
        const expected = name === 'MSH' ? ['MSH', '|', ...fields] : [name, ...fields];
        const [segment] = parse(name === 'MSH' ? line : `MSH|^~\\&\r${line}`).all(name);
        for (const field of asked) expect(segment?.raw(field)).toBe(expected[field] ?? '');
        expect(segment?.fieldCount).toBe(expected.length - 1);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back every value that was escaped but for blanks around it, in any place and under any marks', () => {
    const marks = fc.constantFrom(STANDARD_DELIMITERS, {
      field: '#',
      component: '*',
      repetition: '+',
      escape: '!',
      subcomponent: '@',
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), almost), marks, (value, m) => {
        const written = escape(value, m);
        expect(unescape(written, m)).toBe(value);
        const text = `MSH${m.field}${m.component}${m.repetition}${m.escape}${m.subcomponent}\rPID${m.field}a${m.component}${written}`;
        expect(parse(text).value('PID-1.2')).toBe(value.replace(CONTROLS, '').replace(/^ +| +$/g, ''));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives back every byte of a message in 8859/15', () => {
    // An é that no UTF-8 has, so that the bytes are never taken for it.
    const head = Buffer.from(`MSH|^~\\&${'|'.repeat(16)}8859/15\rNTE|1||\xe9|`, 'latin1');
    fc.assert(
      fc.property(noise, (bytes) => {
        // 0x80 to 0x9F are read as Windows-1252, which 8859/15 cannot write.
        const whole = Buffer.concat([head, bytes.filter((byte) => byte < 0x80 || byte > 0x9f)]);
        const { text, charset } = decodeText(whole, 'ASCII');
        expect(charset).toBe('8859/15');
        expect(encodeText(text, charset).equals(whole)).toBe(true);
      }),
    );
  });

  it('gives no control character but tab, CR and LF, whatever the bytes, raw or escaped, and their charset', () => {
    const hex = fc
      .uint8Array({ minLength: 1, maxLength: 6 })
      .map((bytes) => `\\X${Buffer.from(bytes).toString('hex')}\\`);
    const field = fc.oneof(
      noise,
      hex.map((text) => Buffer.from(text)),
    );
    const charset = fc.constantFrom('', 'ASCII', '8859/1', '8859/15', 'UNICODE UTF-8');
    fc.assert(
      fc.property(charset, fc.array(field, { maxLength: 5 }), (declared, fields) => {
        const head = Buffer.from(`MSH|^~\\&${'|'.repeat(16)}${declared}\rZZZ|`);
        const decoded = decodeText(Buffer.concat([head, ...fields]), '8859/15');
        for (const segment of parse(decoded.text, decoded.charset).segments)
          for (let number = 0; number <= segment.fieldCount; number++)
            expect(`${segment.value(number)}${segment.raw(number)}`.search(CONTROLS)).toBe(-1);
      }),
      { numRuns: 2000 },
    );
  });

  it('splits no line but at CR and LF, and loses none that begins with a name', () => {
    const ends = fc.array(fc.constantFrom('\r', '\n', '\r\n', '\n\r', '\r\r\n'), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(ends, (marks) => {
        const text = ['MSH|^~\\&|A', 'PID|1', 'PV1|2', 'ZBE|3'].map((line, at) => line + (marks[at] ?? '')).join('');
        expect(parse(text).segments.map(String)).toEqual(['MSH|^~\\&|A', 'PID|1', 'PV1|2', 'ZBE|3']);
      }),
    );
  });

  it('reads any text as a time or as none', () => {
    const digits = fc.stringMatching(/^\d{0,14}([+-]\d{0,4})?$/);
    fc.assert(
      fc.property(fc.oneof(digits, fc.string()), (ts) => {
        const instant = toInstant(ts, 'Europe/Paris');
        expect(instant === undefined || !Number.isNaN(Date.parse(instant))).toBe(true);
        expect(toDate(ts) ?? '1950').toMatch(/^\d{4}(-\d\d){0,2}$/);
      }),
      { numRuns: 3000 },
    );
  });
});
