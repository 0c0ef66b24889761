import type { UnitRef } from '../message/fact.js';
import { compareText, instant } from '../message/order.js';
import type { Movement } from './movement.js';
import type { ReducedStay } from './stay.js';
import { entriesOf } from './stay-reduce.js';
import { beginOf, unnumberedStay, type VisitFact } from './visit.js';

/** A stay, and what documents say of it under its number. */
export interface NumberedStay {
  reduced: ReducedStay;
  visits: readonly VisitFact[];
}

/** Where visits belong. */
export interface PlacedVisits {
  /** By stay key. */
  visitsOf: Map<string, VisitFact[]>;
  /** Stay key, by id of the document that tells of it. */
  stayOf: Map<string, string>;
}

const DAY = 86_400_000;

/** Of two times of one moment the wider is a day. */
function widthOf(text: string): number {
  return text.includes('T') ? 0 : DAY;
}

/**
 * Finds the stay that each visit means: by its number, where a feed knows that number; else a stay of the feed at that facility that began
 * within a day; else one that another document numbers so; else a stay that it alone makes.
 * @param stays of one person
 * @param unnumbered visits without a number, of the same person
 * @param anchor names the person
 */
export function placeVisits(
  stays: readonly NumberedStay[],
  unnumbered: readonly VisitFact[],
  anchor: string,
): PlacedVisits {
  const placed: PlacedVisits = { visitsOf: new Map(), stayOf: new Map() };
  const moved = stays.filter(({ reduced }) => reduced.stay !== undefined).map(({ reduced }) => candidateOf(reduced));
  const visited = stays.filter(({ reduced, visits }) => reduced.stay === undefined && visits.length > 0);
  for (const { reduced, visits } of stays) {
    const key = reduced.stay === undefined ? (matchOf(visits, moved) ?? reduced.key) : reduced.key;
    for (const visit of visits) place(placed, key, visit);
  }
  const numbered = visited.map(({ reduced, visits }) => ({
    key: placed.stayOf.get(visits[0]?.body.document ?? '') ?? reduced.key,
    entries: visits.flatMap(visitEntry),
  }));
  for (const visit of unnumbered) {
    const key = matchOf([visit], moved) ?? matchOf([visit], numbered);
    if (key !== undefined) place(placed, key, visit);
    else if (visit.body.begin !== undefined) place(placed, unnumberedStay(anchor, visit), visit);
  }
  return placed;
}

function place({ visitsOf, stayOf }: PlacedVisits, key: string, visit: VisitFact): void {
  visitsOf.set(key, [...(visitsOf.get(key) ?? []), visit]);
  stayOf.set(visit.body.document, key);
}

/** A moment at which a stay begins, and where. */
export interface StayEntry {
  at: string;
  source: string;
  organizations: readonly string[];
  /** FINESS numbers in the systems of its numbers. */
  finess: readonly string[];
}

interface Candidate {
  key: string;
  entries: readonly StayEntry[];
}

function candidateOf(reduced: ReducedStay): Candidate {
  return { key: reduced.key, entries: stayEntries(reduced) };
}

/** The moments at which the movements of a stay let the patient in; of a stay that is only planned its first. */
export function stayEntries({ key, movements }: ReducedStay): StayEntry[] {
  const active = movements.filter((movement) => movement.active);
  const entries = entriesOf(active);
  return (entries.length > 0 ? entries : active.slice(0, 1)).map((movement) => entryOf(key, movement));
}

function entryOf(key: string, { effectiveAt, source, parts }: Movement): StayEntry {
  const units = [parts.medicalUnit?.value, parts.place?.value.unit, parts.careUnit?.value].filter(
    (unit): unit is UnitRef => unit !== undefined,
  );
  return {
    at: effectiveAt.value,
    source,
    organizations: units.map(({ organization }) => organization),
    finess: [key, ...units.map(({ identifier }) => identifier)].flatMap(finessInSystem),
  };
}

function visitEntry({ source, body: { begin, facility } }: VisitFact): StayEntry[] {
  if (begin === undefined) return [];
  const organizations = facility === undefined ? [] : [facility.organization];
  return [{ at: begin, source, organizations, finess: facility === undefined ? [] : finessOf(facility.identifier) }];
}

/** An authority that is a FINESS number stands under the arc of structures. */
function finessInSystem(key: string): string[] {
  const number = /^urn:oid:1\.2\.250\.1\.71\.4\.2\.2\.(\d+)\|/.exec(key)?.[1];
  return number === undefined ? [] : [number.padStart(9, '0').slice(-9)];
}

/** `…|750000001`, or with the digit that tells the kind of number before it. */
function finessOf(identifier: string | undefined): string[] {
  const number = /\|\d?([0-9A-Z]{9})$/.exec(identifier ?? '')?.[1];
  return number === undefined ? [] : [number];
}

/** The one nearest in time at that facility, within a day; of two as near the first by key. */
function matchOf(visits: readonly VisitFact[], candidates: readonly Candidate[]): string | undefined {
  const begin = beginOf(visits);
  const [visit] = visits;
  if (begin === undefined || visit === undefined) return undefined;
  const [nearest] = candidates
    .flatMap(({ key, entries }) =>
      entries
        .filter((entry) => sameFacility(visit, entry))
        .map((entry) => ({ key, distance: distanceOf(begin, entry.at) }))
        .filter(({ distance }) => distance <= DAY),
    )
    .sort((a, b) => a.distance - b.distance || compareText(a.key, b.key));
  return nearest?.key;
}

/** Milliseconds between two moments; a date is near all of its day. */
function distanceOf(a: string, b: string): number {
  const [first, second] = [instant(a), instant(b)];
  const gap = first < second ? second - first - widthOf(a) : first - second - widthOf(b);
  return Math.max(0, gap);
}

/** By the organisation, by its FINESS number, or since one system of the hospital sends both; a visit without facility fits any. */
function sameFacility({ source, body: { facility } }: VisitFact, entry: StayEntry): boolean {
  if (facility === undefined || source === entry.source) return true;
  return (
    entry.organizations.includes(facility.organization) ||
    finessOf(facility.identifier).some((number) => entry.finess.includes(number))
  );
}
