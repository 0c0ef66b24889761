import { fault, type Faults, type ParsedFile } from './mapping-file.js';

/** A code table: what a sender's code becomes, and what happens to an unknown one. */
export interface CodeTable {
  name: string;
  system: string;
  otherwise: string;
  codes: ReadonlyMap<string, { code: string; display?: string; system: string }>;
}

const HEAD = new Set(['table', 'system', 'otherwise', 'note']);
const KEYS = new Set(['code', 'to', 'display', 'system', 'note', 'because']);

/** Compiles `codes/*.yaml`; `otherwise` is `park`, `text-only` or the code that stands for all others. */
export function compileTable({ file, head, rows }: ParsedFile, faults: Faults): CodeTable {
  const name = head['table'] ?? '';
  for (const key of Object.keys(head))
    if (!HEAD.has(key))
      fault(faults, file, 1, `${key} is no key of a code table`, 'use table, system, otherwise, rows');
  if (head['otherwise'] === undefined)
    fault(
      faults,
      file,
      1,
      'the table does not say what an unknown code becomes',
      'add `otherwise: park`, `text-only` or a code',
    );
  const codes = new Map<string, { code: string; display?: string; system: string }>();
  for (const { values, line } of rows) {
    for (const key of Object.keys(values))
      if (!KEYS.has(key))
        fault(faults, file, line, `${key} is no key of a code row`, 'use code, to, display, system, note');
    const { code, to, display, system } = values;
    if (code === undefined || to === undefined)
      fault(faults, file, line, 'a code row needs code and to', 'write `- { code: F, to: female }`');
    else if (codes.has(code)) fault(faults, file, line, `the code ${code} stands twice`, 'keep one row');
    else
      codes.set(code, {
        code: to,
        system: system ?? head['system'] ?? '',
        ...(display === undefined ? {} : { display }),
      });
  }
  return { name, system: head['system'] ?? '', otherwise: head['otherwise'] ?? 'text-only', codes };
}
