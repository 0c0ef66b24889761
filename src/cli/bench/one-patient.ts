import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programEnvironment } from '../../config/load.js';
import { plainSource } from '../../config/schema.js';
import type { IncomingMessage } from '../../message/message.js';
import { messageIds } from '../../receive/message-ids.js';
import { buildDirectory } from '../../route/directory.js';
import { startEmbedded } from '../../store/embedded.js';
import { openStore, type Store } from '../../store/store.js';
import { translateStage } from '../../work/translate-stage.js';
import { pamMessage, type SamplePatient } from '../demo/pam-message.js';
import { checkMappings } from '../../config/mapping-files.js';
import { incomingMessage } from './incoming.js';
import { round } from './load.js';

export interface OnePatient {
  stays: number;
  messages: number;
  /** Messages a second over the whole life. */
  rate: number;
  /** Milliseconds a message took around the 200th, or the first quarter of a shorter life. */
  early: number;
  /** The same of the last ones. */
  late: number;
  ratio: number;
  verdict: 'ok' | 'too slow';
}

/** A late message may cost this many times what an early one costs. */
const MOST_RATIO = 2;
/** Messages a second. */
const LEAST_RATE = 150;
/** Messages of one transaction: as many as the stage takes beside those that its job names. */
const BATCH = 100;
/** Messages over which a time is taken, and the place of the early ones. */
const WINDOW = 200;
/** Stays of somebody else, unmeasured: the compiler of a process that has just begun takes a core of its own. */
const WARM_UP_STAYS = 100;

const DOCTOR = { rpps: '10999000011', family: 'BERTHIER', given: 'Claire' };
const NEPHROLOGIST = { rpps: '10999000029', family: 'MOREL', given: 'Antoine' };
const RULE = { id: 'medecin-traitant', events: ['admission', 'discharge'] as const, roles: ['PCP'] };

/** A dialysis patient's life on an embedded store of its own: three sessions a week, each an admission and a discharge. */
export async function benchOnePatient(stays: number): Promise<OnePatient> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tdu-'));
  const postgres = await startEmbedded({ dataDir, environment: programEnvironment(), log });
  try {
    return await measureOnePatient(postgres.url, stays);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/**
 * The same on any database.
 * @param stays at least 4
 */
export async function measureOnePatient(databaseUrl: string, stays: number): Promise<OnePatient> {
  const store = await openStore({ databaseUrl, log });
  try {
    const clock = { now: BEGIN };
    const translate = translation(store, clock);
    const newId = messageIds(await store.nodeNumber(), () => Date.now());
    const live = (name: string, count: number) => carryThrough(life(name, count, newId), store, translate, clock);
    await live('W', Math.min(WARM_UP_STAYS, stays));
    return resultOf(stays, await live('P', stays));
  } finally {
    await store.close();
  }
}

function resultOf(stays: number, times: readonly number[]): OnePatient {
  const window = Math.min(WINDOW, Math.floor(times.length / 4));
  const from = Math.floor(window / 2);
  const early = mean(times.slice(from, from + window));
  const late = mean(times.slice(-window));
  const rate = 1000 / mean(times);
  const verdict = late / early <= MOST_RATIO && rate >= LEAST_RATE ? 'ok' : 'too slow';
  const ratio = Math.round((late / early) * 100) / 100;
  const messages = times.length;
  return { stays, messages, rate: Math.round(rate), early: round(early), late: round(late), ratio, verdict };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Keeps and translates the messages batch by batch; gives the milliseconds of translation that fell on each. */
async function carryThrough(
  messages: IncomingMessage[],
  store: Store,
  translate: (ids: string[]) => Promise<void>,
  clock: { now: number },
): Promise<number[]> {
  const times: number[] = [];
  for (let start = 0; start < messages.length; start += BATCH) {
    const batch = messages.slice(start, start + BATCH);
    await store.keep(batch);
    clock.now = batch.at(-1)?.receivedAt.getTime() ?? clock.now;
    const started = performance.now();
    await translate(batch.map(({ id }) => id));
    const each = (performance.now() - started) / batch.length;
    times.push(...batch.map(() => each));
  }
  return times;
}

/** The translate stage as the gateway has it on the day of the session, with one family doctor who is told of every one. */
function translation(store: Store, clock: { now: number }): (ids: string[]) => Promise<void> {
  const { mappings, faults } = checkMappings();
  if (mappings === undefined) throw faults[0];
  const source = { ...plainSource(), mappings };
  return translateStage({
    inTranslation: (claim, run) => store.inTranslation(claim, run),
    source: () => source,
    directory: buildDirectory([{ ...DOCTOR, endpoint: 'logiciel' }], []),
    rules: [{ ...RULE, events: [...RULE.events] }],
    fold: { zone: 'Europe/Paris', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 },
    now: () => clock.now,
    due: () => undefined,
    log,
    observe: () => undefined,
    stopping: () => false,
  });
}

function log(): void {
  // A figure is all that a bench says.
}

const DAY = 86_400_000;
/** A Monday: 3,000 sessions end in spring 2026. */
const BEGIN = Date.UTC(2007, 0, 1);

/** All messages of one person, oldest first. */
function life(name: string, stays: number, newId: () => string): IncomingMessage[] {
  return Array.from({ length: stays }, (_, stay) => {
    const day = BEGIN + (Math.floor(stay / 3) * 7 + (stay % 3) * 2) * DAY;
    return (['A01', 'A03'] as const).map((trigger) => session(name, stay, trigger, day, newId()));
  }).flat();
}

function session(name: string, stay: number, trigger: 'A01' | 'A03', day: number, id: string): IncomingMessage {
  const hour = trigger === 'A01' ? '08' : '12';
  const date = new Date(day).toISOString().slice(0, 10).replaceAll('-', '');
  const at = `${date}${hour}0000`;
  const controlId = `${name}${stay}${trigger}`;
  const text = pamMessage({
    controlId,
    trigger,
    at: `${date}${hour}0500`,
    patient: patientOf(name),
    visit: `${name}V${stay}`,
    unit: { code: '2070', label: 'Hémodialyse' },
    doctor: NEPHROLOGIST,
    movement: { id: `${name}M${stay}${trigger}`, at, action: 'INSERT', nature: 'HMS' },
    ...(trigger === 'A03' ? { dischargeCode: '3', dischargedAt: at } : {}),
  });
  return incomingMessage({ id, controlId, trigger, receivedAt: new Date(day), text });
}

function patientOf(name: string): SamplePatient {
  return {
    ipp: `${name}IPP1`,
    family: 'ESSAI-DIALYSE',
    given: 'CAMILLE',
    birthDate: '19500101',
    sex: 'F',
    birthPlace: '71014',
    address: "1 rue de l'Essai^^AUTUN^^71400",
    familyDoctor: DOCTOR,
    trusted: { family: 'ESSAI', given: 'LUCIE', relation: 'CHD', phone: '0300000001', identifier: `${name}PC1` },
  };
}
