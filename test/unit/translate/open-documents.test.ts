import { expect, it } from '@jest/globals';
import type { XmlElement } from '../../../src/cda/element.js';
import { readBytes } from '../../../src/cda/encapsulated.js';
import { narrativeXhtml } from '../../../src/cda/narrative.js';
import { parseXml } from '../../../src/cda/parse.js';
import { compilePath } from '../../../src/cda/compile-path.js';
import { locationOf, select, textOf } from '../../../src/cda/path.js';
import { readTime } from '../../../src/cda/time.js';
import { openDocuments } from '../../../src/translate/open-documents.js';
import { describeSamples, readSampleDocument, sampleDocumentsIn } from '../../support/samples.js';

/** The samples that are to be refused, and what the refusal says. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'cases/documents/a10-prolog-inconnu.xml': /text\/xml/,
  'cases/documents/a13-document-vide.zip': /empty/,
};
const WARNED = ['cases/documents/a10c-declare-8859-octets-utf8.xml'];

const files = ['cda', 'xdm', 'cases/documents'].flatMap(sampleDocumentsIn);

async function open(name: string) {
  const bytes = readSampleDocument(name);
  const format = name.endsWith('.zip') ? 'xdm' : 'cda';
  return openDocuments({ bytes, format, charset: 'UNICODE UTF-8', zone: 'Europe/Paris' });
}

async function rootOf(name: string): Promise<XmlElement> {
  const [document] = await open(name);
  if (document?.format !== 'cda') throw new Error(`${name} is no CDA`);
  return document.root;
}

describeSamples('the sample documents of ../shared/data', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(30);
  });

  it.each(files.filter((name) => !(name in REFUSED)))('%s is opened', async (name) => {
    const documents = await open(name);
    expect(documents).toHaveLength(1);
    expect(documents[0]?.warnings).toHaveLength(WARNED.includes(name) ? 1 : 0);
    expect(documents[0]?.sha1).toMatch(/^[0-9a-f]{40}$/);
  });

  it.each(Object.keys(REFUSED))('%s is refused for its reason', async (name) => {
    await expect(open(name)).rejects.toThrow(REFUSED[name]);
  });

  it('say in METADATA.XML what is asked of them', async () => {
    const request = async (name: string) => (await open(`xdm/BIO-CR-BIO_2021.01_${name}.zip`))[0]?.carriage.request;
    expect(await request('Microbiologie_V1')).toBeUndefined();
    expect(await request('Microbiologie_V2')).toBe('replace');
    expect(await request('Microbiologie_V2_Delete')).toBe('delete');
  });

  it('that present themselves are the documents within', async () => {
    const [document] = await open('xdm/BIO-CR-BIO_2021.01_Auto-Presentable.zip');
    expect(document?.mediaType).toBe('application/xslt+xml');
    expect((await rootOf('xdm/BIO-CR-BIO_2021.01_Auto-Presentable.zip')).name).toBe('ClinicalDocument');
  });

  it('have narratives that FHIR can hold, and times that can be read', async () => {
    const malformed: string[] = [];
    let narratives = 0;
    for (const name of files.filter((file) => !(file in REFUSED))) {
      const element = await rootOf(name);
      for (const { node } of select({ element }, compilePath('//section/text'))) {
        const xhtml = narrativeXhtml(node.element);
        if (xhtml !== undefined) expect(textOf(parseXml(xhtml))).not.toBe('');
        narratives++;
      }
      for (const path of ['//effectiveTime', '//effectiveTime/low', '//effectiveTime/high', '//time', '//birthTime'])
        for (const selection of select({ element }, compilePath(path)))
          if (readTime(selection.node.element, { zone: 'Europe/Paris' }) === 'malformed')
            malformed.push(`${name} ${locationOf(selection)}`);
    }
    expect(narratives).toBeGreaterThan(150);
    expect(malformed).toEqual([]);
  });

  it('give the bytes of a body in base64', async () => {
    for (const name of ['cases/documents/a11-n1-base64-plie.xml', 'xdm/DOC_NON_STRUCTURE_CDA-R2-N1.zip']) {
      const [body] = select({ element: await rootOf(name) }, compilePath('component/nonXMLBody/text'));
      expect(body && readBytes(body.node.element)).toMatchObject({ mediaType: 'application/pdf' });
    }
  });

  it('with references by the thousand have their text exact', async () => {
    const text = textOf(await rootOf('cases/documents/a01-entites.xml'));
    expect(text).not.toMatch(/&(amp|lt|gt|quot|#)/);
    expect(text).not.toContain('\ufffd');
  });
});
