import type { SourceSettings } from '../config/schema.js';

interface Use {
  connections: number;
  openBytes: number;
}

/** What a listener grants one address before it knows who is there: connections, and bytes of frames that have not ended. */
export class AddressBudget {
  private readonly uses = new Map<string, Use>();

  constructor(private readonly limits: Pick<SourceSettings, 'maxConnectionsPerAddress' | 'maxOpenBytesPerAddress'>) {}

  /** The share of one more connection; undefined where its address has as many as it may. */
  connect(address: string): AddressShare | undefined {
    const use = this.uses.get(address) ?? { connections: 0, openBytes: 0 };
    if (use.connections >= this.limits.maxConnectionsPerAddress) return undefined;
    use.connections += 1;
    this.uses.set(address, use);
    let held = 0;
    return {
      holds: (bytes) => {
        use.openBytes += bytes - held;
        held = bytes;
        return use.openBytes <= this.limits.maxOpenBytesPerAddress;
      },
      release: () => {
        use.openBytes -= held;
        held = 0;
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
  /** Gives all of it back, once. */
  release(): void;
}

/** Of a sender whose certificate says who it is. */
export const UNLIMITED: AddressShare = { holds: () => true, release: () => undefined };
