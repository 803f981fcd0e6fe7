/** The placeholder for a value that is known only after its resource's creation. */
const later = 'later';

/**
 * A template value as far as it is known before creation: text and structure are known, references are not.
 */
export function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(outline);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) {
    const [name, inner] = first;
    if (name === 'Ref') return inner === 'AWS::Partition' ? 'aws' : later;
    if (name === 'Fn::Join' && Array.isArray(inner)) {
      const [separator, parts] = inner;
      return Array.isArray(parts) ? parts.map(outline).join(String(separator)) : later;
    }
    if (name === 'Fn::Sub' && typeof inner === 'string') return inner.replaceAll(/\$\{[^}]+\}/g, later);
    if (name === 'Fn::If' && Array.isArray(inner)) return outline(inner[1]);
    if (name.startsWith('Fn::')) return later;
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, outline(one)]));
}
