import type { CodeableConcept, Identifier, Period, Reference } from 'fhir/r4.js';
import { SYSTEMS } from '../../fhir/systems.js';
import type { Element } from '../../message/fragment.js';
import type { BundleResources } from './bundle-resources.js';
import { elementOf } from './entries.js';
import { list } from './people.js';
import { objectsIn, take, type Rewrite } from './take.js';

/** What the Composition says of its document: contributions to DocumentReference. */
export function referenceElements(resources: BundleResources, rewrite: Rewrite): Element[] {
  const [target] = resources.list;
  const { composition } = resources;
  if (target === undefined) return [];
  const [event] = objectsIn(composition.event);
  const attester = objectsIn(composition.attester).find(({ mode }) => mode === 'legal');
  const parts: [path: string, value: unknown, from: string][] = [
    ['type', take('CodeableConcept', composition.type, rewrite), 'type'],
    ['docStatus', docStatusOf(composition.status), 'status'],
    ['description', take('string', composition.title, rewrite), 'title'],
    ['date', take('instant', composition.date, rewrite), 'date'],
    ['author', objectsIn(composition.author).flatMap((author) => rewrite(author) ?? []), 'author'],
    ['authenticator', rewritten(attester?.party, rewrite), 'attester'],
    ['custodian', rewritten(composition.custodian, rewrite), 'custodian'],
    ['securityLabel', securityOf(composition.confidentiality), 'confidentiality'],
    ['context.event', list('CodeableConcept', event?.code), 'event'],
    ['context.period', take('Period', event?.period, rewrite) as Period | undefined, 'event'],
    ['masterIdentifier', take('Identifier', resources.identifier, rewrite) as Identifier | undefined, 'identifier'],
  ];
  return parts.flatMap(([path, value, from]) =>
    value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [elementOf(target, path, value, from)],
  );
}

function rewritten(reference: Reference | undefined, rewrite: Rewrite): Reference | undefined {
  const [first] = objectsIn(reference);
  return first && rewrite(first);
}

function docStatusOf(status: unknown): string | undefined {
  return status === 'preliminary' || status === 'final' || status === 'amended' ? status : undefined;
}

function securityOf(code: unknown): CodeableConcept[] {
  return typeof code === 'string' && /^[LMNRUV]$/.test(code)
    ? [{ coding: [{ system: SYSTEMS.confidentiality, code }] }]
    : [];
}
