import type { Coded } from '../codes.js';
import type { Converted, ConverterEntry, PartSource } from '../converter.js';
import type { FieldReader } from './reader.js';

/**
 * XTN → ContactPoint, by the tables of XTN-2 and XTN-3. The number is in XTN-12, else in XTN-1, else in its parts, XTN-5 to 8; an e-mail
 * address in XTN-4, or where a number ought to be, is a contact of its own beside it.
 */
export const xtnContactPoint: ConverterEntry = {
  gives: 'ContactPoint',
  make({ table }) {
    const uses = table('XTN-2');
    const equipment = table('XTN-3');
    return (field, { issues }) => {
      const means = issues.code(equipment, field.value(3), field.path(3));
      const use = issues.code(uses, field.value(2), field.path(2));
      const row = means?.row ?? use?.row;
      const points = [phoneOf(field, means, use), emailOf(field)].filter((point) => point !== undefined);
      return points.length === 0 ? undefined : points.map((point) => (row === undefined ? point : { ...point, row }));
    };
  },
};

function phoneOf(field: FieldReader, means: Coded | undefined, use: Coded | undefined): Converted | undefined {
  const component = [12, 1].find((number) => field.value(number) !== '' && !isEmail(field.value(number)));
  const value = component === undefined ? numberOfParts(field) : field.value(component);
  if (value === '') return undefined;
  const system = means?.code === undefined || means.code === 'email' ? 'phone' : means.code;
  const parts: readonly PartSource[] = [
    ['value', component ?? 7],
    ['system', 3],
    ['use', 2],
  ];
  const point = { system, value, ...(use?.code === undefined ? {} : { use: use.code }), ...means?.set };
  return { value: point, parts };
}

/** XTN-5 country code, XTN-6 area, XTN-7 local number, XTN-8 extension. */
function numberOfParts(field: FieldReader): string {
  const [country = '', area = '', local = '', extension = ''] = [5, 6, 7, 8].map((number) =>
    field.value(number).trim(),
  );
  if (local === '') return '';
  const abroad = country === '' || country.startsWith('+') ? country : `+${country}`;
  const number = [abroad, area, local].filter((part) => part !== '').join(' ');
  return extension === '' ? number : `${number} ext. ${extension}`;
}

function emailOf(field: FieldReader): Converted | undefined {
  const component = field.value(4) !== '' ? 4 : [12, 1].find((number) => isEmail(field.value(number)));
  if (component === undefined) return undefined;
  return {
    value: { system: 'email', value: field.value(component) },
    parts: [
      ['value', component],
      ['system', 3],
    ],
  };
}

function isEmail(text: string): boolean {
  return text.includes('@');
}
