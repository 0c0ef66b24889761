import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type {
  Bundle,
  CapabilityStatement,
  CarePlan,
  CodeSystem,
  Communication,
  Extension,
  NamingSystem,
  StructureDefinition,
  ValueSet,
} from 'fhir/r4.js';
import { CANONICAL, OWN } from '../../src/fhir/systems.js';
import { communicationOf, EVENT_SUBJECTS } from '../../src/fhir/communication.js';
import { EVENT_KINDS, isCorrection, type EventKind } from '../../src/message/event.js';
import { FAILURES } from '../../src/message/failure.js';
import { capabilityStatement, DEFINED, SERVED } from '../../src/serve/capability.js';
import { loadDefinitions, type Definition } from '../../src/serve/definitions.js';
import { Authorities } from '../../src/translate/identifiers.js';
import { faultsOf } from '../support/conformance.js';

const definitions = loadDefinitions();

function allOf<T extends Definition>(type: T['resourceType']): T[] {
  return definitions.filter(({ resourceType }) => resourceType === type) as T[];
}

function definition<T extends Definition>(type: T['resourceType'], id: string): T {
  const [only] = allOf<T>(type).filter((item) => item.id === id);
  if (only === undefined) throw new Error(`profiles/ has no ${type} ${id}`);
  return only;
}

type Profile = StructureDefinition & { id: string };
const profiles = allOf<Profile>('StructureDefinition');
const canonicals = definitions.flatMap((item) => ('url' in item && item.url !== undefined ? [item.url] : []));

const texts = (folder: string, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => ({ path: join(folder, path), text: readFileSync(join(folder, path), 'utf8') }));
const sources = texts('src', '.ts');
/** Every canonical of ours that a text names, the constant of the base written out. */
const canonicalsIn = (text: string) =>
  [...text.replaceAll('${CANONICAL}', CANONICAL).matchAll(/https:\/\/trait-d-union\.example\/fhir\/\w+\/[\w-]+/g)].map(
    ([url]) => url,
  );

/** What the mapping examples give. */
const EXAMPLES = texts('mappings/examples', '.fhir.json').flatMap(({ text }) => {
  const given = JSON.parse(text) as Bundle | { bundle: Bundle };
  const { entry = [] } = 'bundle' in given ? given.bundle : given;
  return entry.flatMap(({ resource }) => resource ?? []);
});

describe('profiles/', () => {
  it('holds one definition in each file, called after its type and id', () => {
    const names = definitions.map(({ resourceType, id }) => `${resourceType}-${id}.json`);
    expect(readdirSync('profiles').sort()).toEqual(names.sort());
    for (const { resourceType } of definitions) expect(DEFINED).toContain(resourceType);
  });

  it('gives each definition its canonical under the one base; a NamingSystem has none in R4', () => {
    for (const item of definitions)
      expect([item.id, 'url' in item ? item.url : undefined]).toEqual([
        item.id,
        item.resourceType === 'NamingSystem' ? undefined : `${CANONICAL}/${item.resourceType}/${item.id}`,
      ]);
  });

  it('has the base in one constant', () => {
    const places = sources.filter(({ text }) => text.includes('trait-d-union.example')).map(({ path }) => path);
    expect(places).toEqual(['src/fhir/systems.ts']);
  });

  it('defines every canonical that the code names, or another definition', () => {
    const mentions = [...sources, ...texts('profiles', '.json')].flatMap(({ path, text }) =>
      canonicalsIn(text).map((url) => ({ path, url })),
    );
    expect(mentions.length).toBeGreaterThan(canonicals.length);
    expect(mentions.filter(({ url }) => !canonicals.includes(url))).toEqual([]);
    expect(Object.values(OWN).filter((url) => !canonicals.includes(url))).toEqual([]);
  });

  it('defines nothing that neither the code nor another definition names, but for what is asked of a recipient', () => {
    const mentions = new Set(Object.values<string>(OWN));
    for (const { text } of texts('profiles', '.json')) {
      const [own, ...others] = canonicalsIn(text);
      for (const url of others) if (url !== own) mentions.add(url);
    }
    const recipient = `${CANONICAL}/CapabilityStatement/recipient`;
    expect(canonicals.filter((url) => !mentions.has(url))).toEqual([recipient]);
  });

  it('names every definition on the vendor’s page', () => {
    const page = readFileSync('docs/vendor.md', 'utf8');
    for (const { resourceType, id } of definitions) expect(page).toContain(`\`${resourceType}/${id}\``);
  });

  it('documents every root of URNs that the code makes, and no other', () => {
    const urns = sources.flatMap(({ text }) => [...text.matchAll(/urn:trait-d-union:[a-z-]+/g)].map(([urn]) => urn));
    const roots = allOf<NamingSystem & { id: string }>('NamingSystem').flatMap(({ uniqueId }) =>
      uniqueId.map(({ value }) => value),
    );
    expect([...new Set(urns)].sort()).toEqual(roots.sort());
    const authorities = new Authorities({ name: 'chu', authorities: {} }, 'CH ESSAI');
    for (const namespace of ['', 'LABO'])
      expect(authorities.systemOf({ namespace, universalId: '', type: '' })).toContain(`${roots[0] ?? ''}:`);
  });
});

describe('every definition has what R4 requires', () => {
  it.each(profiles.map((profile) => [profile.id, profile] as const))('StructureDefinition %s', (_, profile) => {
    expect(profile).toMatchObject({
      name: expect.stringMatching(/^[A-Z]\w+$/),
      status: 'draft',
      fhirVersion: '4.0.1',
      abstract: false,
      baseDefinition: `http://hl7.org/fhir/StructureDefinition/${profile.type}`,
      derivation: 'constraint',
      kind: profile.type === 'Extension' ? 'complex-type' : 'resource',
    });
    // sdf-5: an extension says where it may stand.
    expect(profile.context !== undefined).toBe(profile.type === 'Extension');
    const elements = profile.differential?.element ?? [];
    expect(elements[0]?.path).toBe(profile.type);
    for (const { id = '', path } of elements) expect(id.replaceAll(/:[A-Za-z]+/g, '')).toBe(path);
    expect(new Set(elements.map(({ id }) => id)).size).toBe(elements.length);
  });

  it.each(allOf<CodeSystem & { id: string }>('CodeSystem').map((item) => [item.id, item] as const))(
    'CodeSystem %s',
    (_, { status, content, concept = [], valueSet }) => {
      expect({ status, content }).toEqual({ status: 'draft', content: 'complete' });
      expect(new Set(concept.map(({ code }) => code)).size).toBe(concept.length);
      expect(valueSet === undefined || canonicals.includes(valueSet)).toBe(true);
    },
  );

  it.each(allOf<ValueSet & { id: string }>('ValueSet').map((item) => [item.id, item] as const))(
    'ValueSet %s',
    (_, { status, compose }) => {
      expect(status).toBe('draft');
      for (const { system = '' } of compose?.include ?? [{}]) expect(canonicals).toContain(system);
    },
  );

  it.each(['authority', 'codes'])('NamingSystem %s', (id) => {
    expect(definition<NamingSystem & { id: string }>('NamingSystem', id)).toMatchObject({
      name: expect.any(String),
      status: 'draft',
      kind: 'root',
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      uniqueId: [{ type: 'uri', value: expect.any(String) }],
    });
  });

  it.each(['gateway', 'recipient'])('CapabilityStatement %s', (id) => {
    expect(definition<CapabilityStatement & { id: string }>('CapabilityStatement', id)).toMatchObject({
      status: 'draft',
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      fhirVersion: '4.0.1',
      format: ['application/fhir+json'],
      rest: [{ mode: 'server' }],
    });
  });
});

describe('the code systems', () => {
  it('hold every kind of event with the sentence that recipients read, and no other', () => {
    const { concept = [] } = definition<CodeSystem & { id: string }>('CodeSystem', 'event');
    expect(Object.fromEntries(concept.map(({ code, display }) => [code, display]))).toEqual(EVENT_SUBJECTS);
    expect(concept.map(({ code }) => code).sort()).toEqual([...EVENT_KINDS].sort());
  });

  it('hold every failure with its kind and its meaning of docs/errors.md, and the one that is none of the list', () => {
    const { concept = [] } = definition<CodeSystem & { id: string }>('CodeSystem', 'failure');
    const kinds = concept.map(({ code, property }) => [code, property?.[0]?.valueCode]);
    expect(Object.fromEntries(kinds)).toEqual({ ...FAILURES, internal: 'permanent' });
    const rows = readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| \w+ \| ([^|]*) \|/gm);
    const page = Object.fromEntries([...rows].map(([, code, meaning = '']) => [code, meaning.replaceAll('`', '')]));
    const { internal, ...meanings } = Object.fromEntries(concept.map(({ code, definition }) => [code, definition]));
    expect(meanings).toEqual(page);
    expect(internal).toMatch(/defect/);
  });
});

describe('the CapabilityStatements', () => {
  it('of the gateway says what /fhir/metadata says', () => {
    const statement = definition<CapabilityStatement & { id: string }>('CapabilityStatement', 'gateway');
    const instance = capabilityStatement('http://127.0.0.1/fhir', '2026-03-02T08:00:00Z', 'Europe/Paris');
    expect(statement).toMatchObject({ kind: 'capability', software: { name: instance.software?.name } });
    expect(statement.rest).toEqual(instance.rest);
    expect(instance.instantiates).toEqual([statement.url]);
  });

  it('of the gateway names every profile that the resources of the examples claim', () => {
    const [rest] = definition<CapabilityStatement & { id: string }>('CapabilityStatement', 'gateway').rest ?? [];
    const supported = new Map<string, string[]>(
      rest?.resource?.map(({ type, supportedProfile = [] }) => [type, supportedProfile]),
    );
    const claims = EXAMPLES.flatMap(({ resourceType, meta }) =>
      (meta?.profile ?? []).map((profile) => ({ type: resourceType, profile })),
    );
    expect(new Set(claims.map(({ type }) => type)).size).toBeGreaterThan(6);
    expect(claims.filter(({ type, profile }) => supported.get(type)?.includes(profile) !== true)).toEqual([]);
  });

  it('of a recipient asks for a transaction, and for every type that one may hold, found by identifier', () => {
    const [rest] = definition<CapabilityStatement & { id: string }>('CapabilityStatement', 'recipient').rest ?? [];
    expect(rest?.interaction).toEqual([{ code: 'transaction' }]);
    expect(rest?.resource?.map(({ type }) => type).sort()).toEqual([...SERVED, 'Communication'].sort());
    for (const resource of rest?.resource ?? [])
      expect(resource).toMatchObject({ conditionalUpdate: true, searchParam: [{ name: 'identifier', type: 'token' }] });
  });
});

const communicationProfile = definition<Profile>('StructureDefinition', 'event-communication');
const communication = (kind: EventKind): Communication =>
  communicationOf({
    id: '0ba1965d-5852-5e37-81b0-e9020a79f3f3',
    kind,
    eventNumber: 12,
    thread: 'urn:oid:2.999.71.1|M1',
    respondsTo: isCorrection(kind) ? '14cc6387-71cc-5673-a538-052bbe79a600' : null,
    sent: '2026-03-06T15:00:00+01:00',
    recipient: 'PractitionerRole/1',
    patient: 'Patient/1',
    encounter: 'Encounter/1',
  });

/** The Communication with all that its profile leaves room for. */
const whole: Communication = {
  ...communication('transfer-cancelled'),
  extension: [{ url: OWN.eventNumber, valueInteger: 12 }],
  inResponseTo: [
    { identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:14cc6387-71cc-5673-a538-052bbe79a600' } },
  ],
  about: [
    {
      identifier: {
        type: { coding: [{ system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type', code: 'MN' }] },
        system: 'urn:oid:2.999.71.1',
        value: 'M1',
      },
    },
  ],
};

describe('the Communication of an event', () => {
  it.each(EVENT_KINDS)('%s claims its profile and keeps it', (kind) => {
    const resource = communication(kind);
    expect(resource.meta?.profile).toEqual([OWN.eventCommunication]);
    expect(resource.topic?.coding).toEqual([{ system: OWN.event, code: kind }]);
    expect(faultsOf(resource, communicationProfile)).toEqual([]);
  });

  it('responds to an earlier one where the event takes back or mends something, and only there', () => {
    const [{ constraint = [] } = {}] = communicationProfile.differential?.element ?? [];
    const expression = constraint[0]?.expression ?? '';
    expect(expression).toContain(`system = '${OWN.event}'`);
    const allowed = EVENT_KINDS.filter(
      (kind) => kind.endsWith('-cancelled') || expression.includes(`code = '${kind}'`),
    );
    expect(expression).toContain("code.endsWith('-cancelled')");
    expect(allowed).toEqual(EVENT_KINDS.filter(isCorrection));
  });

  it('may say its number, the movement and what it responds to', () => {
    expect(faultsOf(whole, communicationProfile)).toEqual([]);
    const eventNumber = definition<Profile>('StructureDefinition', 'event-number');
    const faults = (extension: Extension) => faultsOf(extension, eventNumber);
    expect(faults({ url: OWN.eventNumber, valueInteger: 12 })).toEqual([]);
    expect(faults({ url: OWN.eventNumber, valueInteger: 0 })).toEqual(['Extension.value[x]: less than 1']);
    expect(faults({ url: OWN.eventNumber, valueString: '12' })).toHaveLength(1);
    expect(faults({ url: OWN.event, valueInteger: 12 })).toHaveLength(1);
  });
});

/** The CarePlan of a stay with all that its profile speaks of. */
const plan: CarePlan = {
  resourceType: 'CarePlan',
  identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:14cc6387-71cc-5673-a538-052bbe79a600' }],
  status: 'completed',
  intent: 'plan',
  category: [{ coding: [{ system: 'http://snomed.info/sct', code: '734163000', display: 'Care plan' }] }],
  title: 'Séjour hospitalier',
  description: 'Séjour hospitalier terminé.',
  subject: { reference: 'Patient/1' },
  encounter: { reference: 'Encounter/1' },
  period: { start: '2026-03-02', end: '2026-03-05' },
  careTeam: [{ reference: 'CareTeam/1' }],
  activity: [
    {
      detail: {
        code: { text: 'Sortie' },
        status: 'completed',
        scheduledPeriod: { start: '2026-03-05', end: '2026-03-05' },
      },
    },
  ],
};

describe('the check of a profile', () => {
  const cases: [string, Profile, object][] = [
    ['CarePlan', definition<Profile>('StructureDefinition', 'stay-care-plan'), plan],
    ['Communication', communicationProfile, whole],
  ];

  it.each(cases)('finds no fault in a whole %s', (_, profile, resource) => {
    expect(faultsOf(resource, profile)).toEqual([]);
  });

  it.each(cases)('tells each required element of a %s that is missing', (_, profile, resource) => {
    // Without its type the reference is simply no longer that of a movement.
    const required = (profile.differential?.element ?? []).filter(
      ({ id = '', min = 0 }) => min > 0 && id !== 'Communication.about:movement.identifier.type',
    );
    expect(required.length).toBeGreaterThan(5);
    for (const { id = '' } of required) expect([id, faultsOf(without(resource, id), profile)]).not.toEqual([id, []]);
  });

  it.each(cases)('tells each fixed value or pattern of a %s that is another', (_, profile, resource) => {
    const fixed = (profile.differential?.element ?? []).filter((element) =>
      Object.keys(element).some((key) => /^(fixed|pattern)/.test(key)),
    );
    expect(fixed.length).toBeGreaterThan(2);
    for (const { id = '' } of fixed.filter((element) => !element.id?.includes(':')))
      expect([id, faultsOf(without(resource, id, 'other'), profile)]).not.toEqual([id, []]);
  });

  it('tells an element that is there too often, or of another type', () => {
    expect(
      faultsOf(
        { ...whole, identifier: [...(whole.identifier ?? []), ...(whole.identifier ?? [])] },
        communicationProfile,
      ),
    ).toEqual(['Communication.identifier: 2 where 1 may be']);
    expect(
      faultsOf({ ...whole, about: [...(whole.about ?? []), ...(whole.about ?? [])] }, communicationProfile),
    ).toEqual(['Communication.about:movement: 2 where 1 may be']);
    expect(
      faultsOf({ ...whole, payload: [{ contentReference: { reference: 'Encounter/1' } }] }, communicationProfile),
    ).toEqual(['Communication.payload.content[x]: contentReference is of no type allowed']);
  });
});

/** A copy in which what stands at the path of an element is gone, or replaced. */
function without(resource: object, id: string, instead?: string): object {
  const copy = structuredClone(resource);
  const path = id
    .replaceAll(/:[A-Za-z]+/g, '')
    .split('.')
    .slice(1);
  cut(copy, path, instead);
  return copy;
}

function cut(value: unknown, [name = '', ...rest]: string[], instead: string | undefined): void {
  if (Array.isArray(value)) for (const item of value) cut(item, [name, ...rest], instead);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record).filter(
    (member) => member === name || (name.endsWith('[x]') && member.startsWith(name.slice(0, -3))),
  ))
    if (rest.length > 0) cut(record[key], rest, instead);
    else record[key] = instead !== undefined && Array.isArray(record[key]) ? [instead] : instead;
}
