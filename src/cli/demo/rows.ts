import type { GatewayProcess } from '../bench/gateway-process.js';
import { get, type Page } from './gateway-calls.js';

/** A stay, by its visit number. */
export async function stayRow(gateway: GatewayProcess, visit: string): Promise<Record<string, string>> {
  const stays = await get<{ total: number; entry?: { resource: Stay }[] }>(
    gateway,
    `/fhir/Encounter?identifier=${visit}`,
  );
  const stay = stays.entry?.[0]?.resource;
  const place = stay?.location?.at(-1)?.location?.display ?? '';
  return {
    séjour: visit,
    statut: stay?.status ?? 'absent',
    début: stay?.period?.start ?? '',
    fin: stay?.period?.end ?? '',
    lieu: place,
  };
}

interface Stay {
  status: string;
  period?: { start?: string; end?: string };
  location?: { location?: { display?: string } }[];
}

interface Team {
  status: string;
  participant?: {
    role?: { coding?: { display?: string }[] }[];
    member?: { display?: string };
    period?: { start?: string; end?: string };
  }[];
}

/** The members of every circle. */
export async function circleRows(gateway: GatewayProcess): Promise<Record<string, string>[]> {
  const teams = await get<{ entry?: { resource: Team }[] }>(gateway, '/fhir/CareTeam');
  return (teams.entry ?? []).flatMap(({ resource }, index) =>
    (resource.participant ?? []).map(({ role, member, period }) => ({
      cercle: `${index + 1} (${resource.status})`,
      membre: member?.display ?? '',
      rôle: role?.[0]?.coding?.[0]?.display ?? '',
      depuis: period?.start ?? '',
      jusque: period?.end ?? '',
    })),
  );
}

/** What was sent, and how it went. */
export async function deliveryRows(gateway: GatewayProcess): Promise<Record<string, string>[]> {
  const { items } = await get<Page>(gateway, '/api/deliveries?count=500');
  return items.reverse().map((item) => ({
    événement: String(item['event']),
    logiciel: String(item['endpoint']),
    état: String(item['state']),
    essais: String(item['attempts']),
  }));
}
