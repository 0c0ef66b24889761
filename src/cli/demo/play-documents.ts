import type { Appointment, Bundle, CarePlan, CareTeam, DocumentReference, FhirResource } from 'fhir/r4.js';
import type { GatewayProcess } from '../bench/gateway-process.js';
import type { DayDocument } from './documents.js';
import { acknowledged, get } from './gateway-calls.js';

/** What became of the documents of the day, as tables and as what must hold. */
export interface PlayedDocuments {
  documents: Record<string, string>[];
  plans: Record<string, string>[];
  appointments: Record<string, string>[];
  receivers: Record<string, string>[];
}

/** Brings each document by its door. @returns the answers: MSA-1, or the HTTP status */
export async function playDocuments(documents: readonly DayDocument[], gateway: GatewayProcess): Promise<string[]> {
  const answers: string[] = [];
  for (const { door, text } of documents)
    answers.push(await (door === 'mllp' ? acknowledged(gateway, text) : byHttp(text, gateway)));
  return answers;
}

async function byHttp(text: string, { httpPort }: GatewayProcess): Promise<string> {
  const headers = { 'Content-Type': 'application/xml' };
  const response = await fetch(`http://127.0.0.1:${httpPort}/documents?source=chu`, {
    method: 'POST',
    headers,
    body: text,
  });
  await response.arrayBuffer();
  return String(response.status);
}

/** The documents that the gateway serves, their plans, the appointments that they propose, and who was told of them. */
export async function shownDocuments(gateway: GatewayProcess): Promise<PlayedDocuments> {
  const documents = await all<DocumentReference>(gateway, 'DocumentReference');
  const teams = await all<CareTeam>(gateway, 'CareTeam');
  const plans = (await all<CarePlan>(gateway, 'CarePlan')).filter(({ supportingInfo }) => supportingInfo !== undefined);
  const appointments = await all<Appointment>(gateway, 'Appointment');
  const receipts = await get<{ items: { event: string; label: string; role: string }[] }>(
    gateway,
    '/api/receipts?decision=told&count=500',
  );
  return {
    documents: documents.map(({ status, type, date, subject }) => ({
      document: type?.coding?.[0]?.display ?? '',
      statut: status,
      date: date ?? '',
      cercle: String(teams.find((team) => team.subject?.reference === subject?.reference)?.participant?.length ?? 0),
    })),
    plans: (await Promise.all(plans.map((plan) => planRows(plan, gateway)))).flat(),
    appointments: appointments.map(({ status, description, requestedPeriod, participant }) => ({
      'rendez-vous': description ?? '',
      statut: status,
      date: requestedPeriod?.[0]?.start ?? '',
      avec: participant
        .map(({ actor }) => actor?.display ?? '')
        .filter((name) => name !== '')
        .join(', '),
    })),
    receivers: receipts.items
      .filter(({ event }) => event === 'document')
      .map(({ label, role }) => ({ destinataire: label, rôle: role })),
  };
}

async function planRows(
  { title, status, activity = [] }: CarePlan,
  gateway: GatewayProcess,
): Promise<Record<string, string>[]> {
  const rows = activity.map(async ({ detail, reference }) => {
    const step =
      reference?.reference === undefined ? undefined : await get<FhirResource>(gateway, `/fhir/${reference.reference}`);
    const what = detail?.description ?? detail?.code?.text ?? wordsOf(step);
    return { plan: title ?? '', statut: status, activité: what, ressource: step?.resourceType ?? '' };
  });
  return Promise.all(rows);
}

/** What a step of a plan is called. */
function wordsOf(step: FhirResource | undefined): string {
  if (step?.resourceType === 'Appointment') return step.description ?? '';
  if (step?.resourceType === 'MedicationRequest') return step.medicationCodeableConcept?.text ?? '';
  return step?.resourceType === 'ServiceRequest' || step?.resourceType === 'Procedure' ? (step.code?.text ?? '') : '';
}

async function all<T extends FhirResource>(gateway: GatewayProcess, type: T['resourceType']): Promise<T[]> {
  const bundle = await get<Bundle<T>>(gateway, `/fhir/${type}?_count=100`);
  return (bundle.entry ?? []).flatMap(({ resource }) => resource ?? []);
}
