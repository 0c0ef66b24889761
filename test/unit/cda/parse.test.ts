import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseXml } from '../../../src/cda/parse.js';
import { textOf } from '../../../src/cda/path.js';

const V3 = 'xmlns="urn:hl7-org:v3"';

describe('the XML of a document', () => {
  it('is elements by local name and namespace, whatever its prefixes', () => {
    const root = parseXml(
      `<c:a xmlns:c="urn:hl7-org:v3" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><b xmlns="urn:hl7-org:sdtc" x:type="c:CD" v="1" x:nil="true"/></c:a>`,
    );
    expect(root).toEqual({
      name: 'a',
      namespace: 'urn:hl7-org:v3',
      attributes: {},
      children: [
        {
          name: 'b',
          namespace: 'urn:hl7-org:sdtc',
          attributes: { 'xsi:type': 'CD', v: '1', '{http://www.w3.org/2001/XMLSchema-instance}nil': 'true' },
          children: [],
        },
      ],
    });
  });

  it.each([
    ['&#146;', '’'],
    ['&#x92;', '’'],
    ['&#150;', '–'],
    ['&#x80;', '€'],
    ['&#0156;', 'œ'],
    ['&#233;', 'é'],
  ])('reads the reference %s as the character that its writer meant', (reference, character) => {
    const root = parseXml(`<a ${V3} b="l${reference}un"><c>l${reference}un<![CDATA[&#146;]]></c></a>`);
    expect(root.attributes['b']).toBe(`l${character}un`);
    expect(root.children).toMatchObject([{ children: [`l${character}un&#146;`] }]);
  });

  it('keeps the order of mixed content and its blanks in narrative, and leaves blanks out elsewhere', () => {
    const root = parseXml(
      `<s ${V3}>\n <t> x </t>\n <text>un <content>deux</content> <content>trois</content>\n</text>\n</s>`,
    );
    expect(root.children).toHaveLength(2);
    const [, text] = root.children;
    expect(
      typeof text === 'object' && text.children.map((child) => (typeof child === 'string' ? child : child.name)),
    ).toEqual(['un ', 'content', ' ', 'content', '\n']);
  });

  it('has comments and processing instructions nowhere, and text whole across them', () => {
    const root = parseXml(
      '<?x a?><!-- <!DOCTYPE y> --><a>un<!-- p -->deux<?p q?><![CDATA[ <trois>&amp;]]></a><!-- z -->',
    );
    expect(root.children).toEqual(['undeux <trois>&amp;']);
  });

  it('reads predefined and numeric references as text, by the thousand', () => {
    const text = `${'&#233;&amp;&lt;&#x20AC;&apos;'.repeat(20_000)}`;
    expect(textOf(parseXml(`<a b="&quot;&#10;">${text}</a>`))).toBe("é&<€'".repeat(20_000));
    expect(parseXml('<a b="&quot;&#10;"/>').attributes).toEqual({ b: '"\n' });
  });

  it('gives back any text that was escaped as it was', () => {
    const escape = (text: string) => text.replace(/[&<>]/g, (char) => `&#${String(char.codePointAt(0))};`);
    const printable = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\ufffe\uffff]/u.test(text));
    fc.assert(
      fc.property(printable, (text) => {
        expect(textOf(parseXml(`<a>${escape(text)}</a>`))).toBe(text.trim());
      }),
    );
  });

  it.each([
    ['a DOCTYPE', '<!DOCTYPE a><a/>'],
    [
      'a DOCTYPE after all that may come before it',
      '\ufeff<?xml version="1.0"?>\n<!-- x -->\n<?y z?> <!DOCTYPE a SYSTEM "http://x"><a/>',
    ],
    ['entities of entities', `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(9)}"><!ENTITY c "&b;&b;">]><a>&c;</a>`],
    ['a DOCTYPE in small letters', '<!doctype a><a/>'],
    ['an entity declaration alone', '<!ENTITY b "x"><a/>'],
  ])('is refused before it is parsed: %s', (_, text) => {
    expect(() => parseXml(text)).toThrow('the document has a DOCTYPE');
  });

  it.each([
    ['an undeclared entity', '<a>&eacute;</a>'],
    ['an entity that objects have by nature', '<a>&constructor;</a>'],
    ['a reference to what is no character', '<a>&#0;</a>'],
    ['an unbound prefix', '<x:a/>'],
    ['an element that is not closed', '<a><b></a>'],
    ['two roots', '<a/><a/>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['a control character', '<a>\x01</a>'],
    ['no XML', 'Bonjour'],
    ['nothing but blanks', '  \n '],
    ['a comment without end', '<!-- a'],
    ['a DOCTYPE inside', '<a><!DOCTYPE b></a>'],
  ])('is refused where it is not well-formed: %s', (_, text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: 'document-unreadable' }));
  });

  it('says where it is broken, and nothing of what stands there', () => {
    expect(() => parseXml('<a>\n <dupont></durand></a>')).toThrow(/^not well-formed XML at line 2, column \d+$/);
  });

  it('has limits on depth, attributes, nodes and texts', () => {
    expect(() => parseXml('<a>'.repeat(101) + '</a>'.repeat(101))).toThrow(/nested more than 100 deep/);
    expect(parseXml('<a>'.repeat(100) + '</a>'.repeat(100)).name).toBe('a');
    const attributes = Array.from({ length: 100_000 }, (_, n) => `a${String(n)}="1"`).join(' ');
    expect(() => parseXml(`<a ${attributes}/>`)).toThrow(/more than 60 attributes/);
    expect(() => parseXml(`<a>${'<b/>'.repeat(500_000)}</a>`)).toThrow(/more than 500000 nodes/);
    expect(() => parseXml(`<a>${'x'.repeat(8 * 1024 * 1024 + 1)}</a>`)).toThrow(/a text is longer/);
    expect(textOf(parseXml(`<a>${'x'.repeat(8 * 1024 * 1024)}</a>`))).toHaveLength(8 * 1024 * 1024);
  });
});
