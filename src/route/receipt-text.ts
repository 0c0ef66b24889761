import type { EventKind, ReceiptReason } from '../message/delivery.js';

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
  'preadmission-cancelled': 'l’annulation de la préadmission',
  'admission-cancelled': 'l’annulation de l’admission',
  'transfer-cancelled': 'l’annulation de la mutation',
  'discharge-cancelled': 'l’annulation de la sortie',
  correction: 'la correction du mouvement',
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
  'name-differs': 'son numéro figure dans l’annuaire sous un autre nom de famille',
};

/** One receipt in plain French: who, of what, when, told or not, and why. */
export function receiptText(receipt: WrittenReceipt): string {
  const what = `${EVENTS[receipt.event]} du ${frenchMoment(receipt.effectiveAt)}`;
  const verdict = receipt.decision === 'told' ? 'a été informé(e) de' : 'n’a pas été informé(e) de';
  const rule = receipt.rule === null ? '' : ` (règle « ${receipt.rule} »)`;
  return `${receipt.label} (${receipt.role}) ${verdict} ${what} : ${REASONS[receipt.reason]}${rule}.${membership(receipt)}`;
}

function membership({ memberFrom, memberTo }: WrittenReceipt): string {
  if (memberFrom === null) return '';
  const end = memberTo === null ? '' : ` jusqu’au ${frenchMoment(memberTo)}`;
  return ` Membre du cercle depuis le ${frenchMoment(memberFrom)}${end}.`;
}

/** `2026-03-02T07:00:00+01:00` → `02/03/2026 à 07:00`, in the time of the place. */
function frenchMoment(instant: string): string {
  const [, year = '', month = '', day = '', time] = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2}))?/.exec(instant) ?? [];
  return `${day}/${month}/${year}${time === undefined ? '' : ` à ${time}`}`;
}
