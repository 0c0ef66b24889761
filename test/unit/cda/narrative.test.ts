import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { XmlElement } from '../../../src/cda/element.js';
import { narrativeXhtml } from '../../../src/cda/narrative.js';
import { parseXml } from '../../../src/cda/parse.js';
import { cda } from '../../support/cda.js';

const OPEN = '<div xmlns="http://www.w3.org/1999/xhtml">';

function read(content: string): string | undefined {
  return narrativeXhtml(cda(`<text>${content}</text>`));
}

/** Elements of R4's narrative and what may stand in them. */
const FLOW = ['p', 'div', 'ul', 'ol', 'table', 'span', 'b', 'i', 'sub', 'sup', 'br'];
const PHRASING = ['span', 'b', 'i', 'sub', 'sup', 'br'];
const CONTENT: Record<string, string[]> = {
  div: FLOW,
  li: FLOW,
  td: FLOW,
  th: FLOW,
  p: PHRASING,
  span: PHRASING,
  b: PHRASING,
  i: PHRASING,
  sub: PHRASING,
  sup: PHRASING,
  caption: PHRASING,
  br: [],
  ul: ['li'],
  ol: ['li'],
  table: ['caption', 'thead', 'tbody', 'tfoot', 'tr'],
  thead: ['tr'],
  tbody: ['tr'],
  tfoot: ['tr'],
  tr: ['td', 'th'],
};

function faultsOf(element: XmlElement): string[] {
  const allowed = CONTENT[element.name] ?? [];
  const holdsText = !['ul', 'ol', 'table', 'thead', 'tbody', 'tfoot', 'tr', 'br'].includes(element.name);
  const attributes = Object.keys(element.attributes).filter((name) => !['colspan', 'rowspan'].includes(name));
  return [
    ...attributes.map((name) => `${element.name}@${name}`),
    ...element.children.flatMap((child) => {
      if (typeof child === 'string') return holdsText || child.trim() === '' ? [] : [`text in ${element.name}`];
      return allowed.includes(child.name) ? faultsOf(child) : [`${child.name} in ${element.name}`];
    }),
  ];
}

describe('a narrative', () => {
  it.each([
    ['<paragraph>Un <content styleCode="Bold">deux</content></paragraph>', '<p>Un <span><b>deux</b></span></p>'],
    ['Un<br/>deux', 'Un<br/>deux'],
    [
      '<list listType="ordered"><caption>Titre</caption><item>A</item><item><paragraph>B</paragraph></item></list>',
      '<div><span>Titre</span></div><ol><li>A</li><li><p>B</p></li></ol>',
    ],
    [
      '<table border="1"><caption>T</caption><thead><tr><th colspan="2" onclick="x()">A</th></tr></thead><tbody><tr><td rowspan="0">1</td><td>2</td></tr></tbody></table>',
      '<table><caption>T</caption><thead><tr><th colspan="2">A</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
    ],
    ['<linkHtml href="https://x.example/a">Voir</linkHtml>', 'Voir (https://x.example/a)'],
    ['<linkHtml href="javascript:alert(1)">Voir</linkHtml>', 'Voir'],
    ['<content ID="a" language="fr">x<sup>2</sup></content>', '<span>x<sup>2</sup></span>'],
    [
      '<table><caption>T<list><item>A</item></list></caption><tr><td>1</td></tr></table>',
      '<table><tr><td><div>T<ul><li>A</li></ul></div></td></tr><tr><td>1</td></tr></table>',
    ],
    ['<renderMultiMedia referencedObject="o"><caption>Image</caption></renderMultiMedia>', '<span>Image</span>'],
    ['Oui<content revised="delete">Non</content>', 'Oui'],
    ['<blink>a &amp;lt; &lt;b&gt; &quot;c&quot;</blink>', 'a &amp;lt; &lt;b&gt; &quot;c&quot;'],
    ['a<script>alert(1)</script><style>p{}</style>', 'a'],
    ['<content><table><tr><td>1</td></tr></table></content>', '<div><table><tr><td>1</td></tr></table></div>'],
    [
      '<table>perdu<tr>ici<td>1</td></tr></table>',
      '<table><tr><td>perdu</td></tr><tr><td>ici</td><td>1</td></tr></table>',
    ],
    ['<tr><td>1</td></tr>', '1'],
    ['<constructor>x</constructor>', 'x'],
  ])('is written in the elements that FHIR has: %s', (content, expected) => {
    expect(read(content)).toBe(`${OPEN}${expected}</div>`);
  });

  it.each(['', '  \n ', '<paragraph/>', '<table><tr><td> </td></tr></table>', '<script>x</script>', '<br/>'])(
    'without text is none: %s',
    (content) => {
      expect(read(content)).toBeUndefined();
    },
  );

  it('is, whatever stands in it, of allowed elements in allowed places, and escaped', () => {
    const names = fc.constantFrom(
      ...'paragraph content list item table tbody tr td th caption br linkHtml sub footnote title p li ul script b footnoteRef x'.split(
        ' ',
      ),
    );
    const text = fc.constantFrom('é', ' ', '<', '&', '"', '</div>', '<script>', 'x y');
    const { node } = fc.letrec<{ node: XmlElement; child: XmlElement | string }>((tie) => ({
      node: fc.record({
        name: names,
        namespace: fc.constant('urn:hl7-org:v3'),
        attributes: fc.constantFrom<Record<string, string>[]>(
          {},
          { styleCode: 'BoldItalics', ID: 'a' },
          { colspan: '2', style: 'x', onclick: 'y' },
          { href: 'mailto:a@b"><x', revised: 'insert' },
        ),
        children: fc.array(tie('child'), { maxLength: 4 }),
      }),
      child: fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, tie('node')),
    }));
    fc.assert(
      fc.property(node, (element) => {
        const xhtml = narrativeXhtml({
          name: 'text',
          namespace: 'urn:hl7-org:v3',
          attributes: {},
          children: [element],
        });
        if (xhtml !== undefined) expect(faultsOf(parseXml(xhtml))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('is cut where it is long, its elements closed', () => {
    const long = read(`<paragraph>${'mot '.repeat(100_000)}</paragraph><paragraph>fin</paragraph>`) ?? '';
    expect(long.length).toBeLessThan(210_000);
    expect(long).toMatch(/ \[…\]<\/p><\/div>$/);
    expect((read(`x${'<content><paragraph/></content>'.repeat(100_000)}`) ?? '').length).toBeLessThan(210_000);
    expect((read(`<list>${'<item>x</item>'.repeat(100_000)}</list>`) ?? '').length).toBeLessThan(210_000);
    const pairs = read(`<paragraph>${'a'.repeat(199_992)}${'😀'.repeat(20)}</paragraph>`) ?? '';
    expect(pairs).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  });
});
