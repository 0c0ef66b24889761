import { describe, expect, it } from '@jest/globals';
import { buildAck, type AckOptions } from '../../../src/hl7v2/ack.js';
import { parse } from '../../../src/hl7v2/parse.js';

const INCOMING = parse(
  'MSH|^~\\&|GAM^1.2.3^ISO|CH|TDU|VILLE|20240306||ADT^A01^ADT_A01|42|T|2.5^FRA^2.11||||||8859/15\rPID|1',
);

function ack(options: Partial<AckOptions> = {}): string {
  const defaults = {
    incoming: INCOMING,
    code: 'AA',
    issues: [],
    controlId: '7',
    at: '20240306110001',
    charset: '8859/15',
  };
  return buildAck({ ...(defaults as AckOptions), ...options }).toString('latin1');
}

describe('buildAck', () => {
  it('swaps sender and receiver and repeats control id, processing id, version and charset', () => {
    expect(ack()).toBe(
      'MSH|^~\\&|TDU|VILLE|GAM^1.2.3^ISO|CH|20240306110001||ACK^A01^ACK|7|T|2.5^FRA^2.11||||||8859/15\rMSA|AA|42\r',
    );
  });

  it('writes one ERR of v2.5 for each issue, with its place', () => {
    const issues: AckOptions['issues'] = [
      { location: 'PID-3[2].4', code: 101, severity: 'E', text: 'authority|missing' },
      { location: 'ZBE', code: 100, severity: 'W', text: 'segment' },
      { code: 207, severity: 'E', text: 'all' },
    ];
    expect(ack({ code: 'AE', issues }).split('\r').slice(1, -1)).toEqual([
      'MSA|AE|42',
      'ERR||PID^1^3^2^4|101^Required field missing^HL70357|E||||authority\\F\\missing',
      'ERR||ZBE^1|100^Segment sequence error^HL70357|W||||segment',
      'ERR|||207^Application internal error^HL70357|E||||all',
    ]);
  });

  it.each(['42 ', ' 42', ' 4 2 ', '42^1', '4\\T\\2'])('gives %p back as the sender wrote it', (id) => {
    const incoming = parse(`MSH|^~\\&|GAM|CH|TDU|VILLE|20240306||ADT^A01|${id}|T|2.5\rPID|1`);
    expect(ack({ incoming }).split('\r')[1]).toBe(`MSA|AA|${id}`);
  });

  it('answers what could not be read', () => {
    expect(ack({ incoming: undefined, code: 'AR' })).toBe('MSH|^~\\&|||||20240306110001||ACK|7|P|2.5\rMSA|AR\r');
  });

  it('answers in the standard marks whatever the marks of the sender', () => {
    const incoming = parse('MSH#*+!@#G^M*1#CH#TDU#V#20240306##ADT*A02#4|2#P#2.5');
    const answer = parse(ack({ incoming }));
    expect(answer.value('MSH-5')).toBe('G^M');
    expect(answer.value('MSH-5.2')).toBe('1');
    expect(answer.value('MSH-9.2')).toBe('A02');
    expect(answer.value('MSA-2')).toBe('4|2');
  });
});
