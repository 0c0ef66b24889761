import { describe, expect, it } from '@jest/globals';
import { readAddress, readTelecom } from '../../../src/cda/address.js';
import { cda } from '../../support/cda.js';

describe('an address', () => {
  it.each([
    [
      '<addr use="H"><houseNumber>4</houseNumber><streetName>rue des Essais</streetName><unitID>bât. B</unitID><postalCode>38000</postalCode><city>GRENOBLE</city><country>FRA</country></addr>',
      { use: 'home', line: ['bât. B', '4 rue des Essais'], postalCode: '38000', city: 'GRENOBLE', country: 'FRA' },
    ],
    [
      '<addr><streetName>rue X</streetName><houseNumber>4 bis</houseNumber><additionalLocator>chez Mme Y</additionalLocator></addr>',
      { line: ['chez Mme Y', '4 bis rue X'] },
    ],
    [
      '<addr use="WP"><streetAddressLine>Service A</streetAddressLine><streetAddressLine>4 rue X</streetAddressLine></addr>',
      { use: 'work', line: ['Service A', '4 rue X'] },
    ],
    [
      '<addr use="XX HV"><city>Lyon</city><county>69381</county></addr>',
      { use: 'temp', city: 'Lyon', district: '69381' },
    ],
    ['<addr>4 rue X, 69000  Lyon</addr>', { text: '4 rue X, 69000 Lyon' }],
    ['<addr><city nullFlavor="UNK"/><country>FRA</country><state> </state></addr>', { country: 'FRA' }],
    ['<addr nullFlavor="NASK"/>', undefined],
    ['<addr use="H"><city nullFlavor="UNK"/></addr>', undefined],
    ['<addr use="H"/>', undefined],
  ])('has what is given and no more: %s', (xml, expected) => {
    expect(readAddress(cda(xml))).toEqual(expected);
    expect(readAddress(undefined)).toBeUndefined();
  });
});

describe('a telecom', () => {
  it.each([
    ['value="tel:+33400000000" use="WP"', { system: 'phone', value: '+33400000000', use: 'work' }],
    ['value="TEL: 04 00 00 00 00" use="EC MC"', { system: 'phone', value: '04 00 00 00 00', use: 'mobile' }],
    ['value="fax:0400000000"', { system: 'fax', value: '0400000000' }],
    ['value="mailto:a.b@medecin.mssante.fr?subject=x"', { system: 'email', value: 'a.b@medecin.mssante.fr' }],
    ['value="https://ch.example/x" use="PUB"', { system: 'url', value: 'https://ch.example/x', use: 'work' }],
    ['value="a.b@example.org"', { system: 'email', value: 'a.b@example.org' }],
    ['value="04 00 00 00 00"', { system: 'phone', value: '04 00 00 00 00' }],
    ['value="secrétariat"', { system: 'other', value: 'secrétariat' }],
  ])('is what its scheme says: %s', (attributes, expected) => {
    expect(readTelecom(cda(`<telecom ${attributes}/>`))).toEqual(expected);
  });

  it.each(['nullFlavor="UNK"', 'value=""', 'value="tel:"', 'value="mailto: "', 'value="http://"', ''])(
    'without a number is none: %s',
    (attributes) => {
      expect(readTelecom(cda(`<telecom ${attributes}/>`))).toBeUndefined();
    },
  );
});
