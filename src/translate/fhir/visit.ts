import type { Coding, Encounter, Identifier, Period } from 'fhir/r4.js';
import { SYSTEMS } from '../../fhir/systems.js';
import type { DocumentBody, VisitBody } from '../../message/document.js';
import type { Element } from '../../message/fragment.js';
import { identifierKey } from '../../message/identifier.js';
import { isOf, placeOf, type BundleResource, type BundleResources } from './bundle-resources.js';
import { elementOf, fragmentOf } from './entries.js';
import { list, type DocumentPeople } from './people.js';
import { take } from './take.js';

const nobody = (): undefined => undefined;

/** The stay that the Composition is of, and its number where it has one. Undefined where it has neither a number nor a begin. */
export function visitOf(
  resources: BundleResources,
  people: DocumentPeople,
  { id, version, request }: Pick<DocumentBody, 'id' | 'version' | 'request'>,
  keys: string[],
): { body: VisitBody; stay: string | undefined } | undefined {
  const target = resources.resolve(resources.composition.encounter);
  if (target === undefined || !isOf(target, 'Encounter')) return undefined;
  const { resource } = target;
  if (resources.resolve(resource.subject) !== resources.patient || resource.status === 'entered-in-error')
    return undefined;
  const numbers = list('Identifier', resource.identifier) as Identifier[];
  const number = numbers.find(({ type }) => type?.coding?.some(({ code }) => code === 'VN')) ?? numbers[0];
  const stay = number && identifierKey(number.system ?? '', number.value ?? '');
  const period = take('Period', resource.period, nobody) as Period | undefined;
  if (stay === undefined && period?.start === undefined) return undefined;
  const facility = people.organization(resource.serviceProvider ?? resources.composition.custodian);
  return {
    stay,
    body: {
      document: id,
      ...(version === undefined ? {} : { version }),
      keys,
      withdrawn: request === 'delete',
      ...(facility === undefined ? {} : { facility }),
      ...(period?.start === undefined ? {} : { begin: period.start }),
      ...(period?.end === undefined ? {} : { end: period.end }),
      encounter: { target: 'Encounter', elements: encounterElements(target, number) },
      trace: [
        ...(stay === undefined ? [] : [['stay', `${placeOf(target)}.identifier`, 'rule:fhir-document'] as const]),
        ...(period === undefined ? [] : [['begin', `${placeOf(target)}.period`, 'rule:fhir-document'] as const]),
      ],
    },
  };
}

const VISIT_NUMBER: { coding: Coding[] } = { coding: [{ system: SYSTEMS.identifierType, code: 'VN' }] };

/** Its number, class and kinds, and where the patient went. */
function encounterElements(target: BundleResource<Encounter>, number: Identifier | undefined): Element[] {
  const { resource } = target;
  const typed = number && { type: VISIT_NUMBER, system: number.system, value: number.value };
  const disposition = take('CodeableConcept', resource.hospitalization?.dischargeDisposition, nobody);
  return [
    ...(typed === undefined ? [] : [elementOf(target, 'identifier', [typed])]),
    ...(fragmentOf(target, resource, 'Encounter', nobody)?.elements ?? []),
    ...(disposition === undefined ? [] : [elementOf(target, 'hospitalization.dischargeDisposition', disposition)]),
  ];
}
