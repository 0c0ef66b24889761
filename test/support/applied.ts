import type { FhirResource } from 'fhir/r4.js';
import { applyMessage, changesOf, type Applied, type ApplyContext } from '../../src/apply/apply.js';
import { Batch } from '../../src/apply/batch.js';
import { foldFacts, foldWindow, isLasting } from '../../src/apply/window.js';
import { parse } from '../../src/hl7v2/parse.js';
import { canonicalJson } from '../../src/message/canonical-json.js';
import { documentStay } from '../../src/message/document.js';
import { stayOfAccount } from '../../src/message/account-stay.js';
import type { Fact, Translation } from '../../src/message/fact.js';
import { identifierKey } from '../../src/message/identifier.js';
import type { Membership } from '../../src/message/membership.js';
import { instant } from '../../src/message/order.js';
import type { EarlierReceipt } from '../../src/message/receipt.js';
import type { PatientWindow, TranslationStep } from '../../src/message/translation.js';
import { buildDirectory } from '../../src/route/directory.js';
import type { RoutingRule } from '../../src/route/route.js';
import { translate, type TranslateSource } from '../../src/translate/translate.js';
import { documentTranslation, type TestDocument } from './documents.js';
import { ownMappings, professional, segment } from './pam.js';

/** Professionals of the territory, each with software of his own. */
export const AGNES = { rpps: '10999000011', family: 'AGNES', endpoint: 'agnes' };
export const BRUNO = { rpps: '10999000022', family: 'BRUNO', endpoint: 'bruno' };
const NURSE = { rpps: '10999000033', family: 'CHLOE', endpoint: 'chloe' };

/** A ROL segment that names somebody of the directory. */
export function rol(
  { rpps, family }: { rpps: string; family: string },
  { role = 'ODRP', action = 'UC', begin = '', end = '' } = {},
): string {
  return segment('ROL', { 2: action, 3: role, 4: professional(rpps, family), 5: begin, 6: end });
}

const KINDS = ['preadmission', 'admission', 'transfer', 'discharge'];

export interface MemoryOptions {
  /** The present. */
  now?: string;
  rules?: readonly RoutingRule[];
  hospitalMembersStayDays?: number;
  circleShowsEndedDays?: number;
}

/** How a message of a test comes. */
export interface Arrival {
  source?: TranslateSource;
  receivedAt?: string;
  /** Of a message that came before, which is read again. */
  messageId?: string;
}

/** Translate and apply over a store in memory: it loads the windows that the real one loads, and keeps what the steps say. */
export class MemoryGateway {
  private facts: Fact[] = [];
  private readonly outdated = new Set<string>();
  private readonly births = new Map<string, string>();
  private readonly clusterOf = new Map<string, string>();
  private readonly rows = new Map<string, readonly Membership[]>();
  private readonly receipts: EarlierReceipt[] = [];
  private readonly stored = new Map<string, FhirResource & { id: string }>();
  private readonly items = new Map<string, string>();
  private messages = 0;
  readonly steps: TranslationStep[] = [];
  /** The present of the folds; a test may move it on. */
  now: string;

  constructor(private readonly options: MemoryOptions = {}) {
    this.now = options.now ?? '2026-03-31T12:00:00Z';
  }

  /** Translates and applies one message, and keeps what it changed. */
  async take(text: string, arrival: Arrival = {}): Promise<TranslationStep> {
    const { messageId, translation } = this.read(text, arrival);
    return this.apply(messageId, translation, new Batch(this.context(), [], this.whole));
  }

  /** The same of a document. */
  async takeDocument(
    document: TestDocument,
    { messageId = String(++this.messages) }: Arrival = {},
  ): Promise<TranslationStep> {
    return this.apply(messageId, documentTranslation(messageId, document), new Batch(this.context(), [], this.whole));
  }

  /** Each in a transaction of its own. */
  async takeAll(...texts: string[]): Promise<TranslationStep[]> {
    const steps: TranslationStep[] = [];
    for (const text of texts) steps.push(await this.take(text));
    return steps;
  }

  /** All of one transaction. */
  async takeTogether(...texts: string[]): Promise<TranslationStep[]> {
    const readings = texts.map((text) => this.read(text, {}));
    for (const { translation } of readings) this.unite(translation, '');
    const loaded = readings.map(({ translation }) => this.windowOf(translation, ''));
    const clusters = loaded.map(({ cluster }) => cluster);
    const batch = new Batch(this.context(), clusters, this.whole);
    const steps: TranslationStep[] = [];
    for (const [index, { messageId, translation }] of readings.entries()) {
      const window = loaded[index];
      if (window !== undefined) steps.push(...(await batch.apply(messageId, translation, window)));
    }
    for (const step of steps) this.keep(step);
    return steps;
  }

  /** What the short way alone makes of a message that nobody keeps: a step, or nothing where all facts are needed. */
  theShortWay(text: string): Applied | undefined {
    const { messageId, translation } = this.read(text, {});
    this.unite(translation, messageId);
    const window = this.windowOf(translation, messageId);
    return applyMessage(messageId, translation, foldWindow(window, this.context().fold), this.context());
  }

  /** What the short way would change if nothing sent a message the long way, or all that it does change the long way. */
  async bothWays(text: string): Promise<Record<'short' | 'long', Changes>> {
    const { messageId, translation } = this.read(text, {});
    this.unite(translation, messageId);
    const before = foldWindow(this.windowOf(translation, messageId), this.context().fold);
    const after = foldFacts({ ...before, facts: [...before.facts, ...translation.facts] }, this.context().fold, before);
    const short = inOne(changesOf(before, after, messageId, this.context()));
    const long = await this.apply(messageId, translation, new Batch(this.context(), [], this.whole));
    return { short: visible(short), long: visible(long) };
  }

  /** The present resources of a type, those entered in error left out. */
  resources<T extends FhirResource>(type: T['resourceType']): T[] {
    return [...this.stored.values()].filter(
      (resource): resource is FhirResource & { id: string } =>
        resource.resourceType === type && !('status' in resource && resource.status === 'entered-in-error'),
    ) as unknown as T[];
  }

  /** The bytes of every present resource, those entered in error left out. */
  everything(): string[] {
    return [...this.stored.values()]
      .map((resource) => canonicalJson(resource))
      .filter((body) => !/"(status|lifecycleStatus)":"entered-in-error"/.test(body));
  }

  /** The one resource of a type. */
  only<T extends FhirResource>(type: T['resourceType']): T {
    const [resource, ...more] = this.resources<T>(type);
    if (resource === undefined || more.length > 0) throw new Error(`${more.length} more than one ${type}, or none`);
    return resource;
  }

  resource(reference: string): FhirResource | undefined {
    return this.stored.get(reference);
  }

  /** Reasons of the open work items. */
  openItems(): string[] {
    return [...this.items.values()].sort();
  }

  /** The memberships of everybody, as the projection holds them. */
  memberships(): Membership[] {
    return [...this.rows.values()].flat();
  }

  /** Every fact of the one cluster that there is. */
  wholeWindow(): PatientWindow {
    const [cluster = ''] = this.clusterOf.values();
    return this.wholeOf(cluster);
  }

  context(): ApplyContext {
    const { hospitalMembersStayDays = 0, circleShowsEndedDays = 90, rules } = this.options;
    const since = instant(this.now) - (circleShowsEndedDays + 1) * 86_400_000;
    return {
      directory: buildDirectory([AGNES, BRUNO, NURSE], []),
      rules: rules ?? [{ id: 'family-doctor', events: KINDS, roles: ['PCP'] }],
      lateSince: new Date(since).toISOString(),
      fold: { now: this.now, zone: 'Europe/Paris', hospitalMembersStayDays, circleShowsEndedDays },
    };
  }

  private read(text: string, arrival: Arrival): { messageId: string; translation: Translation } {
    const messageId = arrival.messageId ?? String(++this.messages);
    const source = arrival.source ?? { name: 'default', authorities: {} };
    const receivedAt = arrival.receivedAt ?? '2026-12-31T00:00:00Z';
    const settings = { messageId, mappings: ownMappings(), zone: 'Europe/Paris', source, receivedAt };
    return { messageId, translation: translate(parse(text), settings) };
  }

  private async apply(messageId: string, translation: Translation, batch: Batch): Promise<TranslationStep> {
    this.unite(translation, messageId);
    const steps = await batch.apply(messageId, translation, this.windowOf(translation, messageId));
    for (const step of steps) this.keep(step);
    return inOne(steps);
  }

  /** The anchors that a message leads to are one cluster from then on. */
  private unite(translation: Translation, messageId: string): void {
    const stays = new Set(this.staysOf(translation, messageId));
    const documents = this.documentsOf(translation, messageId);
    const reached = [
      ...translation.identifiers
        .filter(({ erased }) => erased !== true)
        .map(({ system, value }) => identifierKey(system, value)),
      ...this.facts
        .filter(
          (fact) =>
            fact.messageId === messageId ||
            (fact.stay !== undefined && stays.has(fact.stay)) ||
            this.isVersion(fact, documents),
        )
        .map(({ patient }) => patient),
    ];
    const clusters = new Set(reached.flatMap((key) => this.clusterOf.get(key) ?? []));
    const [root = String(this.clusterOf.size + 1)] = [...clusters].sort();
    for (const key of reached) this.clusterOf.set(key, root);
    for (const [key, cluster] of this.clusterOf) if (clusters.has(cluster)) this.clusterOf.set(key, root);
  }

  /** What names the documents of a message, and all that their other versions share with it. */
  private documentsOf({ facts }: Translation, messageId: string): Set<string> {
    const earlier = this.facts.filter((fact) => fact.messageId === messageId);
    const keys = new Set([...facts, ...earlier].flatMap(({ documents = [] }) => documents));
    for (let size = 0; size !== keys.size;) {
      size = keys.size;
      for (const { documents = [] } of this.facts)
        if (documents.some((key) => keys.has(key))) for (const key of documents) keys.add(key);
    }
    return keys;
  }

  private isVersion({ documents = [] }: Fact, keys: ReadonlySet<string>): boolean {
    return documents.some((key) => keys.has(key));
  }

  private staysOf({ facts }: Translation, messageId: string): string[] {
    const account = facts.find((fact) => fact.account !== undefined)?.account;
    const named = facts.flatMap(({ stay }) => stay ?? []);
    const earlier = this.facts.filter((fact) => fact.messageId === messageId).flatMap(({ stay }) => stay ?? []);
    if (account === undefined) return this.withAccounts([...named, ...earlier]);
    const numbered = this.facts.filter((fact) => fact.account === account).flatMap(({ stay }) => stay ?? []);
    return this.withAccounts([...named, ...earlier, account, stayOfAccount(account), ...numbered]);
  }

  /** Stays, and those that share an account with them which a message named alone. */
  private withAccounts(stays: readonly string[]): string[] {
    const reached = new Set(stays);
    for (const stay of reached) {
      const accounts = [stay, ...this.facts.flatMap((fact) => (fact.stay === stay ? (fact.account ?? []) : []))];
      for (const account of accounts) {
        if (!this.facts.some((fact) => fact.stay === stayOfAccount(account))) continue;
        for (const other of [stayOfAccount(account), account]) reached.add(other);
        for (const fact of this.facts) if (fact.account === account && fact.stay !== undefined) reached.add(fact.stay);
      }
    }
    return [...reached];
  }

  private windowOf(translation: Translation, messageId: string): PatientWindow {
    const [first] = translation.identifiers.filter(({ erased }) => erased !== true);
    const cluster = first === undefined ? '' : (this.clusterOf.get(identifierKey(first.system, first.value)) ?? '');
    const documents = this.documentsOf(translation, messageId);
    const own = this.facts.filter(({ patient }) => this.clusterOf.get(patient) === cluster);
    const stays = new Set([
      ...this.staysOf(translation, messageId),
      ...own.flatMap((fact) => (this.isVersion(fact, documents) || documents.size > 0 ? (fact.stay ?? []) : [])),
    ]);
    const left = own.filter((fact) => isLasting(fact) && this.outdated.has(fact.id));
    const folded = new Set([...stays, ...[...documents].map(documentStay)]);
    const elsewhere = [...this.rows].filter(([key]) => {
      const stay = key.slice(key.indexOf(' ') + 1);
      return stay !== '' && !folded.has(stay);
    });
    const ended = instant(this.context().lateSince);
    const memberships = byPatient(elsewhere, ({ to }) => to === undefined || instant(to) >= ended);
    const all = byPatient(elsewhere, ({ hidden }) => !hidden);
    return {
      cluster,
      facts: own.filter((fact) => {
        if (this.isVersion(fact, documents)) return true;
        const counts = !this.outdated.has(fact.id);
        if (fact.kind === 'visit') return counts;
        if (fact.kind === 'document') return false;
        return fact.stay === undefined ? counts || fact.messageId === messageId : stays.has(fact.stay);
      }),
      whole: false,
      anchors: this.anchorsOf(cluster),
      memberships,
      firstMember: new Map([...all].flatMap(([patient, rows]) => rows.map(({ from }) => [patient, from] as const))),
      outdatedUntil: left.map(({ recordedAt }) => recordedAt).sort((a, b) => instant(b) - instant(a))[0],
      receipts: this.receipts.filter(({ about }) => stays.has(about) || documents.has(about)),
    };
  }

  private readonly whole = (window: PatientWindow): Promise<PatientWindow> =>
    Promise.resolve({ ...this.wholeOf(window.cluster), outdatedUntil: window.outdatedUntil });

  private wholeOf(cluster: string): PatientWindow {
    return {
      cluster,
      facts: this.facts.filter(({ patient }) => this.clusterOf.get(patient) === cluster),
      whole: true,
      anchors: this.anchorsOf(cluster),
      memberships: new Map(),
      firstMember: new Map(),
      outdatedUntil: undefined,
      receipts: this.receipts.filter(({ patient }) => this.clusterOf.get(patient) === cluster),
    };
  }

  private anchorsOf(cluster: string) {
    return [...this.births].flatMap(([anchor, recordedAt]) =>
      this.clusterOf.get(anchor) === cluster ? [{ anchor, recordedAt }] : [],
    );
  }

  private keep(step: TranslationStep): void {
    this.steps.push(step);
    if (step.supersedes) this.facts = this.facts.filter(({ messageId }) => messageId !== step.messageId);
    this.facts.push(...step.facts);
    for (const { id } of step.reconsiders ? this.facts : []) this.outdated.delete(id);
    for (const id of step.outdated) this.outdated.add(id);
    for (const { anchor, recordedAt, exact } of step.anchors) {
      const before = this.births.get(anchor);
      if (exact || before === undefined || instant(recordedAt) < instant(before)) this.births.set(anchor, recordedAt);
    }
    for (const { resource } of step.resources) this.stored.set(`${resource.resourceType}/${resource.id}`, resource);
    for (const reference of step.removed) this.stored.delete(reference);
    for (const { patient, stay, rows } of step.memberships) this.rows.set(`${patient} ${stay ?? ''}`, rows);
    for (const { id, event, member, label, role } of step.receipts)
      for (const { id: deliveryId, endpoint } of step.deliveries.filter(({ receiptId }) => receiptId === id)) {
        const { patient, thread, about } = event;
        const to = { member, label, role, endpoint, deliveryId, reach: 'reached' as const };
        this.receipts.push({ receiptId: id, patient, about: about.key, thread, ...to });
      }
    for (const item of step.workItems) this.items.set(item.key ?? `${step.messageId ?? ''}`, item.reason);
    for (const key of step.settled) this.items.delete(key);
  }
}

/** All that the steps of one message change, in their order. */
function inOne<Step extends ReturnType<typeof changesOf>[number]>(steps: readonly Step[]): Step {
  const [first, ...rest] = steps;
  if (first === undefined) throw new Error('a message makes a step at least');
  return rest.reduce(
    (before, step) => ({
      ...step,
      resources: [...before.resources, ...step.resources],
      memberships: [...before.memberships, ...step.memberships],
      removed: [...before.removed, ...step.removed],
      events: [...before.events, ...step.events],
      receipts: [...before.receipts, ...step.receipts],
      deliveries: [...before.deliveries, ...step.deliveries],
      withdrawals: [...before.withdrawals, ...step.withdrawals],
    }),
    first,
  );
}

/** What readers and recipients see of a step. */
export interface Changes {
  resources: string[];
  memberships: string[];
  sent: string[];
}

function visible(step: Pick<TranslationStep, 'resources' | 'removed' | 'memberships' | 'deliveries'>): Changes {
  return {
    resources: [...step.resources.map(({ body }) => body), ...step.removed].sort(),
    memberships: step.memberships.map((rows) => canonicalJson(rows)).sort(),
    sent: sent(step).sort(),
  };
}

function byPatient(
  rows: readonly (readonly [string, readonly Membership[]])[],
  chosen: (membership: Membership) => boolean,
): Map<string, Membership[]> {
  const patients = new Map<string, Membership[]>();
  for (const [key, list] of rows) {
    const patient = key.slice(0, key.indexOf(' '));
    const kept = [...(patients.get(patient) ?? []), ...list.filter(chosen)];
    if (kept.length > 0)
      patients.set(
        patient,
        kept.sort((a, b) => instant(b.from) - instant(a.from)),
      );
  }
  return patients;
}

/** What a step sends to whom, e.g. `admission to agnes`, in the order in which it is decided. */
export function sent({ deliveries }: Pick<TranslationStep, 'deliveries'>): string[] {
  return deliveries.map(({ kind, endpoint }) => `${kind} to ${endpoint}`);
}

/** The events of a step, each with its instant. */
export function happened({ events }: TranslationStep): string[] {
  return events.map(({ kind }) => kind);
}

/** The receipts of a step in short: who, of what, and why. */
export function reasons({ receipts }: TranslationStep): string[] {
  return receipts.map(({ label, event, reason }) => `${label}: ${event.kind}, ${reason}`).sort();
}
