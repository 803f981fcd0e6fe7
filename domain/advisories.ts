import * as v from 'valibot';
import { isOlder, VersionSchema } from './versions.ts';

/** How bad an advisory is, the least first, in the words of CVSS and of GitHub's advisories. */
export const severities = ['low', 'medium', 'high', 'critical'] as const;

/** How bad an advisory is. */
export type Severity = (typeof severities)[number];

const affectedForm = 'a range of versions: from, before or both, for instance { before: "20260824.0" }';
const RangeSchema = v.pipe(
  v.strictObject({ from: v.optional(VersionSchema), before: v.optional(VersionSchema) }, affectedForm),
  v.check(({ from, before }) => from !== undefined || before !== undefined, affectedForm),
);

const sentence = v.pipe(v.string(), v.regex(/^[ -~]{1,300}$/, 'one line of printable ASCII'));
const dateForm = 'a day in quotes, for instance "2026-09-25"';

/** A configuration without which an advisory does not apply. At least one of its conditions exposes a node. */
const NeedsSchema = v.strictObject({
  /** What it is, in words. */
  summary: sentence,
  /** Handlers of the runtime. */
  handlers: v.optional(v.array(v.pipe(v.string(), v.regex(/^[a-z]+(-[a-z]+)*$/, 'the name of a handler')))),
  /** Annotations that the shim accepts from pods, each by its name or by its beginning. */
  annotations: v.optional(v.array(v.pipe(v.string(), v.regex(/^[a-z0-9._/-]{1,200}$/, 'the name of an annotation')))),
});

/** A known weakness of some versions of a runtime. */
export const AdvisorySchema = v.pipe(
  v.strictObject({
    id: v.pipe(
      v.string(),
      v.regex(/^[A-Za-z0-9][A-Za-z0-9.-]{2,59}$/, 'the id of an advisory, for instance CVE-2026-96812'),
    ),
    /** What an attacker can do, one sentence. */
    summary: sentence,
    severity: v.picklist(severities, severities.join(', ')),
    published: v.pipe(v.string(dateForm), v.isoDate(dateForm)),
    affected: v.pipe(v.array(RangeSchema, affectedForm), v.minLength(1, affectedForm)),
    /** The oldest version with the fix; absent while none has it. */
    fixedIn: v.optional(VersionSchema),
    /** Absent if every node with the version is exposed. */
    needs: v.optional(NeedsSchema),
    link: v.pipe(v.string(), v.regex(/^https:\/\/[A-Za-z0-9./_%:+#?=&-]+$/, 'an https address')),
  }),
  v.check(
    ({ affected, fixedIn }) => fixedIn === undefined || !isIn(affected, fixedIn),
    'fixedIn outside the affected versions',
  ),
);

export type Advisory = v.InferOutput<typeof AdvisorySchema>;

/** The logical id of the resource that marks an advisory in the stack. It has only letters and digits. */
export function advisoryMark(id: string): string {
  return `Advisory${id.replaceAll(/[^A-Za-z0-9]/g, (one) => (one === '-' ? 'x' : 'z'))}`;
}

/** Whether an advisory is about a version. */
export function isAffected({ affected }: Pick<Advisory, 'affected'>, version: string): boolean {
  return isIn(affected, version);
}

function isIn(ranges: readonly v.InferOutput<typeof RangeSchema>[], version: string): boolean {
  return ranges.some(
    ({ from, before }) =>
      (from === undefined || !isOlder(version, from)) && (before === undefined || isOlder(version, before)),
  );
}

/** What of a node's configuration can expose it. */
export interface SandboxConfiguration {
  readonly handler: string;
  /** The pod annotations that its shim accepts, by their full names; undefined if they are not known. */
  readonly annotations: readonly string[] | undefined;
}

/**
 * How a node stands to an advisory. `not-exposed`: it has an affected version without the needed configuration.
 * `unknown`: its version or configuration is not known, which never counts as fixed.
 */
export type Exposure = 'affected' | 'not-exposed' | 'fixed' | 'unknown';

/**
 * Decides how a node stands to an advisory for its runtime.
 *
 * @param version the version on the node; undefined if it is not known
 */
export function decideExposure(
  advisory: Advisory,
  version: string | undefined,
  configuration: SandboxConfiguration,
): Exposure {
  if (version === undefined) return 'unknown';
  return isAffected(advisory, version) ? exposeAffected(advisory, configuration) : 'fixed';
}

/** Decides how a node with an affected version stands to an advisory: by its configuration. */
export function exposeAffected(
  { needs }: Pick<Advisory, 'needs'>,
  { handler, annotations }: SandboxConfiguration,
): Exclude<Exposure, 'fixed'> {
  if (needs === undefined || (needs.handlers === undefined && needs.annotations === undefined)) return 'affected';
  if (needs.handlers?.includes(handler)) return 'affected';
  if (needs.annotations === undefined) return 'not-exposed';
  if (annotations === undefined) return 'unknown';
  const isNeeded = (name: string) => needs.annotations?.some((beginning) => name.startsWith(beginning));
  return annotations.some(isNeeded) ? 'affected' : 'not-exposed';
}

/** Whether a severity is at least another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}

/**
 * The advisories that withdraw a version: it is no default, and no launch may ask for it.
 *
 * @param least the least severity that withdraws a version
 */
export function listWithdrawals(
  advisories: readonly Advisory[],
  version: string,
  configuration: SandboxConfiguration,
  least: Severity,
): readonly Advisory[] {
  return advisories.filter(
    (advisory) =>
      isAtLeast(advisory.severity, least) &&
      ['affected', 'unknown'].includes(decideExposure(advisory, version, configuration)),
  );
}

/** An advisory in a few words: its id, its severity and the version with the fix. */
export function describeAdvisory({ id, severity, fixedIn }: Advisory): string {
  return `${id}, ${severity}, ${fixedIn === undefined ? 'not fixed in any version' : `fixed in ${fixedIn}`}`;
}
