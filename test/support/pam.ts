import { loadMappingFiles } from '../../src/config/mapping-files.js';
import { parse } from '../../src/hl7v2/parse.js';
import type { FoldedResource } from '../../src/message/resource.js';
import type { Fact, Translation } from '../../src/message/fact.js';
import type { FoldOptions } from '../../src/message/stay.js';
import { canonicalJson } from '../../src/message/canonical-json.js';
import { compileMappings, type Mappings } from '../../src/translate/compile.js';
import { translate, type TranslateContext } from '../../src/translate/translate.js';
import { foldWhole } from '../../src/apply/window.js';

/** Field number → text of the field. */
export type Fields = Readonly<Record<number, string>>;

/** Example arcs (2.999) and the test arc of the INS: nothing here exists. */
export const HOSPITAL = 'CH-ESSAI&2.999.71.1&ISO';
export const INS_TEST = 'ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO';
const PROFESSIONALS = 'ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO';
export const IPP = `IPP1^^^${HOSPITAL}^PI`;

/** One segment from its numbered fields. */
export function segment(name: string, fields: Fields): string {
  const last = Math.max(0, ...Object.keys(fields).map(Number));
  const texts = Array.from({ length: last }, (_, index) => fields[index + 1] ?? '');
  return [name, ...texts].join('|');
}

/** XCN of an invented professional. */
export function professional(rpps: string, family: string, given = 'Alix'): string {
  return `${rpps}^${family}^${given}^^^^^^${PROFESSIONALS}^L^^^RPPS`;
}

export interface PamParts {
  trigger: string;
  /** MSH-7 and EVN-2, as the time it was recorded. */
  at: string;
  pid?: Fields;
  /** Segments between PID and PV1: PD1, ROL, NK1. */
  patientSegments?: string[];
  /** null: a pseudo PV1, as identity messages have. */
  pv1?: Fields | null;
  pv2?: Fields;
  zbe?: Fields;
  /** Segments after ZBE: ZFA, ZFD, ROL of the visit. */
  visitSegments?: string[];
  /** MSH-12. */
  version?: string;
}

/** One invented PAM.FR message. */
export function pam({ trigger, at, pid, patientSegments = [], pv1, pv2, zbe, visitSegments = [], version }: PamParts) {
  return [
    `MSH|^~\\&|GAM|CH-ESSAI|TDU|VILLE|${at}||ADT^${trigger}|C${at}|P|${version ?? '2.5^FRA^2.11'}|||||FRA|UNICODE UTF-8`,
    segment('EVN', { 2: at }),
    segment('PID', { 1: '1', 3: IPP, 5: 'ESSAI^CAMILLE^^^^^L', 7: '19500101', 8: 'F', ...pid }),
    ...patientSegments,
    pv1 === null
      ? segment('PV1', { 1: '1', 2: 'N' })
      : segment('PV1', { 1: '1', 2: 'I', 19: `V1^^^${HOSPITAL}^VN`, ...pv1 }),
    ...(pv2 === undefined ? [] : [segment('PV2', pv2)]),
    ...(zbe === undefined ? [] : [segment('ZBE', zbe)]),
    ...visitSegments,
  ].join('\r');
}

/** ZBE fields of a movement. */
export function movement(
  id: string,
  at: string,
  action = 'INSERT',
  { original = '', nature = 'HMS', historic = 'N', unit = '' } = {},
): Fields {
  const ward = unit === '' ? '' : `Unité ${unit}^^^^^${HOSPITAL}^UF^^^${unit}`;
  return { 1: `${id}^CH-ESSAI`, 2: at, 4: action, 5: historic, 6: original, 7: ward, 8: ward, 9: nature };
}

let compiled: Mappings | undefined;

/** The mappings of the repository. */
export function ownMappings(): Mappings {
  if (compiled !== undefined) return compiled;
  const found = compileMappings(loadMappingFiles());
  if ('faults' in found) throw found.faults[0] ?? new Error('the mappings have faults');
  compiled = found.mappings;
  return compiled;
}

/** Translates a message as the gateway's default source would. */
export function translated(text: string, messageId = '1', options: Partial<TranslateContext> = {}): Translation {
  return translate(parse(text), {
    messageId,
    mappings: ownMappings(),
    zone: 'Europe/Paris',
    source: { name: 'default', authorities: {} },
    receivedAt: '2026-12-31T00:00:00Z',
    ...options,
  });
}

/** The facts of some messages, numbered in the order given. */
export function factsOf(texts: readonly string[]): Fact[] {
  return texts.flatMap((text, index) => translated(text, String(index + 1)).facts);
}

export const FOLD: FoldOptions = {
  now: '2026-12-31T00:00:00Z',
  zone: 'Europe/Paris',
  hospitalMembersStayDays: 0,
  circleShowsEndedDays: 3650,
};

/** Everything that some facts give, by `Type/id`. */
export function folded(facts: readonly Fact[], options: FoldOptions = FOLD): Map<string, FoldedResource> {
  return new Map(
    foldWhole(facts, options).people.flatMap(({ resources }) =>
      [...resources].map(([key, written]): [string, FoldedResource] => [key, written.folded]),
    ),
  );
}

/** The same as one text, for comparing bytes. */
export function foldedBytes(facts: readonly Fact[], options: FoldOptions = FOLD): string {
  const resources = [...folded(facts, options)].map(([key, { resource }]) => `${key} ${canonicalJson(resource)}`);
  return resources.sort().join('\n');
}

/** All folded resources of one type. */
export function foldedOf<T>(type: string, facts: readonly Fact[], options: FoldOptions = FOLD): T[] {
  return [...folded(facts, options).values()]
    .filter(({ resource }) => resource.resourceType === type)
    .map(({ resource }) => resource as unknown as T);
}
