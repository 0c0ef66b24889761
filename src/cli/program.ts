import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Was this module called as a program? Node names a program as it was called, and a module by its real path: through a link they differ. */
export function isProgram(moduleUrl: string): boolean {
  const [, called] = process.argv;
  return called !== undefined && realpathSync(called) === fileURLToPath(moduleUrl);
}
