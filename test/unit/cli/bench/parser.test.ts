import { describe, expect, it } from '@jest/globals';
import { Message } from 'node-hl7-client';
import { benchParser } from '../../../../src/cli/bench/parser.js';
import { parse } from '../../../../src/hl7v2/parse.js';

const TEXT = [
  'MSH|^~\\&|GAM|CH|TDU|VILLE|20240306110000||ADT^A01^ADT_A01|42|T|2.5||||||UNICODE UTF-8',
  'EVN||20240306110000||||20240306110000',
  'PID|1||1001^^^CH&000990001&M^PI~2002^^^INS&1.2.250.1.213.1.4.10&ISO^INS||EXEMPLE^Jeanne^^^^^L||19500203|F',
  'PV1|1|I|6268^12^1||||||||||||||||897406^^^CH&000990001&M^VN',
].join('\r');

describe('benchParser', () => {
  it('compares parsers that read the same values', () => {
    const peer = new Message({ text: TEXT });
    for (const path of ['MSH-9.2', 'MSH-10', 'PID-5.1', 'PID-7', 'PV1-2', 'PV1-3.1', 'PV1-19.1'])
      expect([path, peer.get(path.replace('-', '.')).toString()]).toEqual([path, parse(TEXT).value(path)]);
  });

  it('finds our parser at least 15 times as fast', () => {
    expect(benchParser([TEXT], 0.3).ratio).toBeGreaterThan(15);
  });
});
