import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine, from `/proc`. */
export interface RunningProcess {
  pid: number;
  parent: number;
  /** Its command line, arguments separated by blanks; empty for a zombie. */
  command: string;
}

/** All processes of this machine; none where there is no `/proc`. */
export async function processes(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [command, status] = await Promise.all([read('cmdline'), read('status')]);
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      return { pid: Number(pid), parent, command: command.replaceAll('\0', ' ').trim() };
    }),
  );
  return found.filter(({ command }) => command !== '');
}

/** The children of a process whose command line has that word. */
export async function childrenOf(pid: number, word = ''): Promise<RunningProcess[]> {
  return (await processes()).filter(({ parent, command }) => parent === pid && command.includes(word));
}

/** All that descends from a process. */
export async function descendants(pid: number): Promise<RunningProcess[]> {
  const all = await processes();
  const below = (parent: number): RunningProcess[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}
