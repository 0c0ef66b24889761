import type { Carriage } from '../cda/opened.js';

/** Who gets a document by secure mail under which restrictions (CI-SIS, Transmission de documents CDA en HL7 v2: MetaDMPMSS). */
interface Allowed {
  maskedFromProfessionals: boolean | 'any';
  hiddenFromPatient: boolean;
  hiddenFromGuardians: boolean | 'any';
  secret: boolean | 'any';
  dmp: boolean | 'any';
  professionals: boolean;
  patient: boolean;
}

const ALLOWED: readonly Allowed[] = [
  {
    maskedFromProfessionals: false,
    hiddenFromPatient: false,
    hiddenFromGuardians: false,
    secret: 'any',
    dmp: 'any',
    professionals: true,
    patient: true,
  },
  {
    maskedFromProfessionals: false,
    hiddenFromPatient: true,
    hiddenFromGuardians: false,
    secret: 'any',
    dmp: 'any',
    professionals: true,
    patient: false,
  },
  {
    maskedFromProfessionals: 'any',
    hiddenFromPatient: false,
    hiddenFromGuardians: 'any',
    secret: false,
    dmp: false,
    professionals: false,
    patient: true,
  },
];

/** Why a document goes to nobody by secure mail. */
export const ROUTING_NOT_ALLOWED =
  'secure mail is asked in a combination that is not allowed: the document is kept, and no mail is sent';

/** May a document be sent by secure mail as its message asks? One that asks for no mail may. */
export function isRoutingAllowed({ routing, masks }: Carriage): boolean {
  if (routing === undefined || !(routing.to.includes('PS') || routing.to.includes('PAT'))) return true;
  const wish = {
    maskedFromProfessionals: masks.includes('MASQUE_PS'),
    hiddenFromPatient: masks.includes('INVISIBLE_PATIENT'),
    hiddenFromGuardians: masks.includes('INVISIBLE_REPRESENTANTS_LEGAUX'),
    secret: routing.secret,
    dmp: routing.to.includes('DMP'),
    professionals: routing.to.includes('PS'),
    patient: routing.to.includes('PAT'),
  };
  return ALLOWED.some((row) =>
    (Object.keys(wish) as (keyof Allowed)[]).every((field) => row[field] === 'any' || row[field] === wish[field]),
  );
}
