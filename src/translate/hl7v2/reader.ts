import type { AssigningAuthority } from '../../fhir/systems.js';
import type { Message, Segment } from '../../hl7v2/parse.js';

/** HL7 v2.5 §2.5.3: the sender erases what was sent before. */
const ERASED = '""';

/** Which fields of which segments gave something, so that the others can be listed. */
export class ReadRecord {
  private readonly read = new Set<number>();

  mark(segment: Segment, field: number): void {
    this.read.add(segment.index * 1000 + field);
  }

  /** Takes back what was marked of a segment that in the end nothing used. */
  forget(segment: Segment): void {
    for (const place of this.read) if (Math.floor(place / 1000) === segment.index) this.read.delete(place);
  }

  /** Populated fields that gave nothing, as paths. MSH is the envelope and is left out. */
  unused(message: Message): string[] {
    return message.segments.flatMap((segment) => {
      if (segment.name === 'MSH') return [];
      const paths: string[] = [];
      const name = segment.occurrence > 1 ? `${segment.name}[${segment.occurrence}]` : segment.name;
      for (let field = 1; field <= segment.fieldCount; field++)
        if (!this.read.has(segment.index * 1000 + field) && segment.raw(field) !== '') paths.push(`${name}-${field}`);
      return paths;
    });
  }
}

/** One repetition of one field, as converters see it. A component that is `""` reads as nothing. */
export class FieldReader {
  private place: string | undefined;

  constructor(
    readonly segment: Segment,
    readonly field: number,
    readonly repetition: number,
    /** Component that stands for the whole, for rows such as `PV2-3.2`. */
    private readonly component = 1,
  ) {}

  /** Decoded component; '' when absent or erased. */
  value(component = this.component, subcomponent = 1): string {
    const text = this.segment.value(this.field, this.repetition, component, subcomponent);
    return text === ERASED ? '' : text;
  }

  get code(): string {
    return this.value();
  }

  get display(): string {
    return this.value(2);
  }

  /** Codes of HL7 v2 are read by the table of their field, whatever system they name. */
  readonly codeSystem = '';

  /** Is that component `""`? */
  erased(component = this.component): boolean {
    return this.segment.value(this.field, this.repetition, component) === ERASED;
  }

  /** HL7 path of a component, e.g. `PID-5[1].1`. */
  path(component?: number): string {
    this.place ??= this.placed();
    return component === undefined ? this.place : `${this.place}.${component}`;
  }

  private placed(): string {
    const occurrence = this.segment.occurrence > 1 ? `[${this.segment.occurrence}]` : '';
    const repetition = this.segment.repetitions(this.field) > 1 ? `[${this.repetition}]` : '';
    return `${this.segment.name}${occurrence}-${this.field}${repetition}`;
  }

  /** The HD of a component: CX-4, XCN-9, PL-4. */
  authority(component: number): AssigningAuthority {
    return {
      namespace: this.value(component, 1),
      universalId: this.value(component, 2),
      type: this.value(component, 3),
    };
  }

  /** The field without escapes taken out, its `""` too. */
  get raw(): string {
    return this.segment.raw(this.field, this.repetition);
  }

  /** A reader for each repetition of the field. */
  repetitions(): FieldReader[] {
    const readers: FieldReader[] = [];
    for (let n = 1; n <= this.segment.repetitions(this.field); n++)
      readers.push(new FieldReader(this.segment, this.field, n));
    return readers;
  }
}

/** A reader of a field, where the segment is there and the field is not empty. */
export function readField(segment: Segment | undefined, field: number): FieldReader | undefined {
  if (segment === undefined || segment.raw(field) === '') return undefined;
  return new FieldReader(segment, field, 1);
}
