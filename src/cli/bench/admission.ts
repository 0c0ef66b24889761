import { pamMessage, type SamplePatient } from '../demo/pam-message.js';

const DOCTOR = { rpps: '10999000011', family: 'BERTHIER', given: 'Claire' };

/** The n-th admission of the bench: a patient and a stay of its own, the family doctor in the circle. */
export function benchAdmission(n: number, run: string): string {
  const number = String(n).padStart(7, '0');
  const patient: SamplePatient = {
    ipp: `${run}${number}`,
    family: 'ESSAI-DEMO',
    given: 'CAMILLE',
    birthDate: '19500101',
    sex: 'F',
    birthPlace: '71014',
    address: "1 rue de l'Essai^^AUTUN^^71400",
    familyDoctor: DOCTOR,
  };
  return pamMessage({
    controlId: `${run}${number}`,
    trigger: 'A01',
    at: '20260302080000',
    patient,
    visit: `${run}V${number}`,
    unit: { code: '2040', label: 'Chirurgie' },
    movement: { id: `${run}M${number}`, at: '20260302075500', action: 'INSERT', nature: 'HMS' },
  });
}
