import { describe, expect, it } from '@jest/globals';
import { openPackage } from '../../../src/cda/open-package.js';
import { INS, metadataOf, xdmOf, zipOf, type XdmDocument, type ZipEntry } from '../../support/archive.js';

/** A CDA of an invented patient. */
function documentOf(n = 1, patient = '254063818599957', more = ''): Buffer {
  return Buffer.from(`<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="2.999.1.${String(n)}"/>
    <code code="11490-0" codeSystem="2.16.840.1.113883.6.1"/>
    <recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="${patient}"/><patient>
      <name><family qualifier="BR">TESTVALMY</family><given qualifier="BR">ODETTE</given></name>
      <administrativeGenderCode code="F"/><birthTime value="19540612"/></patient></patientRole></recordTarget>${more}</ClinicalDocument>`);
}

const open = openPackage;
const openOne = (document: Partial<XdmDocument> = {}) => open(xdmOf([{ bytes: documentOf(), ...document }]));

describe('an XDM package', () => {
  it('is its documents, with what METADATA.XML says beside them', async () => {
    const [document, ...rest] = await openOne({ action: 'C', masks: ['MASQUE_PS', 'INVISIBLE_PATIENT'] });
    expect(rest).toEqual([]);
    expect(document).toMatchObject({ format: 'cda', part: 0, mediaType: 'text/xml', warnings: [] });
    expect(document?.bytes.equals(documentOf())).toBe(true);
    expect(document?.carriage).toEqual({
      request: 'replace',
      replaces: [],
      masks: ['MASQUE_PS', 'INVISIBLE_PATIENT'],
      sentAt: '2025-06-03T12:15:00Z',
      metadata: {
        classCode: {
          system: 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument',
          code: '10',
          display: 'Compte rendu',
        },
        typeCode: { system: 'http://loinc.org', code: '11490-0' },
        confidentialityCode: { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' },
      },
    });
  });

  it('may hold several documents of one patient, and asks nothing where it says nothing', async () => {
    const documents = await open(xdmOf([{ bytes: documentOf(1) }, { bytes: documentOf(2), action: 'D' }]));
    expect(documents.map(({ part, carriage }) => [part, carriage.request])).toEqual([
      [0, undefined],
      [1, 'delete'],
    ]);
  });

  it.each<[string, (name: string) => string, Partial<ZipEntry>]>([
    ['backslashes', (name) => name.replaceAll('/', '\\'), {}],
    ['small letters', (name) => name.toLowerCase(), {}],
    ['sizes after the content', (name) => name, { descriptor: true }],
    ['nothing packed', (name) => name, { stored: true }],
    ['a folder about it', (name) => `export/${name}`, {}],
    ['modes of Unix', (name) => name, { mode: 0o100644 }],
  ])('is read as Windows, .NET and others write it: %s', async (_, rename, entry) => {
    const documents = [{ bytes: documentOf() }];
    expect(await open(xdmOf(documents, { rename, entry }))).toHaveLength(1);
  });

  it('is as confidential as the strictest of its codes, and of no class that is no code', async () => {
    const metadata = metadataOf([{ bytes: documentOf(), masks: ['R', 'V'] }]).replace(
      'nodeRepresentation="10"',
      'nodeRepresentation="1  0"',
    );
    const [document] = await open(xdmOf([{ bytes: documentOf() }], { metadata }));
    expect(document?.carriage.metadata).toMatchObject({ confidentialityCode: { code: 'V' } });
    expect(document?.carriage.metadata?.['classCode']).toBeUndefined();
  });

  it('may name its files otherwise than they are written', async () => {
    const metadata = metadataOf([{ bytes: documentOf(), uri: '.\\doc0001.xml' }]);
    expect(await open(xdmOf([{ bytes: documentOf() }], { metadata }))).toHaveLength(1);
  });

  it('warns of what does no harm', async () => {
    const warnings = async (document: Partial<XdmDocument>) => (await openOne(document))[0]?.warnings;
    expect(await warnings({ size: null })).toEqual([expect.stringMatching(/lacks the size or the hash/)]);
    expect(await warnings({ hash: null })).toEqual([expect.stringMatching(/lacks the size or the hash/)]);
    expect(await warnings({ typeCode: '18761-7' })).toEqual([expect.stringMatching(/not the typeCode/)]);
    const givenName = { patientInfo: ['PID-5|TEST-VALMY^JEANNE^^^^^L'] };
    expect(await warnings(givenName)).toEqual([expect.stringMatching(/given name/)]);
    expect(await warnings({ action: 'Z' })).toEqual([expect.stringMatching(/none of C and D/)]);
    const pdf = { bytes: Buffer.from('%PDF-1.7'), uri: 'DOC0002.PDF', mediaType: 'application/pdf' };
    const [document, ...rest] = await open(xdmOf([{ bytes: documentOf() }, pdf]));
    expect(rest).toEqual([]);
    expect(document?.warnings).toEqual([expect.stringMatching(/no CDA/)]);
  });

  it.each<[string, Partial<XdmDocument>, string, string]>([
    ['another size', { size: '12' }, 'document-inconsistent', 'size'],
    ['another hash', { hash: 'A'.repeat(40) }, 'document-inconsistent', 'hash'],
    ['another id', { uniqueId: '2.999.1.9' }, 'document-inconsistent', 'uniqueId'],
    ['another patient', { patientId: INS.replace('957', '958') }, 'document-identity', 'patientId'],
    ['a patient of another authority', { patientId: INS.replace('4.10', '4.8') }, 'document-identity', 'patientId'],
    [
      'another source patient',
      { sourcePatientId: INS.replace('2540', '1540') },
      'document-inconsistent',
      'sourcePatientId',
    ],
    [
      'another name',
      { patientInfo: ['PID-5|DURAND^ODETTE^^^^^L'] },
      'document-inconsistent',
      'sourcePatientInfo PID-5',
    ],
    ['another birth date', { patientInfo: ['PID-7|19540613'] }, 'document-inconsistent', 'sourcePatientInfo PID-7'],
    ['another sex', { patientInfo: ['PID-8|M'] }, 'document-inconsistent', 'sourcePatientInfo PID-8'],
    ['an empty document', { bytes: Buffer.alloc(0), uniqueId: null }, 'document-unreadable', 'URI'],
    ['no file of that name', { uri: '' }, 'document-inconsistent', 'URI'],
    ['a size that is none', { size: '1e3' }, 'document-unreadable', 'size'],
  ])('that contradicts its METADATA.XML is refused: %s', async (_, document, code, field) => {
    await expect(openOne(document)).rejects.toMatchObject({ code, field });
  });

  it('agrees with a METADATA.XML that writes traits otherwise', async () => {
    const patientInfo = ['PID-5|Test-Valmy^ODETTE^^^^^L', 'PID-5|X^Y^^^^^D', 'PID-7|1954', 'PID-8|U'];
    expect(await openOne({ patientInfo })).toHaveLength(1);
    expect(await openOne({ patientId: null })).toHaveLength(1);
    expect(await openOne({ sourcePatientId: '77^^^&2.999.5&ISO^PI' })).toHaveLength(1);
    expect(await openOne({ mediaType: 'Text/XML; charset="UTF-8"'.replaceAll('"', '&quot;') })).toHaveLength(1);
  });

  it('whose METADATA.XML is all of another patient is refused', async () => {
    const bytes = documentOf(1, '154063818599957');
    await expect(openOne({ bytes })).rejects.toMatchObject({ code: 'document-inconsistent', field: 'patientId' });
  });

  it('about several patients is refused, however it says so', async () => {
    const two = [
      { bytes: documentOf(1) },
      { bytes: documentOf(2, '154063818599957'), patientId: INS.replace('2540', '1540') },
    ];
    await expect(open(xdmOf(two))).rejects.toMatchObject({ code: 'document-identity' });
    const silent = two.map((document) => ({ ...document, patientId: null }));
    await expect(open(xdmOf(silent, { metadata: metadataOf(silent, null) }))).rejects.toMatchObject({
      code: 'document-identity',
    });
    const [target] = /<recordTarget>.*<\/recordTarget>/s.exec(documentOf(1, '9').toString()) ?? [''];
    await expect(openOne({ bytes: documentOf(1, '254063818599957', target) })).rejects.toMatchObject({
      code: 'document-identity',
    });
  });

  it.each<[string, Buffer, RegExp]>([
    ['no ZIP', Buffer.from('%PDF-1.7'), /no ZIP/],
    ['half of one', xdmOf([{ bytes: documentOf() }]).subarray(0, 900), /no ZIP/],
    ['one without its end', xdmOf([{ bytes: documentOf() }]).subarray(0, -10), /no ZIP/],
    ['no METADATA.XML', zipOf([{ name: 'A.XML', content: documentOf() }]), /no METADATA/],
    ['no CDA', xdmOf([{ bytes: Buffer.from('x'), mediaType: 'text/plain' }]), /no CDA/],
    ['a METADATA.XML of no document', xdmOf([], { metadata: metadataOf([]) }), /names no document/],
    [
      'a METADATA.XML with a DOCTYPE',
      xdmOf([], { metadata: `<!DOCTYPE a [<!ENTITY b "c">]>${metadataOf([])}` }),
      /DOCTYPE/,
    ],
    ['a document with a DOCTYPE', xdmOf([{ bytes: Buffer.from('<!DOCTYPE a><a/>') }]), /DOCTYPE/],
    ['a file that is not there', xdmOf([], { metadata: metadataOf([{ bytes: documentOf() }]) }), /not in the package/],
    [
      'a file outside',
      xdmOf([], { metadata: metadataOf([{ bytes: documentOf(), uri: '../../X' }]) }),
      /not in the package/,
    ],
  ])('that is broken is refused: %s', async (_, bytes, reason) => {
    await expect(open(bytes)).rejects.toThrow(reason);
  });
});
