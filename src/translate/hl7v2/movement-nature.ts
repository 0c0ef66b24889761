import type { ConverterEntry } from '../converter.js';

/** ZBE-9 → its letters as a sorted set, by the table of ZBE-9: senders write them in any order, and more than the specification lists. */
export const movementNature: ConverterEntry = {
  gives: 'string',
  table: 'ZBE-9',
  make({ table }) {
    const letters = table('ZBE-9');
    return (field, { issues }) => {
      const codes = [...new Set(field.value())].flatMap(
        (letter) => issues.code(letters, letter, field.path())?.code ?? [],
      );
      return codes.length === 0 ? undefined : { value: codes.sort().join('') };
    };
  },
};
