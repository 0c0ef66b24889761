import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { main } from '../../../src/cli/tdu.js';
import { openMllp, type MllpListener } from '../../../src/receive/mllp.js';
import { admission, MemoryStore, receiveDeps, receiveSource } from '../../support/admissions.js';
import { printed } from '../../support/output.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-send-'));
let store: MemoryStore;
let listener: MllpListener;

beforeEach(async () => {
  store = new MemoryStore();
  listener = await openMllp(receiveSource, 0, receiveDeps(store.keep));
});
afterEach(() => listener.close());
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const send = (...args: string[]) => printed(() => main(['send', '--port', String(listener.port), ...args]));

describe('tdu send', () => {
  it('sends a message, prints its answer, and ends with 0', async () => {
    const path = file('a.hl7', admission('S1'));
    expect(await send(path)).toEqual({ code: 0, out: `AA  S1  ${path}`, err: '' });
    expect(store.messages.map(({ controlId }) => controlId)).toEqual(['S1']);
  });

  it('sends several, one in flight, in their order', async () => {
    const paths = ['S1', 'S2', 'S3', 'S4', 'S5'].map((id) => file(`${id}.hl7`, admission(id)));
    const { code, out } = await send(...paths);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.slice(0, 6))).toEqual(['AA  S1', 'AA  S2', 'AA  S3', 'AA  S4', 'AA  S5']);
    expect(store.messages.map(({ controlId }) => controlId)).toEqual(['S1', 'S2', 'S3', 'S4', 'S5']);
  });

  it('ends with 1 when one is refused, and says where and why; the others are sent', async () => {
    const wrong = file('wrong.hl7', admission('S2').replace('||INSERT|', '|||INSERT|'));
    const { code, out } = await send(wrong, file('a.hl7', admission('S3')));
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^AE {2}S2 {2}.*wrong\.hl7 {2}ZBE-4 102 ZBE is shifted by one field/),
      expect.stringMatching(/^AA {2}S3 /),
    ]);
  });

  it('prints JSON', async () => {
    const path = file('wrong.hl7', admission('S4').replace('ADT^A01', 'ORM^O01'));
    const { code, out } = await send(path, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { file: path, controlId: 'S4', code: 'AR', errors: ['MSH-9 200 only ADT, MDM and ORU messages are served'] },
    ]);
  });

  it('sends the bytes of the file, in the charset that the message declares', async () => {
    const accented = admission('S5').replace('CAMILLE', 'AIMÉE');
    const latin = Buffer.from(accented, 'latin1');
    const utf8 = Buffer.from(
      accented.replace('|C1|', '|S6|').replace('S5', 'S6').replace('8859/15', 'UNICODE UTF-8'),
      'utf8',
    );
    expect((await send(file('latin.hl7', latin), file('utf8.hl7', utf8))).code).toBe(0);
    expect(store.messages.map(({ bytes }) => bytes.toString('latin1').trimEnd())).toEqual([
      latin.toString('latin1'),
      utf8.toString('latin1'),
    ]);
  });

  it('takes a file with line feeds, and one with the frame of a capture', async () => {
    const lines = file('lines.hl7', `${admission('S7').replaceAll('\r', '\n')}\n`);
    const framed = file('framed.hl7', `\x0b${admission('S8')}\r\x1c\r`);
    expect((await send(lines, framed)).code).toBe(0);
    expect(store.messages.map(({ controlId }) => controlId)).toEqual(['S7', 'S8']);
  });

  it('takes the port of the environment where none is given', async () => {
    const path = file('a.hl7', admission('S9'));
    const given = await printed(() => main(['send', path]), { MLLP_PORT: String(listener.port) });
    expect(given.code).toBe(0);
  });

  it('fails with a sentence where nobody listens', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const { code, err } = await send(file('a.hl7', admission('S1')), '--port', String(port));
    const remedy = 'is the gateway up? --host and --port say where';
    expect([code, err]).toEqual([1, `peer-unreachable: nobody answers MLLP on 127.0.0.1:${port} — ${remedy}`]);
  });

  it('fails with a sentence where the connection is lost before the answer', async () => {
    const silent = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const { code, err } = await send(file('a.hl7', admission('S1')), '--port', String(port));
    expect([code, err]).toEqual([1, expect.stringMatching(/^peer-unreachable: /)]);
    await new Promise((resolve) => silent.close(resolve));
  });

  it.each([
    ['no file', [], 'request-invalid: which files?'],
    ['a file that is not there', ['none.hl7'], 'request-invalid: none.hl7 cannot be read'],
    ['a port that is none', ['--port', 'high', 'none.hl7'], 'request-invalid: --port is no port'],
  ])('fails with a sentence for %s', async (_, args, sentence) => {
    expect(await send(...args)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(sentence) });
  });

  it('sends nothing of a list in which one file holds no message', async () => {
    const { code, err } = await send(file('a.hl7', admission('S1')), file('letter.txt', 'Dear colleague'));
    expect([code, err]).toEqual([1, expect.stringContaining('letter.txt holds no message')]);
    expect(store.messages).toEqual([]);
  });
});
