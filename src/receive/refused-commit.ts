import { createHash } from 'node:crypto';
import type { SourceSettings } from '../config/schema.js';
import type { IncomingMessage, KeptMessage } from '../message/message.js';
import type { Committer } from './committer.js';
import { HEAD_BYTES, type KeptPart, type RefusedQuota } from './refused-quota.js';

export interface RefusedDeps {
  committer: Pick<Committer, 'commit'>;
  quota: RefusedQuota;
  /** For the metrics: a refused message, and what was kept of it. */
  onRefused(source: string, part: KeptPart, bytes: number): void;
}

/** Of a refused message so much is kept as the quota of its source allows; its answer is the same. */
export async function commitRefused(
  incoming: IncomingMessage,
  source: SourceSettings,
  deps: RefusedDeps,
): Promise<KeptMessage> {
  const { length } = incoming.bytes;
  const part = deps.quota.take(source, length);
  deps.onRefused(source.name, part, length);
  if (part === 'nothing') return { kind: 'kept', id: incoming.id };
  const last = part === 'head' && deps.quota.isSpent(source);
  const kept = await deps.committer.commit(part === 'whole' ? incoming : headOf(incoming, last));
  if (kept.kind !== 'kept') deps.quota.giveBack(source, length, part);
  return kept;
}

/** A refused message of which only the head is kept. @param last whether none is kept after it in this hour */
function headOf(incoming: IncomingMessage, last: boolean): IncomingMessage {
  const { bytes, workItems } = incoming;
  const { length } = bytes;
  const note = `only the first ${HEAD_BYTES} of its ${length} bytes are kept, for the source has had much refused in this hour`;
  const items = length > HEAD_BYTES ? workItems.map((item) => ({ ...item, text: `${item.text}; ${note}` })) : workItems;
  const flood = { reason: 'refused-flood', text: FLOOD, key: `refused-flood|${incoming.source}` };
  const head = { ...incoming, workItems: last ? [...items, flood] : items };
  if (length <= HEAD_BYTES) return head;
  const sha256 = createHash('sha256').update(bytes).digest();
  return { ...head, bytes: bytes.subarray(0, HEAD_BYTES), whole: { length, sha256 } };
}

const FLOOD =
  'so much of this source was refused within an hour that what else was refused in it was answered and not kept';
