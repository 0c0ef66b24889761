import { canonicalJson } from '../message/canonical-json.js';
import type { Membership } from '../message/membership.js';
import type { FoldedResource } from '../message/resource.js';
import type { ChangedResource, MembershipRows, TranslationStep } from '../message/translation.js';
import { enteredInError } from '../record/entered-in-error.js';
import type { Person, Written } from './people.js';
import type { FoldedWindow } from './window.js';

export type Differences = Pick<TranslationStep, 'resources' | 'removed' | 'memberships' | 'nextChanges' | 'anchors'>;

/** What is otherwise after a message than before it, as the store writes it. */
export function differences(before: FoldedWindow, after: FoldedWindow): Differences {
  const earlier = resourcesOf(before);
  const later = resourcesOf(after);
  const gone = [...earlier].filter(([reference]) => !later.has(reference));
  return {
    resources: [
      ...[...later]
        .filter(([reference, { body }]) => earlier.get(reference)?.body !== body)
        .map(([, { folded, body }]) => changedResource(folded, body)),
      ...gone.flatMap(([, { folded }]) => inError(folded)),
    ],
    removed: gone.flatMap(([reference, { folded }]) => (inError(folded).length > 0 ? [] : [reference])),
    memberships: membershipRows(before, after),
    nextChanges: nextChanges(before, after),
    anchors: [...after.births]
      .filter(([anchor, recordedAt]) => before.births.get(anchor) !== recordedAt)
      .map(([anchor, recordedAt]) => ({ anchor, recordedAt, exact: after.whole })),
  };
}

function changedResource({ resource, sentBy }: FoldedResource, body: string): ChangedResource {
  return { resource, body, ...(sentBy === undefined ? {} : { sentBy }) };
}

/** A stay, a document, or what a document gave, where it is there no more. */
function inError(folded: FoldedResource): ChangedResource[] {
  const resource = enteredInError(folded.resource);
  return resource === undefined ? [] : [changedResource({ ...folded, resource }, canonicalJson(resource))];
}

function resourcesOf({ people }: FoldedWindow): Map<string, Written> {
  return new Map(people.flatMap(({ resources }) => [...resources]));
}

/** The rows of each patient and stay that changed; of a patient who is no more, and of a stay that is no longer his, none are left. */
function membershipRows(before: FoldedWindow, after: FoldedWindow): MembershipRows[] {
  const earlier = rowsOf(before);
  const later = rowsOf(after);
  const changed = [...later].filter(([key, { rows }]) => isOtherwise(earlier.get(key)?.rows ?? [], rows));
  const gone = [...earlier].filter(([key, { rows }]) => !later.has(key) && rows.length > 0);
  return [
    ...changed.map(([, { rows, ...whose }]) => ({ ...whose, rows: [...rows] })),
    ...gone.map(([, { rows: _rows, ...whose }]) => ({ ...whose, rows: [] })),
  ];
}

function isOtherwise(before: readonly Membership[], after: readonly Membership[]): boolean {
  return before !== after && (before.length !== after.length || canonicalJson(before) !== canonicalJson(after));
}

function rowsOf({ people }: FoldedWindow) {
  return new Map(
    people.flatMap(({ patientId, memberships }) =>
      [...memberships].map(
        ([stay, rows]) => [`${patientId} ${stay ?? ''}`, { patient: patientId, stay, rows }] as const,
      ),
    ),
  );
}

function nextChanges(before: FoldedWindow, after: FoldedWindow): TranslationStep['nextChanges'] {
  const earlier = new Map(before.people.map((person) => [person.patientId, person]));
  const later = new Set(after.people.map(({ patientId }) => patientId));
  const row = ({ patientId, anchor }: Person, at: string | null) => ({ patient: patientId, anchor, at });
  return [
    ...after.people
      .filter(({ patientId, nextChange }) => (earlier.get(patientId)?.nextChange ?? null) !== nextChange)
      .map((person) => row(person, person.nextChange)),
    ...before.people
      .filter(({ patientId, nextChange }) => nextChange !== null && !later.has(patientId))
      .map((person) => row(person, null)),
  ];
}
