import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SourceSettings } from '../../src/config/schema.js';
import { frame, FrameDecoder } from '../../src/hl7v2/frame.js';
import { parse, type Message } from '../../src/hl7v2/parse.js';
import { GatewayError } from '../../src/message/failure.js';
import type { Keep } from '../../src/receive/committer.js';
import { openMllp, type MllpListener } from '../../src/receive/mllp.js';
import { tlsListener } from '../../src/receive/tls.js';
import { openStore } from '../../src/store/store.js';
import { admission, MemoryStore, receiveDeps, receiveSource } from '../support/admissions.js';
import { freshDatabase } from '../support/database.js';

const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listener(keep: Keep, settings: Partial<SourceSettings> = {}): Promise<MllpListener> {
  const opened = await openMllp({ ...receiveSource, ...settings }, 0, receiveDeps(keep));
  cleanups.push(() => opened.close());
  return opened;
}

/** A listener and what it logs. */
async function logged(keep: Keep): Promise<{ port: number; log: [string, Record<string, unknown>][] }> {
  const log: [string, Record<string, unknown>][] = [];
  const deps = {
    ...receiveDeps(keep),
    log: (_: string, event: string, fields: Record<string, unknown>) => void log.push([event, fields]),
  };
  const opened = await openMllp(receiveSource, 0, deps);
  cleanups.push(() => opened.close());
  return { port: opened.port, log };
}

/** A sender that gathers the answers. */
class Sender {
  readonly answers: Message[] = [];
  readonly closed: Promise<void>;
  private readonly decoder = new FrameDecoder({ maxMessageBytes: 1_000_000 });
  private wake: () => void = () => undefined;

  constructor(readonly socket: Socket) {
    cleanups.push(() => void socket.destroy());
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const event of this.decoder.push(chunk))
        if (event.kind === 'frame') this.answers.push(parse(event.bytes.toString('latin1')));
      this.wake();
    });
  }

  static to(port: number): Sender {
    return new Sender(connect(port, '127.0.0.1'));
  }

  async ask(bytes: Buffer, count: number): Promise<string[]> {
    this.socket.write(bytes);
    while (this.answers.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.answers.map((answer) => `${answer.value('MSA-1')} ${answer.value('MSA-2')}`);
  }
}

const framed = (text: string) => frame(Buffer.from(text, 'latin1'));

describe('the MLLP door', () => {
  it('answers several frames of one write in their order, and commits them together', async () => {
    const store = new MemoryStore();
    const { port } = await listener(store.keep);
    const names = Array.from({ length: 200 }, (_, n) => `C${n}`);
    const given = await Sender.to(port).ask(Buffer.concat(names.map((name) => framed(admission(name)))), 200);
    expect(given).toEqual(names.map((name) => `AA ${name}`));
    expect(store.messages).toHaveLength(200);
    expect(store.batches).toBeLessThan(50);
  });

  it('reads frames split anywhere, FS CR LF, NULs and blank lines between frames', async () => {
    const { port } = await listener(new MemoryStore().keep);
    const sender = Sender.to(port);
    sender.socket.setNoDelay(true);
    const bytes = Buffer.concat([framed(admission('C1')), Buffer.from('\n\0\0\r\n '), framed(admission('C2'))]);
    for (let at = 0; at < bytes.length - 1; at += 97) {
      sender.socket.write(bytes.subarray(at, Math.min(at + 97, bytes.length - 1)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await sender.ask(bytes.subarray(-1), 2)).toEqual(['AA C1', 'AA C2']);
  });

  it.each([
    ['text', '\x1c awaiting scan|||Y'],
    ['a field mark', '\x1c|||Y'],
    ['another FS', '\x1c\x1c|||Y'],
  ])('refuses a frame in which an FS stands before %s, by the id that it read, and keeps it', async (_, broken) => {
    const store = new MemoryStore();
    const { port, log } = await logged(store.keep);
    const sender = Sender.to(port);
    const text = admission('HALF').replace('\rZBE', `\rPV2|||^Fall${broken}\rZBE`);
    const given = await sender.ask(Buffer.concat([framed(text), framed(admission('C2'))]), 2);
    expect(given).toEqual(['AR HALF', 'AA C2']);
    expect([sender.answers[0]?.value('ERR-3'), sender.answers[0]?.value('ERR-2')]).toEqual(['100', 'PV2']);
    const [refused] = store.messages;
    expect(refused).toMatchObject({
      state: 'refused',
      controlId: 'HALF',
      workItems: [{ reason: 'message-malformed' }],
    });
    expect(log).toContainEqual(['receive.discarded', expect.objectContaining({ controlId: 'HALF' })]);
  });

  it('keeps the control id of half a frame that a VT cut in the log', async () => {
    const { port, log } = await logged(new MemoryStore().keep);
    const half = framed(admission('HALF')).subarray(0, 120);
    expect(await Sender.to(port).ask(Buffer.concat([half, framed(admission('C2'))]), 1)).toEqual(['AA C2']);
    expect(log).toContainEqual(['receive.discarded', expect.objectContaining({ controlId: 'HALF', bytes: 119 })]);
  });

  it('takes a frame whose FS nothing follows, after a short pause', async () => {
    const { port } = await listener(new MemoryStore().keep);
    const sender = Sender.to(port);
    expect(await sender.ask(framed(admission('C1')).subarray(0, -1), 1)).toEqual(['AA C1']);
    expect(await sender.ask(framed(admission('C2')).subarray(0, -1), 2)).toEqual(['AA C1', 'AA C2']);
    expect(await sender.ask(Buffer.concat([Buffer.from('\r'), framed(admission('C3'))]), 3)).toContain('AA C3');
  });

  it('gives a sender that ends its half of the connection every answer it is owed, then ends', async () => {
    for (const count of [1, 3, 40]) {
      const store = new MemoryStore();
      const { port } = await listener(store.keep);
      const sender = Sender.to(port);
      const names = Array.from({ length: count }, (_, n) => `H${n}`);
      sender.socket.end(Buffer.concat(names.map((name) => framed(admission(name)))));
      await sender.closed;
      expect(sender.answers.map((answer) => answer.value('MSA-2'))).toEqual(names);
      expect(store.messages).toHaveLength(count);
    }
  });

  it('answers at the end of the stream a frame without its last CR, and no half frame', async () => {
    const { port, log } = await logged(new MemoryStore().keep);
    const sender = Sender.to(port);
    sender.socket.end(framed(admission('C1')).subarray(0, -1));
    await sender.closed;
    expect(sender.answers.map((answer) => answer.value('MSA-2'))).toEqual(['C1']);
    const other = Sender.to(port);
    other.socket.end(framed(admission('HALF')).subarray(0, 120));
    await other.closed;
    expect(other.answers).toEqual([]);
    expect(log).toContainEqual(['receive.discarded', expect.objectContaining({ controlId: 'HALF' })]);
  });

  it('answers a sender that ended its half while the store was away', async () => {
    const store = new MemoryStore();
    store.away = new GatewayError('store-unavailable', 'away');
    const { port } = await listener(store.keep);
    const sender = Sender.to(port);
    sender.socket.end(framed(admission('C1')));
    while (store.batches < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    store.away = undefined;
    await sender.closed;
    expect(sender.answers.map((answer) => answer.value('MSA-1'))).toEqual(['AA']);
  });

  it('refuses an oversize frame by name, and closes', async () => {
    const { port } = await listener(new MemoryStore().keep, { maxMessageBytes: 2000 });
    const sender = Sender.to(port);
    expect(await sender.ask(framed(admission('BIG') + '\rNTE|1||' + 'x'.repeat(5000)), 1)).toEqual(['AR BIG']);
    await sender.closed;
  });

  it('closes on a half frame that never ends', async () => {
    const { port } = await listener(new MemoryStore().keep, { frameSeconds: 0.05 });
    const sender = Sender.to(port);
    sender.socket.write(framed(admission()).subarray(0, 50));
    await sender.closed;
    expect(sender.answers).toEqual([]);
  });

  it('takes no more connections than configured', async () => {
    const { port } = await listener(new MemoryStore().keep, { maxConnections: 1 });
    const first = Sender.to(port);
    expect(await first.ask(framed(admission('C1')), 1)).toEqual(['AA C1']);
    await Sender.to(port).closed;
    expect(await first.ask(framed(admission('C2')), 2)).toEqual(['AA C1', 'AA C2']);
  });

  it('gives an accept and an application acknowledgement in enhanced mode, as asked', async () => {
    const { port } = await listener(new MemoryStore().keep);
    expect(await Sender.to(port).ask(framed(admission('C1', 'AL|AL')), 2)).toEqual(['CA C1', 'AA C1']);
    const quiet = Buffer.concat([framed(admission('C2', 'NE|NE')), framed(admission('C3', 'ER|SU'))]);
    expect(await Sender.to(port).ask(quiet, 1)).toEqual(['AA C3']);
  });

  it('gives the same answer to a repeat, and AE 205 to a control id with other bytes', async () => {
    const store = new MemoryStore();
    const { port } = await listener(store.keep);
    const sender = Sender.to(port);
    await sender.ask(framed(admission('C1')), 1);
    await sender.ask(framed(admission('C1')), 2);
    expect(sender.answers[1]?.toString()).toBe(sender.answers[0]?.toString());
    expect(await sender.ask(framed(admission('C1').replace('CAMILLE', 'AUTRE')), 3)).toContain('AE C1');
    expect(sender.answers[2]?.value('ERR-3')).toBe('205');
    expect(store.messages.map(({ state }) => state)).toEqual(['received', 'refused']);
  });

  it('keeps a frame with two messages as refused, and gives the same answer when it comes again', async () => {
    const store = new MemoryStore();
    const { port } = await listener(store.keep);
    const sender = Sender.to(port);
    const two = framed(`${admission('C1')}\r${admission('C2')}`);
    expect(await sender.ask(Buffer.concat([two, two, framed(admission('C3'))]), 3)).toEqual([
      'AE C1',
      'AE C1',
      'AA C3',
    ]);
    expect(sender.answers.slice(0, 2).map((answer) => answer.value('ERR-3'))).toEqual(['100', '100']);
    expect(sender.answers[0]?.segment('ERR')?.raw(2)).toBe('MSH^2');
    expect(store.messages.map(({ state, controlId }) => [state, controlId])).toContainEqual(['refused', 'C1']);
    expect(store.messages.every(({ state, workItems }) => state === 'received' || workItems.length === 1)).toBe(true);
  });

  it('answers AR 207 while the store stays away, and AA once it is back', async () => {
    const store = new MemoryStore();
    store.away = new GatewayError('store-unavailable', 'away');
    const { port } = await listener(store.keep);
    const sender = Sender.to(port);
    expect(await sender.ask(framed(admission('C1')), 1)).toEqual(['AR C1']);
    expect(sender.answers[0]?.value('ERR-3')).toBe('207');
    store.away = undefined;
    expect(await sender.ask(framed(admission('C1')), 2)).toEqual(['AR C1', 'AA C1']);
  });

  it('sends every answer it owes before it closes', async () => {
    const store = new MemoryStore();
    const opened = await listener(store.keep);
    const sender = Sender.to(opened.port);
    await sender.ask(framed(admission('C1')), 1);
    store.away = new GatewayError('store-unavailable', 'away');
    const asked = sender.ask(framed(admission('C2')), 2);
    const tried = store.batches;
    while (store.batches === tried) await new Promise((resolve) => setImmediate(resolve));
    const closed = opened.close();
    store.away = undefined;
    expect(await asked).toEqual(['AA C1', 'AA C2']);
    await closed;
  });

  it('closes though a sender goes on and on, and has kept all that it answered', async () => {
    const store = new MemoryStore();
    const opened = await listener(store.keep);
    const sender = Sender.to(opened.port);
    let sent = 0;
    const flood = setInterval(() => {
      for (let n = 0; n < 20; n++) sender.socket.write(framed(admission(`F${sent++}`)));
    }, 1);
    cleanups.push(() => clearInterval(flood));
    await sender.ask(framed(admission('FIRST')), 100);
    await opened.close();
    await sender.closed;
    const kept = new Set(store.messages.map(({ controlId }) => controlId));
    expect(sender.answers.every((answer) => kept.has(answer.value('MSA-2')))).toBe(true);
    expect(sender.answers.length).toBeLessThan(sent);
  });

  it('keeps in the real store what it answers AA', async () => {
    const database = await freshDatabase();
    cleanups.push(() => database.drop());
    const store = await openStore({ databaseUrl: database.url, log: () => undefined });
    cleanups.push(() => store.close());
    const { port } = await listener((batch) => store.keep(batch));
    const sender = Sender.to(port);
    await sender.ask(Buffer.concat([framed(admission('C1')), framed(admission('C2'))]), 2);
    await sender.ask(framed(admission('C1')), 3);
    expect(sender.answers[2]?.toString()).toBe(sender.answers[0]?.toString());
    await sender.ask(framed(admission('C2').replace('CAMILLE', 'AUTRE')), 4);
    expect(sender.answers[3]?.value('ERR-3')).toBe('205');
    expect((await store.listMessages({ controlId: 'C2' })).total).toBe(2);
    const nameless = framed(admission('').replace('CAMILLE', 'SANS'));
    const two = framed(`${admission('C4')}\r${admission('C5')}`);
    for (const [index, bytes] of [nameless, two, nameless, two].entries()) await sender.ask(bytes, 5 + index);
    expect(sender.answers.slice(6).map(String)).toEqual(sender.answers.slice(4, 6).map(String));
    expect(sender.answers.slice(4).map((answer) => answer.value('MSA-1'))).toEqual(['AE', 'AE', 'AE', 'AE']);
    // C2 anew, and each of the others once.
    expect((await store.listMessages({ state: 'refused' })).total).toBe(3);
  });
});

describe('what one address is granted before anybody is known', () => {
  it('is so many connections, and as many again once some are closed', async () => {
    const { port } = await listener(new MemoryStore().keep, { maxConnectionsPerAddress: 2 });
    const [first, second] = [Sender.to(port), Sender.to(port)];
    expect(await first.ask(framed(admission('B1')), 1)).toEqual(['AA B1']);
    expect(await second.ask(framed(admission('B2')), 1)).toEqual(['AA B2']);
    const third = Sender.to(port);
    await third.closed;
    first.socket.destroy();
    await first.closed;
    for (let answers: string[] = []; answers.length === 0;) {
      const next = Sender.to(port);
      answers = (await Promise.race([next.ask(framed(admission('B3')), 1), next.closed.then(() => [])])) as string[];
    }
  });

  it('is told, as is a listener that has all the connections that it may', async () => {
    const log: [string, unknown][] = [];
    const deps = {
      ...receiveDeps(new MemoryStore().keep),
      log: (_level: string, event: string, { what }: Record<string, unknown>) => void log.push([event, what]),
    };
    for (const limits of [{ maxConnectionsPerAddress: 1 }, { maxConnections: 1 }]) {
      const opened = await openMllp({ ...receiveSource, ...limits }, 0, deps);
      cleanups.push(() => opened.close());
      expect(await Sender.to(opened.port).ask(framed(admission('B1')), 1)).toEqual(['AA B1']);
      await Sender.to(opened.port).closed;
    }
    expect(log).toEqual([
      ['receive.over-budget', 'connections'],
      ['receive.over-budget', 'listener'],
    ]);
  });

  it.each([1, 3])('is so many bytes of half frames, of %d connections together', async (count) => {
    const limit = 30_000;
    const { port } = await listener(new MemoryStore().keep, { maxOpenBytesPerAddress: limit, maxMessageBytes: limit });
    const senders = Array.from({ length: count }, () => Sender.to(port));
    const half = Buffer.concat([Buffer.from([0x0b]), Buffer.alloc(limit / count + 1, 'x')]);
    for (const sender of senders) sender.socket.write(half);
    await Promise.race(senders.map(({ closed }) => closed));
    // Whole frames are not counted, however many.
    const text = `${admission('B4')}\rNTE|1||${'x'.repeat(5000)}`;
    const many = Array.from({ length: 12 }, () => framed(text));
    expect(await Sender.to(port).ask(Buffer.concat(many), many.length)).toHaveLength(many.length);
  });
});

describe('the time of a frame', () => {
  it('is each frame’s own: a feed that never pauses between two is not cut', async () => {
    const { port } = await listener(new MemoryStore().keep, { frameSeconds: 0.25 });
    const sender = Sender.to(port);
    const frames = Array.from({ length: 12 }, (_, n) => framed(admission(`T${n}`)));
    // Each piece ends inside a frame.
    const stream = Buffer.concat(frames);
    const cut = (n: number) => Math.floor(((n + 0.5) * stream.length) / frames.length);
    const pieces = [0, ...frames.keys()].map((_, n) =>
      stream.subarray(n === 0 ? 0 : cut(n - 1), n === 12 ? undefined : cut(n)),
    );
    for (const piece of pieces) {
      sender.socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await sender.ask(Buffer.alloc(0), frames.length);
    expect(sender.answers.map((answer) => answer.value('MSA-2'))).toEqual(frames.map((_, n) => `T${n}`));
  });

  it('does not run while the gateway itself reads no more', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const memory = new MemoryStore();
    const { port } = await listener(async (batch) => held.then(() => memory.keep(batch)), { frameSeconds: 0.05 });
    const sender = Sender.to(port);
    const frames = Array.from({ length: 64 }, (_, n) => framed(admission(`W${n}`)));
    const last = framed(admission('W64'));
    sender.socket.write(Buffer.concat([...frames, last.subarray(0, 100)]));
    await new Promise((resolve) => setTimeout(resolve, 300));
    release();
    sender.socket.write(last.subarray(100));
    await sender.ask(Buffer.alloc(0), 65);
    expect(sender.answers).toHaveLength(65);
  });
});

describe('closing a listener', () => {
  it('is held up neither by a sender that reads no answer nor by one that says nothing', async () => {
    const opened = await openMllp(
      { ...receiveSource, maxMessageBytes: 10_000_000 },
      0,
      receiveDeps(new MemoryStore().keep),
    );
    const deaf = connect(opened.port, '127.0.0.1');
    deaf.on('error', () => undefined).pause();
    deaf.write(Buffer.concat(Array.from({ length: 3000 }, (_, n) => framed(admission(`Q${n}`)))));
    const silent = Sender.to(opened.port);
    await new Promise((resolve) => silent.socket.once('connect', resolve));
    await opened.close();
    await silent.closed;
    deaf.destroy();
  });
});

const openssl = spawnSync('openssl', ['version']).status === 0;

(openssl ? describe : describe.skip)('the MLLP door under TLS (needs openssl)', () => {
  it('takes senders with a certificate of its authority, and no others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tdu-tls-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    expect(spawnSync('openssl', [...request, '-keyout', key, '-out', cert]).status).toBe(0);
    const tls = { key, cert, ca: cert, clientCertificate: 'required' as const };
    const { port } = await listener(new MemoryStore().keep, { tls });
    const ca = readFileSync(cert);
    const own = { key: readFileSync(key), cert: ca };
    const known = new Sender(connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', ...own }));
    expect(await known.ask(framed(admission('C1')), 1)).toEqual(['AA C1']);
    const half = new Sender(connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', ...own }));
    half.socket.once('secureConnect', () => half.socket.end(framed(admission('C3'))));
    await half.closed;
    expect(half.answers.map((answer) => answer.value('MSA-2'))).toEqual(['C3']);
    const stranger = new Sender(connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' }));
    stranger.socket.write(framed(admission('C2')));
    await stranger.closed;
    expect(stranger.answers).toEqual([]);
  });

  const certificate = (name: string, extra: string[] = []) => {
    const folder = mkdtempSync(join(tmpdir(), 'tdu-tls-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...extra];
    expect(spawnSync('openssl', [...request, '-keyout', key, '-out', cert]).status).toBe(0);
    return { key, cert };
  };

  it.each([
    ['its common name is', 'dpi.example', [], ['other.example', 'dpi.example'], true],
    ['an alternative name is', 'x.example', ['-addext', 'subjectAltName=DNS:dpi.example'], ['dpi.example'], true],
    ['no name is', 'dpi.example', [], ['other.example'], false],
    ['only a part of its name is', 'dpi.example.evil', [], ['dpi.example'], false],
    ['another kind of name is', 'x.example', ['-addext', 'subjectAltName=email:dpi.example'], ['dpi.example'], false],
  ])('takes a certificate as the source’s where %s among its subjects', async (_, name, extra, subjects, taken) => {
    const { key, cert } = certificate(name, extra);
    const tls = { key, cert, ca: cert, clientCertificate: 'required' as const, subjects };
    const log: [string, unknown][] = [];
    const deps = {
      ...receiveDeps(new MemoryStore().keep),
      log: (_level: string, event: string, { code }: Record<string, unknown>) => void log.push([event, code]),
    };
    const opened = await openMllp({ ...receiveSource, tls }, 0, deps);
    cleanups.push(() => opened.close());
    const own = { key: readFileSync(key), cert: readFileSync(cert), rejectUnauthorized: false };
    const sender = new Sender(connectTls({ port: opened.port, host: '127.0.0.1', ...own }));
    if (taken) return expect(await sender.ask(framed(admission('C1')), 1)).toEqual(['AA C1']);
    sender.socket.write(framed(admission('C1')));
    await sender.closed;
    expect([sender.answers, log]).toEqual([[], [['receive.certificate-refused', 'subject']]]);
  });

  it('grants an address so many connections that have not said who they are, and any number of those that have', async () => {
    const { key, cert } = certificate('localhost');
    const tls = { key, cert, ca: cert, clientCertificate: 'required' as const };
    const { port } = await listener(new MemoryStore().keep, { tls, maxConnectionsPerAddress: 2 });
    const own = { key: readFileSync(key), cert: readFileSync(cert), rejectUnauthorized: false };
    const known = () => new Sender(connectTls({ port, host: '127.0.0.1', ...own }));
    for (const id of ['K1', 'K2', 'K3']) expect(await known().ask(framed(admission(id)), 1)).toEqual([`AA ${id}`]);
    const silent = [Sender.to(port), Sender.to(port)];
    await Promise.all(silent.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    await Sender.to(port).closed;
    expect(silent.map(({ socket }) => socket.destroyed)).toEqual([false, false]);
    // What they held is given back with a handshake that fails.
    for (const { socket } of silent) socket.write('no handshake');
    await Promise.all(silent.map(({ closed }) => closed));
    for (let n = 0; n < 5; n++) {
      const stranger = new Sender(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }));
      stranger.socket.write(framed(admission('K5')));
      await stranger.closed;
    }
    expect(await known().ask(framed(admission('K4')), 1)).toEqual(['AA K4']);
  });

  it('uses a renewed certificate without a restart, and stays with the former one where the new is broken', async () => {
    const { key, cert } = certificate('old.example');
    const log: string[] = [];
    const tls = { key, cert, clientCertificate: 'none' as const };
    const server = tlsListener(
      { name: 'dpi', tls },
      { admit: () => undefined, take: (socket) => socket.end() },
      (_level, event) => log.push(event),
      20,
    );
    cleanups.push(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const served = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    const logs = async (event: string) => {
      while (!log.includes(event)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    expect(await served()).toBe('old.example');
    writeFileSync(cert, 'no certificate');
    await logs('receive.certificates-unusable');
    expect(await served()).toBe('old.example');
    const renewed = certificate('new.example');
    writeFileSync(key, readFileSync(renewed.key));
    writeFileSync(cert, readFileSync(renewed.cert));
    await logs('receive.certificates-reloaded');
    while ((await served()) !== 'new.example') await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('logs a handshake that failed, and closes beside one that never ends', async () => {
    const { key, cert } = certificate('localhost');
    const log: string[] = [];
    const deps = {
      ...receiveDeps(new MemoryStore().keep),
      log: (_level: string, event: string) => void log.push(event),
    };
    const tls = { key, cert, clientCertificate: 'none' as const };
    const opened = await openMllp({ ...receiveSource, tls }, 0, deps);
    const plain = Sender.to(opened.port);
    plain.socket.write(framed(admission('C1')));
    await plain.closed;
    expect(log).toContain('receive.certificate-refused');
    const half = Sender.to(opened.port);
    await new Promise((resolve) => half.socket.once('connect', resolve));
    await opened.close();
    await half.closed;
  });
});
