/** An instance profile name that matches the configuration; a `*` matches anything. Undefined if none is configured. */
export function nodeProfile(configured: readonly string[] | undefined): string | undefined {
  const [first] = configured ?? [];
  return first?.slice(first.lastIndexOf('/') + 1).replace('*', 'local');
}
