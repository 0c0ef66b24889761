import { expect, it } from '@jest/globals';
import { decodeText } from '../../src/hl7v2/charset.js';
import { messageClock, toDate, toInstant } from '../../src/hl7v2/datetime.js';
import { FrameDecoder } from '../../src/hl7v2/frame.js';
import { parse, type Message } from '../../src/hl7v2/parse.js';
import type { IncomingMessage } from '../../src/message/message.js';
import { accept, acceptBroken } from '../../src/receive/accept.js';
import { MemoryStore, receiveDeps, receiveSource } from '../support/admissions.js';
import { describeSamples, readCase } from '../support/samples.js';

/** Events of the cases that the mappings serve. */
const TRIGGERS = new Set(['A01', 'A02', 'A04', 'A28', 'A31']);
const TEXT_FIELDS = ['PID-5', 'PID-5.2', 'PID-11', 'PID-11.3', 'PV2-3.2'];

/** What a sender of these bytes gets, and what is kept of them. */
async function received(bytes: Buffer): Promise<{ answers: Message[]; kept: IncomingMessage[] }> {
  const store = new MemoryStore();
  const deps = { ...receiveDeps(store.keep), triggers: () => TRIGGERS };
  const decoder = new FrameDecoder({ maxMessageBytes: receiveSource.maxMessageBytes });
  const answers: Message[] = [];
  for (const event of [...decoder.push(bytes), ...decoder.end()]) {
    if (event.kind !== 'frame' && event.kind !== 'broken') continue;
    const { messages } =
      event.kind === 'frame'
        ? await accept(event.bytes, receiveSource, 'mllp', deps)
        : await acceptBroken(event.bytes, receiveSource, deps);
    answers.push(...messages.map((answer) => parse(answer.toString('utf8'))));
  }
  return { answers, kept: store.messages };
}

const framed = (bytes: Buffer) => Buffer.concat([Buffer.from('\x0b'), bytes, Buffer.from('\x1c\r')]);
const send = (name: string) => received(framed(readCase(`adt/${name}`)));
const answered = ({ answers }: { answers: Message[] }) =>
  answers.map((answer) => [answer.value('MSA-1'), answer.value('MSA-2')]);
const errorsOf = (answer: Message | undefined) =>
  (answer?.all('ERR') ?? []).map((err) => [err.raw(2), err.value(3), err.value(4)]);

function read(name: string): Message {
  const { text, charset } = decodeText(readCase(`adt/${name}`), receiveSource.charset);
  return parse(text, charset);
}

describeSamples('the ADT cases of ../shared/data/cases', () => {
  it.each([
    ['01a-two-msh-one-frame.hl7', 'AE', 'RC01A', 'MSH^2', '100'],
    ['03a-fs-inside-pv2.hl7', 'AR', 'RC03A', 'PV2^1', '100'],
    ['13a-empty-msh10.hl7', 'AE', '', 'MSH^1^10^1', '101'],
  ])('%s is refused and kept, with its work item', async (name, code, controlId, location, condition) => {
    const given = await send(name);
    expect(answered(given)).toEqual([[code, controlId]]);
    expect(errorsOf(given.answers[0])).toEqual([[location, condition, 'E']]);
    expect(given.kept).toMatchObject([{ state: 'refused', controlId, workItems: [expect.anything()] }]);
  });

  it.each([
    ['02a-lf-then-last-cr.hl7', 'RC02A'],
    ['02b-lf-inside-fields.hl7', 'RC02B'],
    ['06a-hex-sixteen-bit-utf8.hl7', 'RC06A'],
    ['09b-doubled-hour-a01.hl7', 'RC09B'],
    ['09c-doubled-hour-a02.hl7', 'RC09C'],
    ['10a-birth-year-only-zeros.hl7', 'RC10A'],
    ['11a-a28-all-said.hl7', 'RC11A'],
    ['11b-a31-nulls.hl7', 'RC11B'],
    ['14a-a28-number-a.hl7', 'RC14A'],
    ['14b-a28-number-b.hl7', 'RC14B'],
    ['15a-truncation-character.hl7', 'RC15A'],
    ['16-xtn-parts.hl7', 'RC16A'],
    ['17a-number-77.hl7', 'RC17A'],
    ['17b-number-77-comma-88.hl7', 'RC17B'],
    ['18-one-person-many-hats.hl7', 'RC18A'],
  ])('%s is accepted without a word', async (name, controlId) => {
    const given = await send(name);
    expect(answered(given)).toEqual([['AA', controlId]]);
    expect(errorsOf(given.answers[0])).toEqual([]);
    expect(given.kept).toMatchObject([{ state: 'received', controlId, workItems: [] }]);
  });

  it('08a: Windows-1252 declared as 8859/1 is read, with a warning on MSH-18', async () => {
    const given = await send('08a-cp1252-said-8859-1.hl7');
    expect(answered(given)).toEqual([['AA', 'RC08A']]);
    expect(errorsOf(given.answers[0])).toEqual([['MSH^1^18^1', '103', 'W']]);
    const message = read('08a-cp1252-said-8859-1.hl7');
    expect(TEXT_FIELDS.map((path) => message.value(path))).toEqual([
      'D’ORMESANT',
      'CŒLIA',
      '2 rue de l’Œillet',
      'TOURNUS',
      'Forfait 20 € – séance',
    ]);
  });

  it('12a, 12b: numbers without an authority are sound in themselves', async () => {
    for (const [name, controlId] of [
      ['12a-mrn-4711-first-facility.hl7', 'RC12A'],
      ['12b-mrn-4711-second-facility.hl7', 'RC12B'],
    ] as const)
      expect(answered(await send(name))).toEqual([['AA', controlId]]);
  });

  it('14d: a merge of two numbers is no circle', async () => {
    const given = await send('14d-a40-b-into-a.hl7');
    expect(answered(given)).toEqual([['AA', 'RC14D']]);
  });

  it('20: forty frames of one stream are forty messages', async () => {
    const given = await received(readCase('adt/20-forty-patients-one-doctor.mllp'));
    expect(new Set(answered(given).map(([code, controlId]) => `${code ?? ''} ${controlId ?? ''}`)).size).toBe(40);
    expect(given.kept.every(({ state }) => state === 'received')).toBe(true);
  });

  it('02a, 02b: line ends are what most segments end with', () => {
    expect(read('02a-lf-then-last-cr.hl7').segments.map(({ name }) => name)).toEqual([
      'MSH',
      'EVN',
      'PID',
      'ROL',
      'PV1',
      'ZBE',
    ]);
    const message = read('02b-lf-inside-fields.hl7');
    expect(message.value('PID-11')).toBe('Résidence des Saules\nbâtiment C, 2e étage');
    expect(message.value('PV2-3.2')).toBe('Chute à domicile\nsans perte de connaissance');
    expect([message.value('PID-32'), message.value('PV2-9')]).toEqual(['VALI', '20260305100000']);
  });

  it('06a: escapes are bytes of the message’s charset, or characters of UTF-16', () => {
    const message = read('06a-hex-sixteen-bit-utf8.hl7');
    expect(message.value('PID-11')).toBe('8 allée des Tilleuls');
    expect(message.value('PID-11.3')).toBe('MâCON');
    expect(message.value('PV2-3.2')).toBe('Chute au domicile\r\nbilan en cours');
  });

  it('09b, 09c: the transfer comes after the admission', () => {
    const at = (message: Message) =>
      Date.parse(toInstant(message.value('ZBE-2'), messageClock(message.value('MSH-7'), 'Europe/Paris')) ?? '');
    const admission = at(read('09b-doubled-hour-a01.hl7'));
    expect(at(read('09c-doubled-hour-a02.hl7')) - admission).toBe(55 * 60_000);
  });

  it('10a: a year and zeros are a year', () => {
    expect(toDate(read('10a-birth-year-only-zeros.hl7').value('PID-7'))).toBe('1948');
  });

  it('15a: marks of five characters are read', () => {
    const message = read('15a-truncation-character.hl7');
    expect([message.value('PID-3.4.2'), message.value('PV1-19')]).toEqual(['2.999.88.7', 'N1501']);
  });
});
