import type { Place } from '../../cda/place.js';
import type { Element } from '../../message/fact.js';
import type { CdaContext } from './format.js';
import { runElementMap } from './engine.js';
import type { DocumentMap, DocumentMaps } from './compile-document.js';
import { Contributions } from '../contributions.js';

/** What the rows make of one element that stands for itself. */
export interface ElementReading {
  place: Place;
  elements: Element[];
  read: Contributions;
}

/** Runs the maps of a document over its header, or over one section of it, target by target. */
export class DocumentReading {
  constructor(
    private readonly maps: DocumentMaps,
    private readonly place: Place,
  ) {}

  /** What all rows of a target contribute, each map over the first place that its path leads to. */
  elements(target: string, context: CdaContext): Element[] {
    const elements: Element[] = [];
    for (const used of this.maps.get(target) ?? [])
      for (const place of this.places(used).slice(0, 1)) runElementMap(used.map, place, elements, context);
    return elements;
  }

  contributions(target: string, context: CdaContext): Contributions {
    return new Contributions(this.elements(target, context));
  }

  /** One reading for each place, or for the first one where the document row has no `each`. */
  each(target: string, context: CdaContext): ElementReading[] {
    return (this.maps.get(target) ?? []).flatMap((used) =>
      this.places(used).map((place) => {
        const elements: Element[] = [];
        runElementMap(used.map, place, elements, context);
        return { place, elements, read: new Contributions(elements) };
      }),
    );
  }

  private places({ from, each }: DocumentMap): Place[] {
    const places = this.place.all(from);
    return each ? places : places.slice(0, 1);
  }
}

/** The maps of a section: of all templates that it names, each map once. */
export function sectionMaps(section: Place, sections: ReadonlyMap<string, DocumentMaps>): DocumentMaps {
  const maps = new Map<string, DocumentMap[]>();
  for (const template of section.children('templateId'))
    for (const [target, used] of sections.get(template.attribute('root')) ?? [])
      maps.set(target, [...new Set([...(maps.get(target) ?? []), ...used])]);
  return maps;
}
