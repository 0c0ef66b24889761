import { expect, it } from '@jest/globals';
import { openCda } from '../../../../../src/cda/open-cda.js';
import { openPackage } from '../../../../../src/cda/open-package.js';
import { readBody, resourcesOf, type BodyRead } from '../../../../support/cda-body.js';
import { faultsOf } from '../../../../support/r4-required.js';
import { describeSamples, readCase, readSampleDocument, sampleDocumentsIn } from '../../../../support/samples.js';

const cda = (name: string) => readBody(openCda(readSampleDocument(`cda/${name}.xml`)).root);
const ofCase = (name: string) => readBody(openCda(readCase(`documents/${name}.xml`)).root);
const typesIn = ({ body }: BodyRead) => [...new Set(body.entries.map(({ type }) => type))].sort();

describeSamples('the official documents', () => {
  it('a discharge letter gives its plan with what follows the stay, and how the stay ended', () => {
    const read = cda('LDL-SES_2022.01');
    expect(read.steps).toEqual(['MedicationRequest', 'ServiceRequest', 'ServiceRequest', 'Appointment']);
    expect(read.plan).toMatchObject({ title: 'Suites à donner', status: 'active' });
    expect(read.of('Appointment')).toMatchObject([
      {
        status: 'proposed',
        requestedPeriod: [{ start: '2019-12-05', end: '2019-12-05' }],
        description: 'Médecin traitant',
      },
    ]);
    expect(read.of('ServiceRequest')).toMatchObject([
      { priority: 'urgent', code: { coding: [{ code: 'ECQH010' }] } },
      { code: { text: 'Suivi par le psychiatre à prévoir' } },
    ]);
    expect(read.of('MedicationRequest')).toMatchObject([
      { intent: 'plan', medicationCodeableConcept: { coding: [{ code: '62552920' }, {}] } },
    ]);
    expect(read.of('MedicationStatement')).toMatchObject([{ status: 'stopped' }]);
    expect(read.of('AllergyIntolerance')).toEqual([]);
    expect(read.encounter).toMatchObject({
      hospitalization: {
        admitSource: { coding: [{ code: '107724000' }] },
        dischargeDisposition: { coding: [{ code: 'GEN-092.06.01' }] },
      },
    });
  });

  it('a discharge letter that knows of no allergy says so', async () => {
    const [document] = await openPackage(readSampleDocument('xdm/LDL-SES_2022.01.zip'));
    const allergies = document?.format === 'cda' ? readBody(document.root).of('AllergyIntolerance') : [];
    expect(allergies).toMatchObject([{ code: { coding: [{ code: 'no-known-allergies' }] } }]);
  });

  it('a letter of admission gives what the patient took and does not bear, and no plan', () => {
    const read = cda('LDL-EES_2022.01');
    expect(typesIn(read)).toEqual(['AllergyIntolerance', 'Condition', 'MedicationStatement', 'Procedure']);
    expect(read.body.plans).toEqual([]);
    expect(read.of('AllergyIntolerance')[0]).not.toHaveProperty('reaction');
  });

  it('a summary gives its problems and long-term medication, and no empty plan', () => {
    const read = cda('VSM_1.4_2022.01');
    expect(read.of('Condition').map(({ code }) => (code as { coding: { code: string }[] }).coding[0]?.code)).toEqual([
      'G45.9',
      'I20.0',
      'N10',
      'I21.1',
    ]);
    expect(read.of('MedicationStatement')).toMatchObject([{ status: 'active' }, { status: 'active' }]);
    expect(read.body.plans).toEqual([]);
  });

  it('a personalised programme gives one plan of its two sections, done steps and those to come', () => {
    const read = cda('CANCER-PPS_2022.01_feuille-de-style-externe');
    expect(read.body.plans).toHaveLength(1);
    expect(read.steps).toHaveLength(13);
    expect(read.steps.filter((step) => step === 'Procedure')).toHaveLength(2);
    expect(read.plan).toMatchObject({
      status: 'active',
      category: [{ coding: [{}, { code: 'MED-566' }] }, { coding: [{}, { code: 'MED-567' }] }],
    });
    expect(
      read.steps.some((step) => step.startsWith('Accompagnement social ou socioprofessionnel : Aide à domicile')),
    ).toBe(true);
  });

  it('a board gives a proposal of requests and meetings, without a date where there is none', () => {
    const read = cda('CANCER-FRCP_2022.01_Appareil');
    expect(read.plan).toMatchObject({ intent: 'proposal' });
    expect(read.of('ServiceRequest').map(({ intent }) => intent)).toEqual([
      'proposal',
      'proposal',
      'proposal',
      'plan',
      'plan',
      'plan',
    ]);
    expect(read.of('Appointment').map(({ requestedPeriod }) => requestedPeriod)).toEqual([undefined, undefined]);
  });

  it.each([...sampleDocumentsIn('cda'), ...sampleDocumentsIn('xdm')])(
    '%s gives nothing empty and all that is required',
    async (path) => {
      const bytes = readSampleDocument(path);
      const documents = path.endsWith('.zip') ? await openPackage(bytes) : [openCda(bytes)];
      const roots = documents.flatMap((document) => (document.format === 'cda' ? document.root : []));
      expect(roots).toHaveLength(1);
      expect(roots.flatMap((root) => resourcesOf(readBody(root)).flatMap(faultsOf))).toEqual([]);
    },
  );
});

describeSamples('documents made after the faults of other software', () => {
  it('a single step is a step', () => {
    const read = ofCase('a03-un-seul');
    expect(read.steps).toEqual(['ServiceRequest']);
    expect(read.of('ServiceRequest')).toMatchObject([{ code: { text: 'Pansement un jour sur deux' } }]);
  });

  it('what is denied is neither a step, nor done, nor active', () => {
    const read = ofCase('a05-negation');
    expect(read.body.plans).toEqual([]);
    expect(read.of('Procedure')).toMatchObject([{ status: 'not-done' }]);
    expect(read.of('Condition')).toMatchObject([
      { verificationStatus: { coding: [{ code: 'refuted' }] }, clinicalStatus: { coding: [{ code: 'inactive' }] } },
    ]);
  });

  it.each(['a00-temoin', 'a11-n1-base64-plie'])('%s has no entry', (name) => {
    expect(ofCase(name).body).toEqual({ plans: [], entries: [], members: [], encounter: [] });
  });
});
