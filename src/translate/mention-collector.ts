import type { FhirResource } from 'fhir/r4.js';
import { canonicalJson } from '../message/canonical-json.js';
import type { Mention, MentionRank } from '../message/fact.js';
import { tracesOf, type MentionSource } from './hl7v2/mentioned.js';

type Collected = Omit<Mention, 'source' | 'recordedAt'>;

const RANKS: Readonly<Record<MentionRank, number>> = { document: 0, number: 1, name: 2 };

/** What one message says of the territory, each resource once. */
export class MentionCollector {
  private readonly collected = new Map<string, Collected>();

  /** Of two mentions in one message the named one wins, then the greater content. */
  add(resource: FhirResource & { id: string }, from: MentionSource, rank: MentionRank): void {
    const key = `${resource.resourceType}/${resource.id}`;
    const before = this.collected.get(key);
    if (before !== undefined && !outweighs(resource, rank, before)) return;
    this.collected.set(key, { resource, rank, trace: tracesOf(resource, from) });
  }

  /** All that was mentioned, as recorded at that instant. */
  mentions(source: string, recordedAt: string): Mention[] {
    return [...this.collected.values()].map((mention) => ({ ...mention, source, recordedAt }));
  }
}

function outweighs(resource: Mention['resource'], rank: MentionRank, before: Collected): boolean {
  if (rank !== before.rank) return RANKS[rank] > RANKS[before.rank];
  return resource !== before.resource && canonicalJson(resource) > canonicalJson(before.resource);
}
