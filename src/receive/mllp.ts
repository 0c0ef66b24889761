import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { SourceSettings } from '../config/schema.js';
import { frame, FrameDecoder, type FrameEvent } from '../hl7v2/frame.js';
import { GatewayError } from '../message/failure.js';
import { accept, oversizeAnswer, type ReceiveDeps } from './accept.js';

export interface MllpListener {
  source: string;
  port: number;
  /** Stops accepting, lets every answer under way go out, closes. */
  close(): Promise<void>;
}

/** Frames that one connection may have unanswered before its socket is no longer read. */
const MAX_PENDING = 64;
/** And bytes of them. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
/** How long a refused sender may go on before it is cut off. */
const FAREWELL_MS = 2000;

/**
 * Opens the MLLP listener of one source (DESIGN §10, framing): answers go out in the order of the frames, a slow or flooding sender is
 * held back, half frames and idle connections time out.
 * @throws GatewayError port-in-use
 */
export async function openMllp(source: SourceSettings, port: number, deps: ReceiveDeps): Promise<MllpListener> {
  const connections = new Set<Connection>();
  const server = listenerFor(source, (socket) => {
    const connection = new Connection(socket, source, deps, () => connections.delete(connection));
    connections.add(connection);
  });
  server.maxConnections = source.maxConnections;
  const bound = await listen(server, port, source.host);
  return {
    source: source.name,
    port: bound,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...connections].map((connection) => connection.finish()));
      await closed;
    },
  };
}

function listenerFor(source: SourceSettings, take: (socket: Socket) => void): Server {
  if (source.tls === undefined) return createServer(take);
  const { key, cert, ca, clientCertificate } = source.tls;
  const required = clientCertificate === 'required';
  return createTlsServer(
    {
      key: readFileSync(key),
      cert: readFileSync(cert),
      ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
      requestCert: required,
      rejectUnauthorized: required,
      minVersion: 'TLSv1.2',
    },
    take,
  );
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const remedy = 'free the port, or give the source another';
      reject(new GatewayError('port-in-use', `MLLP cannot listen on ${host}:${port}`, { remedy, cause }));
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** A frame whose answer has not left yet. */
interface Owed {
  bytes: number;
  /** None where the sender wants none; undefined while the message is not kept. */
  answers: Buffer[] | undefined;
}

/** One sender. */
class Connection {
  private readonly decoder: FrameDecoder;
  /** What is owed, in the order of the frames: an answer that is ready waits for those before it. */
  private readonly owed: Owed[] = [];
  private owedBytes = 0;
  private whenNothingOwed: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private refusing = false;
  /** What comes from now on is not read: its sender sends it again elsewhere. */
  private ending = false;

  constructor(
    private readonly socket: Socket,
    private readonly source: SourceSettings,
    private readonly deps: ReceiveDeps,
    gone: () => void,
  ) {
    this.decoder = new FrameDecoder({ maxMessageBytes: source.maxMessageBytes });
    socket.setNoDelay(true);
    socket.setTimeout(source.idleSeconds * 1000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      deps.log('info', 'receive.connection-error', { source: source.name, code: error.code ?? 'unknown' });
    });
    socket.on('close', () => {
      clearTimeout(this.timer);
      gone();
    });
  }

  /** Reads no more, sends what is owed, closes. */
  async finish(): Promise<void> {
    this.ending = true;
    this.socket.pause();
    if (this.owed.length > 0)
      await new Promise<void>((resolve) => {
        this.whenNothingOwed = resolve;
      });
    if (this.socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.socket.once('close', () => {
        resolve();
      });
      this.socket.end(() => this.socket.destroy());
    });
  }

  private read(chunk: Buffer): void {
    if (this.refusing || this.ending) return;
    for (const event of this.decoder.push(chunk)) this.take(event);
    this.watchHalfFrame();
    this.holdBack();
  }

  private take(event: FrameEvent): void {
    if (event.kind === 'discarded') {
      this.deps.log('warn', 'receive.discarded', { source: this.source.name, bytes: event.bytes });
      return;
    }
    if (event.kind === 'oversize') {
      this.refusing = true;
      this.deps.log('warn', 'receive.oversize', { source: this.source.name, limit: this.source.maxMessageBytes });
      this.owe(0).answers = [oversizeAnswer(event.head, this.source, this.deps)];
      this.answer();
      return;
    }
    const owed = this.owe(event.bytes.length);
    accept(event.bytes, this.source, 'mllp', this.deps).then(
      ({ messages }) => {
        owed.answers = messages;
        this.answer();
      },
      (error: unknown) => {
        this.fail(error);
        owed.answers = [];
        this.answer();
      },
    );
  }

  private owe(bytes: number): Owed {
    const owed: Owed = { bytes, answers: undefined };
    this.owed.push(owed);
    this.owedBytes += bytes;
    return owed;
  }

  /** An answer that could not be made: the connection is closed, so that the sender sends again. */
  private fail(error: unknown): void {
    const code = error instanceof GatewayError ? error.code : 'unknown';
    this.deps.log('error', 'receive.no-answer', { source: this.source.name, code });
    this.socket.destroy();
  }

  /** Writes what is ready, up to the first frame whose answer is not. */
  private answer(): void {
    for (let first = this.owed[0]; first?.answers !== undefined; first = this.owed[0]) {
      first.answers.forEach((message) => {
        this.write(frame(message));
      });
      this.owed.shift();
      this.owedBytes -= first.bytes;
    }
    if (this.owed.length > 0) return void this.holdBack();
    this.whenNothingOwed?.();
    if (this.refusing) this.farewell();
    else this.holdBack();
  }

  private farewell(): void {
    this.socket.end();
    this.timer = setTimeout(() => this.socket.destroy(), FAREWELL_MS);
  }

  private write(bytes: Buffer): void {
    if (this.socket.writable && !this.socket.write(bytes))
      this.socket.once('drain', () => {
        this.holdBack();
      });
  }

  /** The kernel's buffers hold the sender back while it has too much unanswered or does not read its answers. */
  private holdBack(): void {
    if (this.ending) return;
    const much = this.owed.length >= MAX_PENDING || this.owedBytes >= MAX_PENDING_BYTES;
    const full = much || this.socket.writableNeedDrain;
    if (full && !this.socket.isPaused()) this.socket.pause();
    else if (!full && this.socket.isPaused()) this.socket.resume();
  }

  private watchHalfFrame(): void {
    if (!this.decoder.open) {
      clearTimeout(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setTimeout(() => {
      this.deps.log('warn', 'receive.half-frame', { source: this.source.name, bytes: this.decoder.size });
      this.socket.destroy();
    }, this.source.frameSeconds * 1000);
  }
}
