import { Place } from '../../../cda/place.js';
import type { Element, Trace } from '../../../message/fragment.js';
import type { CdaContext } from '../format.js';
import { runElementMap } from '../engine.js';
import type { DocumentMaps, DocumentMappings } from '../compile-document.js';
import { DocumentRecord } from '../document-record.js';
import { sectionMaps } from '../document-reading.js';
import { concernOf, isNegated, isOfPatient, isStated, nearest } from './statement.js';

/** A section of the body, and what is read of it. */
export interface Section {
  place: Place;
  maps: DocumentMaps;
}

/** An element of a section, read by the rows of one map. */
export class Unit {
  readonly negated: boolean;

  constructor(
    readonly section: Section,
    /** What its map writes: a type of resource, or part of one. */
    readonly target: string,
    readonly map: string,
    readonly place: Place,
    readonly elements: Element[],
    private readonly record: DocumentRecord,
  ) {
    this.negated = isNegated(place);
  }

  /** The value of an element: the last one that a row gave. */
  value<T>(path: string): T | undefined {
    return (this.elements.findLast((element) => element.path === path)?.value ?? undefined) as T | undefined;
  }

  /** All that rows gave to an element, in their order; lists one after the other. */
  values<T>(path: string): T[] {
    return this.elements.filter((element) => element.path === path).flatMap(({ value }) => (value ?? []) as T | T[]);
  }

  has(path: string): boolean {
    return this.value(path) !== undefined;
  }

  /** Lays a value that follows from several, or from where the unit stands, over what rows gave. */
  set(path: string, value: unknown, rule: string): void {
    this.drop(path);
    const trace: Trace[] = [[path, this.place.path(), `rule:${rule}`]];
    this.elements.push({ path, field: this.place.field, value, trace });
  }

  drop(path: string): void {
    for (let index = this.elements.length - 1; index >= 0; index--)
      if (this.elements[index]?.path === path) this.elements.splice(index, 1);
  }

  /** Where its parts come from, under the names of an element that is made of them. */
  traces(): Trace[] {
    return this.elements.flatMap(({ trace }) => trace);
  }

  /** Something was made of it: what it read counts as used. */
  use(record: DocumentRecord): void {
    const concern = concernOf(this.place);
    if (concern !== undefined) this.record.mark(new Place(concern).child('statusCode') ?? this.place, true);
    for (const place of statementsIn(this.place)) {
      if (!this.record.hasRead(place.element)) continue;
      for (const name of IDENTIFYING) for (const child of place.children(name)) this.record.mark(child);
    }
    record.include(this.record);
  }
}

/** Which entry it is, in what state: by them an entry is found and named. */
const IDENTIFYING = ['id', 'code', 'statusCode'];

/** A statement and those within it. */
function statementsIn(place: Place): Place[] {
  const within = place
    .children('entryRelationship')
    .flatMap((relationship) =>
      ['act', 'observation', 'substanceAdministration'].flatMap((name) => relationship.children(name)),
    );
  return [place, ...within.flatMap(statementsIn)];
}

/** The sections of a body of which rows read anything, those within others too, in the order of the text. */
export function sectionsOf(body: Place, { sections }: DocumentMappings): Section[] {
  return body.children('component').flatMap((component) =>
    component.children('section').flatMap((place) => {
      const maps = sectionMaps(place, sections);
      const within = sectionsOf(place, { header: new Map(), sections });
      return maps.size === 0 ? within : [{ place, maps }, ...within];
    }),
  );
}

/** What rows read of a section, in the order of the text: statements about the patient. */
export function unitsOf(section: Section, context: CdaContext): Unit[] {
  const { place: holder } = section;
  if (!isStated(holder) || !isOfPatient(holder)) return [];
  const units = [...section.maps].flatMap(([target, maps]) =>
    maps.flatMap(({ map, from, each }) => {
      const places = section.place.all(from).filter((place) => isStated(place) && isOfPatient(place, holder));
      return (each ? places : places.slice(0, 1)).map((place) => {
        const record = new DocumentRecord();
        const elements: Element[] = [];
        runElementMap(map, place, elements, { ...context, record });
        return new Unit(section, target, map.name, place, elements, record);
      });
    }),
  );
  const order = new Map(section.place.children('entry').map(({ element }, index) => [element, index]));
  const indexOf = ({ place }: Unit) => nearest(place, order) ?? -1;
  return units
    .map((unit) => ({ unit, index: indexOf(unit) }))
    .sort((a, b) => a.index - b.index)
    .map(({ unit }) => unit);
}
