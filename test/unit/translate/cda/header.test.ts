import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Organization, Practitioner, PractitionerRole } from 'fhir/r4.js';
import { openCda } from '../../../../src/cda/open-cda.js';
import { SYSTEMS } from '../../../../src/fhir/systems.js';
import type { Translation } from '../../../../src/message/fact.js';
import { isRestricted } from '../../../../src/record/document-reference.js';
import { factOf, translatedCda, translatedDocuments } from '../../../support/cda-documents.js';

const EXAMPLE = readFileSync('mappings/examples/CDA/cda-discharge-letter.xml', 'utf8');
const PATIENT_NAME = /<patient>\s*<name>[\s\S]*?<\/name>/;
const INS = '<id root="1.2.250.1.213.1.4.10" extension="251047500002175"/>';

/** The example with something else in the place of a piece of it. */
function changed(piece: string | RegExp, by: string): string {
  const text = EXAMPLE.replace(piece, by);
  if (text === EXAMPLE) throw new Error(`the example holds no ${String(piece)}`);
  return text;
}

/** The example with these participants instead of its own. */
function withParticipants(...participants: string[]): Translation {
  return translatedCda(changed(/<participant [\s\S]*<\/participant>/, participants.join('')));
}

const participant = (code: string, entity: string, more = '') =>
  `<participant typeCode="PRF"><functionCode code="${code}" codeSystem="1.2.250.1.213.1.6.1.107"/>${more}` +
  `<associatedEntity classCode="PROV">${entity}</associatedEntity></participant>`;
const person = (family: string, given = 'Jean') =>
  `<associatedPerson><name><family>${family}</family><given>${given}</given></name></associatedPerson>`;
const idOf = (extension: string) => `<id root="1.2.250.1.71.4.2.1" extension="${extension}"/>`;

function membersOf(translation: Translation) {
  return factOf(translation, 'document').body.members;
}

function patientElement(translation: Translation, path: string): unknown {
  return factOf(translation, 'identity').body.patient.elements.find((element) => element.path === path)?.value;
}

function referenceElement(translation: Translation, path: string): unknown {
  return factOf(translation, 'document').body.reference.elements.find((element) => element.path === path)?.value;
}

function mentioned<R>(translation: Translation, type: string): R[] {
  return translation.mentions.flatMap(({ resource }) => (resource.resourceType === type ? [resource as R] : []));
}

describe('the patient of a document', () => {
  it('is anchored on the number of the hospital, has the INS beside it, and fills only what no hospital says', () => {
    const fact = factOf(translatedCda(EXAMPLE), 'identity');
    expect(fact.patient).toBe('urn:oid:2.999.73.8|800042');
    expect(fact.body).toMatchObject({
      secondary: true,
      identifiers: [{ system: 'urn:oid:2.999.73.8', value: '800042', type: 'PI' }],
      ins: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: '251047500002175', type: 'INS' }],
    });
  });

  it.each([
    ['nothing', undefined, 'PROV', []],
    ['VALI', 'VALI', 'VALI', []],
    ['VAL', 'VAL', 'VALI', []],
    ['PROV', 'PROV', 'PROV', []],
    ['DOUT', 'DOUT', 'DOUT', []],
    ['a code that no table has', 'SUR', 'PROV', ['code-unknown']],
  ])('is trusted as PID-32 of the message says: %s', (_, reliability, status, issues) => {
    const translation = translatedCda(EXAMPLE, reliability === undefined ? {} : { reliability });
    const { elements } = factOf(translation, 'identity').body.patient;
    const extensions = elements.flatMap(({ path, value }) => (path === 'extension' ? (value as unknown[]) : []));
    expect(extensions).toContainEqual({
      url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability',
      extension: [
        {
          url: 'identityStatus',
          valueCoding: { system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445', code: status },
        },
      ],
    });
    expect(translation.issues.map(({ reason }) => reason)).toEqual(issues);
    const traces = elements.flatMap(({ trace }) => trace);
    expect(traces.some(([, from]) => from === 'PID-32')).toBe(reliability !== undefined && issues.length === 0);
  });

  it('is known by the INS alone where the header has no other number', () => {
    const { facts } = translatedCda(changed('<id root="2.999.73.8" extension="800042"/>', ''));
    expect(new Set(facts.map(({ patient }) => patient))).toEqual(
      new Set(['urn:oid:1.2.250.1.213.1.4.10|251047500002175']),
    );
  });

  it.each([
    ['none', ''],
    ['an empty one', '<id root="1.2.250.1.213.1.4.10" extension=""/>'],
    ['one that is not said', '<id nullFlavor="UNK" root="1.2.250.1.213.1.4.10" extension="251047500002175"/>'],
    ['a real one whose key is wrong', '<id root="1.2.250.1.213.1.4.8" extension="251047500002176"/>'],
    ['an invented one of zeros', '<id root="1.2.250.1.213.1.4.10" extension="000000000000000"/>'],
    ['an invented one without its key', '<id root="1.2.250.1.213.1.4.10" extension="2510475000021"/>'],
    ['an invented one of letters', '<id root="1.2.250.1.213.1.4.10" extension="INCONNU"/>'],
  ])('is nobody without an INS: %s', (_, id) => {
    const { facts, mentions, identifiers, issues } = translatedCda(changed(INS, id));
    expect([facts, mentions, identifiers]).toEqual([[], [], []]);
    expect(issues).toContainEqual(expect.objectContaining({ blocking: true, reason: 'document-identity' }));
  });

  it('keeps an invented INS whose key is wrong, and asks for a look', () => {
    const translation = translatedCda(changed(INS, '<id root="1.2.250.1.213.1.4.10" extension="251047500002176"/>'));
    expect(factOf(translation, 'identity').body.ins).toMatchObject([{ value: '251047500002176' }]);
    expect(translation.issues).toMatchObject([{ blocking: false, field: 'recordTarget/patientRole/id' }]);
  });

  it.each([
    [
      'the list of given names beside the first',
      '<given>LOUISE ANNE</given><given qualifier="BR">LOUISE</given><family qualifier="BR">EXEMPLE</family>',
      [{ use: 'official', family: 'EXEMPLE', given: ['LOUISE'], extension: [{ valueString: 'LOUISE ANNE' }] }],
    ],
    [
      'several given names in elements of their own',
      '<family qualifier="BR">EXEMPLE</family><given>LOUISE</given><given>ANNE MARIE</given>',
      [{ use: 'official', family: 'EXEMPLE', given: ['LOUISE', 'ANNE MARIE'] }],
    ],
    [
      'the older SP as the name in use',
      '<family qualifier="BR">EXEMPLE</family><family qualifier="SP">MODELE</family><given qualifier="BR">LOUISE</given>',
      [
        { use: 'official', family: 'EXEMPLE', given: ['LOUISE'] },
        { use: 'usual', family: 'MODELE', given: ['LOUISE'] },
      ],
    ],
    [
      'a name in use that is not said',
      '<family qualifier="BR">EXEMPLE</family><family qualifier="CL" nullFlavor="UNK"/><given qualifier="BR"> LOUISE </given>',
      [{ use: 'official', family: 'EXEMPLE', given: ['LOUISE'] }],
    ],
    [
      'names without qualifiers',
      '<family>EXEMPLE</family><given>LOUISE</given>',
      [{ family: 'EXEMPLE', given: ['LOUISE'] }],
    ],
  ])('has his names: %s', (_, parts, names) => {
    const translation = translatedCda(changed(PATIENT_NAME, `<patient><name>${parts}</name>`));
    expect(patientElement(translation, 'name')).toMatchObject(names);
    expect(patientElement(translation, 'name')).toHaveLength(names.length);
  });

  it.each(['constructor', 'toString', 'x-phone'])(
    'has a number of a scheme that nobody knows as it is: %s',
    (scheme) => {
      const telecom = `<telecom value="${scheme}:+33400000009"/>`;
      const translation = translatedCda(changed(/<telecom [^>]*\/>/, telecom));
      expect(patientElement(translation, 'telecom')).toContainEqual({
        system: 'other',
        value: `${scheme}:+33400000009`,
      });
    },
  );

  it('has the mailbox of his space of health marked as one of secure mail', () => {
    expect(patientElement(translatedCda(EXAMPLE), 'telecom')).toContainEqual(
      expect.objectContaining({
        system: 'email',
        value: '251047500002175@patient.mssante.fr',
        extension: [expect.objectContaining({ valueCoding: expect.objectContaining({ code: 'MSSANTE' }) })],
      }),
    );
  });

  it('says nothing where nullFlavor stands', () => {
    const translation = translatedCda(changed(/<addr use="H">[\s\S]*?<\/addr>/, '<addr nullFlavor="NASK"/>'));
    expect(patientElement(translation, 'address')).toBeUndefined();
  });
});

describe('the circle of a document', () => {
  it('holds each person once in a role, and nobody as a mere professional beside a role of his own', () => {
    const translation = withParticipants(participant('353', idOf('899700010017') + person('AUTEUR', 'Paul')));
    const roles = membersOf(translation).filter(({ family }) => family === 'AUTEUR');
    expect(roles.map(({ role, basis }) => [role.code, basis])).toEqual([['353', 'CDA']]);
  });

  it.each([
    ['8 before the RPPS, and the RPPS alone', '899700010090', '99700010090'],
    ['hyphens and accents in the family name', '899700010090', '899700010090'],
  ])('has one person under one number spelled two ways: %s', (_, first, second) => {
    const members = membersOf(
      withParticipants(
        participant('353', idOf(first) + person('Lefèvre-Dupont')),
        participant('330', idOf(second) + person('LEFEVRE DUPONT', 'J.')),
      ),
    ).filter(({ role }) => ['353', '330'].includes(role.code));
    expect(members).toHaveLength(2);
    expect(new Set(members.map((member) => member.person)).size).toBe(1);
    expect(new Set(members.map(({ identifier }) => identifier))).toEqual(
      new Set(['https://rpps.esante.gouv.fr|99700010090']),
    );
  });

  it('has two people under one number where the family names differ', () => {
    const translation = withParticipants(
      participant('353', idOf('899700010090') + person('UN')),
      participant('353', idOf('899700010090') + person('DEUX')),
    );
    const members = membersOf(translation).filter(({ role }) => role.code === '353');
    expect(new Set(members.map((member) => member.person)).size).toBe(2);
  });

  it('tells people without a number apart by their names, and knows them again in another document of the patient', () => {
    const unnumbered = (family: string) => participant('353', `<id nullFlavor="UNK"/>${person(family)}`);
    const peopleOf = (translation: Translation) =>
      new Map(
        membersOf(translation)
          .filter(({ role }) => role.code === '353')
          .map(({ family, identifier, person: key }) => [family, { identifier, key }]),
      );
    const first = peopleOf(withParticipants(unnumbered('KINE'), unnumbered('IDEL')));
    const second = peopleOf(withParticipants(unnumbered('IDEL'), unnumbered('KINE')));
    expect(first.get('KINE')?.key).not.toBe(first.get('IDEL')?.key);
    expect(second).toEqual(new Map([...first].reverse()));
    expect(first.get('KINE')?.identifier).toBeUndefined();
  });

  it('does not know them in a document of somebody else', () => {
    const text = changed(/<participant [\s\S]*<\/participant>/, participant('353', person('KINE')));
    const other = text
      .replace('extension="800042"', 'extension="800043"')
      .replaceAll('251047500002175', '148033300001241');
    const keyOf = (translation: Translation) => membersOf(translation).find(({ family }) => family === 'KINE')?.person;
    expect(keyOf(translatedCda(text))).not.toBe(keyOf(translatedCda(other)));
  });

  it.each([
    ['who takes a sample', participant('PRELV', idOf('899700010090') + person('PRELEVEUR'))],
    ['nobody at all', participant('353', '<id nullFlavor="UNK"/>')],
  ])('leaves out %s', (_, text) => {
    const without = membersOf(withParticipants('')).map(({ label }) => label);
    expect(membersOf(withParticipants(text)).map(({ label }) => label)).toEqual(without);
  });

  it.each([
    ['a function that no table has', 'ZZZ', 'PROV'],
    ['the coordinator', '330', '330'],
    ['the correspondent', 'CORRE', 'CORRE'],
    ['the family doctor', 'PCP', 'PCP'],
  ])('gives its role to %s', (_, code, role) => {
    const translation = withParticipants(participant(code, idOf('899700010090') + person('MEMBRE')));
    expect(membersOf(translation).find(({ family }) => family === 'MEMBRE')?.role.code).toBe(role);
    expect(translation.issues.map(({ reason }) => reason)).toEqual(code === 'ZZZ' ? ['code-unknown'] : []);
  });

  it.each([
    ['RPPS', '899700010090', '99700010090'],
    ['RPPS', '8 9970 0010 090', '99700010090'],
    ['RPPS', '99700010090 ', '99700010090'],
    ['ADELI', '0319990001', '319990001'],
    ['ADELI', '319990001', '319990001'],
    ['ADELI', '0 31 999 000 1', '319990001'],
    ['ADELI', '09C9990001', '9C9990001'],
  ])('knows one person by his %s however it is written: %s', (type, written, value) => {
    const translation = withParticipants(
      participant('353', idOf(written) + person('MEMBRE')),
      participant('CORRE', idOf(value) + person('MEMBRE')),
    );
    const [first, second] = membersOf(translation).filter(({ family }) => family === 'MEMBRE');
    expect(second?.person).toBe(first?.person);
    const numbers = mentioned<Practitioner>(translation, 'Practitioner').flatMap(({ identifier = [] }) => identifier);
    const typed = numbers.filter((number) => number.value === value);
    expect(typed.map((number) => number.type?.coding?.[0]?.code)).toEqual([type]);
  });

  it('keeps who is named with an end before his begin, and asks for a look', () => {
    const time = '<time><low value="20260310"/><high value="20260301"/></time>';
    const translation = withParticipants(participant('353', idOf('899700010090') + person('MEMBRE'), time));
    const member = membersOf(translation).find(({ family }) => family === 'MEMBRE');
    expect(member).toMatchObject({ begin: '2026-03-10' });
    expect(member).not.toHaveProperty('end');
    expect(translation.issues).toMatchObject([{ reason: 'field-invalid', field: 'participant/time/high' }]);
  });

  it('takes the times that the document gives', () => {
    const time = '<time><low value="20260301"/><high value="202603202400+0100"/></time>';
    const translation = withParticipants(participant('353', idOf('899700010090') + person('MEMBRE'), time));
    expect(membersOf(translation).find(({ family }) => family === 'MEMBRE')).toMatchObject({
      begin: '2026-03-01',
      end: '2026-03-21T00:00:00+01:00',
    });
  });

  it('has a structure as itself, with the person to ask for', () => {
    const organization =
      '<scopingOrganization><id root="1.2.250.1.71.4.2.2" extension="1310009974"/><name>HAD d’essai</name></scopingOrganization>';
    const translation = withParticipants(participant('ST-COORD', person('ACCUEIL') + organization));
    const member = membersOf(translation).find(({ role }) => role.code === 'ST-COORD');
    expect(member).toMatchObject({ label: 'HAD d’essai', identifier: 'https://finess.esante.gouv.fr|310009974' });
    const [structure] = mentioned<Organization>(translation, 'Organization').filter(
      ({ name }) => name === 'HAD d’essai',
    );
    expect(member?.person).toBe(`Organization/${structure?.id ?? ''}`);
    expect(structure?.contact).toMatchObject([{ name: { family: 'ACCUEIL' } }]);
  });

  it('has recipients with the addresses that the header gives them', () => {
    const translation = translatedCda(EXAMPLE);
    const recipient = membersOf(translation).find(({ family }) => family === 'SOIN');
    const role = mentioned<PractitionerRole>(translation, 'PractitionerRole').find(
      ({ id }) => recipient?.person === `PractitionerRole/${id ?? ''}`,
    );
    expect(role?.telecom).toMatchObject([{ system: 'email', value: 'rose.soin@idel.formation.mssante.fr' }]);
  });

  it('has the relatives with their roles, and says of each who he is', () => {
    const translation = translatedCda(EXAMPLE);
    const relatives = membersOf(translation).filter(({ person: key }) => key.startsWith('contact:'));
    expect(relatives.map(({ role, label }) => [role.code, label])).toEqual([
      ['NOK', 'Claire MODELE'],
      ['CAREGIVER', 'Jean PROCHE'],
      ['GUARD', 'Marc TUTELLE'],
    ]);
    const contacts = translation.facts.filter(({ kind }) => kind === 'contact');
    expect(contacts).toHaveLength(3);
  });

  it('mentions people with the least weight: what a document says of them takes the place of nothing', () => {
    const { mentions } = translatedCda(EXAMPLE);
    expect(new Set(mentions.map(({ rank }) => rank))).toEqual(new Set(['document']));
    expect(mentioned<Practitioner>(translatedCda(EXAMPLE), 'Practitioner').length).toBe(3);
  });
});

describe('the versions of a document', () => {
  const body = (text: string, carriage = {}) => factOf(translatedCda(text, carriage), 'document').body;
  const replacing = changed(
    '<component>',
    '<relatedDocument typeCode="RPLC"><parentDocument><id root="2.999.73.9.0"/></parentDocument></relatedDocument><component>',
  );

  it('name themselves, their set and what they replace', () => {
    expect(body(replacing)).toMatchObject({
      id: 'urn:ietf:rfc:3986|urn:oid:2.999.73.9.1',
      set: 'urn:oid:2.999.73.9|LDL-1',
      version: 1,
      replaces: ['urn:ietf:rfc:3986|urn:oid:2.999.73.9.0'],
      request: 'replace',
    });
    expect(factOf(translatedCda(replacing), 'document').documents).toEqual([
      'urn:ietf:rfc:3986|urn:oid:2.999.73.9.1',
      'urn:oid:2.999.73.9|LDL-1',
      'urn:ietf:rfc:3986|urn:oid:2.999.73.9.0',
    ]);
  });

  it('are what the carrier asks where it asks', () => {
    expect(body(EXAMPLE).request).toBe('new');
    expect(body(EXAMPLE, { request: 'replace', replaces: ['urn:ietf:rfc:3986|urn:oid:2.999.5'] })).toMatchObject({
      request: 'replace',
      replaces: ['urn:ietf:rfc:3986|urn:oid:2.999.5'],
    });
    expect(body(replacing, { request: 'new' }).request).toBe('new');
  });

  it('say nothing of care where they are to go, and take the stay back', () => {
    const translation = translatedCda(EXAMPLE, { request: 'delete' });
    expect(translation.facts.map(({ kind }) => kind)).toEqual(['identity', 'document', 'visit']);
    expect(factOf(translation, 'document').body).toMatchObject({
      members: [],
      plans: [],
      entries: [],
      request: 'delete',
    });
    expect(factOf(translation, 'visit').body.withdrawn).toBe(true);
  });

  it('are hidden from professionals where the carrier says so', () => {
    const translation = translatedCda(EXAMPLE, { masks: ['MASQUE_PS'] });
    expect(factOf(translation, 'document').body.masked).toBe(true);
    const labels = factOf(translation, 'document').body.reference.elements.filter(
      ({ path }) => path === 'securityLabel',
    );
    expect(JSON.stringify(labels.map(({ value }) => value))).toMatch(/"N".*MASQUE_PS/);
  });

  it.each([
    ['<confidentialityCode code="R"/>', true],
    ['<confidentialityCode code="V" codeSystem="1.2.250.1.213.1.1.4.13"/>', true],
    ['<confidentialityCode code="r" codeSystem="2.16.840.1.113883.5.25"/>', true],
    ['<confidentialityCode code="MASQUE_PS" codeSystem="2.16.840.1.113883.5.25"/>', true],
    [
      '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><confidentialityCode code="MASQUE_PS"/>',
      true,
    ],
    ['<confidentialityCode code="INVISIBLE_PATIENT" codeSystem="1.2.250.1.213.1.1.4.13"/>', false],
    ['<confidentialityCode code="n"/>', false],
    ['<confidentialityCode nullFlavor="UNK"/>', false],
  ])('are restricted or not by the code, whatever system it names: %s', (written, restricted) => {
    const translation = translatedCda(changed(/<confidentialityCode[^>]*>/, written));
    expect(isRestricted(factOf(translation, 'document').body)).toBe(restricted);
  });

  it.each([
    ['V', true],
    ['R', true],
    ['N', false],
  ])('are as restricted as METADATA.XML says (%s), whatever they say themselves', (code, restricted) => {
    const metadata = { confidentialityCode: { system: SYSTEMS.confidentiality, code } };
    const translation = translatedCda(EXAMPLE, { metadata });
    expect(isRestricted(factOf(translation, 'document').body)).toBe(restricted);
  });

  it('count from when they were written, but not from a day that is still to come', () => {
    const times = (text: string) => {
      const { effectiveAt, recordedAt } = factOf(translatedCda(text), 'document');
      return [effectiveAt, recordedAt];
    };
    expect(times(EXAMPLE)).toEqual(['2026-03-06T15:30:00+01:00', '2026-03-06T15:30:00+01:00']);
    const ahead = times(changed('<effectiveTime value="20260306153000+0100"/>', '<effectiveTime value="20300101"/>'));
    expect(ahead).toEqual(['2030-01-01T00:00:00+01:00', '2026-11-27T12:00:00Z']);
  });

  it.each([
    ['20260306143000Z', '2026-03-06T14:30:00Z', 0],
    ['20260306153000.123456+0100', '2026-03-06T15:30:00.123456+01:00', 0],
    ['202603', '2026-03-01T00:00:00+01:00', 2],
    ['2026', '2026-01-01T00:00:00+01:00', 2],
    ['hier', '2026-11-27T12:00:00Z', 3],
  ])('count from what can be read of it: %s', (value, effectiveAt, doubts) => {
    const translation = translatedCda(
      changed('<effectiveTime value="20260306153000+0100"/>', `<effectiveTime value="${value}"/>`),
    );
    expect(factOf(translation, 'document').effectiveAt).toBe(effectiveAt);
    expect(translation.issues).toHaveLength(doubts);
  });
});

describe('the DocumentReference of a document', () => {
  it('has its class and format from METADATA before the tables', () => {
    const metadata = {
      classCode: { system: 'urn:oid:2.999.1', code: '11' },
      formatCode: { system: 'urn:oid:2.999.2', code: 'urn:essai' },
    };
    const carried = translatedCda(EXAMPLE, { metadata });
    expect(referenceElement(carried, 'category')).toEqual([{ coding: [metadata.classCode] }]);
    expect(referenceElement(carried, 'content')).toMatchObject([{ format: metadata.formatCode }]);
    const alone = translatedCda(EXAMPLE);
    expect(referenceElement(alone, 'category')).toMatchObject([{ coding: [{ code: '10' }] }]);
    expect(referenceElement(alone, 'content')).toMatchObject([{ format: { code: 'urn:asip:ci-sis:ldl-ses:2017' } }]);
  });

  it('gives the same facts in whatever message it comes', () => {
    const pdf = EXAMPLE.replace(
      /<component>[\s\S]*<\/component>/,
      '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0=</text></nonXMLBody></component>',
    );
    for (const text of [EXAMPLE, pdf]) {
      const [first, second] = ['1', '22'].map((messageId) => {
        const document = openCda(Buffer.from(text), { replaces: [], masks: [] });
        return translatedDocuments([document], { messageId }).facts.map(({ body }) => body);
      });
      expect(second).toEqual(first);
    }
  });

  it('has the size and hash of the bytes as they came', () => {
    expect(referenceElement(translatedCda(EXAMPLE), 'content')).toMatchObject([
      {
        attachment: {
          contentType: 'text/xml',
          size: Buffer.byteLength(EXAMPLE),
          hash: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/),
          title: 'Lettre de liaison à la sortie',
        },
      },
    ]);
  });

  it('is called after its type where it has no title', () => {
    const translation = translatedCda(
      changed('<title>Lettre de liaison à la sortie</title>', '<title nullFlavor="NI"/>'),
    );
    expect(referenceElement(translation, 'content')).toMatchObject([
      { attachment: { title: 'Lettre de liaison à la sortie' } },
    ]);
    expect(referenceElement(translation, 'description')).toBeUndefined();
  });

  it.each([
    ['fr-fr', 'fr-FR'],
    ['FR_fr', 'fr-FR'],
    ['EN', 'en'],
    ['fra', 'fr'],
    ['fr-RE', 'fr'],
    ['fr-Latn-FR', 'fr'],
    ['co-FR', undefined],
    ['zz', undefined],
    ['français', undefined],
    ['fr FR', undefined],
  ])('is in the language that is written %s', (code, language) => {
    const translation = translatedCda(changed('<languageCode code="fr-FR"/>', `<languageCode code="${code}"/>`));
    const [content] = referenceElement(translation, 'content') as { attachment: { language?: string } }[];
    expect(content?.attachment.language).toBe(language);
    expect(translation.issues).toHaveLength(language === undefined ? 1 : 0);
  });

  it.each([
    ['representation="TXT" mediaType="text/plain"', 'Sortie ce jour', 'text/plain; charset=UTF-8', 14],
    ['representation="B64" mediaType="image/tiff"', 'SUkqAA==', 'image/tiff', 4],
  ])('has the file of a body of level 1 beside the document: %s', (attributes, text, contentType, size) => {
    const body = `<component><nonXMLBody><text ${attributes}>${text}</text></nonXMLBody></component>`;
    const translation = translatedCda(
      changed(/<component>\s*<structuredBody>[\s\S]*<\/structuredBody>\s*<\/component>/, body),
    );
    expect(referenceElement(translation, 'content')).toMatchObject([
      { attachment: { contentType: 'text/xml' } },
      { attachment: { contentType, size } },
    ]);
  });

  it('has a device as its author under the name of its software', () => {
    const device = '<assignedAuthoringDevice><softwareName>Logiciel d’essai</softwareName></assignedAuthoringDevice>';
    const text = changed(/<assignedPerson><name><family>AUTEUR[\s\S]*?<\/representedOrganization>/, device);
    const translation = translatedCda(
      text.replace(/<id root="1.2.250.1.71.4.2.1" extension="899700010017"\/>\s*<code code="G15/, '<code code="G15'),
    );
    expect(referenceElement(translation, 'author')).toEqual([{ type: 'Device', display: 'Logiciel d’essai' }]);
  });
});

describe('the stay of a document', () => {
  const visitOf = (text: string) => translatedCda(text).facts.find(({ kind }) => kind === 'visit');
  const encounter = (parts: string) =>
    changed(/<encompassingEncounter>[\s\S]*?<location>/, `<encompassingEncounter>${parts}<location>`);

  it('is under its number, with its bounds, its class and who provides it', () => {
    expect(visitOf(EXAMPLE)).toMatchObject({
      stay: 'urn:oid:2.999.73.1|V90001',
      body: {
        begin: '2026-03-01T08:15:00+01:00',
        end: '2026-03-06T15:00:00+01:00',
        facility: { label: 'CH d’exemple', identifier: 'https://finess.esante.gouv.fr|310009990' },
      },
    });
  });

  it.each([
    ['of the root of persons', '<id root="1.2.250.1.71.4.2.1" extension="899700010017"/>'],
    ['of its author under another root', '<id root="2.999.6" extension="899700010017"/>'],
    ['that is not said', '<id nullFlavor="UNK"/>'],
  ])('has no number %s', (_, id) => {
    const visit = visitOf(encounter(`${id}<effectiveTime><low value="20260301"/></effectiveTime>`));
    expect(visit).toMatchObject({ kind: 'visit', body: { begin: '2026-03-01' } });
    expect(visit).not.toHaveProperty('stay');
    expect(JSON.stringify(visit)).not.toContain('899700010017');
  });

  it.each([
    ['an end alone, the time of an act', '<effectiveTime><high value="20260306"/></effectiveTime>'],
    ['a time that is masked', '<effectiveTime nullFlavor="MSK"/>'],
    ['a begin that is not said', '<effectiveTime><low nullFlavor="UNK"/><high value="20260306"/></effectiveTime>'],
  ])('is none without a number and with %s', (_, time) => {
    expect(visitOf(encounter(time))).toBeUndefined();
  });

  it('has no end that lies before its begin, and asks for a look', () => {
    const time = '<effectiveTime><low value="20260306"/><high value="20260301"/></effectiveTime>';
    const translation = translatedCda(encounter(time));
    expect(factOf(translation, 'visit').body).toMatchObject({ begin: '2026-03-06' });
    expect(factOf(translation, 'visit').body).not.toHaveProperty('end');
    expect(translation.issues).toMatchObject([{ reason: 'field-invalid' }]);
  });

  it.each([
    ['its code', '<code code="EMER"/>', 'EMER'],
    ['a code of the French list', '<code code="EXTERNE"/>', 'AMB'],
    ['the act, where it has none', '<code nullFlavor="UNK"/>', 'IMP'],
  ])('has its class by %s', (_, code, expected) => {
    const visit = visitOf(encounter(`<id root="2.999.73.1" extension="V1"/>${code}<effectiveTime nullFlavor="NA"/>`));
    const elements = visit?.kind === 'visit' ? visit.body.encounter.elements : [];
    expect(elements.find(({ path }) => path === 'class')?.value).toMatchObject({ code: expected });
  });
});
