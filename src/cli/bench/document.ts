import { loadMappingFiles } from '../../config/mapping-files.js';
import { compileMappings } from '../../translate/compile.js';
import { translateDocuments } from '../../translate/documents.js';
import { openDocuments } from '../../translate/open-documents.js';
import { section } from '../demo/cda.js';
import { cancerPlan } from '../demo/documents.js';

const PATIENT = {
  ipp: '7100001',
  ins: '2410271005001',
  family: 'BANC-ESSAI',
  given: 'CAMILLE',
  birthDate: '19410214',
  sex: 'F',
  birthPlace: '71014',
  address: '',
  familyDoctor: { rpps: '10999000011', family: 'BERTHIER', given: 'Claire' },
} as const;

/** How long it runs unmeasured first. */
const WARM_UP_SECONDS = 4;

/**
 * Documents a second from bytes to facts, without a store, in this one thread: a plan of about 75 KB, then one of 2 MB with the memory that
 * reading it took at most.
 */
export async function benchDocument(
  seconds: number,
): Promise<{ kilobytes: number; rate: number; largeMegabytes: number; largeRssMegabytes: number }> {
  const compiled = compileMappings(loadMappingFiles());
  if ('faults' in compiled) throw compiled.faults[0];
  const context = {
    messageId: '1',
    mappings: compiled.mappings,
    zone: 'Europe/Paris',
    source: { name: 'bench', authorities: {} },
    receivedAt: '2026-03-02T20:00:00Z',
  };
  const read = async (bytes: Buffer) => {
    const opened = await openDocuments({ bytes, format: 'cda', charset: 'UNICODE UTF-8', zone: 'Europe/Paris' });
    return translateDocuments(opened, context);
  };
  const usual = planOf(75_000);
  const carryOn = async (limit: number) => {
    let count = 0;
    const started = performance.now();
    while (performance.now() - started < limit * 1000) {
      await read(usual);
      count += 1;
    }
    return count / ((performance.now() - started) / 1000);
  };
  await carryOn(WARM_UP_SECONDS);
  const rate = await carryOn(seconds);
  const large = planOf(2_000_000);
  await read(large);
  return {
    kilobytes: Math.round(usual.length / 1000),
    rate: Math.round(rate),
    largeMegabytes: Math.round(large.length / 100_000) / 10,
    largeRssMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Entries of the plan, of which a letter of 75 KB has some twenty, and narrative up to that size. */
const TIMES = 4;
const SENTENCE = 'Patient suivi en ville, sans fièvre, cicatrice propre, à revoir avec les résultats attendus. ';

function planOf(size: number): Buffer {
  const { text } = cancerPlan(PATIENT, '20260302181500');
  const from = text.indexOf('<component><section>');
  const to = text.lastIndexOf('</structuredBody>');
  const sections = text.slice(from, to);
  // Ids of the narrative are one of a kind in a document.
  const more = Array.from({ length: TIMES }, (_, n) => sections.replaceAll(/(ID="|#)([a-z]\d)/g, `$1$2-${n}`)).join('');
  const lines = Math.max(1, Math.ceil((size - text.length - more.length) / SENTENCE.length));
  const narrative = Array.from({ length: lines }, (_, n) => [`n${n}`, SENTENCE] as const);
  const reason = section('1.2.250.1.213.1.1.2.127', ['42349-1', 'Motif d’hospitalisation'], narrative, []);
  return Buffer.from(text.slice(0, to) + more + reason + text.slice(to));
}
