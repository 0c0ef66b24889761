import type { CodeableConcept, Coding } from 'fhir/r4.js';
import type { Place } from '../cda/place.js';
import { identifierOf } from '../cda/instance-identifier.js';
import type { CodeTable } from './codes.js';

/** OIDs of code systems → the URIs under which FHIR knows them; any other stays `urn:oid:…`. */
export function codeSystemOf(oid: string, systems: CodeTable): string | undefined {
  return systems.codes.get(oid)?.code ?? identifierOf({ root: oid, extension: '' })?.value;
}

/** The coding of a CD itself; undefined where it has none. */
export function codingOf(place: Place, systems: CodeTable): Coding | undefined {
  const code = place.isNull ? '' : place.attribute('code');
  if (code === '') return undefined;
  const system = codeSystemOf(place.attribute('codeSystem'), systems);
  const display = place.attribute('displayName');
  return { ...(system === undefined ? {} : { system }), code, ...(display === '' ? {} : { display }) };
}

/** CD → CodeableConcept: its coding, those of its translations, and the text it was coded from; undefined where it says nothing. */
export function conceptOf(place: Place, systems: CodeTable): CodeableConcept | undefined {
  const translations = place.children('translation');
  const coding = [place, ...translations].flatMap((at) => codingOf(at, systems) ?? []);
  const text =
    place.display ||
    (coding.length === 0 && place.element.children.every((child) => typeof child === 'string') ? place.text() : '');
  if (coding.length === 0 && text === '') return undefined;
  return { ...(coding.length === 0 ? {} : { coding }), ...(text === '' ? {} : { text }) };
}
