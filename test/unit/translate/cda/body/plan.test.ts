import { describe, expect, it } from '@jest/globals';
import { documentWith, entry, model, readBody, section } from '../../../../support/cda-body.js';
import { AMOXIDEMO, DOSAGE, medication, PLAN, product, REST } from '../../../../support/rich-body.js';

const read = (...sections: string[]) => readBody(documentWith(sections.join('')));
const planned = (...parts: string[]) => section('158', ...parts);
const procedure = (mood: string, ...parts: string[]) =>
  entry(`<procedure classCode="PROC" moodCode="${mood}">${model('62')}${parts.join('')}</procedure>`);
const code = '<code code="QZRB001" codeSystem="1.2.250.1.215.300.1" displayName="Pansement"/>';
const encounter = (...parts: string[]) =>
  entry(`<encounter classCode="ENC" moodCode="ARQ">${model('58')}${parts.join('')}</encounter>`);

describe('a plan of care', () => {
  it('has the steps of its section in their order: requests, words, and what was done', () => {
    expect(read(PLAN).steps).toEqual([
      'ServiceRequest',
      'Procedure',
      'Soin de support : Diététique – Rythme : 2 fois par semaine',
      'ServiceRequest',
      'ServiceRequest',
      'Dix séances de rééducation',
      'Appointment',
      'ServiceRequest',
    ]);
  });

  it('has its title, its kind, its text and its comments', () => {
    expect(read(PLAN).plan).toMatchObject({
      status: 'active',
      intent: 'plan',
      title: 'Suites à donner',
      category: [{ coding: [{ system: 'http://loinc.org', code: '18776-5' }] }],
      note: [{ text: 'Appeler si fièvre' }],
      text: { status: 'additional', div: expect.stringContaining('<li>Pansement un jour sur deux</li>') },
    });
  });

  it('takes the medication at discharge among its steps, and no order', () => {
    const { steps, of } = read(PLAN, REST);
    expect(steps.filter((step) => step === 'MedicationRequest')).toHaveLength(1);
    expect(of('MedicationRequest').map(({ intent }) => intent)).toEqual(['plan', 'order']);
  });

  it('is one for all the sections of plan of a document, their texts and steps one after the other', () => {
    const first = planned('<title>Traitement</title><text>Avant</text>', procedure('INT', code));
    const second = planned('<title>Accompagnement</title><text>Après</text>', procedure('INT', code));
    const { body, plan, steps } = read(first, second);
    expect(body.plans).toHaveLength(1);
    expect(steps).toEqual(['ServiceRequest', 'ServiceRequest']);
    expect(plan).toMatchObject({ title: 'Traitement / Accompagnement' });
    expect(JSON.stringify(plan?.['text'])).toMatch(/Avant.*Après/);
  });

  it('is found in a section of a section', () => {
    const nested = `<section><templateId root="1.2.250.1.213.1.1.2.29"/>${planned(procedure('INT', code))}</section>`;
    expect(read(nested).steps).toEqual(['ServiceRequest']);
  });

  it('may have thousands of steps', () => {
    const { steps } = read(planned(procedure('INT', code).repeat(2000)));
    expect(steps).toHaveLength(2000);
  });

  it('may be words alone', () => {
    const { plan, body } = read(section('154', '<title>Suivi proposé</title><text>Une visite par mois</text>'));
    expect(plan).toMatchObject({ title: 'Suivi proposé', status: 'active', intent: 'plan' });
    expect(body.entries).toEqual([]);
  });

  it.each([
    [
      'a summary that wraps medication alone',
      section('32', '<title>Traitement</title>', section('143', medication('EVN', DOSAGE, AMOXIDEMO))),
    ],
    ['a section without text and entries', planned('<title>Plan</title><text> </text>')],
    [
      'a section that only denies',
      planned('<text>Pas de soins palliatifs</text>', procedure('EVN" negationInd="true', code)),
    ],
    [
      'another section under the same LOINC code',
      '<section><templateId root="2.999.1"/><code code="18776-5" codeSystem="2.16.840.1.113883.6.1"/><text>Plan</text></section>',
    ],
    ['a document that is not structured', ''],
  ])('is not made of %s', (_kind, text) => {
    expect(read(text).body.plans).toEqual([]);
  });

  it('is the proposal of a board, whose words come first', () => {
    const { plan } = read(
      section('33', '<title>Proposition</title><text>Chirurgie d’abord</text>'),
      planned('<text>Puis rayons</text>', procedure('INT', code)),
    );
    expect(plan).toMatchObject({ intent: 'proposal' });
    expect(JSON.stringify(plan?.['text'])).toMatch(/Chirurgie d’abord.*Puis rayons/);
  });

  it('is in force once its document is approved, and revoked with it', () => {
    const state = (value: string) =>
      section(
        '35',
        entry(
          `<observation classCode="OBS" moodCode="EVN"><code code="GEN-065" codeSystem="1.2.250.1.213.1.1.4.322"/><value xsi:type="CD" code="${value}" codeSystem="2.16.840.1.113883.6.96"/></observation>`,
        ),
      );
    expect(read(planned(procedure('INT', code)), state('9571008')).plan).toMatchObject({ status: 'active' });
    expect(read(planned(procedure('INT', code)), state('89925002')).plan).toMatchObject({ status: 'revoked' });
  });
});

describe('a meeting that is asked for', () => {
  it('is a proposed appointment on that day, without a slot, with whom and where', () => {
    const [appointment] = read(PLAN).of('Appointment');
    expect(appointment).toMatchObject({
      status: 'proposed',
      description: 'Revoir le chirurgien',
      comment: 'recontacter pour fixer RDV',
      requestedPeriod: [{ start: '2026-03-25', end: '2026-03-25' }],
      participant: [
        { actor: { display: "Clinique d'essai" }, status: 'needs-action' },
        { actor: { display: "Léa TESTREEDUC, Cabinet d'essai" }, status: 'needs-action' },
      ],
    });
    expect(appointment).not.toHaveProperty('start');
  });

  it.each([
    [
      'a time',
      '<effectiveTime value="202603251430+0100"/>',
      [{ start: '2026-03-25T14:30:00+01:00', end: '2026-03-25T14:30:00+01:00' }],
    ],
    [
      'bounds',
      '<effectiveTime><low value="20260325"/><high value="20260401"/></effectiveTime>',
      [{ start: '2026-03-25', end: '2026-04-01' }],
    ],
    [
      'a bound',
      '<effectiveTime><low nullFlavor="UNK"/><high value="20260401"/></effectiveTime>',
      [{ end: '2026-04-01' }],
    ],
    ['no date', '<effectiveTime nullFlavor="UNK"/>', undefined],
    ['no time at all', '', undefined],
  ])('with %s is asked for in that period', (_kind, time, period) => {
    const text = `<code code="ORG-120" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Passage en RCP"/>${time}`;
    expect(read(planned(encounter(text))).of('Appointment')[0]?.['requestedPeriod']).toEqual(period);
  });

  it('is called by its code where the narrative only says yes', () => {
    const text = '<text><list><item ID="a">OUI</item></list></text>';
    const asked = encounter(
      '<code code="ORG-120" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Passage en RCP"/><text><reference value="#a"/></text>',
    );
    expect(read(planned(text, asked)).of('Appointment')[0]).toMatchObject({ description: 'Passage en RCP' });
  });

  it('is none where nothing is said of it, and cancelled where it is', () => {
    expect(
      read(planned(encounter('<code nullFlavor="NA"/><effectiveTime nullFlavor="NA"/>'))).of('Appointment'),
    ).toEqual([]);
    const aborted = encounter(`${code}<statusCode code="aborted"/>`);
    expect(read(planned(aborted)).of('Appointment')[0]).toMatchObject({ status: 'cancelled' });
  });
});

describe('what is to be done', () => {
  it('is requested with when, where, why, by whom and how urgently', () => {
    expect(read(PLAN).of('ServiceRequest')[0]).toMatchObject({
      status: 'active',
      intent: 'plan',
      priority: 'urgent',
      code: {
        coding: [{ system: 'urn:oid:1.2.250.1.215.300.1', code: 'QZRB001' }],
        text: 'Pansement un jour sur deux',
      },
      occurrencePeriod: { start: '2026-03-12', end: '2026-03-30' },
      bodySite: [{ text: 'jambe' }],
      reasonCode: [{ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'S82.2' }] }],
      performer: [{ display: "Léa TESTREEDUC, Cabinet d'essai" }],
      note: [{ text: 'À jeun' }],
    });
  });

  it('may be words alone, where its code is null', () => {
    const text = '<text><list><item ID="p1">Pansement un jour sur deux</item></list></text>';
    const request = procedure(
      'INT',
      '<code nullFlavor="NA"><originalText><reference value="#p1"/></originalText></code>',
    );
    expect(read(planned(text, request)).of('ServiceRequest')[0]?.['code']).toEqual({
      text: 'Pansement un jour sur deux',
    });
  });

  it('is what the value of an exam request says it is', () => {
    const { of } = read(PLAN);
    expect(of('ServiceRequest')[1]).toMatchObject({
      code: { text: 'Radiographie de contrôle' },
      occurrenceDateTime: '2026-03-20',
    });
    const asked = entry(
      `<observation classCode="OBS" moodCode="INT">${model('27')}<code code="MED-012" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Avis spécialisé"/><value xsi:type="CD" code="SM04" codeSystem="2.999.5" displayName="Cardiologie"/></observation>`,
    );
    expect(read(planned(asked)).of('ServiceRequest')[0]).toMatchObject({
      code: { coding: [{ code: 'MED-012' }, { code: 'SM04' }], text: 'Avis spécialisé : Cardiologie' },
    });
  });

  it('is proposed where the document proposes it', () => {
    expect(read(PLAN).of('ServiceRequest')[2]).toMatchObject({
      intent: 'proposal',
      code: { coding: [{ code: '22748-8' }] },
    });
  });

  it('of a vaccine is a request for it', () => {
    expect(read(PLAN).of('ServiceRequest')[3]).toMatchObject({
      code: { coding: [{ system: 'http://www.whocc.no/atc', code: 'J07BB02' }] },
      occurrencePeriod: { start: '2026-10-01', end: '2026-12-31' },
    });
  });

  it('is asked for even where the entry is called completed, since only the entry is', () => {
    expect(
      read(planned(procedure('INT', code, '<statusCode code="completed"/>'))).of('ServiceRequest')[0],
    ).toMatchObject({ status: 'active' });
  });

  it.each([
    ['nothing', ''],
    ['a null code', '<code nullFlavor="UNK"/>'],
    ['a code without its system', '<code code=" "/>'],
    ['a reference that leads nowhere', '<code nullFlavor="NA"/><text><reference value="#nowhere"/></text>'],
  ])('of which %s is said is not requested', (_kind, text) => {
    const { body, steps } = read(planned(procedure('INT', text)));
    expect([body.entries, steps]).toEqual([[], []]);
  });
});

describe('what was done', () => {
  it('is a procedure, and the outcome of its step', () => {
    expect(read(PLAN).of('Procedure')[0]).toMatchObject({
      status: 'completed',
      code: { coding: [{ code: 'NZMP007' }] },
      performedDateTime: '2026-03-01',
    });
  });

  it('of which the status is not said has none that is known', () => {
    expect(read(planned(procedure('EVN', code))).of('Procedure')[0]).toMatchObject({ status: 'unknown' });
  });

  it('is no step of the plan where it stands among the procedures of the past', () => {
    const { steps, of } = read(PLAN, REST);
    expect(of('Procedure')).toHaveLength(2);
    expect(steps.filter((step) => step === 'Procedure')).toHaveLength(1);
  });

  it('of a vaccine is an immunization', () => {
    const done = entry(
      `<substanceAdministration classCode="SBADM" moodCode="EVN">${model('45')}<statusCode code="completed"/><effectiveTime value="20260301"/>${product('<code code="J07BB02" codeSystem="2.16.840.1.113883.6.73"/>')}</substanceAdministration>`,
    );
    const { of, steps } = read(planned(done));
    expect(of('Immunization')[0]).toMatchObject({ status: 'completed', occurrenceDateTime: '2026-03-01' });
    expect(steps).toEqual(['Immunization']);
  });
});

describe('a goal', () => {
  const { of, body } = read(PLAN);

  it('in words has the problem that it is about, and is told by its review', () => {
    expect(of('Goal')[0]).toMatchObject({
      lifecycleStatus: 'active',
      description: { text: 'Remarcher sans canne' },
      target: [{ detailString: 'Marche 200 m', dueDate: '2026-05-01', measure: { coding: [{ code: 'ORG-012' }] } }],
    });
    expect(of('Condition')[0]).toMatchObject({ code: { coding: [{ code: 'MED-057' }] } });
    const problem = body.entries.find(({ type }) => type === 'Condition')?.key;
    expect(of('Goal')[0]?.['addresses']).toEqual([{ reference: `entry:${problem ?? ''}` }]);
    expect(body.plans[0]?.addresses).toEqual([problem]);
  });

  it('in a figure has it as target, and no problem', () => {
    expect(of('Goal')[1]).toMatchObject({ description: { text: 'INR' }, target: [{ detailQuantity: { value: 2.5 } }] });
    expect(of('Goal')[1]).not.toHaveProperty('addresses');
  });

  it('has its actions as steps that serve it', () => {
    const goal = body.entries.find(({ type }) => type === 'Goal')?.key ?? '';
    const details = body.plans[0]?.activities.flatMap((step) => ('detail' in step ? step.detail : [])) ?? [];
    expect(details[1]).toMatchObject({
      description: 'Dix séances de rééducation',
      performer: [{ display: 'Kiné' }],
      goal: [{ reference: `entry:${goal}` }],
    });
  });

  it.each([
    ['that is denied', 'negationInd="true"', 'value="true"'],
    ['whose need is answered with no', '', 'value="false"'],
  ])('%s is none', (_kind, attribute, value) => {
    const need = entry(
      `<observation classCode="OBS" moodCode="GOL" ${attribute}>${model('27')}<code code="MED-317" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Besoin d'un soutien"/><value xsi:type="BL" ${value}/></observation>`,
    );
    expect(read(planned(need)).of('Goal')).toEqual([]);
  });
});

describe('a step of a personalised programme', () => {
  it('is words with its dates, those that are confirmed before those that are foreseen', () => {
    const step = (time: string) =>
      procedure(
        'INT',
        '<code code="MED-568" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Traitement"><qualifier><value code="C15313" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="Radiothérapie"/></qualifier></code>',
        time,
        '<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="GEN-177" codeSystem="1.2.250.1.213.1.1.4.322"/><effectiveTime><low value="20260901"/></effectiveTime></observation></entryRelationship>',
      );
    const detailOf = (time: string) => {
      const [activity] = read(planned(step(time))).body.plans[0]?.activities ?? [];
      return activity !== undefined && 'detail' in activity ? activity.detail : undefined;
    };
    expect(detailOf('<effectiveTime nullFlavor="UNK"/>')).toEqual({
      code: { coding: [expect.objectContaining({ code: 'C15313' })], text: 'Radiothérapie' },
      status: 'scheduled',
      scheduledPeriod: { start: '2026-09-01' },
      description: 'Traitement : Radiothérapie',
    });
    expect(detailOf('<effectiveTime><low value="20260801"/></effectiveTime>')).toMatchObject({
      scheduledPeriod: { start: '2026-08-01' },
    });
  });
});
