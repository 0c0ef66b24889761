import { replacedTeam } from '../circle/care-team.js';
import { instant } from '../message/order.js';
import type { FoldedResource } from '../message/resource.js';
import { resourceId } from '../message/uuid.js';
import type { PatientGroup } from '../record/groups.js';
import { replacedPatient } from '../record/patient.js';

/** What the numbers that another replaced leave behind: an inactive Patient and an ended circle each, so that who holds them learns it. */
export function replacedResources({
  group,
  births,
}: {
  group: PatientGroup;
  /** When each anchor was first recorded. */
  births: ReadonlyMap<string, string>;
}): FoldedResource[] {
  const [survivor, ...replaced] = group.anchors;
  if (survivor === undefined) return [];
  const bornAt = (anchor: string) => births.get(anchor) ?? '';
  return replaced.flatMap((identity) => {
    const { anchor } = identity;
    const [from, own] = [bornAt(anchor), bornAt(survivor.anchor)];
    const team = replacedTeam({
      anchor,
      patientId: resourceId('Patient', anchor),
      by: { anchor: survivor.anchor },
      from,
      to: instant(own) > instant(from) ? own : from,
    });
    return [replacedPatient(identity, survivor.anchor), team];
  });
}
