import type { CarePlan, FhirResource } from 'fhir/r4.js';
import { parseXml } from '../../src/cda/parse.js';
import type { XmlElement } from '../../src/cda/element.js';
import { Place } from '../../src/cda/place.js';
import { referencesOf } from '../../src/cda/references.js';
import { loadMappingFiles } from '../../src/config/mapping-files.js';
import type { Element } from '../../src/message/fragment.js';
import { buildFields, layFragment, type Contributions } from '../../src/record/contributions.js';
import { bodyOf, type BodyContents } from '../../src/translate/cda/body/body.js';
import { compileMappings } from '../../src/translate/compile.js';
import { DocumentTerritory } from '../../src/translate/cda/territory.js';
import { DocumentRecord } from '../../src/translate/cda/document-record.js';
import { Authorities } from '../../src/translate/identifiers.js';
import { Issues } from '../../src/translate/issues.js';

const result = compileMappings(loadMappingFiles());
if ('faults' in result) throw new Error(result.faults.map(({ message }) => message).join('\n'));
const { documents } = result.mappings;

/** A resource of an entry, or a plan, as its contributions make it; without what the fold adds. */
export type Fields = Record<string, unknown>;

/** What a body gives, and what was left of it. */
export interface BodyRead {
  body: BodyContents;
  /** By type, in the order of the document. */
  of(type: string): Fields[];
  plan: Fields | undefined;
  /** Steps of the plan: the type of an entry, or words. */
  steps: string[];
  encounter: Fields;
  issues: Issues['list'];
  unused: string[];
}

/** Reads the body of a document. */
export function readBody(root: XmlElement, writtenAt = '2026-03-10T10:00:00+01:00'): BodyRead {
  const place = new Place({ element: root });
  const record = new DocumentRecord();
  const issues = new Issues();
  const authorities = new Authorities({ name: 'essai', authorities: {} }, '');
  const context = {
    root: place,
    record,
    issues,
    authorities,
    territory: new DocumentTerritory('essai', 'urn:oid:2.999.7.1|42', authorities, issues),
    clock: { zone: 'Europe/Paris' },
    references: referencesOf(root),
  };
  const body = bodyOf(place, documents, context, writtenAt);
  const plan = body.plans[0];
  const typeOf = (key: string) => body.entries.find((entry) => entry.key === key)?.type ?? 'nothing';
  return {
    body,
    of: (type) =>
      body.entries.filter((entry) => entry.type === type).map(({ resource }) => fieldsOf(resource.elements)),
    plan: plan && fieldsOf(plan.resource.elements),
    steps: (plan?.activities ?? []).map((step) =>
      'entry' in step ? typeOf(step.entry) : (step.detail.description ?? ''),
    ),
    encounter: fieldsOf(body.encounter),
    issues: issues.list,
    unused: record.unused(place),
  };
}

/** Elements laid one over the other, as folds do. */
export function fieldsOf(elements: Element[]): Fields {
  const contributions: Contributions = new Map();
  layFragment(contributions, { target: '', elements }, 'm');
  return buildFields(contributions).fields;
}

/** A document with these sections, each `<section>…</section>`. */
export function documentWith(sections: string, head = ''): XmlElement {
  const bodies = sections
    .replaceAll('<section>', '<component><section>')
    .replaceAll('</section>', '</section></component>');
  return parseXml(
    `<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${head}<component><structuredBody>${bodies}</structuredBody></component></ClinicalDocument>`,
  );
}

/** A section of the CI-SIS model of that number. */
export function section(model: string, ...parts: string[]): string {
  return `<section><templateId root="1.2.250.1.213.1.1.2.${model}"/>${parts.join('')}</section>`;
}

export function entry(statement: string): string {
  return `<entry>${statement}</entry>`;
}

/** A templateId of a CI-SIS entry. */
export function model(number: string): string {
  return `<templateId root="1.2.250.1.213.1.1.3.${number}"/>`;
}

/** The resources of a body about a patient, complete, with the ids of a document that the store does not know. */
export function resourcesOf({ body }: BodyRead): FhirResource[] {
  const subject = { reference: 'Patient/essai' };
  const ids = new Map(body.entries.map(({ key, type }, index) => [key, `${type}/essai-${String(index)}`]));
  const pointed = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (name, text: unknown) =>
      name === 'reference' && typeof text === 'string' && text.startsWith('entry:')
        ? (ids.get(text.slice(6)) ?? 'nowhere')
        : text,
    );
  const entries = body.entries.map(({ type, key, resource }) => {
    const fields = pointed(fieldsOf(resource.elements)) as Fields;
    const own = { resourceType: type, id: ids.get(key)?.split('/')[1], ...fields };
    if (type === 'Appointment')
      return {
        ...own,
        participant: [
          { actor: subject, status: 'needs-action' },
          ...((fields['participant'] as unknown[] | undefined) ?? []),
        ],
      };
    const of = ['AllergyIntolerance', 'Immunization', 'Consent'].includes(type) ? 'patient' : 'subject';
    return { ...own, [of]: subject };
  });
  const plans = body.plans.map(({ resource, activities, goals, addresses }, index) => {
    const to = (key: string) => ({ reference: ids.get(key) ?? 'nowhere' });
    const activity = activities.map((step) => {
      if ('detail' in step) return { detail: pointed(step.detail) };
      const done = /^(Procedure|Immunization)\//.test(to(step.entry).reference);
      return done ? { outcomeReference: [to(step.entry)] } : { reference: to(step.entry) };
    });
    return {
      resourceType: 'CarePlan',
      id: `essai-${String(index)}`,
      subject,
      ...fieldsOf(resource.elements),
      ...(activity.length > 0 && { activity }),
      ...(goals.length > 0 && { goal: goals.map(to) }),
      ...(addresses.length > 0 && { addresses: addresses.map(to) }),
    } as unknown as CarePlan;
  });
  return [...(entries as unknown as FhirResource[]), ...plans];
}
