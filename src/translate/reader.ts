import type { Message, Segment } from '../hl7v2/parse.js';

/** Which fields of which segments were read, so that the others can be listed (law 4). */
export class ReadRecord {
  private readonly read = new Set<number>();

  mark(segment: Segment, field: number): void {
    this.read.add(segment.index * 1000 + field);
  }

  /** Populated fields that nothing read, as paths. MSH is the envelope and is left out. */
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

/** One repetition of one field, as converters see it. Every reading is recorded. */
export class FieldReader {
  private place: string | undefined;

  constructor(
    readonly segment: Segment,
    readonly field: number,
    readonly repetition: number,
    record: ReadRecord,
    /** Component that stands for the whole, for rows such as `PV2-3.2`. */
    private readonly component = 1,
  ) {
    record.mark(segment, field);
  }

  /** Decoded component; '' when absent, `""` when erased. */
  value(component = this.component, subcomponent = 1): string {
    return this.segment.value(this.field, this.repetition, component, subcomponent);
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
  authority(component: number): { namespace: string; universalId: string; type: string } {
    return {
      namespace: this.value(component, 1),
      universalId: this.value(component, 2),
      type: this.value(component, 3),
    };
  }

  /** `""`: the sender erases what was said before. */
  get erases(): boolean {
    return this.segment.raw(this.field, this.repetition) === '""';
  }

  get empty(): boolean {
    return this.segment.raw(this.field, this.repetition) === '';
  }
}

/** Reads a field of a segment that may be absent; undefined when the field is empty. */
export function readField(
  segment: Segment | undefined,
  field: number,
  record: ReadRecord,
  repetition = 1,
): FieldReader | undefined {
  if (segment === undefined || segment.raw(field, repetition) === '') return undefined;
  return new FieldReader(segment, field, repetition, record);
}

/** A reader for each repetition of a field. */
export function readAll(segment: Segment | undefined, field: number, record: ReadRecord): FieldReader[] {
  const readers: FieldReader[] = [];
  if (segment === undefined) return readers;
  const count = segment.repetitions(field);
  for (let repetition = 1; repetition <= count; repetition++)
    readers.push(new FieldReader(segment, field, repetition, record));
  return readers;
}
