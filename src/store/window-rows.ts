import { instant } from '../message/order.js';
import type { EarlierReceipt } from '../message/receipt.js';
import type { AnchorBirth, PatientWindow } from '../message/translation.js';
import { factOf, type FactRow } from './facts.js';
import type { OtherStays } from './memberships.js';

/** An identifier of a cluster. */
export interface Key {
  key: string;
  cluster: string;
  recordedAt: Date | null;
  outdatedUntil: string | null;
}

/** What was read of several clusters. */
interface WindowRows {
  keys: readonly Key[];
  facts: readonly (FactRow & { cluster: string })[];
  /** Ids of Patients. */
  patients: readonly { id: string; cluster: string }[];
  receipts: readonly (EarlierReceipt & { cluster: string })[];
  otherStays: OtherStays;
  /** Instants about which stays were looked for. */
  around: readonly { cluster: string; times: { from: string; to: string } }[];
}

/** Each cluster's part of what was read, as its window. */
export function windowsOf(
  clusters: readonly string[],
  { otherStays, ...rows }: WindowRows,
): Map<string, PatientWindow> {
  const [keys, facts, patients, receipts, around] = [
    byCluster(rows.keys),
    byCluster(rows.facts),
    byCluster(rows.patients),
    byCluster(rows.receipts),
    byCluster(rows.around),
  ];
  const windowOf = (cluster: string): PatientWindow => ({
    cluster,
    facts: distinct(facts.get(cluster)).map(({ cluster: _of, ...row }) => factOf(row)),
    whole: false,
    anchors: birthsOf(keys.get(cluster)),
    memberships: among(patients.get(cluster), otherStays.memberships),
    firstMember: among(patients.get(cluster), otherStays.firstMember),
    outdatedUntil: outdatedUntil(keys.get(cluster)),
    receipts: (receipts.get(cluster) ?? []).map(({ cluster: _of, ...receipt }) => receipt),
    around: (around.get(cluster) ?? []).map(({ times }) => times),
  });
  return new Map(clusters.map((cluster) => [cluster, windowOf(cluster)]));
}

/** A version of a document is found by each of its keys. */
function distinct<Row extends { id: string }>(facts: readonly Row[] = []): Row[] {
  return [...new Map(facts.map((fact) => [fact.id, fact])).values()];
}

/** A window of nobody. */
export function emptyWindow(cluster: string): PatientWindow {
  return {
    cluster,
    facts: [],
    whole: false,
    anchors: [],
    memberships: new Map(),
    firstMember: new Map(),
    outdatedUntil: undefined,
    receipts: [],
  };
}

/** Rows by their cluster. */
export function byCluster<Row extends { cluster: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const clusters = new Map<string, Row[]>();
  for (const row of rows) {
    const list = clusters.get(row.cluster);
    if (list === undefined) clusters.set(row.cluster, [row]);
    else list.push(row);
  }
  return clusters;
}

/** What a map holds of these patients. */
function among<T>(patients: readonly { id: string }[] = [], all: ReadonlyMap<string, T>): Map<string, T> {
  return new Map(
    patients.flatMap(({ id }) => {
      const value = all.get(id);
      return value === undefined ? [] : [[id, value]];
    }),
  );
}

/** When each of these identifiers that anchors facts was first recorded. */
export function birthsOf(keys: readonly Key[] = []): AnchorBirth[] {
  return keys.flatMap(({ key, recordedAt }) =>
    recordedAt === null ? [] : [{ anchor: key, recordedAt: recordedAt.toISOString() }],
  );
}

/** When the last of the facts that no longer matter was recorded. */
export function outdatedUntil(keys: readonly Key[] = []): string | undefined {
  const moments = keys.flatMap((row) => row.outdatedUntil ?? []);
  return moments.sort((a, b) => instant(b) - instant(a))[0];
}
