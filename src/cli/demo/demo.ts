import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPorts } from '../../config/load.js';
import { receiptText, type WrittenReceipt } from '../../route/receipt-text.js';
import { startGatewayProcess, type GatewayProcess } from '../bench/gateway-process.js';
import { EXPECTED_DOCUMENTS, EXPECTED_STAYS, sampleDay, sampleDocuments, type DayMessage } from './day.js';
import type { DayDocument } from './documents.js';
import { acknowledged, get, type Page } from './gateway-calls.js';
import { playDocuments, shownDocuments, type PlayedDocuments } from './play-documents.js';
import { circleRows, deliveryRows, stayRow } from './rows.js';
import { table } from '../table.js';
import { startVendorProcess, until, type VendorProcess } from './vendor-process.js';

const TERRITORY = fileURLToPath(new URL('../../../config/demo.yaml', import.meta.url));
/** The zone in which a receipt is read. */
const ZONE = 'Europe/Paris';
/** The vendor is down during this stretch of the day: nothing may be lost by it. */
const VENDOR_FAILS = { from: '09:30', to: '10:10' };

interface Check {
  what: string;
  expected: string;
  actual: string;
}

/**
 * The demo: a gateway on a fresh embedded store, a vendor's FHIR server in a process of its own, a day of PAM.FR messages over MLLP, and
 * what came of it. Stays up, or with `--exit` ends with 0 only if every expected result held.
 */
export async function run(args: string[]): Promise<number> {
  const once = args.includes('--exit');
  const folder = await mkdtemp(join(tmpdir(), 'tdu-demo-'));
  const vendor = await startVendorProcess();
  try {
    const config = await territory(vendor.url);
    const gateway = await startGatewayProcess({
      roles: 'receive,work,serve',
      dataDir: folder,
      config,
      env: ports(once),
    });
    try {
      return await showDay(gateway, vendor, once);
    } finally {
      await gateway.stop();
    }
  } finally {
    await vendor.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The day, and what had to be true; then the gateway stays up until a signal, unless it is to end. Gives the exit code. */
async function showDay(gateway: GatewayProcess, vendor: VendorProcess, once: boolean): Promise<number> {
  const checks = await playAndShow(gateway, vendor);
  const failed = checks.filter(({ expected, actual }) => expected !== actual);
  show(
    'Ce qui devait être vrai',
    checks.map(({ what, expected, actual }) => ({
      quoi: what,
      attendu: expected,
      obtenu: actual,
      verdict: expected === actual ? 'oui' : 'NON',
    })),
  );
  if (!once) {
    console.log(
      `\nPrête sur http://127.0.0.1:${gateway.httpPort}  (FHIR sous /fhir, opérateur sous /api, MLLP sur ${gateway.mllpPort}) — Ctrl-C pour arrêter`,
    );
    await new Promise((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
  }
  return failed.length === 0 ? 0 : 1;
}

/** Fixed ports to come back to; any free ones for a run that ends by itself and names none. */
function ports(once: boolean): Record<string, string> {
  const { http, mllp } = readPorts(once ? { HTTP_PORT: '0', MLLP_PORT: '0' } : undefined);
  return { HTTP_PORT: String(http), MLLP_PORT: String(mllp), HTTP_HOST: '127.0.0.1' };
}

async function territory(vendorUrl: string): Promise<string> {
  return (await readFile(TERRITORY, 'utf8')).replaceAll(/http:\/\/127\.0\.0\.1:809\d\/fhir/g, vendorUrl);
}

async function playAndShow(gateway: GatewayProcess, vendor: VendorProcess): Promise<Check[]> {
  const day = sampleDay();
  const answers = await play(day, gateway, vendor);
  const documents = sampleDocuments();
  await settled(gateway);
  const documentAnswers = await playDocuments(documents, gateway);
  await vendor.received(EXPECTED_DELIVERIES, 60_000);
  await settled(gateway);
  show(
    'Les messages de la journée',
    day.map((message, index) => ({
      heure: message.hour,
      message: message.controlId,
      quoi: message.what,
      réponse: answers[index] ?? '',
    })),
  );
  show(
    'Les documents',
    documents.map(({ hour, what, door, id }, index) => ({
      heure: hour,
      document: id,
      quoi: what,
      porte: door,
      réponse: documentAnswers[index] ?? '',
    })),
  );
  const stays = await Promise.all(EXPECTED_STAYS.map((stay) => stayRow(gateway, stay.visit)));
  show('Les séjours', stays);
  show('Les cercles de soins', await circleRows(gateway));
  const played = await shownDocuments(gateway);
  show('Les documents gardés', played.documents);
  show('Les plans de soins des documents', played.plans);
  show('Les rendez-vous proposés', played.appointments);
  show('Qui a reçu les documents', played.receivers);
  show('Les remises', await deliveryRows(gateway));
  await showReceipt(gateway);
  return [
    ...answerChecks(day, answers),
    ...documentChecks(documents, documentAnswers, played),
    ...(await stayChecks(gateway, stays, vendor)),
  ];
}

const EXPECTED_DELIVERIES =
  EXPECTED_STAYS.reduce((sum, stay) => sum + stay.deliveries, 0) + EXPECTED_DOCUMENTS.deliveries;

function documentChecks(documents: DayDocument[], answers: string[], played: PlayedDocuments): Check[] {
  const right = documents.filter(({ expected }, index) => answers[index] === expected);
  const { plans, appointments, deliveries } = EXPECTED_DOCUMENTS;
  return [
    { what: 'réponses aux documents', expected: String(documents.length), actual: String(right.length) },
    { what: 'documents gardés', expected: String(documents.length), actual: String(played.documents.length) },
    {
      what: 'plans des documents',
      expected: String(plans),
      actual: String(new Set(played.plans.map(({ plan }) => plan)).size),
    },
    { what: 'rendez-vous proposés', expected: String(appointments), actual: String(played.appointments.length) },
    { what: 'lecteurs des documents', expected: String(deliveries), actual: String(played.receivers.length) },
  ];
}

async function play(day: DayMessage[], gateway: GatewayProcess, vendor: VendorProcess): Promise<string[]> {
  const answers: string[] = [];
  let fails = false;
  for (const message of day) {
    if (message.repeat !== true && message.hour === VENDOR_FAILS.from) {
      fails = true;
      await vendor.behave('500');
    }
    if (message.repeat !== true && message.hour === VENDOR_FAILS.to) {
      await refused(gateway);
      fails = false;
      await vendor.behave('ok');
    }
    // Minutes lie between the messages of a real day: what is corrected has been told by then.
    if (!fails) await settled(gateway);
    answers.push(await acknowledged(gateway, message.text));
  }
  return answers;
}

/** Waits until the vendor has turned one delivery away, so that the day shows what becomes of it. */
function refused(gateway: GatewayProcess): Promise<void> {
  return until(async () => {
    const due = await get<Page>(gateway, '/api/deliveries?state=due&count=500');
    return due.items.some(({ attempts }) => Number(attempts) > 0);
  }, 60_000);
}

function settled(gateway: GatewayProcess): Promise<void> {
  return until(async () => {
    const waiting = await get<Page>(gateway, '/api/messages?state=received');
    const due = await get<Page>(gateway, '/api/deliveries?state=due');
    return waiting.total + due.total === 0;
  }, 60_000);
}

async function showReceipt(gateway: GatewayProcess): Promise<void> {
  const { items } = await get<{ items: WrittenReceipt[] }>(gateway, '/api/receipts?decision=told&count=1');
  const [receipt] = items;
  if (receipt !== undefined) console.log(`\nUn accusé de diffusion :\n  ${receiptText(receipt, ZONE)}`);
}

function answerChecks(day: DayMessage[], answers: string[]): Check[] {
  const wrong = day.filter((message, index) => answers[index] !== message.expected);
  return [{ what: 'réponses aux messages', expected: String(day.length), actual: String(day.length - wrong.length) }];
}

async function stayChecks(
  gateway: GatewayProcess,
  stays: Record<string, string>[],
  vendor: VendorProcess,
): Promise<Check[]> {
  const statuses = EXPECTED_STAYS.map(({ visit, status }, index) => ({
    what: `statut du séjour ${visit}`,
    expected: status,
    actual: stays[index]?.['statut'] ?? '',
  }));
  const delivered = await get<Page>(gateway, '/api/deliveries?state=delivered&count=500');
  const again = delivered.items.some(({ attempts }) => Number(attempts) > 1);
  const dead = await get<Page>(gateway, '/api/deliveries?state=dead');
  const items = await get<Page>(gateway, '/api/work-items?state=open');
  return [
    ...statuses,
    { what: 'remises faites', expected: String(EXPECTED_DELIVERIES), actual: String(delivered.total) },
    { what: 'reçues par le logiciel', expected: String(EXPECTED_DELIVERIES), actual: String(await vendor.count()) },
    { what: 'remises reprises après la panne', expected: 'oui', actual: again ? 'oui' : 'non' },
    { what: 'remises abandonnées', expected: '0', actual: String(dead.total) },
    { what: 'points à traiter', expected: '2', actual: String(items.total) },
  ];
}

function show(title: string, rows: Record<string, string>[]): void {
  console.log(`\n${title}\n${table(rows)}`);
}
