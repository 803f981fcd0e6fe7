import type { Catalogue, CatalogueRuntime } from './catalogue.ts';
import { runtimes } from './runtimes.ts';

/** What a part of the catalogue is. */
export const catalogueParts = ['runtime', 'default', 'version', 'artifact', 'advisory', 'rule', 'setting'] as const;

/** One difference between two catalogues. */
export interface CatalogueChange {
  readonly runtime: string;
  readonly part: (typeof catalogueParts)[number];
  /** Which one of its kind: a version, `<version> <architecture>`, an advisory's id. */
  readonly name: string;
  /** The part as it was; empty if it is new. */
  readonly before: string;
  /** The part as it is; empty if it is gone. */
  readonly after: string;
}

type Parts = ReadonlyMap<string, Pick<CatalogueChange, 'part' | 'name'> & { readonly text: string }>;

/** Lists what differs between two catalogues, by runtime, in the order of the catalogue's fields. */
export function diffCatalogues(before: Catalogue, after: Catalogue): readonly CatalogueChange[] {
  return runtimes.flatMap((runtime) => {
    const [one, other] = [partsOf(before.runtimes[runtime]), partsOf(after.runtimes[runtime])];
    const keys = [...new Set([...one.keys(), ...other.keys()])];
    return keys.flatMap((key) => {
      const [old, now] = [one.get(key), other.get(key)];
      const { part, name } = now ?? old ?? { part: 'runtime', name: '' };
      if (old?.text === now?.text) return [];
      return [{ runtime, part, name, before: old?.text ?? '', after: now?.text ?? '' }];
    });
  });
}

/**
 * Whether a change is one that a new release does not make: another file under a known version, or an advisory that is
 * gone.
 */
export function isSuspicious({ part, before, after }: CatalogueChange): boolean {
  if (part === 'artifact') return before !== '' && after !== '';
  return part === 'advisory' && before !== '' && after === '';
}

/** The parts of a runtime's entry with their texts, each under its own key. */
function partsOf(entry: CatalogueRuntime | undefined): Parts {
  if (entry === undefined) return new Map();
  const { default: usual, versions, advisories, rules, ...settings } = entry;
  const parts = [
    { part: 'default', name: '', text: usual },
    ...versions.flatMap(({ version, artifacts }) => [
      { part: 'version', name: version, text: 'pinned' } as const,
      ...Object.entries(artifacts).map(([arch, artifact]) => {
        const { url, sha256, size = 'any size' } = artifact ?? { url: '', sha256: '' };
        return { part: 'artifact', name: `${version} ${arch}`, text: `sha256 ${sha256}, ${size}, ${url}` } as const;
      }),
    ]),
    ...advisories.map((advisory) => ({ part: 'advisory', name: advisory.id, text: JSON.stringify(advisory) }) as const),
    { part: 'rule', name: '', text: JSON.stringify(rules) },
    ...Object.entries(settings).map(
      ([name, value]) => ({ part: 'setting', name, text: JSON.stringify(value) }) as const,
    ),
  ] as const;
  return new Map(parts.map((one) => [`${one.part} ${one.name}`, one]));
}
