import { stayOfAccount } from '../message/account-stay.js';
import type { Fact, FactContent } from '../message/fact.js';

/** What the facts of one message share. */
export interface FactFrame {
  messageId: string;
  source: string;
  /** Version of the mappings. */
  mapping: string;
  patient: string;
  recordedAt: string;
  sentAt: string;
}

/** What a fact belongs to, beside its patient. */
export interface FactPlace {
  stay?: string | undefined;
  account?: string | undefined;
  documents?: readonly string[];
}

/** Numbers the facts of one message and gives each what they share. */
export class FactDraft {
  readonly facts: Fact[] = [];

  /** @param before how many facts the message has already */
  constructor(
    private readonly frame: FactFrame,
    private readonly before = 0,
  ) {}

  add(content: FactContent, effectiveAt: string, place: FactPlace = {}): void {
    const { messageId, source, mapping, patient, recordedAt, sentAt } = this.frame;
    const { account, documents } = place;
    this.facts.push({
      id: `${messageId}.${this.before + this.facts.length}`,
      messageId,
      source,
      patient,
      ...stayOf(place),
      ...(account === undefined ? {} : { account }),
      ...(documents === undefined ? {} : { documents }),
      effectiveAt,
      recordedAt,
      sentAt,
      mapping,
      ...content,
    });
  }
}

/** Which stay of an account is meant that is named without a visit number the fold finds. */
function stayOf({ stay, account }: FactPlace): { stay?: string } {
  if (stay !== undefined) return { stay };
  return account === undefined ? {} : { stay: stayOfAccount(account) };
}
