import type { MemberBody } from '../message/member.js';
import { SYSTEMS } from './systems.js';

type Role = MemberBody['role'];

const roleClass = (code: string, display: string): Role => ({ system: SYSTEMS.roleClass, code, display });
const participation = (code: string, display: string): Role => ({ system: SYSTEMS.participation, code, display });

/** The roles of the circle that the gateway gives by itself, beside those that the rows of the mappings give. */
export const ROLES = {
  /** Of a professional of whom nothing more is said, and of a unit. */
  provider: roleClass('PROV', 'Professionnel de santé'),
  familyDoctor: participation('PCP', 'Médecin traitant'),
  attending: participation('ATTPHYS', 'Médecin responsable'),
  admitting: participation('ADMPHYS', 'Médecin responsable de l’admission'),
  emergencyContact: roleClass('ECON', 'Personne à prévenir en cas d’urgence'),
  caregiver: roleClass('CAREGIVER', 'Aidant'),
  guardian: roleClass('GUARD', 'Représentant légal'),
} as const satisfies Record<string, Role>;
