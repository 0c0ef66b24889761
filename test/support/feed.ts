import { connect, type Socket } from 'node:net';
import { frame, FrameDecoder } from '../../src/hl7v2/frame.js';
import { parse } from '../../src/hl7v2/parse.js';

/** One message of a feed. */
export interface FeedMessage {
  controlId: string;
  text: string;
}

const PATIENCE_MS = 15_000;

/**
 * A hospital's sender on one connection: it sends a batch at once, the next when all of it is acknowledged, and whatever is not
 * acknowledged AA again, with the same bytes, on a new connection if need be, for as long as it takes.
 */
export class Feed {
  private socket: Socket | undefined;
  private closed = false;

  constructor(
    private readonly port: number,
    private readonly onAcknowledged: (controlId: string) => void,
  ) {}

  async send(batches: FeedMessage[][]): Promise<void> {
    for (const batch of batches)
      for (let open = batch; open.length > 0 && !this.closed;) {
        const acknowledged = await this.attempt(open);
        open = open.filter(({ controlId }) => !acknowledged.has(controlId));
      }
    this.socket?.destroy();
  }

  /** Gives up at once, for a test that has failed. */
  close(): void {
    this.closed = true;
    this.socket?.destroy();
  }

  /** Sends what is open and gives what was acknowledged before the connection broke, an answer was no AA, or none came. */
  private async attempt(open: FeedMessage[]): Promise<Set<string>> {
    const acknowledged = new Set<string>();
    const socket = await this.connection();
    if (socket === undefined) return acknowledged;
    await new Promise<void>((resolve) => {
      const decoder = new FrameDecoder({ maxMessageBytes: 1_000_000 });
      let answers = 0;
      const end = () => {
        clearTimeout(late);
        socket.off('data', read).off('close', end);
        resolve();
      };
      const late = setTimeout(() => socket.destroy(), PATIENCE_MS);
      const read = (chunk: Buffer) => {
        for (const event of decoder.push(chunk)) {
          if (event.kind !== 'frame') continue;
          answers += 1;
          const answer = parse(event.bytes.toString('latin1'));
          if (answer.value('MSA-1') !== 'AA') continue;
          acknowledged.add(answer.value('MSA-2'));
          this.onAcknowledged(answer.value('MSA-2'));
        }
        if (answers >= open.length) end();
      };
      socket.on('data', read).on('close', end);
      socket.write(Buffer.concat(open.map(({ text }) => frame(Buffer.from(text, 'utf8')))));
    });
    return acknowledged;
  }

  private connection(): Promise<Socket | undefined> {
    if (this.socket !== undefined && !this.socket.destroyed) return Promise.resolve(this.socket);
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      this.socket = socket;
      socket.once('connect', () => resolve(socket));
      socket.on('error', () => setTimeout(resolve, 50, undefined));
    });
  }
}
