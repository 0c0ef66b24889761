import { describe, expect, it } from '@jest/globals';
import { decodeText } from '../../../src/hl7v2/charset.js';
import { buildAck } from '../../../src/hl7v2/ack.js';
import { parse } from '../../../src/hl7v2/parse.js';
import type { DocumentClaim, DocumentKnowledge, KnownPatient } from '../../../src/message/document-claim.js';
import type { SourceSettings } from '../../../src/config/schema.js';
import type { Admission } from '../../../src/receive/admit.js';
import { admitDocuments } from '../../../src/receive/admit-document.js';
import { carriedDocuments } from '../../../src/translate/hl7v2/message-documents.js';
import { openingHere, receiveSource } from '../../support/admissions.js';
import { carrying, flags, insOf, letter, type Carrier, type Letter } from '../../support/letters.js';

const INS = insOf('2540638185001');
const OTHER_INS = insOf('2540638185002');
const TEST_AUTHORITY = 'urn:oid:1.2.250.1.213.1.4.10';

interface Given {
  letter?: Partial<Letter>;
  carrier?: Partial<Carrier>;
  text?: string;
  known?: Partial<DocumentKnowledge>;
  source?: Partial<SourceSettings>;
}

/** What the gateway says of a message that carries a letter. */
function admitted({ letter: change, carrier, text, known, source }: Given): Promise<Admission> {
  const bytes = Buffer.from(text ?? carrying(letter(change), carrier));
  const decoded = decodeText(bytes, 'UNICODE UTF-8');
  const received = { bytes, format: 'hl7v2' as const, charset: 'UNICODE UTF-8', zone: 'Europe/Paris', sha256: '' };
  const message = parse(decoded.text, decoded.charset);
  return admitDocuments(message, decoded.warnings, received, { ...receiveSource, ...source }, openingHere(known));
}

const issuesOf = ({ issues }: Admission, severity: 'E' | 'W' = 'E') =>
  issues
    .filter((issue) => issue.severity === severity)
    .map(({ location, code, application }) => [location, code, application].filter(Boolean).join(' '));

const patient = (change: Partial<KnownPatient> = {}): KnownPatient => ({
  identifiers: [`${TEST_AUTHORITY}|${INS}`, 'urn:oid:2.999.71.1|IPP-7001'],
  birthName: 'Essai Lettre',
  sex: 'female',
  birthDate: '1954-06-12',
  birthPlace: '38185',
  ...change,
});

const claim = (change: Partial<DocumentClaim> = {}): DocumentClaim => ({
  part: 0,
  key: 'urn:ietf:rfc:3986|urn:oid:2.999.80.1',
  set: 'urn:ietf:rfc:3986|urn:oid:2.999.80',
  version: 1,
  request: 'new',
  sha1: '00',
  parties: ['person|10999000011', 'organisation|380999995'],
  ...change,
});

const SECOND: Partial<Letter> = { id: '2.999.80.2', version: 2, replaces: '2.999.80.1' };

describe('a message that carries a document', () => {
  it.each(['MDM', 'ORU'] as const)('%s is accepted, with what it claims', async (type) => {
    const { code, issues, documents } = await admitted({ carrier: { type } });
    expect([code, issues]).toEqual(['AA', []]);
    expect(documents).toEqual([claim({ sha1: expect.stringMatching(/^[0-9a-f]{40}$/) as unknown as string })]);
  });

  it('may fold, indent and leave unpadded its base64', async () => {
    const xml = letter();
    const base64 = Buffer.from(xml).toString('base64');
    const folded = base64.replaceAll(/.{60}/g, '$&\\.br\\  ').replace(/=+$/, ' ');
    const [whole, other] = [
      await admitted({ text: carrying(xml) }),
      await admitted({ text: carrying(xml, { data: folded }) }),
    ];
    expect(other.documents).toEqual(whole.documents);
  });

  it.each(['\r', '\n', '\r\n'])('is read over line ends in its base64, with a warning: %j', async (fold) => {
    const xml = letter();
    const base64 = Buffer.from(xml).toString('base64');
    const whole = await admitted({ text: carrying(xml) });
    for (const type of ['MDM', 'ORU'] as const) {
      const data = base64.replaceAll(/.{76}/g, `$&${fold}`);
      const admission = await admitted({ text: carrying(xml, { type, data }) });
      expect([admission.code, issuesOf(admission, 'W'), admission.documents]).toEqual([
        'AA',
        ['OBX[1]-5 102'],
        whole.documents,
      ]);
    }
  });

  it.each([
    ['no base64', 'QUJD\rcela n’est pas du base64'],
    ['base64 and what is none', 'QUJD\rQUJD\rQUJD?'],
  ])('names OBX-5 and what to do where a line end is followed by %s', async (_, data) => {
    const admission = await admitted({ carrier: { data } });
    expect([admission.code, issuesOf(admission)]).toEqual(['AE', ['OBX[1]-5 100']]);
    expect(admission.issues[0]?.text).toContain('\\.br\\');
  });

  it.each([
    ['other characters', 'cela n’est pas du base64'],
    ['padding within', 'QUJD=QUJD'],
    ['a last character that stands for nothing', 'QUJDR'],
    ['nothing', ''],
    ['blanks alone', '   '],
  ])('is answered 102 where OBX-5.5 is no base64: %s', async (_, data) => {
    const admission = await admitted({ carrier: { data } });
    expect([admission.code, issuesOf(admission)]).toEqual(['AE', ['OBX[1]-5.5 102']]);
    expect(admission.workItems).toMatchObject([{ reason: 'field-invalid', field: 'OBX-5.5' }]);
  });

  it.each([
    ['a sentence', 'Document médical au format CDA'],
    ['another root', '<html/>'],
    ['a declared entity', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['half a document', letter().slice(0, 900)],
  ])('is answered 207 with 906 where it holds no CDA: %s', async (_, content) => {
    const admission = await admitted({ carrier: { data: Buffer.from(content).toString('base64') } });
    expect([admission.code, issuesOf(admission)]).toEqual(['AE', ['OBX[1]-5.5 207 906']]);
    expect(admission.workItems).toMatchObject([{ reason: 'document-unreadable' }]);
  });

  it.each(['EVN', 'PID', 'PV1', 'ORC', 'OBR', 'TXA', 'OBX'])('is answered 100 without %s', async (name) => {
    const lines = carrying(letter()).split('\r');
    const text = lines.filter((line) => !line.startsWith(name)).join('\r');
    const admission = await admitted({ text });
    expect([admission.code, issuesOf(admission)]).toEqual(['AE', [`${name} 100`]]);
  });

  it('is answered 100 where its OBX stands before its order', async () => {
    const lines = carrying(letter()).split('\r');
    const text = [...lines.slice(0, 4), ...lines.slice(7), ...lines.slice(4, 7)].join('\r');
    expect(issuesOf(await admitted({ text }))).toEqual(['OBX[1] 100']);
  });

  it.each(['T01', 'T08', 'T11'])('is not served for the event %s', async (event) => {
    const admission = await admitted({ carrier: { event } });
    expect([admission.code, issuesOf(admission)]).toEqual(['AR', ['MSH-9.2 201']]);
  });

  it.each<[string, Partial<Carrier>]>([
    ['T02 and RO', { control: 'RO' }],
    ['T02 and D', { status: 'D' }],
    ['T10 and NW', { request: 'replace', control: 'NW' }],
    ['T10 and F', { request: 'replace', status: 'F' }],
    ['T04 and C', { request: 'delete', status: 'C' }],
    ['NW and C of an ORU', { type: 'ORU', status: 'C' }],
  ])('is refused where event, ORC-1 and OBX-11 contradict each other: %s', async (_, carrier) => {
    const admission = await admitted({ letter: SECOND, carrier });
    expect([admission.code, issuesOf(admission)]).toEqual(['AE', ['ORC-1 207 906']]);
  });

  it.each<[string, Partial<Carrier>, string]>([
    ['ORC-1', { control: 'XX' }, 'ORC[1]-1 103'],
    ['OBX-11', { status: '' }, 'OBX[1]-11 103'],
    ['ORC-1, a name that every object has,', { control: 'constructor' }, 'ORC[1]-1 103'],
    ['OBX-11, a name that every object has,', { status: 'toString' }, 'OBX[1]-11 103'],
  ])('is answered 103 where %s asks nothing', async (_, carrier, issue) => {
    expect(issuesOf(await admitted({ carrier }))).toEqual([issue]);
  });

  it.each<[string, Partial<Carrier>, string]>([
    ['another INS', { pid3: `${OTHER_INS}^^^X&1.2.250.1.213.1.4.10&ISO^INS` }, 'PID-3 207 904'],
    ['another number of the hospital', { pid3: 'IPP-7002^^^CH&2.999.71.1&ISO^PI' }, 'PID-3 207 904'],
    ['another name', { traits: 'AUTRE^ODETTE^^^^^L||19540612|F' }, 'PID-5 207 904'],
    ['another birth date', { traits: 'ESSAI-LETTRE^ODETTE^^^^^L||19540613|F' }, 'PID-7 207 904'],
    ['another sex', { traits: 'ESSAI-LETTRE^ODETTE^^^^^L||19540612|M' }, 'PID-8 207 904'],
    ['another id', { id: '2.999.80.9' }, 'TXA-12 207 906'],
  ])('is refused where its segments say %s than the document', async (_, carrier, issue) => {
    expect(issuesOf(await admitted({ carrier }))).toEqual([issue]);
  });

  it('is refused where TXA-13 is not what the document replaces', async () => {
    const admission = await admitted({ letter: SECOND, carrier: { request: 'replace', parent: '2.999.80.7' } });
    expect(issuesOf(admission)).toEqual(['TXA-13 207 906']);
  });

  it('is told where types, numbers and mailboxes do not agree, and accepted', async () => {
    const after = ['PRT||UC||RCT^^participation|||||||||||^^X.400^27700000000000012@patient.mssante.fr'];
    const admission = await admitted({ carrier: { code: '18748-4', pid3: '77^^^CH', after } });
    expect(admission.code).toBe('AA');
    expect(issuesOf(admission, 'W')).toEqual([
      'PID-3 103',
      'OBX[1]-3 103',
      'OBR[1]-4 103',
      'TXA-2 103',
      'PRT[1]-15.4 103',
    ]);
  });

  it.each([
    [['MASQUE_PS', 'DESTMSSANTEPS'], false],
    [['DESTMSSANTEPS'], false],
    [['INVISIBLE_PATIENT', 'DESTMSSANTEPS', 'DESTMSSANTEPAT'], false],
    [['DESTMSSANTEPAT', 'DESTDMP'], false],
    [['DESTMSSANTEPS', 'DESTMSSANTEPAT', 'CONNEXION_SECRETE'], true],
    [['INVISIBLE_PATIENT', 'DESTMSSANTEPS', 'DESTDMP'], true],
    [['MASQUE_PS', 'INVISIBLE_REP_LEGAUX', 'DESTMSSANTEPAT'], true],
    [['MASQUE_PS', 'DESTDMP'], true],
  ])('may ask mail with %j: %j', async (set, allowed) => {
    const admission = await admitted({ carrier: { after: flags(...set) } });
    expect([admission.code, issuesOf(admission, 'W')]).toEqual(['AA', allowed ? [] : ['OBX-3 207 906']]);
  });

  it.each([
    ['Y', true, []],
    ['y ', true, []],
    ['N', false, []],
    ['', false, []],
    ['Oui', true, ['OBX[2]-5 103']],
    ['1', true, ['OBX[2]-5 103']],
  ])('is masked where its flag says %j', async (written, masked, issues) => {
    const after = flags().map((obx) => (obx.includes('MASQUE_PS') ? obx.replace('||N^', `||${written}^`) : obx));
    const text = carrying(letter(), { after });
    expect(issuesOf(await admitted({ text }), 'W')).toEqual(issues);
    const { text: decoded, charset } = decodeText(Buffer.from(text), 'UNICODE UTF-8');
    const [document] = carriedDocuments(parse(decoded, charset), 'Europe/Paris');
    expect(document?.carriage.masks.includes('MASQUE_PS')).toBe(masked);
  });

  it('has its ERR-5 in the acknowledgement', async () => {
    const { code, issues } = await admitted({
      letter: { ins: '' },
      carrier: { pid3: 'IPP-7001^^^CH&2.999.71.1&ISO^PI' },
    });
    const incoming = parse(carrying(letter()));
    const ack = buildAck({ incoming, code, issues, controlId: '1', at: '20260310', charset: 'UNICODE UTF-8' });
    expect(parse(ack.toString()).segment('ERR')?.raw(5)).toBe('903^No INS in the document^HL70533');
  });
});

describe('the patient of a document', () => {
  const pid3 = 'IPP-7001^^^CH&2.999.71.1&ISO^PI';

  it.each<[string, Partial<Letter>, string]>([
    ['no INS', { ins: '' }, '903'],
    ['a real INS with a wrong key', { ins: '254063818500199', insRoot: '1.2.250.1.213.1.4.8' }, '903'],
    ['no birth name', { birthName: '' }, '905'],
    ['no given name', { given: '' }, '905'],
    ['no sex', { sex: '' }, '905'],
    ['no birth date', { birthDate: '' }, '905'],
  ])('is refused with %s', async (_, change, application) => {
    const admission = await admitted({ letter: change, carrier: { pid3 } });
    expect(issuesOf(admission)).toEqual([`OBX[1]-5.5 207 ${application}`]);
    expect(admission.workItems).toMatchObject([{ reason: 'document-identity' }]);
  });

  it.each(['2540638185001', '000000000000000', '2 54 06 38 185 001 18', '25406381850011X'])(
    'is nobody under an invented INS that has not the form of one: %s',
    async (ins) => {
      const admission = await admitted({ letter: { ins } });
      expect([admission.code, issuesOf(admission)]).toEqual(['AE', ['OBX[1]-5.5 207 903']]);
    },
  );

  it('is nobody where the document has two INS of one authority', async () => {
    const xml = letter().replace(/<id root="1.2.250.1.213.1.4.10"[^>]*>/, (id) => id + id.replace(INS, OTHER_INS));
    const text = carrying(xml);
    expect(issuesOf(await admitted({ text }))).toEqual(['OBX[1]-5.5 207 903']);
  });

  it('has all his traits where his sex is undetermined, which contradicts none', async () => {
    for (const known of [{}, { patients: [patient()] }, { patients: [patient({ sex: 'unknown' })] }])
      expect((await admitted({ letter: { sex: 'UN' }, known })).code).toBe('AA');
    expect((await admitted({ known: { patients: [patient({ sex: 'unknown' })] } })).code).toBe('AA');
  });

  it('may have an invented INS with a wrong key, of which the sender is told', async () => {
    const admission = await admitted({ letter: { ins: '254063818500199' } });
    expect([admission.code, issuesOf(admission, 'W')]).toEqual(['AA', ['OBX[1]-5.5 207 903']]);
  });

  it('is he whom the INS names here, whatever the spelling', async () => {
    const admission = await admitted({ known: { patients: [patient()] } });
    expect([admission.code, admission.issues]).toEqual(['AA', []]);
  });

  it.each<[string, Partial<KnownPatient>]>([
    ['birth name', { birthName: 'AUTRE' }],
    ['sex', { sex: 'male' }],
    ['birth date', { birthDate: '1954-06-13' }],
  ])('is refused where another %s is known under the INS', async (_, change) => {
    const admission = await admitted({ known: { patients: [patient(change)] } });
    expect(issuesOf(admission)).toEqual(['OBX[1]-5.5 207 904']);
  });

  it('is told where another birth place is known, and where of a date the day is not', async () => {
    const known = { patients: [patient({ birthPlace: '75056', birthDate: '1954-06' })] };
    const admission = await admitted({ known });
    expect([admission.code, issuesOf(admission, 'W')]).toEqual(['AA', ['OBX[1]-5.5 207 904']]);
  });

  it.each(['19540600', '19540000', '195406', '19540631', '195406120930+0100'])(
    'is he who is known, where his document gives his birth as far as %s',
    async (birthDate) => {
      const traits = 'ESSAI-LETTRE^ODETTE^ODETTE^^^^L||19540612|F';
      const admission = await admitted({
        letter: { birthDate },
        carrier: { traits },
        known: { patients: [patient()] },
      });
      expect([admission.code, admission.issues]).toEqual(['AA', []]);
    },
  );

  it.each(['1954-06-12', '12/06/1954', '00000000', '19541312'])(
    'has no birth date where it is written %s',
    async (birthDate) => {
      expect(issuesOf(await admitted({ letter: { birthDate } }))).toEqual(['OBX[1]-5.5 207 905']);
    },
  );

  it('is he whose numbers are filled up with blanks in the message', async () => {
    const padded = `${INS}  ^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10 &ISO^INS~ IPP-7001 ^^^CH&2.999.71.1&ISO^PI`;
    const admission = await admitted({ carrier: { pid3: padded } });
    expect([admission.code, admission.issues]).toEqual(['AA', []]);
  });

  it('is one of those who share the INS, where one of them has his traits', async () => {
    const known = { patients: [patient({ birthName: 'AUTRE' }), patient()] };
    expect((await admitted({ known })).code).toBe('AA');
  });

  it('is refused where his local number is that of somebody with another INS', async () => {
    const other = patient({ identifiers: [`${TEST_AUTHORITY}|${OTHER_INS}`, 'urn:oid:2.999.71.1|IPP-7001'] });
    expect(issuesOf(await admitted({ known: { patients: [other] } }))).toEqual(['OBX[1]-5.5 207 903']);
    const shared = { sharedNumbers: ['IPP-7001'] };
    expect((await admitted({ known: { patients: [other] }, source: shared })).code).toBe('AA');
  });

  it('has to be known where the source wants it so', async () => {
    const source = { documents: { unknownPatients: 'refuse' as const } };
    expect(issuesOf(await admitted({ source }))).toEqual(['OBX[1]-5.5 207 902']);
    expect((await admitted({ source, known: { patients: [patient()] } })).code).toBe('AA');
  });
});

describe('the versions of a document', () => {
  const replacing = { letter: SECOND, carrier: { request: 'replace' as const } };

  it('are told by what is known: replaced by their author', async () => {
    const admission = await admitted({ ...replacing, known: { versions: [claim()] } });
    expect([admission.code, admission.issues]).toEqual(['AA', []]);
  });

  it('may be replaced where nobody knows the one that is, of which the sender is told', async () => {
    const admission = await admitted(replacing);
    expect([admission.code, issuesOf(admission, 'W')]).toEqual(['AA', ['OBX[1]-5.5 207 900']]);
  });

  it('are not replaced by an older one than is known', async () => {
    const third = claim({ key: 'urn:ietf:rfc:3986|urn:oid:2.999.80.3', version: 3 });
    expect(issuesOf(await admitted({ ...replacing, known: { versions: [claim(), third] } }))).toEqual([
      'OBX[1]-5.5 207 900',
    ]);
  });

  it('may begin with the last: the first is new whenever it comes', async () => {
    const second = claim({ key: 'urn:ietf:rfc:3986|urn:oid:2.999.80.2', version: 2 });
    expect((await admitted({ known: { versions: [second] } })).code).toBe('AA');
  });

  it.each(['replace', 'delete'] as const)(
    'are of their authors and of their organisation: %s by others is refused',
    async (request) => {
      const stranger = { author: '810999000099', organisation: '1380999994' };
      const known = { versions: [claim()] };
      const change = request === 'replace' ? { ...SECOND, ...stranger } : stranger;
      expect(issuesOf(await admitted({ letter: change, carrier: { request }, known }))).toEqual(['OBX[1]-5.5 207 901']);
      const colleague = { ...change, organisation: '380999995' };
      expect((await admitted({ letter: colleague, carrier: { request }, known })).code).toBe('AA');
    },
  );

  it('are deleted by whom the message names as its sender', async () => {
    const sender = (rpps: string) => [`PRT||UC||SB^^participation|${rpps}^BERTHIER^Claire`];
    const given = (rpps: string) => ({
      carrier: { request: 'delete' as const, after: sender(rpps) },
      known: { versions: [claim()] },
    });
    expect((await admitted(given('10999000011'))).code).toBe('AA');
    expect(issuesOf(await admitted(given('810999000099')))).toEqual(['OBX[1]-5.5 207 901']);
  });

  it('have one content for one id, but for the one that is sent to be deleted', async () => {
    const known = { versions: [claim()] };
    const admission = await admitted({ known });
    expect(admission.workItems).toMatchObject([{ reason: 'document-id-reused' }]);
    expect((await admitted({ carrier: { request: 'delete' }, known })).code).toBe('AA');
  });

  it('are not looked at again where the same message was accepted before', async () => {
    const third = claim({ key: 'urn:ietf:rfc:3986|urn:oid:2.999.80.3', version: 3 });
    expect((await admitted({ ...replacing, known: { repeated: true, versions: [third] } })).code).toBe('AA');
  });
});
