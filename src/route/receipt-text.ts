import type { EventKind } from '../message/event.js';
import type { ReceiptReason } from '../message/receipt.js';

/** A receipt as the operator's API and the store give it. */
export interface WrittenReceipt {
  label: string;
  role: string;
  event: EventKind;
  effectiveAt: string;
  decision: 'told' | 'not-told';
  reason: ReceiptReason;
  rule: string | null;
  memberFrom: string | null;
  memberTo: string | null;
}

const EVENTS: Readonly<Record<EventKind, string>> = {
  preadmission: 'la préadmission',
  admission: 'l’admission',
  transfer: 'la mutation',
  discharge: 'la sortie',
  document: 'le document',
  'care-plan': 'le plan de soins',
  appointment: 'le rendez-vous du document',
  'preadmission-cancelled': 'l’annulation de la préadmission',
  'admission-cancelled': 'l’annulation de l’admission',
  'transfer-cancelled': 'l’annulation de la mutation',
  'discharge-cancelled': 'l’annulation de la sortie',
  'bed-change': 'le changement de lit ou de tarif',
  'bed-change-cancelled': 'l’annulation du changement de lit ou de tarif',
  'class-change': 'le changement de prise en charge',
  'class-change-cancelled': 'l’annulation du changement de prise en charge',
  'doctor-change': 'le changement de médecin responsable',
  'doctor-change-cancelled': 'l’annulation du changement de médecin responsable',
  leave: 'l’absence temporaire',
  'leave-cancelled': 'l’annulation de l’absence temporaire',
  return: 'le retour d’absence temporaire',
  'return-cancelled': 'l’annulation du retour d’absence temporaire',
  'pending-transfer': 'l’annonce de la mutation',
  'pending-transfer-cancelled': 'l’annulation de la mutation annoncée',
  'pending-discharge': 'l’annonce de la sortie',
  'pending-discharge-cancelled': 'l’annulation de la sortie annoncée',
  'document-cancelled': 'la suppression du document',
  'care-plan-cancelled': 'l’annulation du plan de soins',
  'appointment-cancelled': 'l’annulation du rendez-vous du document',
  correction: 'la correction de l’information',
  'patient-replaced': 'le rapprochement de deux identités du patient',
};

const REASONS: Readonly<Record<ReceiptReason, string>> = {
  'rule-tells': 'une règle de diffusion le prévoit',
  'was-told-before': 'l’information annulée ou corrigée lui avait été transmise',
  'no-rule': 'aucune règle de diffusion ne prévoit d’informer ce rôle de cet événement',
  'membership-ended': 'à cette date, cette personne ne faisait plus partie du cercle de soins',
  'membership-not-begun': 'à cette date, cette personne ne faisait pas encore partie du cercle de soins',
  'not-in-directory': 'cette personne ne figure pas dans l’annuaire du territoire',
  'no-endpoint': 'l’annuaire ne lui connaît aucune adresse de messagerie ou de logiciel',
  'must-not-be-notified': 'le patient ou l’établissement a demandé de ne pas l’informer',
  'was-not-told-before': 'l’information annulée ou corrigée ne lui avait pas été transmise',
  'told-with-document': 'elle figure dans la transmission du document qui l’annonce',
  'withheld-from-professionals':
    'le document est masqué aux professionnels de santé, ou sa confidentialité est restreinte',
  'name-differs': 'son numéro figure dans l’annuaire sous un autre nom de famille',
};

/**
 * One receipt in plain French: who, of what, when, told or not, and why.
 * @param zone IANA zone of the reader: senders write instants with offsets of their own
 */
export function receiptText(receipt: WrittenReceipt, zone: string): string {
  const what = `${EVENTS[receipt.event]} du ${frenchMoment(receipt.effectiveAt, zone)}`;
  const verdict = receipt.decision === 'told' ? 'a été informé(e)' : 'n’a pas été informé(e)';
  const rule = receipt.rule === null ? '' : ` (règle « ${receipt.rule} »)`;
  return `${receipt.label} (${receipt.role}) ${verdict} ${ofThat(what)} : ${REASONS[receipt.reason]}${rule}.${membership(receipt, zone)}`;
}

/** The preposition, one word with the article `le`. */
function ofThat(what: string): string {
  return what.startsWith('le ') ? `du ${what.slice(3)}` : `de ${what}`;
}

function membership({ memberFrom, memberTo }: WrittenReceipt, zone: string): string {
  if (memberFrom === null) return '';
  const end = memberTo === null ? '' : ` jusqu’au ${frenchMoment(memberTo, zone)}`;
  return ` Membre du cercle depuis le ${frenchMoment(memberFrom, zone)}${end}.`;
}

/** `2026-03-02T06:00:00Z` → `02/03/2026 à 07:00` in Paris; a date stays a date. */
function frenchMoment(moment: string, zone: string): string {
  const date = { day: '2-digit', month: '2-digit', year: 'numeric' } as const;
  if (!moment.includes('T')) return moment.split('-').reverse().join('/');
  const at = new Date(moment);
  const time = at.toLocaleTimeString('fr-FR', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  return `${at.toLocaleDateString('fr-FR', { timeZone: zone, ...date })} à ${time}`;
}
