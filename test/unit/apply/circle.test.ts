import { describe, expect, it } from '@jest/globals';
import type { CarePlan, CareTeam, Encounter, Patient } from 'fhir/r4.js';
import { applyPassingTime } from '../../../src/apply/apply.js';
import { AGNES, BRUNO, MemoryGateway, reasons, rol, sent } from '../../support/applied.js';
import { HOSPITAL, movement, pam, professional, segment, type Fields, type PamParts } from '../../support/pam.js';

const visit = (trigger: string, at: string, zbe: Fields, more: Partial<PamParts> = {}) =>
  pam({ trigger, at, zbe, ...more });
const admission = (more: Partial<PamParts> = {}) =>
  visit('A01', '20260302080000', movement('M1', '20260302080000'), more);
const identity = (at: string, patientSegments: string[]) => pam({ trigger: 'A31', at, pv1: null, patientSegments });
const unit = (code: string) => `Unité ${code}^^^^^${HOSPITAL}^UF^^^${code}`;

const team = (gateway: MemoryGateway) => gateway.only<CareTeam>('CareTeam');
const shown = (gateway: MemoryGateway) =>
  (gateway.resources<CareTeam>('CareTeam')[0]?.participant ?? []).map(({ member, period }) => {
    return [member?.display, period?.start?.slice(0, 10), period?.end?.slice(0, 10)].join(' ').trim();
  });
const familyDoctors = (gateway: MemoryGateway) =>
  gateway.only<Patient>('Patient').generalPractitioner?.map(({ display }) => display);

describe('a declaration for life', () => {
  const pre = visit('A05', '20260310080000', movement('M0', '20260601080000'), { patientSegments: [rol(AGNES)] });

  it.each<[string, string, string]>([
    ['that comes with a stay in June is known to the emergency in March', pre, '20260312080000'],
    ['holds the very day', pre, '20260310090000'],
    ['of an identity message holds too', identity('20260310080000', [rol(AGNES)]), '20260311080000'],
  ])('%s', async (_what, declaration, at) => {
    const gateway = new MemoryGateway();
    await gateway.take(declaration);
    const emergency = visit('A04', at, movement('M5', at), { pv1: { 2: 'E', 19: `V2^^^${HOSPITAL}^VN` } });
    expect(sent(await gateway.take(emergency))).toEqual(['admission to agnes']);
  });

  it('with a begin holds from that begin', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(identity('20260301080000', [rol(AGNES, { begin: '20260401000000' })]));
    const step = await gateway.take(admission());
    expect([sent(step), reasons(step)]).toEqual([[], ['Alix AGNES: admission, membership-not-begun']]);
  });
});

describe('of two statements about one membership the one recorded last holds', () => {
  const declared = admission({ patientSegments: [rol(AGNES)] });

  it.each<[string, string[]]>([
    [
      'a dismissal as of before the declaration',
      [declared, identity('20260303080000', [rol(AGNES, { action: 'DE', end: '20260228000000' })])],
    ],
    ['a dismissal as of now', [declared, identity('20260303080000', [rol(AGNES, { action: 'DE' })])]],
    ['an end that an add carries', [declared, identity('20260303080000', [rol(AGNES, { end: '20260303000000' })])]],
    [
      'a dismissal twice',
      [
        declared,
        identity('20260303080000', [rol(AGNES, { action: 'DE' })]),
        identity('20260304080000', [rol(AGNES, { action: 'DE' })]),
      ],
    ],
  ])('%s ends it: he is told no more', async (_what, texts) => {
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      const at = '20260306080000';
      expect(sent(await gateway.take(visit('A02', at, movement('M2', at))))).toEqual([]);
      expect(familyDoctors(gateway)).toBeUndefined();
    }
  });

  it.each([
    [
      'an end that comes with every message',
      [
        ['20260302080000', ''],
        ['20260303080000', ''],
        ['20260304080000', ''],
      ],
      '2026-12-31',
    ],
    [
      'a begin that is corrected',
      [
        ['20260302080000', '20250101'],
        ['20260303080000', '20260101'],
      ],
      '2026-12-31',
    ],
  ])('%s makes one participation', async (_what, statements, end) => {
    const contact = (begin: string) =>
      segment('NK1', { 2: 'PROCHE^LEA', 3: 'CHD', 7: 'C', 8: begin, 9: '20261231', 33: `PC1^^^${HOSPITAL}^PN` });
    const gateway = new MemoryGateway();
    for (const [at = '', begin = ''] of statements) await gateway.take(identity(at, [contact(begin)]));
    expect(team(gateway).participant).toHaveLength(1);
    expect(team(gateway).participant?.[0]?.period?.end?.slice(0, 10)).toBe(end);
    const last = statements.at(-1)?.[1] ?? '';
    if (last !== '') expect(team(gateway).participant?.[0]?.period?.start).toContain('2026-01-01');
  });
});

describe('there is one family doctor, in the circle and in the Patient alike', () => {
  it.each<[string, string[], string[] | undefined]>([
    [
      'the one declared last',
      [identity('20260301080000', [rol(AGNES)]), identity('20260302080000', [rol(BRUNO)])],
      ['Alix BRUNO'],
    ],
    [
      'nobody when he is dismissed',
      [identity('20260301080000', [rol(AGNES)]), identity('20260302080000', [rol(AGNES, { action: 'DE' })])],
      undefined,
    ],
    [
      'still the one of now, when another is declared for later',
      [identity('20260301080000', [rol(AGNES)]), identity('20260302080000', [rol(BRUNO, { begin: '20260701' })])],
      ['Alix AGNES'],
    ],
    [
      'the one of now, when another of the past is stated late',
      [
        identity('20260301080000', [rol(AGNES, { begin: '20260101' })]),
        identity('20260302080000', [rol(BRUNO, { begin: '20240101', end: '20251231' })]),
      ],
      ['Alix AGNES'],
    ],
    [
      'PD1-4 where no ROL names one',
      [identity('20260301080000', [segment('PD1', { 4: professional(BRUNO.rpps, BRUNO.family) })])],
      ['Alix BRUNO'],
    ],
    [
      'the ROL where PD1-4 names another',
      [identity('20260301080000', [segment('PD1', { 4: professional(BRUNO.rpps, BRUNO.family) }), rol(AGNES)])],
      ['Alix AGNES'],
    ],
  ])('%s', async (_what, texts, expected) => {
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(familyDoctors(gateway)).toEqual(expected);
      const now = Date.parse(gateway.now);
      const present = gateway
        .memberships()
        .filter(
          ({ role, from, to }) =>
            role.code === 'PCP' && Date.parse(from) <= now && (to === undefined || Date.parse(to) > now),
        );
      expect(present.map(({ label }) => label)).toEqual(expected ?? []);
    }
  });
});

describe('a cancelled movement takes its statements along', () => {
  const ward = rol(BRUNO, { role: 'AT' });
  const transfer = visit('A02', '20260303080000', movement('M2', '20260303080000'), { visitSegments: [ward] });
  const cancel = (trigger: string, id: string, original: string) =>
    visit(trigger, '20260304080000', movement(id, '20260303080000', 'CANCEL', { original }));

  it.each<[string, string[]]>([
    ['a transfer', [admission(), transfer, cancel('A12', 'M2', 'A02')]],
    ['an admission', [admission({ visitSegments: [ward] }), cancel('A11', 'M1', 'A01')]],
    [
      'a discharge',
      [
        admission(),
        visit('A03', '20260303080000', movement('M4', '20260303080000'), { visitSegments: [ward] }),
        cancel('A13', 'M4', 'A03'),
      ],
    ],
    [
      'a transfer that a correction named him for',
      [
        admission(),
        visit('A02', '20260303080000', movement('M2', '20260303080000')),
        visit('Z99', '20260303090000', movement('M2', '20260303080000', 'UPDATE', { original: 'A02' }), {
          visitSegments: [ward],
        }),
        cancel('A12', 'M2', 'A02'),
      ],
    ],
  ])('of %s', async (_what, texts) => {
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(gateway.memberships()).toEqual([]);
    }
  });

  it('and leaves the family doctor, who is of the patient', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission(), transfer.replace(ward, rol(AGNES)), cancel('A12', 'M2', 'A02'));
    expect(shown(gateway)).toEqual(['Alix AGNES 2026-03-03']);
  });
});

describe('labels of the circle', () => {
  it.each<[string, Fields, Fields, string[]]>([
    ['a hosting unit beside the medical one', { 3: '3070^4^A' }, { 7: unit('2040') }, ['UF 3070', 'Unité 2040']],
    ['a hosting unit alone', { 3: '3070^4^A' }, { 7: '' }, ['UF 3070']],
    ['a unit of ZBE-7 that is the bed’s', { 3: '3070^4^A' }, { 7: unit('3070') }, ['Unité 3070']],
    ['a care unit', { 3: '3070^4^A' }, { 8: unit('2041') }, ['UF 3070', 'Unité 2041']],
  ])('are those of the unit, never of room and bed: %s', async (_what, pv1, zbe, labels) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission({ pv1, zbe: { ...movement('M1', '20260302080000'), ...zbe } }));
    expect(
      gateway
        .memberships()
        .map(({ label }) => label)
        .sort(),
    ).toEqual(labels);
    expect(gateway.memberships().every(({ identifier }) => identifier !== undefined)).toBe(true);
    expect(JSON.stringify(team(gateway))).not.toMatch(/Chambre|Lit/);
  });
});

describe('a hospital doctor', () => {
  it.each<[string, Fields, Fields]>([
    ['with and without an authority in the place', { 3: '3070^4^A^CH-ESSAI&750000001&M' }, { 3: '3070^4^B' }],
    ['without, then with', { 3: '3070^4^A' }, { 3: '3070^4^B^CH-ESSAI&750000001&M' }],
    ['under one ISO authority', { 3: `3070^4^A^${HOSPITAL}` }, { 3: `3070^4^B^${HOSPITAL}` }],
  ])('is one member whatever the place says: %s', async (_what, first, second) => {
    const gateway = new MemoryGateway({ rules: [{ id: 'all', events: ['transfer'], roles: ['any'] }] });
    const doctor = { 7: professional(BRUNO.rpps, BRUNO.family) };
    await gateway.take(admission({ pv1: { ...doctor, ...first } }));
    const at = '20260303080000';
    const step = await gateway.take(visit('A02', at, movement('M2', at), { pv1: { ...doctor, ...second } }));
    expect(sent(step)).toEqual(['transfer to bruno']);
    expect(
      new Set(
        gateway
          .memberships()
          .filter(({ label }) => label.includes('BRUNO'))
          .map(({ person }) => person),
      ).size,
    ).toBe(1);
  });

  it('beside another in one field are two', async () => {
    const gateway = new MemoryGateway();
    const two = `${professional(AGNES.rpps, AGNES.family)}~${professional(BRUNO.rpps, BRUNO.family)}`;
    await gateway.take(admission({ pv1: { 7: two } }));
    expect(shown(gateway)).toEqual(expect.arrayContaining(['Alix AGNES 2026-03-02', 'Alix BRUNO 2026-03-02']));
  });
});

describe('a professional under another name is another person', () => {
  it.each([
    ['at another hospital', 'DUPONT'],
    ['by a name of birth', 'AGNES-MARTIN'],
    ['by a slip', 'AGNIES'],
  ])('%s: he is not told, and somebody looks at it', async (_what, family) => {
    const gateway = new MemoryGateway();
    const step = await gateway.take(admission({ patientSegments: [rol({ rpps: AGNES.rpps, family })] }));
    expect(sent(step)).toEqual([]);
    expect(reasons(step)).toEqual([`Alix ${family}: admission, name-differs`]);
    expect(gateway.openItems()).toEqual(['recipient-unknown']);
  });

  it.each(['agnes', 'AGNÈS', 'AG NES'])('but "%s" is the same one', async (family) => {
    const gateway = new MemoryGateway();
    const step = await gateway.take(admission({ patientSegments: [rol({ rpps: AGNES.rpps, family })] }));
    expect(sent(step)).toEqual(['admission to agnes']);
  });

  it('and has resources of his own', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(
      admission({ patientSegments: [rol(AGNES), rol({ rpps: AGNES.rpps, family: 'DUPONT' }, { role: 'CP' })] }),
    );
    expect(new Set(gateway.memberships().map(({ person }) => person)).size).toBe(2);
    const ids = gateway.steps[0]?.mentions.filter(({ resource: { resourceType } }) => resourceType === 'Practitioner');
    expect(new Set(ids?.map(({ resource: { id } }) => id)).size).toBe(2);
  });
});

describe('a restricted stay (PV2-22) is restricted in the circle too', () => {
  const doctor = { 7: professional(BRUNO.rpps, BRUNO.family) };
  const security = (gateway: MemoryGateway) => [
    gateway.only<Encounter>('Encounter').meta?.security?.[0]?.code,
    gateway.only<CarePlan>('CarePlan').meta?.security?.[0]?.code,
    team(gateway).meta?.security?.[0]?.code,
  ];

  it.each<[string, string[], (string | undefined)[]]>([
    ['from the admission on', [admission({ pv1: doctor, pv2: { 22: 'Y' } })], ['R', 'R', 'R']],
    [
      'by a correction',
      [
        admission({ pv1: doctor }),
        visit('Z99', '20260302090000', movement('M1', '20260302080000', 'UPDATE', { original: 'A01' }), {
          pv2: { 22: 'Y' },
        }),
      ],
      ['R', 'R', 'R'],
    ],
    [
      'though the family doctor is known too',
      [admission({ pv1: doctor, pv2: { 22: 'Y' }, patientSegments: [rol(AGNES)] })],
      ['R', 'R', 'R'],
    ],
    [
      'until N says otherwise',
      [
        admission({ pv1: doctor, pv2: { 22: 'Y' } }),
        visit('A02', '20260303080000', movement('M2', '20260303080000'), { pv2: { 22: 'N' } }),
      ],
      [undefined, undefined, undefined],
    ],
  ])('%s', async (_what, texts, expected) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...texts);
    expect(security(gateway)).toEqual(expected);
  });

  it('as long as the circle shows its members, though the stay is over', async () => {
    const gateway = new MemoryGateway({ now: '2026-04-30T00:00:00Z' });
    await gateway.take(admission({ pv1: doctor, pv2: { 22: 'Y' } }));
    await gateway.take(visit('A03', '20260305080000', movement('M4', '20260305080000')));
    const at = '20260406080000';
    await gateway.take(visit('A01', at, movement('M9', at), { pv1: { 19: `V2^^^${HOSPITAL}^VN` } }));
    expect(team(gateway).meta?.security?.[0]?.code).toBe('R');
  });
});

describe('what changes by itself', () => {
  it('is folded again when it does: hospital members leave days after the discharge, at local time', async () => {
    const gateway = new MemoryGateway({ hospitalMembersStayDays: 5, now: '2026-03-26T12:00:00Z' });
    await gateway.take(admission({ pv1: { 7: professional(BRUNO.rpps, BRUNO.family) } }));
    const step = await gateway.take(visit('A03', '20260326090000', movement('M4', '20260326090000')));
    expect(team(gateway).status).toBe('active');
    // Clocks go forward on 29 March.
    expect(step.nextChanges.map(({ at }) => at)).toEqual(['2026-03-31T07:00:00.000Z']);
    const fold = { ...gateway.context().fold, now: '2026-03-31T08:00:00Z' };
    const later = applyPassingTime(gateway.wholeWindow(), gateway.now, fold);
    expect(later.resources.map(({ resource }) => resource)).toMatchObject([
      { resourceType: 'CareTeam', status: 'inactive' },
    ]);
  });

  it('does not move the present: a stay to come is proposed, a circle with a family doctor active', async () => {
    const gateway = new MemoryGateway({ now: '2026-03-12T00:00:00Z' });
    const pre = visit('A05', '20260310080000', movement('M0', '20260601080000'), {
      pv1: { 7: professional(BRUNO.rpps, BRUNO.family) },
    });
    await gateway.take(pre);
    expect(gateway.resources('CareTeam')).toEqual([]);
    await gateway.take(identity('20260311080000', [rol(AGNES)]));
    expect(team(gateway).status).toBe('active');
  });

  it('is a family doctor of July, who takes the place of the one of now in circle and Patient', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(
      identity('20260301080000', [rol(AGNES)]),
      identity('20260302080000', [rol(BRUNO, { begin: '20260701000000' })]),
    );
    const [due] = gateway.steps.flatMap(({ nextChanges }) => nextChanges).slice(-1);
    expect(Date.parse(due?.at ?? '')).toBe(Date.parse('2026-07-01T00:00:00+02:00'));
    const fold = { ...gateway.context().fold, now: '2026-07-01T00:00:00+02:00' };
    const { resources } = applyPassingTime(gateway.wholeWindow(), gateway.now, fold);
    const patient = resources.find(({ resource }) => resource.resourceType === 'Patient')?.resource as
      Patient | undefined;
    expect(patient?.generalPractitioner?.map(({ display }) => display)).toEqual(['Alix BRUNO']);
  });

  it('keeps the rows of the projection as they are: who was of the circle is asked of them', async () => {
    const gateway = new MemoryGateway({ now: '2027-03-01T00:00:00Z' });
    await gateway.take(admission({ visitSegments: [rol(BRUNO, { role: 'AT' })], patientSegments: [rol(AGNES)] }));
    await gateway.take(visit('A03', '20260305080000', movement('M4', '20260305080000')));
    expect(shown(gateway)).toEqual(['Alix AGNES 2026-03-02']);
    expect(
      gateway
        .memberships()
        .map(({ label }) => label)
        .sort(),
    ).toEqual(['Alix AGNES', 'Alix BRUNO']);
  });
});
