import * as v from 'valibot';
import { parse } from 'yaml';
import { AdvisorySchema, isAffected } from './advisories.ts';
import { architectures } from './architectures.ts';
import { type Runtime, runtimes, tableByRuntime } from './runtimes.ts';
import { VersionSchema } from './versions.ts';

/** The versions for which a condition holds: `from` is included, `before` is not. */
const RangeSchema = v.strictObject({ from: v.optional(VersionSchema), before: v.optional(VersionSchema) });

// This text becomes a single-quoted string in a shell script, and then part of one line of JSON.
const sentence = v.pipe(v.string(), v.regex(/^[ -~]{1,300}$/, 'one line of printable ASCII'));
const link = v.pipe(v.string(), v.regex(/^https:\/\/[A-Za-z0-9./_%:+#?=&-]+$/, 'an https address'));

const ArtifactSchema = v.strictObject({
  url: v.pipe(v.string(), v.regex(/^https:\/\/[A-Za-z0-9./_%:+-]+$/, 'an https address without a query')),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case')),
  /** Bytes, if upstream states them. */
  size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

/** One file to download, with its required checksum. */
export type Artifact = v.InferOutput<typeof ArtifactSchema>;

const PinnedVersionSchema = v.strictObject({
  version: VersionSchema,
  artifacts: v.pipe(
    v.strictObject({ x86_64: v.optional(ArtifactSchema), aarch64: v.optional(ArtifactSchema) }),
    v.check((artifacts) => Object.keys(artifacts).length > 0, 'at least one of x86_64 and aarch64'),
  ),
});

/** One pinned version of a runtime. */
export type Version = v.InferOutput<typeof PinnedVersionSchema>;

const HostConditionSchema = v.strictObject({
  arch: v.optional(v.array(v.picklist(architectures))),
  /** ID and VERSION_ID of /etc/os-release, for instance `ubuntu 24.04`. */
  os: v.optional(v.array(v.pipe(v.string(), v.regex(/^[a-z0-9._-]+ [a-z0-9._-]*$/)))),
  kernel: v.optional(RangeSchema),
  containerd: v.optional(RangeSchema),
  /** The version of containerd's configuration file; 0 if there is no file. */
  config: v.optional(RangeSchema),
  /** A kubelet of unknown version meets no condition. */
  kubelet: v.optional(RangeSchema),
  cgroup: v.optional(v.picklist(['v1', 'v2'])),
});

const condition = {
  versions: v.optional(RangeSchema),
  /** The runtime's handler names in containerd. */
  handlers: v.optional(v.array(v.pipe(v.string(), v.regex(/^[a-z]+(-[a-z]+)*$/)))),
  host: v.optional(HostConditionSchema, {}),
};

/** What is known about a runtime's versions on some hosts. */
const RuleSchema = v.variant('verdict', [
  v.strictObject({ ...condition, verdict: v.literal('proven'), link }),
  v.strictObject({
    ...condition,
    verdict: v.literal('refused'),
    reason: sentence,
    /** The closest alternative that works. */
    instead: sentence,
    link,
  }),
  v.strictObject({ ...condition, verdict: v.literal('unknown') }),
]);

export type Rule = v.InferOutput<typeof RuleSchema>;

const RuntimeSchema = v.pipe(
  v.strictObject({
    default: VersionSchema,
    /** What is known about weaknesses of its versions, pinned or not. */
    advisories: v.optional(v.array(AdvisorySchema), []),
    /** `pod`: the proof on the host is not enough, because pods are known to fail on hosts that pass it. */
    proof: v.optional(v.literal('pod')),
    /** A host on which the runtime is known to work, as a suggestion for a host that the catalogue has no rule for. */
    goodHost: sentence,
    /** The free space that /opt needs before the download, in MiB. */
    room: v.pipe(v.number(), v.integer(), v.minValue(1)),
    versions: v.pipe(v.array(PinnedVersionSchema), v.minLength(1)),
    rules: v.optional(v.array(RuleSchema), []),
    /** The EC2 families whose virtual instances can have /dev/kvm, if the runtime needs it. */
    nestedVirtualization: v.optional(
      v.array(v.pipe(v.string(), v.regex(/^[a-z0-9]+$/, 'an EC2 family, for instance m8i'))),
      [],
    ),
  }),
  v.check(
    (runtime) => runtime.versions.some(({ version }) => version === runtime.default),
    'the default must be one of the versions',
  ),
  v.check(({ default: usual, versions, advisories }) => {
    const isClean = (version: string) => !advisories.some((advisory) => isAffected(advisory, version));
    return isClean(usual) || !versions.some(({ version }) => isClean(version));
  }, 'the default must be a version without an advisory if one has none'),
  v.check(
    ({ advisories }) => new Set(advisories.map(({ id }) => id)).size === advisories.length,
    'an advisory must not occur twice',
  ),
  v.check(
    (runtime) => new Set(runtime.versions.map(({ version }) => version)).size === runtime.versions.length,
    'a version must not occur twice',
  ),
);

/** The catalogue's entry for one runtime. */
export type CatalogueRuntime = v.InferOutput<typeof RuntimeSchema>;

const CatalogueSchema = v.strictObject({
  version: v.literal(1),
  runtimes: v.strictObject(tableByRuntime(() => v.optional(RuntimeSchema))),
});

/** The versions that can be installed, and the hosts that they work on. */
export type Catalogue = v.InferOutput<typeof CatalogueSchema>;

/** The catalogue is invalid, or lacks a runtime or version. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
}

/**
 * Reads a catalogue.
 *
 * @param text the text of `ssm-documents/catalogue.yaml`
 * @throws CatalogueError that names the field and the accepted form
 */
export function parseCatalogue(text: string): Catalogue {
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    throw new CatalogueError(`the catalogue is not valid YAML: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  const parsed = v.safeParse(CatalogueSchema, data);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new CatalogueError(`catalogue: ${v.getDotPath(issue) ?? 'top'}: ${issue.message}; seen: ${issue.received}`);
}

/** @throws CatalogueError if the catalogue does not have the runtime */
export function runtimeOf(catalogue: Catalogue, runtime: Runtime): CatalogueRuntime {
  const entry = catalogue.runtimes[runtime];
  if (entry !== undefined) return entry;
  const known = runtimes.filter((name) => catalogue.runtimes[name] !== undefined).join(', ');
  throw new CatalogueError(`the catalogue has no versions of ${runtime}; it has versions of ${known}`);
}

/** Finds a version; `undefined` if the catalogue does not pin it. */
export function versionOf(catalogue: Catalogue, runtime: Runtime, version: string): Version | undefined {
  return catalogue.runtimes[runtime]?.versions.find((entry) => entry.version === version);
}

/**
 * The version for a node whose tag names none.
 *
 * @throws CatalogueError if the catalogue does not have the runtime
 */
export function defaultVersion(catalogue: Catalogue, runtime: Runtime): string {
  return runtimeOf(catalogue, runtime).default;
}

/** The pinned checksums of one version, by architecture. */
export type Checksums = Readonly<Partial<Record<(typeof architectures)[number], string>>>;

/** The checksums of every version of some runtimes: by runtime, version and architecture. */
export function checksumsOf(
  catalogue: Catalogue,
  of: readonly Runtime[],
): Readonly<Partial<Record<Runtime, Readonly<Record<string, Checksums>>>>> {
  return Object.fromEntries(
    of.map((runtime) => [
      runtime,
      Object.fromEntries(
        (catalogue.runtimes[runtime]?.versions ?? []).map(({ version, artifacts }) => [
          version,
          Object.fromEntries(Object.entries(artifacts).map(([arch, artifact]) => [arch, artifact?.sha256])),
        ]),
      ),
    ]),
  );
}
