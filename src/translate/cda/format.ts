import type { Path } from '../../cda/path.js';
import type { Place } from '../../cda/place.js';
import type { References } from '../../cda/references.js';
import type { MessageClock } from '../../message/zone.js';
import type { DocumentTerritory } from './territory.js';
import type { DocumentRecord } from './document-record.js';
import type { CommonContext, Format } from '../format.js';

/** What a converter may know beside its place. */
export interface CdaContext extends CommonContext {
  /** ClinicalDocument. */
  readonly root: Place;
  readonly record: DocumentRecord;
  readonly clock: MessageClock;
  /** What `reference/@value` leads to. */
  readonly references: References;
  readonly territory: DocumentTerritory;
  /** PID-32 of the message that carries the document. */
  readonly reliability?: string;
}

/** CDA, as rows read it. */
export interface Cda extends Format {
  readonly path: Path;
  readonly place: Place;
  readonly reading: Place;
  readonly context: CdaContext;
}
