/** The flags that a program was started with, by name; what is no `--name=value` ends it, as in the real ones. */
export function flagsOf(known: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  for (const argument of process.argv.slice(2)) {
    const [, name = '', value = ''] = /^--([a-z-]+)=(.+)$/.exec(argument) ?? [];
    if (!known.includes(name)) {
      process.stderr.write(`Error: unknown flag: ${argument}\n`);
      process.exit(1);
    }
    flags.set(name, value);
  }
  return flags;
}
