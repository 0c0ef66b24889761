import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Organization, PractitionerRole } from 'fhir/r4.js';
import type { Translation } from '../../../src/message/fact.js';
import type { MessageFormat } from '../../../src/message/message.js';
import { openDocuments } from '../../../src/translate/open-documents.js';
import { factOf, translatedDocuments } from '../../support/cda-documents.js';

/** The official samples and the cases of the field, where they lie. */
const DATA = '../../shared/data';
const samples = existsSync(DATA) ? describe : describe.skip;

async function translationOf(path: string, format: MessageFormat = 'cda'): Promise<Translation> {
  const bytes = readFileSync(`${DATA}/${path}`);
  return translatedDocuments(await openDocuments({ bytes, format, charset: 'utf-8', zone: 'Europe/Paris' }));
}

const membersOf = (translation: Translation) => factOf(translation, 'document').body.members;
const professionals = (translation: Translation) =>
  membersOf(translation).filter((member) => !member.person.startsWith('contact:'));

samples('the official samples', () => {
  it('CANCER-PPS gives its twelve participants', async () => {
    const translation = await translationOf('cda/CANCER-PPS_2022.01_feuille-de-style-externe.xml');
    const participants = professionals(translation);
    expect(participants).toHaveLength(12);
    expect(new Set(participants.map((member) => member.person)).size).toBe(12);
    expect(
      participants.filter(({ person }) => person.startsWith('Organization/')).map(({ role }) => role.code),
    ).toEqual(['ORG-177', 'ORG-177', 'ORG-190', 'ORG-179', 'ORG-191', 'ORG-180', 'ORG-181']);
    expect(translation.issues).toEqual([]);
  });

  it('LDL-SES gives its two recipients, where the header says that they work', async () => {
    const translation = await translationOf('cda/LDL-SES_2022.01.xml');
    const recipients = membersOf(translation).filter(({ family }) => family === 'BOILEAU' || family === 'DUCOUT');
    const places = recipients.map(({ person }) => {
      const role = translation.mentions
        .map(({ resource }) => resource as PractitionerRole)
        .find(({ resourceType, id }) => `${resourceType}/${id ?? ''}` === person);
      return translation.mentions
        .map(({ resource }) => resource as Organization)
        .find(({ resourceType, id }) => `${resourceType}/${id ?? ''}` === role?.organization?.reference)
        ?.identifier?.map(({ value }) => value);
    });
    expect(places).toEqual([['120456789'], ['120456789']]);
  });

  it.each(existsSync(DATA) ? readdirSync(`${DATA}/cda`).map((name) => `cda/${name}`) : [])(
    '%s leaves of its header unused only what DocumentReference has no place for',
    async (path) => {
      const { unused } = await translationOf(path);
      const left = unused().filter((place) => !place.startsWith('component'));
      expect(left.filter((place) => !/(^|\/)(time|signatureCode|originalText|low|high)(\[|\/|$)/.test(place))).toEqual(
        [],
      );
    },
  );

  it.each(existsSync(DATA) ? readdirSync(`${DATA}/xdm`).map((name) => `xdm/${name}`) : [])(
    '%s gives a document, or the reason why none',
    async (path) => {
      const { facts, issues } = await translationOf(path, 'xdm');
      const blocking = issues.filter((issue) => issue.blocking).map(({ reason }) => reason);
      if (path.includes('CSE-CS8')) expect([facts, blocking]).toEqual([[], ['document-identity']]);
      else expect([facts.filter(({ kind }) => kind === 'document').length, blocking]).toEqual([1, []]);
    },
  );
});

samples('the cases of the field', () => {
  const casePath = (name: string) => `cases/documents/${name}.xml`;

  it('a list that holds exactly one is read as any other', async () => {
    const labels = membersOf(await translationOf(casePath('a03-un-seul'))).map(({ label }) => label);
    for (const name of ['TESTAUTEUR', 'TESTEQUIPE', 'Lise TESTORMEAU'])
      expect(labels).toContainEqual(expect.stringContaining(name));
  });

  it('two people without a number are two, and one number is one person', async () => {
    const members = professionals(await translationOf(casePath('a07-intervenants')));
    const unnumbered = members.filter(({ identifier }) => identifier === undefined);
    expect(unnumbered.map(({ family }) => family)).toEqual(['TESTKINE', 'TESTIDEL']);
    const doctor = members.filter(({ identifier }) => identifier === 'https://rpps.esante.gouv.fr|99700000021');
    expect([doctor.length, new Set(doctor.map(({ person }) => person)).size]).toEqual([2, 1]);
    expect((await translationOf(casePath('a07-intervenants'))).facts).toEqual(
      (await translationOf(casePath('a07-intervenants'))).facts,
    );
  });

  it('two versions name each other', async () => {
    const [first, second] = [await translationOf(casePath('a09-v1')), await translationOf(casePath('a09-v2'))];
    const shared = factOf(first, 'document').documents ?? [];
    expect(factOf(second, 'document').documents?.some((key) => shared.includes(key))).toBe(true);
    expect(factOf(second, 'document').body.replaces).toEqual([factOf(first, 'document').body.id]);
  });

  it.each(['a00-temoin', 'a05-negation', 'a11-n1-base64-plie'])('%s has its circle from the header', async (name) => {
    const members = professionals(await translationOf(casePath(name)));
    expect(members.map(({ family }) => family)).toContain('TESTAUTEUR');
  });
});
