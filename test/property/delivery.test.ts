import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FhirResource } from 'fhir/r4.js';
import { notificationBundle } from '../../src/deliver/notification.js';
import { parseSearch } from '../../src/fhir/search.js';
import { canonicalJson } from '../../src/message/canonical-json.js';
import type { DueDelivery } from '../../src/message/delivery.js';
import { appointment, entry, plan, type TestDocument } from '../support/documents.js';
import { HOSPITAL, INS_TEST, movement, pam } from '../support/pam.js';
import { DECLARED, ENDPOINT, openStages, OWNERSHIP, type Stages } from '../support/stages.js';
import { startTestVendor, type TestVendor } from '../support/vendor.js';

const RUNS = process.env['TDU_NIGHTLY'] === 'yes' ? 500 : 12;
/** Gives the same runs again: `TDU_SEED=… npm run jest -- test/property/delivery.test.ts`. */
const SEED = Number(process.env['TDU_SEED'] ?? Date.now() % 1_000_000);

const OTHER_HOSPITAL = 'CH-AUTRE&2.999.72.1&ISO';
const INS = `279037101400144^^^${INS_TEST}^INS`;
const TRAITS = { 5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L', 7: '19790328', 11: '^^^^^^BDL^^71014', 32: 'VALI' };
const PEOPLE = [
  { ipp: 'IPP1', authority: HOSPITAL, system: 'urn:oid:2.999.71.1' },
  { ipp: 'B7', authority: OTHER_HOSPITAL, system: 'urn:oid:2.999.72.1' },
] as const;

/** What the hospitals do. `join` says that both patients are one person, `part` that the second one's INS is no longer qualified. */
type Happening = 'transfer' | 'discharge' | 'cancel' | 'correct' | 'join' | 'part';
/** What becomes of the letter about a stay: another version takes its place, or the latest is deleted. */
type Writing = 'version' | 'deletion';
/** What the vendor's server does with what it is sent. */
type Answer = 'ok' | '422' | '409' | '503' | 'lost' | 'expired';
type Step =
  | { kind: 'message'; what: Happening; person: 0 | 1 }
  | { kind: 'letter'; what: Writing; person: 0 | 1; numbered: boolean }
  | { kind: 'deliver'; answer: Answer; times: number }
  /** A gateway claims, sends, and is held up before it records. */
  | { kind: 'stall'; arrives: boolean }
  /** It goes on, and records what it has. */
  | { kind: 'late'; retries: boolean }
  | { kind: 'revive' };

const person = fc.constantFrom<0 | 1>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      what: fc.constantFrom<Happening>(
        'transfer',
        'transfer',
        'discharge',
        'cancel',
        'cancel',
        'correct',
        'join',
        'part',
      ),
      person,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('letter' as const),
      what: fc.constantFrom<Writing>('version', 'version', 'deletion'),
      person,
      numbered: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      answer: fc.constantFrom<Answer>('ok', 'ok', '422', '409', '503', 'lost', 'expired'),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stall' as const), arrives: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('late' as const), retries: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'revive' as const }) },
);

/** Both stays as the hospitals tell them, minute by minute. */
class Hospitals {
  private minute = 0;
  private readonly movements: { id: string; trigger: string; at: string }[][] = [[], []];
  private readonly versions: [number, number] = [0, 0];

  message(what: Happening | 'admission', index: 0 | 1): string {
    const at = this.now();
    const stays = this.movements[index] ?? [];
    if (what === 'join' || what === 'part') return this.identity(what, at);
    const id = `M${index}-${this.minute}`;
    const last = stays.at(-1);
    if (what === 'cancel' && last !== undefined && last.trigger !== 'A01') {
      stays.pop();
      const trigger = last.trigger === 'A02' ? 'A12' : 'A13';
      return this.text(trigger, at, index, movement(last.id, last.at, 'CANCEL', { original: last.trigger }));
    }
    if (what === 'correct' && last !== undefined)
      return this.text('Z99', at, index, movement(last.id, at, 'UPDATE', { original: last.trigger, unit: '2040' }));
    const trigger = what === 'admission' ? 'A01' : what === 'discharge' ? 'A03' : 'A02';
    stays.push({ id, trigger, at });
    return this.text(trigger, at, index, movement(id, at, 'INSERT', { unit: '2040' }));
  }

  /** The next version of the letter about a stay, which it names or whose begin it gives, or the deletion of the latest. */
  letter(what: Writing, index: 0 | 1, numbered: boolean): TestDocument {
    const { ipp, system } = PEOPLE[index];
    const number = what === 'deletion' ? Math.max(1, this.versions[index]) : ++this.versions[index];
    const key = (of: number | string) => `urn:oid:2.999.7.${index + 1}|${of}`;
    const at = iso(this.now());
    const steps = ['rdv', 'pansement', 'scanner'].filter((_, place) => number % 3 !== place);
    return {
      id: key(number),
      set: key('SET'),
      version: number,
      replaces: number === 1 ? [] : [key(number - 1)],
      request: what === 'deletion' ? 'delete' : number === 1 ? 'new' : 'replace',
      at,
      patient: `${system}|${ipp}`,
      family: 'ESSAI',
      entries: steps.map((step) =>
        step === 'rdv'
          ? appointment(step, '2026-03-20')
          : entry('ServiceRequest', step, { code: { text: `${step} ${number}` } }),
      ),
      plans: [plan('suites', 'Suites à donner', steps)],
      visit: numbered ? { number: `${system}|V-${ipp}` } : { begin: '2026-03-02' },
    };
  }

  private identity(what: 'join' | 'part', at: string): string {
    const [, { ipp, authority }] = PEOPLE;
    const number = `${ipp}^^^${authority}^PI`;
    const pid = what === 'join' ? { ...TRAITS, 3: `${number}~${INS}` } : { ...TRAITS, 3: number, 32: 'PROV' };
    return pam({ trigger: 'A31', at, pid, pv1: null });
  }

  private now(): string {
    this.minute += 1;
    const [hour, minute] = [8 + Math.floor(this.minute / 60), this.minute % 60];
    return `20260302${String(hour).padStart(2, '0')}${String(minute).padStart(2, '0')}00`;
  }

  private text(trigger: string, at: string, index: 0 | 1, zbe: Record<number, string>): string {
    const { ipp, authority } = PEOPLE[index];
    const pid = { ...TRAITS, 3: `${ipp}^^^${authority}^PI${index === 0 ? `~${INS}` : ''}` };
    const pv1 = { 3: `${3000 + this.minute}^1`, 19: `V-${ipp}^^^${authority}^VN` };
    return pam({ trigger, at, pid, patientSegments: [DECLARED], pv1, zbe });
  }
}

/** `YYYYMMDDHHMMSS` in the zone of the tests, in winter. */
function iso(stamp: string): string {
  return stamp.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6+01:00');
}

class Run {
  private readonly hospitals = new Hospitals();
  private readonly stalled: { delivery: DueDelivery; arrived: boolean }[] = [];

  constructor(
    private readonly stages: Stages,
    private readonly vendor: TestVendor,
  ) {}

  async begin(): Promise<void> {
    for (const index of [0, 1] as const) await this.stages.translate(this.hospitals.message('admission', index));
  }

  async take(taken: Step): Promise<void> {
    if (taken.kind === 'message') await this.stages.translate(this.hospitals.message(taken.what, taken.person));
    else if (taken.kind === 'letter')
      await this.stages.translateDocuments(this.hospitals.letter(taken.what, taken.person, taken.numbered));
    else if (taken.kind === 'deliver') await this.deliver(taken.answer, taken.times);
    else if (taken.kind === 'stall') await this.stall(taken.arrives);
    else if (taken.kind === 'late') await this.late(taken.retries);
    else await this.revive();
  }

  /** All that is due or dead goes out, and each stay has one more event. */
  async end(): Promise<void> {
    await this.late(false);
    for (const index of [0, 1] as const) await this.stages.translate(this.hospitals.message('transfer', index));
    await this.vendor.behave('ok');
    for (let round = 0; round < 5; round++) {
      await this.stages.deliver(this.vendor.url);
      if ((await this.revive()) === 0) return;
    }
    throw new Error('deliveries that die whenever they are revived');
  }

  private async deliver(answer: Answer, times: number): Promise<void> {
    if (answer === 'ok') await this.vendor.behave('ok');
    else if (answer === 'lost' || answer === 'expired')
      await this.vendor.behave('502', { times, carryOut: answer === 'lost' });
    else await this.vendor.behave(answer, { times });
    await this.stages.deliver(this.vendor.url, answer === 'expired' ? { expireHours: 0.000_001 } : {}, 2);
    await this.vendor.behave('ok');
  }

  private async stall(arrives: boolean): Promise<void> {
    const claimed = await this.stages.store.claimDeliveries({ endpoint: ENDPOINT, limit: 1, leaseMs: 1 });
    if (arrives)
      for (const delivery of claimed) await this.vendor.transaction(notificationBundle(delivery, OWNERSHIP).bundle);
    this.stalled.push(...claimed.map((delivery) => ({ delivery, arrived: arrives })));
  }

  /** What arrived was taken, or its answer was lost; what did not was refused, or could not be sent. */
  private async late(retries: boolean): Promise<void> {
    for (const { delivery, arrived } of this.stalled.splice(0)) {
      if (retries) await this.stages.record([delivery], { state: 'due', at: new Date(0) }, arrived);
      else await this.stages.record([delivery], { state: arrived ? 'delivered' : 'dead' }, arrived);
    }
  }

  private async revive(): Promise<number> {
    const { items } = await this.stages.store.listDeliveries({ state: 'dead' });
    for (const { id } of items.reverse()) await this.stages.store.reviveDelivery(String(id));
    return items.length;
  }
}

/** What a resource says, whatever its links are called on either side. */
function contentOf(resource: FhirResource): string {
  const { id: _id, meta: _meta, link: _link, context, ...content } = resource as FhirResource & Loose;
  // Of which stay a document was, learnt from another of its versions after it was withdrawn, is told to nobody.
  const isWithdrawn = resource.resourceType === 'DocumentReference' && resource.status === 'entered-in-error';
  return canonicalJson(withoutLinks(isWithdrawn ? content : { ...content, context }));
}

interface Loose {
  link?: unknown;
  context?: unknown;
}

const LINKS: ReadonlySet<string> = new Set(['reference', 'display', 'url', 'data']);

function withoutLinks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLinks);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !LINKS.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutLinks(inner)]));
}

const TYPES = [
  'Patient',
  'Encounter',
  'CarePlan',
  'CareTeam',
  'DocumentReference',
  'Appointment',
  'ServiceRequest',
] as const;

async function expectSameState({ store }: Stages, vendor: TestVendor): Promise<void> {
  for (const type of TYPES) {
    const served = await store.searchResources(parseSearch(type, new URLSearchParams(), { zone: 'UTC' }));
    const folded = new Set(served.resources.map(contentOf));
    const held = (await vendor.search(type)).map(contentOf);
    expect(held.filter((content) => !folded.has(content))).toEqual([]);
    if (type === 'Encounter') expect(held).toHaveLength(2);
    if (type !== 'DocumentReference') continue;
    const inForce = served.resources.filter((resource) => 'status' in resource && resource.status === 'current');
    expect(inForce.map(contentOf).filter((content) => !held.includes(content))).toEqual([]);
  }
}

describe('after any mix of refusals, lost answers, lost leases, late outcomes, revivals and joins', () => {
  it(
    'what a vendor holds of each patient is what the facts fold to',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 18 }), async (steps) => {
          const stages = await openStages();
          const vendor = await startTestVendor();
          try {
            const run = new Run(stages, vendor);
            await run.begin();
            for (const taken of steps) await run.take(taken);
            await run.end();
            expect((await stages.store.listDeliveries({ state: 'due' })).total).toBe(0);
            await expectSameState(stages, vendor);
          } finally {
            await vendor.close();
            await stages.close();
          }
        }),
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      );
    },
    RUNS * 30_000,
  );
});
