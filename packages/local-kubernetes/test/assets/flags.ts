/** A program's flags by name; anything that is not `--name=value` is an error, as in the real programs. */
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
