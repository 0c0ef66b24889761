import type { Message, Segment } from '../../hl7v2/parse.js';
import type { Element } from '../../message/fact.js';
import type { MapsByTarget } from './compile-message.js';
import { Contributions } from '../contributions.js';
import type { ConvertContext } from '../converter.js';
import { runMap } from '../engine.js';

/** What the rows make of one segment that stands for itself. */
export interface SegmentReading {
  segment: Segment;
  elements: Element[];
  read: Contributions;
}

/** Runs the maps of one message, target by target. */
export class MessageReading {
  constructor(
    private readonly maps: MapsByTarget,
    private readonly message: Message,
  ) {}

  /** Has the message that target at all? */
  has(target: string): boolean {
    return this.maps.has(target);
  }

  /** What all rows of a target contribute, each map over the first segment of its name. */
  elements(target: string, context: ConvertContext): Element[] {
    const elements: Element[] = [];
    for (const { map } of this.maps.get(target) ?? []) {
      const segment = this.message.segment(map.reads);
      if (segment !== undefined) runMap(map, segment, elements, context);
    }
    return elements;
  }

  contributions(target: string, context: ConvertContext): Contributions {
    return new Contributions(this.elements(target, context));
  }

  /** One reading for each segment, or for the first one where the message row has no `each`. */
  each(target: string, context: ConvertContext): SegmentReading[] {
    const readings: SegmentReading[] = [];
    for (const { map, each } of this.maps.get(target) ?? []) {
      const segments = this.message.all(map.reads);
      for (const segment of each ? segments : segments.slice(0, 1)) {
        const elements: Element[] = [];
        runMap(map, segment, elements, context);
        readings.push({ segment, elements, read: new Contributions(elements) });
      }
    }
    return readings;
  }
}
