/** The name of an instance profile that a cluster's nodes have by `airlock.yaml`; a `*` stands for anything. Undefined if none is configured. */
export function nodeProfile(configured: readonly string[] | undefined): string | undefined {
  const [first] = configured ?? [];
  return first?.slice(first.lastIndexOf('/') + 1).replace('*', 'local');
}
