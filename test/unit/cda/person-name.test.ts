import { describe, expect, it } from '@jest/globals';
import { readNames } from '../../../src/cda/person-name.js';
import { cda } from '../../support/cda.js';

function read(content: string, attributes = '') {
  return readNames(cda(`<name ${attributes}>${content}</name>`));
}

describe('a name', () => {
  it('of a patient is that of birth and that in use, each with its given name', () => {
    const name = `<family qualifier="BR">TESTVALMY</family><family qualifier="CL">TESTORMEAU</family>
      <given>ODETTE MARGUERITE</given><given qualifier="BR">ODETTE</given><given qualifier="CL">Odette </given>`;
    expect(read(name)).toEqual([
      { use: 'official', family: 'TESTVALMY', given: ['ODETTE'] },
      { use: 'usual', family: 'TESTORMEAU', given: ['Odette'] },
    ]);
  });

  it.each([
    ['in any order', '<given qualifier="BR">ODETTE</given><given>ODETTE MARGUERITE</given>', ['ODETTE']],
    ['as a list alone, which nobody splits', '<given>JEAN PIERRE MARIE</given>', ['JEAN PIERRE MARIE']],
    ['one by one, and none is lost', '<given>Jean</given><given>Pierre</given>', ['Jean', 'Pierre']],
    ['with qualifiers of other kinds', '<given qualifier="IN">J</given><given>Paul</given>', ['J', 'Paul']],
    ['beside one without value', '<given nullFlavor="UNK"/><given> </given><given>Léon </given>', ['Léon']],
  ])('has its given names %s', (_, given, expected) => {
    expect(read(`<family qualifier="BR">X</family>${given}`)).toEqual([
      { use: 'official', family: 'X', given: expected },
    ]);
  });

  it('keeps the name in use without a name of birth, the older SP for it too, and a given name in use alone', () => {
    expect(read('<family qualifier="SP">DURAND</family><given>Anne</given>')).toEqual([
      { use: 'usual', family: 'DURAND', given: ['Anne'] },
    ]);
    expect(
      read('<family qualifier="BR">X</family><given qualifier="BR">Anne</given><given qualifier="CL">Nanou</given>'),
    ).toEqual([
      { use: 'official', family: 'X', given: ['Anne'] },
      { use: 'usual', family: 'X', given: ['Nanou'] },
    ]);
  });

  it('of a professional has its title', () => {
    expect(read('<prefix>M</prefix><given>Paul</given><family>TESTAUTEUR</family><suffix>DR</suffix>')).toEqual([
      { family: 'TESTAUTEUR', given: ['Paul'], prefix: ['M'], suffix: ['DR'] },
    ]);
    expect(read('<family>X</family>', 'use="L"')).toEqual([{ use: 'official', family: 'X' }]);
  });

  it('in words is text', () => {
    expect(read('Docteur\n Paul X')).toEqual([{ text: 'Docteur Paul X' }]);
  });

  it.each([
    ['<family nullFlavor="UNK"/>', ''],
    ['<family></family><given> </given>', ''],
    ['', 'nullFlavor="UNK"'],
    ['<family>X</family>', 'nullFlavor="MSK"'],
  ])('that is not given is none: %s %s', (content, attributes) => {
    expect(read(content, attributes)).toEqual([]);
    expect(readNames(undefined)).toEqual([]);
  });
});
