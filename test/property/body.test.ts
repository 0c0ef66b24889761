import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { XmlElement } from '../../src/cda/element.js';
import type { DocumentEntry } from '../../src/message/document.js';
import { documentWith, fieldsOf, readBody, resourcesOf } from '../support/cda-body.js';
import { faultsOf, emptyIn } from '../support/r4-required.js';
import { EVERYTHING } from '../support/rich-body.js';

const WHOLE = documentWith(EVERYTHING);

/** Every element of the document, in the order of the text. */
function elementsOf(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap((child) => (typeof child === 'string' ? [] : elementsOf(child)))];
}
const ELEMENTS = elementsOf(WHOLE);
const STRUCTURE = new Set(['ClinicalDocument', 'component', 'structuredBody', 'section', 'templateId']);
const PARTS = ELEMENTS.flatMap(({ name }, index) => (STRUCTURE.has(name) ? [] : index));
const STATEMENTS = ELEMENTS.flatMap(({ name, attributes }, index) =>
  name === 'entry' || attributes['moodCode'] !== undefined ? index : [],
);

/** The document with some of its elements changed. */
function changed(places: readonly number[], change: (element: XmlElement) => XmlElement | undefined): XmlElement {
  const targets = new Set(places.map((place) => ELEMENTS[place]));
  const copy = (element: XmlElement): XmlElement | undefined => {
    const children = element.children.flatMap((child) => (typeof child === 'string' ? child : (copy(child) ?? [])));
    const same = { ...element, children };
    return targets.has(element) ? change(same) : same;
  };
  return copy(WHOLE) ?? WHOLE;
}

const NULL_FLAVORS = ['UNK', 'NA', 'NAV', 'NASK', 'ASKU', 'MSK', 'NI', 'OTH'];
const somePlaces = (places: readonly number[]) =>
  fc.uniqueArray(fc.constantFrom(...places), { minLength: 1, maxLength: 25 });

function faultsIn(root: XmlElement): string[] {
  const read = readBody(root);
  const details = read.body.plans.flatMap(({ activities }) =>
    activities.flatMap((step) => ('detail' in step ? step.detail : [])),
  );
  return [
    ...resourcesOf(read).flatMap(faultsOf),
    ...details.flatMap((detail) => emptyIn(detail, 'detail')),
    ...(Object.keys(read.encounter).length === 0 ? [] : emptyIn(read.encounter, 'Encounter')),
  ];
}

/** What a denied document may say of anything. */
const DENIED = /"doNotPerform":true|"status":"not-(done|taken)"|"code":"refuted"/;

describe('whatever a document leaves out', () => {
  it('nothing empty and nothing invented comes of it where elements are null', () => {
    fc.assert(
      fc.property(somePlaces(PARTS), fc.constantFrom(...NULL_FLAVORS), fc.boolean(), (places, flavor, bare) => {
        const nulled = changed(places, ({ children, attributes, ...element }) => ({
          ...element,
          attributes: { ...(bare ? {} : keptOf(attributes)), nullFlavor: flavor },
          children: bare ? [] : children,
        }));
        expect(faultsIn(nulled)).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });

  it('nor where they are absent, or empty', () => {
    fc.assert(
      fc.property(somePlaces(PARTS), fc.constantFrom('', ' ', undefined), (places, blank) => {
        const emptied = changed(places, (element) =>
          blank === undefined
            ? undefined
            : { ...element, attributes: blanked(element.attributes, blank), children: [] },
        );
        expect(faultsIn(emptied)).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });

  it('nor where codes and times are of no form', () => {
    const words = fc.constantFrom('x', '0', '20261399', '2026-03', 'T', '\u00e9 \u00e9', '<', '  a  b ');
    fc.assert(
      fc.property(somePlaces(PARTS), words, (places, word) => {
        const odd = changed(places, (element) => ({ ...element, attributes: oddOf(element.attributes, word) }));
        expect(faultsIn(odd)).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});

function keptOf({ classCode, moodCode, typeCode, 'xsi:type': type }: XmlElement['attributes']): Record<string, string> {
  return {
    ...(classCode && { classCode }),
    ...(moodCode && { moodCode }),
    ...(typeCode && { typeCode }),
    ...(type && { 'xsi:type': type }),
  };
}

function blanked(attributes: XmlElement['attributes'], blank: string): Record<string, string> {
  return Object.fromEntries(Object.keys(attributes).map((name) => [name, blank]));
}

function oddOf(attributes: XmlElement['attributes'], word: string): Record<string, string> {
  const odd = new Set(['code', 'value', 'codeSystem', 'displayName', 'unit', 'extension', 'root']);
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, odd.has(name) ? word : value]));
}

describe('whatever a document denies', () => {
  it('says the same of what is not denied, and never that a denied thing is so', () => {
    const textOf = ({ resource }: DocumentEntry) => JSON.stringify(fieldsOf(resource.elements));
    const before = new Map(readBody(WHOLE).body.entries.map((entry) => [entry.key, textOf(entry)]));
    fc.assert(
      fc.property(somePlaces(STATEMENTS), fc.constantFrom('true', '1', 'TRUE', ' true '), (places, flag) => {
        const denied = changed(places, (element) => ({
          ...element,
          attributes: { ...element.attributes, negationInd: flag },
        }));
        const read = readBody(denied);
        expect(faultsIn(denied)).toEqual([]);
        for (const entry of read.body.entries) {
          const { key } = entry;
          const text = textOf(entry);
          const less = text.length < (before.get(key) ?? '').length;
          expect([key, text === before.get(key) || less || DENIED.test(text)]).toEqual([key, true]);
        }
        const steps = read.body.plans.flatMap(({ activities }) =>
          activities.flatMap((step) => ('entry' in step ? step.entry : [])),
        );
        const refused = read.body.entries.filter((entry) => DENIED.test(textOf(entry))).map(({ key }) => key);
        expect(steps.filter((step) => refused.includes(step))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('however a document is written', () => {
  it('the order of its attributes changes nothing', () => {
    const reversed = changed(
      ELEMENTS.map((_element, index) => index),
      (element) => ({ ...element, attributes: Object.fromEntries(Object.entries(element.attributes).reverse()) }),
    );
    expect(JSON.stringify(readBody(reversed).body)).toBe(JSON.stringify(readBody(WHOLE).body));
  });

  it('an entry that stands alone in its section gives what it gives among others', () => {
    const entries = ELEMENTS.flatMap(({ name }, index) => (name === 'entry' ? index : []));
    const whole = new Map(readBody(WHOLE).body.entries.map(({ key, resource: { elements } }) => [key, elements]));
    const withoutPlace = (elements: unknown) => JSON.stringify(elements).replaceAll(/\[\d+\]/g, '');
    fc.assert(
      fc.property(fc.constantFrom(...entries), (kept) => {
        const alone = changed(
          entries.filter((place) => place !== kept),
          () => undefined,
        );
        for (const { key, resource } of readBody(alone).body.entries)
          expect([key, withoutPlace(resource.elements)]).toEqual([key, withoutPlace(whole.get(key))]);
      }),
      { numRuns: entries.length },
    );
  });

  it('an entry that comes before it does not rename one that has an id of its own', () => {
    const keys = new Set(readBody(WHOLE).body.entries.map(({ key }) => key));
    const entries = ELEMENTS.flatMap(({ name }, index) => (name === 'entry' ? index : []));
    fc.assert(
      fc.property(fc.subarray(entries), (gone) => {
        const fewer = readBody(changed(gone, () => undefined)).body.entries.map(({ key }) => key);
        expect(fewer.filter((key) => !keys.has(key))).toEqual([]);
        expect(new Set(fewer).size).toBe(fewer.length);
      }),
      { numRuns: 50 },
    );
  });
});
