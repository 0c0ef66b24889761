import type { DocumentSummary } from '../cda/read-head.js';
import { warned, type Finding } from './document-finding.js';

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

/**
 * A warning where the sender asks for secure mail in a combination that is not allowed: the document is kept and no mail leaves.
 */
export function checkRouting({ carriage: { routing, masks } }: Pick<DocumentSummary, 'carriage'>): Finding[] {
  if (routing === undefined || !(routing.to.includes('PS') || routing.to.includes('PAT'))) return [];
  const wish = {
    maskedFromProfessionals: masks.includes('MASQUE_PS'),
    hiddenFromPatient: masks.includes('INVISIBLE_PATIENT'),
    hiddenFromGuardians: masks.includes('INVISIBLE_REPRESENTANTS_LEGAUX'),
    secret: routing.secret,
    dmp: routing.to.includes('DMP'),
    professionals: routing.to.includes('PS'),
    patient: routing.to.includes('PAT'),
  };
  const isAllowed = ALLOWED.some((row) =>
    (Object.keys(wish) as (keyof Allowed)[]).every((field) => row[field] === 'any' || row[field] === wish[field]),
  );
  if (isAllowed) return [];
  const text = 'secure mail is asked in a combination that is not allowed: the document is kept, and no mail is sent';
  return [{ ...warned('routing-not-allowed', 906, 'OBX-3', text), message: { location: 'OBX-3', code: 207 } }];
}
