import type { Socket } from 'node:net';
import type { SourceSettings } from '../config/schema.js';

interface Use {
  connections: number;
  openBytes: number;
}

/** What a listener grants one address before it knows who is there: connections, and bytes of frames that have not ended. */
class AddressBudget {
  private readonly uses = new Map<string, Use>();

  constructor(private readonly limits: Pick<SourceSettings, 'maxConnectionsPerAddress' | 'maxOpenBytesPerAddress'>) {}

  /** The share of one more connection; undefined where its address has as many as it may. */
  connect(address: string): AddressShare | undefined {
    const use = this.uses.get(address) ?? { connections: 0, openBytes: 0 };
    if (use.connections >= this.limits.maxConnectionsPerAddress) return undefined;
    use.connections += 1;
    this.uses.set(address, use);
    let held = 0;
    let isReleased = false;
    return {
      holds: (bytes) => {
        if (isReleased) return true;
        use.openBytes += bytes - held;
        held = bytes;
        return use.openBytes <= this.limits.maxOpenBytesPerAddress;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        use.openBytes -= held;
        use.connections -= 1;
        if (use.connections === 0) this.uses.delete(address);
      },
    };
  }
}

/** What one connection takes of its address's budget. */
export interface AddressShare {
  /** Its half frame has so many bytes now. @returns false where the address has more than it may */
  holds(bytes: number): boolean;
  /** Gives all of it back; a second time does nothing. */
  release(): void;
}

/** Of a sender whose certificate says who it is. */
const UNLIMITED: AddressShare = { holds: () => true, release: () => undefined };

/** The shares of the connections of a listener, from their first moment on: under TLS, before a handshake says who is there. */
export class PeerShares {
  private readonly budget: AddressBudget;
  /** By address and port of the sender, which the socket under TLS and the one over it have in common. */
  private readonly shares = new Map<string, AddressShare>();

  constructor(limits: ConstructorParameters<typeof AddressBudget>[0]) {
    this.budget = new AddressBudget(limits);
  }

  /** @returns false where the address has as many connections as it may */
  admit(socket: Socket): boolean {
    const share = this.budget.connect(socket.remoteAddress ?? '');
    if (share === undefined) return false;
    const peer = peerOf(socket);
    this.shares.set(peer, share);
    socket.once('close', () => {
      share.release();
      this.shares.delete(peer);
    });
    return true;
  }

  of(socket: Socket): AddressShare {
    return this.shares.get(peerOf(socket)) ?? UNLIMITED;
  }

  /** The share of a sender that has said who it is: it takes nothing of its address's. */
  identified(socket: Socket): AddressShare {
    this.of(socket).release();
    return UNLIMITED;
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${String(remoteAddress)}|${String(remotePort)}`;
}
