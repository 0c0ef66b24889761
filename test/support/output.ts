/** What a command printed, and how it ended. */
export interface Printed {
  code: number;
  out: string;
  err: string;
}

/** Runs a command with its prints gathered, in the environment as it is but for these variables (undefined takes one away). */
export async function printed(
  command: () => Promise<number>,
  environment: Record<string, string | undefined> = {},
): Promise<Printed> {
  const terminal: { log: unknown; error: unknown } = console;
  const { log, error } = terminal;
  const before = { ...process.env };
  const out: string[] = [];
  const err: string[] = [];
  terminal.log = (text: string) => void out.push(text);
  terminal.error = (text: string) => void err.push(text);
  for (const [name, value] of Object.entries(environment))
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  try {
    const code = await command();
    return { code, out: out.join('\n'), err: err.join('\n') };
  } finally {
    Object.assign(terminal, { log, error });
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  }
}
