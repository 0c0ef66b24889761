import { DOCUMENT_CLASSES } from '../fhir/document-classes.js';
import { ROLES } from '../fhir/roles.js';
import type { Mappings } from './compile.js';
import type { CompiledRow } from './compile-row.js';

/** The codes that can stand in one place; undefined where that may be any. */
export type Codes = ReadonlySet<string> | undefined;

/** What the events and members that mappings give can be called: what a rule may ask of them. */
export interface Vocabulary {
  /** Codes of CareTeam.participant.role. What the care team of a FHIR document says of itself is not among them. */
  roles: Codes;
  /** Codes of Encounter.class in the events of stays. */
  classes: Codes;
  /** Letters of ZBE-9. */
  natures: Codes;
  /** Codes of DocumentReference.category. */
  documentClasses: Codes;
}

/** The vocabulary of several mappings together: what any of them gives. */
export function vocabularyOf(mappings: readonly Mappings[]): Vocabulary {
  const messages = mappings.flatMap(({ maps }) => [...maps.values()]);
  const documents = mappings.flatMap(({ documents: { header, sections } }) => [header, ...sections.values()]);
  const everywhere = [...messages, ...documents];
  const members = [...rowsOf(everywhere, 'member', 'role'), ...rowsOf(everywhere, 'contact', 'role')];
  const own = Object.values(ROLES).map(({ code }) => code);
  return {
    roles: codesOf(members, own),
    // Of a stay that documents alone tell of there is no event.
    classes: codesOf(rowsOf(messages, 'Encounter', 'class')),
    natures: codesOf(rowsOf(messages, 'movement', 'nature')),
    documentClasses: codesOf(rowsOf(documents, 'document', 'classCode'), DOCUMENT_CLASSES),
  };
}

type Rows = Pick<CompiledRow, 'to' | 'codes'>;
type Maps = ReadonlyMap<string, readonly { map: { rows: readonly Rows[] } }[]>;

function rowsOf(maps: readonly Maps[], target: string, element: string): Rows[] {
  return maps.flatMap((targets) =>
    (targets.get(target) ?? []).flatMap(({ map }) => map.rows.filter(({ to }) => to === element)),
  );
}

function codesOf(rows: readonly Rows[], own: readonly string[] = []): Codes {
  const codes = new Set(own);
  for (const row of rows) {
    if (row.codes === undefined) return undefined;
    for (const code of row.codes) codes.add(code);
  }
  return codes;
}
