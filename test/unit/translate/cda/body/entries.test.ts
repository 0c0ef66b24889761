import { describe, expect, it } from '@jest/globals';
import { documentWith, entry, model, readBody, section } from '../../../../support/cda-body.js';
import {
  about,
  allergy,
  AMOXIDEMO,
  DOSAGE,
  medication,
  PLAN,
  problem,
  product,
  REST,
} from '../../../../support/rich-body.js';

const read = (...sections: string[]) => readBody(documentWith(sections.join('')));
const FRACTURE = '<value xsi:type="CD" code="S82.2" codeSystem="2.16.840.1.113883.6.3" displayName="Fracture"/>';
const codeOf = (value: unknown) => (value as { coding?: { code: string }[] } | undefined)?.coding?.[0]?.code;

describe('medication', () => {
  const discharge = (...parts: string[]) => read(section('146', medication('INT', ...parts))).of('MedicationRequest');

  it('at discharge is a request of the plan, written as an intent or as an event', () => {
    for (const mood of ['INT', 'EVN'])
      expect(read(section('146', medication(mood, AMOXIDEMO))).of('MedicationRequest')).toEqual([
        expect.objectContaining({ status: 'active', intent: 'plan' }),
      ]);
  });

  it('has its dose, its rhythm, its way and its limit', () => {
    expect(discharge(DOSAGE, AMOXIDEMO)[0]?.['dosageInstruction']).toEqual([
      {
        timing: {
          repeat: {
            boundsPeriod: { start: '2026-03-10', end: '2026-03-17' },
            frequency: 1,
            period: 12,
            periodUnit: 'h',
          },
        },
        route: expect.objectContaining({ text: 'Voie orale' }),
        doseAndRate: [
          { doseRange: { low: expect.objectContaining({ value: 1 }), high: expect.objectContaining({ value: 2 }) } },
        ],
        maxDosePerPeriod: {
          numerator: expect.objectContaining({ value: 4 }),
          denominator: expect.objectContaining({ value: 1 }),
        },
      },
    ]);
  });

  it('takes J for a day, leaves out what is no time, half a ratio and a dose that is not said', () => {
    const period = (unit: string) =>
      `<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="1" unit="${unit}"/></effectiveTime>`;
    expect(discharge(period('J'), AMOXIDEMO)[0]?.['dosageInstruction']).toEqual([
      { timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } } },
    ]);
    const empty = `${period('cp')}<doseQuantity nullFlavor="NA"/><maxDoseQuantity><numerator value="4"/><denominator/></maxDoseQuantity>`;
    expect(discharge(empty, AMOXIDEMO)[0]).not.toHaveProperty('dosageInstruction');
  });

  it('in parts has a dosage for each, and is one request', () => {
    const part = (n: number, low: string, days: number) =>
      `<entryRelationship typeCode="COMP"><sequenceNumber value="${String(n)}"/><substanceAdministration classCode="SBADM" moodCode="INT">
<effectiveTime xsi:type="SXPR_TS"><comp xsi:type="IVL_TS" operator="A"><low value="${low}"/><width value="${String(days)}" unit="d"/></comp><comp xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/></comp></effectiveTime>
<doseQuantity value="1"/>${product('<code nullFlavor="NA"/>')}</substanceAdministration></entryRelationship>`;
    const requests = discharge(AMOXIDEMO, part(1, '20260310', 2), part(2, '20260312', 4));
    expect(requests).toHaveLength(1);
    expect(requests[0]?.['dosageInstruction']).toMatchObject([
      { sequence: 1, timing: { repeat: { boundsPeriod: { start: '2026-03-10', end: '2026-03-11' }, period: 8 } } },
      {
        sequence: 2,
        timing: { repeat: { boundsPeriod: { start: '2026-03-12', end: '2026-03-15' } } },
        doseAndRate: [{ doseQuantity: { value: 1 } }],
      },
    ]);
  });

  it.each([
    ['no product', ''],
    ['a null product', product('<code nullFlavor="NA"/><name nullFlavor="NA"/>')],
    ['an empty product', product('')],
    ['a null administration', `${AMOXIDEMO}`, 'nullFlavor="UNK"'],
    ['a product that is unknown', product('<code code="no-medication-info" codeSystem="2.16.840.1.113883.5.1150.1"/>')],
  ])('with %s is requested nowhere', (_kind, text, attribute = '') => {
    for (const [model, mood] of [
      ['146', 'INT'],
      ['171', 'INT'],
      ['158', 'INT'],
      ['143', 'EVN'],
    ] as const) {
      const { body } = read(section(model, medication(`${mood}" ${attribute} classCode2="`, text)));
      expect([body.entries, body.plans]).toEqual([[], []]);
    }
  });

  it('may be known by its name, and by the words of a translation', () => {
    expect(discharge(product('<code nullFlavor="NA"/><name>Tisane</name>'))[0]).toMatchObject({
      medicationCodeableConcept: { text: 'Tisane' },
    });
    const other =
      '<code nullFlavor="NA"><translation code="GEN-092.03.01" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Autre"><originalText>Préparation magistrale</originalText></translation></code>';
    expect(discharge(product(other))[0]).toMatchObject({
      medicationCodeableConcept: { coding: [{ code: 'GEN-092.03.01' }], text: 'Préparation magistrale' },
    });
  });

  it.each([
    ['of now is active', '143', '', 'active'],
    [
      'of now that ended is completed',
      '143',
      '<effectiveTime xsi:type="IVL_TS"><low value="2025"/><high value="20260101"/></effectiveTime>',
      'completed',
    ],
    [
      'of now whose end is unknown is active',
      '143',
      '<effectiveTime xsi:type="IVL_TS"><low value="2025"/><high nullFlavor="UNK"/></effectiveTime>',
      'active',
    ],
    ['at admission is active', '144', '', 'active'],
    ['that was given is completed', '145', '', 'completed'],
  ])('%s', (_kind, model, time, status) => {
    expect(read(section(model, medication('EVN', time, AMOXIDEMO))).of('MedicationStatement')).toEqual([
      expect.objectContaining({ status }),
    ]);
  });

  it('that a discharge letter lists as given was stopped', () => {
    const letter = documentWith(
      section('145', medication('EVN', AMOXIDEMO)),
      '<templateId root="1.2.250.1.213.1.1.1.29"/>',
    );
    expect(readBody(letter).of('MedicationStatement')[0]).toMatchObject({ status: 'stopped' });
  });

  it('that is known not to be taken is told so, without a product and a dosage', () => {
    const none = medication(
      'EVN',
      '<code code="no-known-medications" codeSystem="2.16.840.1.113883.5.1150.1" displayName="Aucun"/>',
      DOSAGE,
      product('<code nullFlavor="NA"/>'),
    );
    const [statement] = read(section('143', none)).of('MedicationStatement');
    expect(statement).toMatchObject({
      status: 'unknown',
      medicationCodeableConcept: { coding: [{ code: 'no-known-medications' }] },
    });
    expect(statement).not.toHaveProperty('dosage');
  });
});

describe('a problem', () => {
  const condition = (model: string, ...parts: [concern: string, attributes: string, ...string[]]) =>
    read(section(model, problem(...parts))).of('Condition')[0];

  it('has its status, certainty, severity, dates and words', () => {
    expect(read(REST).of('Condition')[0]).toMatchObject({
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'S82.2' }] },
      severity: { coding: [{ code: '6736007' }] },
      onsetDateTime: '2026-02-28',
    });
    expect(codeOf(read(REST).of('Condition')[0]?.['clinicalStatus'])).toBe('active');
    expect(codeOf(read(REST).of('Condition')[0]?.['verificationStatus'])).toBe('confirmed');
  });

  it.each([
    ['active in an active concern', '132', 'active', '', 'active'],
    ['inactive in a completed concern', '132', 'completed', '', 'inactive'],
    [
      'resolved once it ended',
      '134',
      'active',
      '<effectiveTime><low value="2019"/><high value="2020"/></effectiveTime>',
      'resolved',
    ],
    [
      'active where its end is yet to come',
      '132',
      'active',
      '<effectiveTime><low value="2019"/><high value="2031"/></effectiveTime>',
      'active',
    ],
    [
      'as it says, before its end',
      '134',
      'completed',
      `<effectiveTime><high value="2020"/></effectiveTime>${about('33999-4', '<value xsi:type="CE" code="recurrence"/>')}`,
      'recurrence',
    ],
    [
      'as its concern, where its own status is null',
      '132',
      'active',
      about('33999-4', '<value xsi:type="CE" nullFlavor="UNK"/>'),
      'active',
    ],
    [
      'as its concern, where its own status is denied',
      '132',
      'active',
      about('33999-4', '<value xsi:type="CE" code="resolved"/>', 'negationInd="true"'),
      'active',
    ],
    ['unsaid, of a diagnosis at discharge', '133', 'completed', '', undefined],
  ])('is %s', (_kind, model, concern, text, status) => {
    const made = condition(model, concern, '', text, FRACTURE);
    expect(codeOf(made?.['clinicalStatus'])).toBe(status);
    expect(made?.['abatementDateTime'] === undefined || status === 'resolved').toBe(true);
  });

  it('without a concern is of its section', () => {
    const alone = (model_: string) =>
      read(
        section(model_, entry(`<observation classCode="OBS" moodCode="EVN">${model('37')}${FRACTURE}</observation>`)),
      ).of('Condition')[0];
    expect(codeOf(alone('132')?.['clinicalStatus'])).toBe('active');
    expect(codeOf(alone('134')?.['clinicalStatus'])).toBe('inactive');
  });

  it('may be words alone, and without either is none', () => {
    expect(
      condition('132', 'active', '', '<text>Mal de dos</text><value xsi:type="CD" nullFlavor="UNK"/>'),
    ).toMatchObject({ code: { text: 'Mal de dos' } });
    expect(condition('132', 'active', '', '<value xsi:type="CD"/>')).toBeUndefined();
    expect(
      condition('132', 'active', '', '<value xsi:type="CD" nullFlavor="NA"/><text><reference nullFlavor="NA"/></text>'),
    ).toBeUndefined();
  });

  it('that is none at all is no active one, and what is not known is none', () => {
    const absent = (code: string) =>
      condition('132', 'active', '', `<value xsi:type="CD" code="${code}" codeSystem="2.16.840.1.113883.5.1150.1"/>`);
    expect(absent('no-known-problems')).not.toHaveProperty('clinicalStatus');
    expect(absent('no-problem-info')).toBeUndefined();
  });

  it('has a status of its value set or none: words are none', () => {
    const made = condition(
      '132',
      'active',
      '',
      FRACTURE,
      about('66455-7', '<value xsi:type="CD" code="perhaps" codeSystem="2.999.1"/>'),
    );
    expect(made).not.toHaveProperty('verificationStatus');
  });

  it('several in one concern are several, one is no special case', () => {
    const two = problem('active', '', FRACTURE).replace(
      '</act>',
      `<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">${model('37')}<value xsi:type="CD" code="N10" codeSystem="2.16.840.1.113883.6.3"/></observation></entryRelationship></act>`,
    );
    expect(
      read(section('132', two))
        .of('Condition')
        .map(({ code }) => codeOf(code)),
    ).toEqual(['S82.2', 'N10']);
  });
});

describe('an allergy', () => {
  const AGENT =
    '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT"><code code="J01CA04" codeSystem="2.16.840.1.113883.6.73" displayName="amoxicilline"/></playingEntity></participantRole></participant>';
  const made = (...parts: [concern: string, attributes: string, ...string[]]) =>
    read(section('137', allergy(...parts))).of('AllergyIntolerance')[0];

  it('has its agent, kind, criticality and reactions', () => {
    expect(read(REST).of('AllergyIntolerance')[0]).toMatchObject({
      code: { coding: [{ code: 'J01CA04' }] },
      type: 'allergy',
      category: ['medication'],
      criticality: 'high',
      onsetDateTime: '2018-02-21',
      reaction: [{ manifestation: [{ coding: [{ code: '126485001' }] }] }],
    });
  });

  it('always has a status: its own, else that of its concern', () => {
    expect(codeOf(made('active', '', AGENT)?.['clinicalStatus'])).toBe('active');
    expect(codeOf(made('completed', '', AGENT)?.['clinicalStatus'])).toBe('inactive');
    expect(
      codeOf(made('active', '', AGENT, about('33999-4', '<value xsi:type="CE" code="resolved"/>'))?.['clinicalStatus']),
    ).toBe('resolved');
  });

  it('leaves out a reaction that is denied', () => {
    const reaction = (attributes: string) =>
      `<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN" ${attributes}><value xsi:type="CD" code="126485001" codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship>`;
    expect(made('active', '', AGENT, reaction('negationInd="true"'))).not.toHaveProperty('reaction');
    expect(made('active', '', AGENT, reaction('negationInd="false"'))).toHaveProperty('reaction');
  });

  it('that is not known of is told as such, and one of which nothing is known is none', () => {
    const absent = (code: string) =>
      made(
        'completed',
        '',
        `<code code="416098002" codeSystem="2.16.840.1.113883.6.96"/><value xsi:type="CD" code="${code}" codeSystem="2.16.840.1.113883.5.1150.1"/>`,
      );
    expect(absent('no-known-allergies')).toMatchObject({
      code: {
        coding: [{ system: 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips', code: 'no-known-allergies' }],
      },
    });
    expect(absent('no-known-allergies')).not.toHaveProperty('category');
    expect(absent('no-allergy-info')).toBeUndefined();
  });
});

describe('what is denied', () => {
  const NEGATED = 'negationInd="true"';

  it('stays denied: refuted, not taken, not done, not to be done', () => {
    const everywhere = (sections: string) => documentWith(sections.replaceAll('<entry>', `<entry negationInd="1">`));
    const { of, steps, body, encounter } = readBody(everywhere(PLAN + REST));
    expect(of('ServiceRequest').map(({ doNotPerform }) => doNotPerform)).toEqual(of('ServiceRequest').map(() => true));
    expect(of('MedicationRequest').map(({ doNotPerform }) => doNotPerform)).toEqual([true, true]);
    expect(of('MedicationStatement').map(({ status }) => status)).toEqual(['not-taken', 'not-taken']);
    expect([...of('Procedure'), ...of('Immunization')].map(({ status }) => status)).toEqual([
      'not-done',
      'not-done',
      'not-done',
    ]);
    expect(of('Condition').map(({ verificationStatus }) => codeOf(verificationStatus))).toEqual([
      'refuted',
      'refuted',
      'refuted',
    ]);
    expect(of('Condition').map(({ clinicalStatus }) => codeOf(clinicalStatus))).toEqual([
      'inactive',
      'inactive',
      'inactive',
    ]);
    expect(of('AllergyIntolerance').map(({ verificationStatus }) => codeOf(verificationStatus))).toEqual(['refuted']);
    expect([...of('Appointment'), ...of('Goal'), ...of('Consent')]).toEqual([]);
    expect([steps, body.plans, encounter]).toEqual([[], [], {}]);
  });

  it.each([
    ['the observation', problem('active', NEGATED, FRACTURE)],
    ['the concern', problem('active', '', FRACTURE).replace('<act ', `<act ${NEGATED} `)],
    [
      'their relationship',
      problem('active', '', FRACTURE).replace('<entryRelationship ', `<entryRelationship ${NEGATED} `),
    ],
    ['the entry', problem('active', '', FRACTURE).replace('<entry>', `<entry ${NEGATED}>`)],
  ])('is so by %s', (_kind, text) => {
    const [made] = read(section('132', text)).of('Condition');
    expect(codeOf(made?.['verificationStatus'])).toBe('refuted');
  });
});

describe('what is said of somebody else', () => {
  const child =
    '<subject><relatedSubject classCode="PRS"><code code="CHILD" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>';

  it('is not the patient’s, whichever element says so', () => {
    expect(
      read(section('132', problem('active', '', FRACTURE).replace('<code nullFlavor', `${child}<code nullFlavor`))).body
        .entries,
    ).toEqual([]);
    expect(read(section('145', medication('EVN', child, AMOXIDEMO))).body.entries).toEqual([]);
    expect(read(section('132', child, problem('active', '', FRACTURE))).body.entries).toEqual([]);
  });

  it('is, where the other is the patient himself', () => {
    const self = child.replace('CHILD', 'SELF');
    expect(read(section('132', self, problem('active', '', FRACTURE))).of('Condition')).toHaveLength(1);
  });
});

describe('a vaccination', () => {
  it('without a date has none that is known, for the reason that is given', () => {
    const given = (time: string) =>
      section(
        '147',
        entry(
          `<substanceAdministration classCode="SBADM" moodCode="EVN">${model('45')}${time}${product('<name>Vaccin</name>')}</substanceAdministration>`,
        ),
      );
    const reason = (time: string) => JSON.stringify(read(given(time)).of('Immunization')[0]?.['_occurrenceDateTime']);
    expect(reason('<effectiveTime nullFlavor="NASK"/>')).toContain('not-asked');
    expect(reason('')).toContain('unknown');
  });
});

describe('an advance directive', () => {
  it('permits or denies an act, under the law', () => {
    expect(read(REST).of('Consent')[0]).toMatchObject({
      status: 'active',
      scope: { coding: [{ code: 'adr' }] },
      category: [{ coding: [{ code: 'acd' }] }, { coding: [{ code: '75787-2' }] }],
      dateTime: '2024-01-01',
      provision: { type: 'deny', code: [{ coding: [{ code: '75787-2' }] }], period: { start: '2024-01-01' } },
    });
    expect(
      read(REST.replace('<value xsi:type="BL" value="false"/>', '<value xsi:type="BL" value="true"/>')).of(
        'Consent',
      )[0],
    ).toMatchObject({ provision: { type: 'permit' } });
  });

  it('without a code stays in the document', () => {
    const words = entry(
      `<observation classCode="OBS" moodCode="EVN">${model('54')}<code nullFlavor="NA"><originalText>Vœux</originalText></code></observation>`,
    );
    expect(read(section('157', words)).body.entries).toEqual([]);
  });
});

describe('a stay', () => {
  it('ends as the body says, and leads where it says', () => {
    expect(read(REST).encounter).toEqual({
      hospitalization: {
        dischargeDisposition: {
          coding: [{ system: 'urn:oid:1.2.250.1.213.1.6.1.8', code: '500', display: 'EHPAD' }],
          text: 'EHPAD',
        },
        destination: { display: "EHPAD d'essai" },
      },
    });
  });

  it('may end in words', () => {
    const end = `<observation classCode="OBS" moodCode="EVN"><code code="ORG-074" codeSystem="1.2.250.1.213.1.1.4.322"/><value xsi:type="ST">Retour chez sa fille</value></observation>`;
    expect(read(section('163', entry(end))).encounter).toEqual({
      hospitalization: { dischargeDisposition: { text: 'Retour chez sa fille' } },
    });
  });

  it('says nothing of an end that is null or denied', () => {
    const end = (attributes: string, value: string) =>
      section(
        '163.1',
        entry(
          `<observation classCode="OBS" moodCode="EVN" ${attributes}><code code="ORG-074" codeSystem="1.2.250.1.213.1.1.4.322"/>${value}</observation>`,
        ),
      );
    const home = '<value xsi:type="CE" code="160849004" codeSystem="2.16.840.1.113883.6.96"/>';
    expect(read(end('', home)).encounter).toHaveProperty('hospitalization');
    expect(read(end('negationInd="true"', home)).encounter).toEqual({});
    expect(read(end('', '<value xsi:type="CE" nullFlavor="UNK"/>')).encounter).toEqual({});
  });
});

describe('people who were informed', () => {
  const informed = (attributes: string, value: string) =>
    section(
      '251',
      entry(
        `<observation classCode="OBS" moodCode="EVN" ${attributes}><code code="PCP" codeSystem="2.16.840.1.113883.5.88"/><value xsi:type="BL" value="${value}"/>
<performer><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="899700000021"/><assignedPerson><name><family>TESTTRAITANT</family><given>Anne</given></name></assignedPerson></assignedEntity></performer></observation>`,
      ),
    );

  it('are of the circle in their role, where they are named', () => {
    expect(read(informed('', 'true')).body.members).toMatchObject([
      { action: 'add', role: { code: 'PCP' }, label: 'Anne TESTTRAITANT', scope: 'patient' },
    ]);
  });

  it('are not, where they were not informed', () => {
    expect(read(informed('', 'false')).body.members).toEqual([]);
    expect(read(informed('negationInd="true"', 'true')).body.members).toEqual([]);
  });
});

describe('the hospital that the patient prefers', () => {
  const FINESS = '<id root="1.2.250.1.71.4.2.2" extension="1920000016"/>';
  const NAMED = '<playingEntity><name>HOPITAL ESSAI</name></playingEntity>';
  const participant = (type: string, role: string) =>
    `<participant typeCode="${type}"><participantRole classCode="ROL">${role}</participantRole></participant>`;
  const disposition = (participants: string, { mood = 'INT', code = '11302-7', attributes = '' } = {}) =>
    section(
      '172',
      entry(
        `<act classCode="ACT" moodCode="${mood}" ${attributes}><id root="2.999.7.9"/><code code="${code}" codeSystem="2.16.840.1.113883.6.1"/>
<statusCode code="normal"/>${participants}</act>`,
      ),
    );
  const preferred = (...input: Parameters<typeof disposition>) =>
    read(disposition(...input)).body.members.map(({ person, role, label, identifier, scope }) =>
      [person.split('/')[0], role.code, label, identifier, scope].join(' '),
    );

  it('is of the circle, by its number and its name', () => {
    expect(preferred(participant('RCV', FINESS + NAMED))).toEqual([
      'Organization ES-PREF HOPITAL ESSAI https://finess.esante.gouv.fr|920000016 patient',
    ]);
  });

  it('is one, however often it is named', () => {
    const thrice = ['RCV', 'ORG', 'DST'].map((type) => participant(type, FINESS + NAMED)).join('');
    expect(new Set(preferred(thrice)).size).toBe(1);
    expect(read(disposition(thrice)).unused).toEqual([]);
  });

  it.each([
    ['has a name alone', `<id nullFlavor="UNK"/>${NAMED}`, ['Organization ES-PREF HOPITAL ESSAI  patient']],
    [
      'has a number alone',
      FINESS,
      ['Organization ES-PREF Établissement 920000016 https://finess.esante.gouv.fr|920000016 patient'],
    ],
    ['is a person', `<id root="1.2.250.1.71.4.2.1" extension="899700000021"/>${NAMED}`, []],
    ['has neither', '<id nullFlavor="UNK"/><playingEntity><name nullFlavor="UNK"/></playingEntity>', []],
  ])('that %s', (_, role, lines) => {
    expect(preferred(participant('RCV', role))).toEqual(lines);
  });

  it('is none where the disposition is denied, is no wish, or is another', () => {
    const one = participant('RCV', FINESS + NAMED);
    expect(preferred(one, { attributes: 'negationInd="true"' })).toEqual([]);
    expect(preferred(one, { mood: 'EVN' })).toEqual([]);
    expect(preferred(one, { code: '80413-8' })).toEqual([]);
  });
});

describe('what the gateway has no resource for', () => {
  it.each([
    [
      'a device',
      'supply',
      '1',
      '<participant typeCode="DEV"><participantRole><playingDevice><code code="J010104" codeSystem="1.2.250.1.213.2.68"/></playingDevice></participantRole></participant>',
    ],
    [
      'a past meeting',
      'encounter',
      '158',
      '<code code="AMB" codeSystem="2.16.840.1.113883.5.4"/><effectiveTime><low value="20260101"/></effectiveTime>',
    ],
  ])('stays in the document, and is listed: %s', (_, name, template, content) => {
    const { body, unused } = read(section(template, entry(`<${name} moodCode="EVN">${content}</${name}>`)));
    expect([body.entries, body.members, body.encounter]).toEqual([[], [], []]);
    expect(unused.some((path) => path.includes(`entry/${name}/`))).toBe(true);
  });
});

describe('observations that are results', () => {
  it('stay in the document, and are listed', () => {
    const result = entry(
      `<observation classCode="OBS" moodCode="EVN"><code code="8302-2" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="PQ" value="170" unit="cm"/></observation>`,
    );
    const { body, unused } = read(section('75', result), section('158', result));
    expect([body.entries, body.plans]).toEqual([[], []]);
    expect(unused).toContain('component/structuredBody/component[1]/section/entry/observation/value');
  });
});

describe('the body of a document that is not structured', () => {
  it('gives nothing beyond its header', () => {
    const { body } = readBody(
      documentWith(
        '',
        '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0=</text></nonXMLBody></component>',
      ),
    );
    expect(body).toEqual({ plans: [], entries: [], members: [], encounter: [] });
  });
});
