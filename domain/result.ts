import * as v from 'valibot';
import { claim, claimText } from './claim-text.ts';
import { outcomeCodes } from './outcomes.ts';
import { runtimes } from './runtimes.ts';
import { TimeSchema } from './time.ts';

/** The longest output that ListCommandInvocations returns, in bytes. SSM truncates the rest. */
const shownLimit = 2_500;

/**
 * The longest result line that a script may print, in bytes. ListCommandInvocations returns 2,500 bytes of both streams
 * together. If each is longer than 1,238 bytes, the agent keeps 1,215 of each (TruncateOutput in its iohandler.go). A
 * shorter line stays whole, whatever the log contains.
 */
export const resultLimit = 1_200;

const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Facts about the host, as the script on the node read them. */
export const HostSchema = v.object({
  /** `ubuntu 24.04`: ID and VERSION_ID of /etc/os-release. */
  os: claim(80),
  kernel: claim(80),
  /** `uname -m`. */
  arch: claim(80),
  containerd: claim(80),
  /** The version of the configuration file that containerd reads; 0 if there is no file. */
  configVersion: v.pipe(v.number(), v.integer()),
  cgroup: v.picklist(['v1', 'v2']),
  bootId: claim(80),
});

/** How many sandboxes run from each version. A sandbox keeps the version that it was started from. */
export const SandboxesSchema = v.pipe(
  v.record(v.pipe(v.string(), v.regex(/^[0-9.]{1,40}$/)), v.pipe(v.number(), v.integer(), v.minValue(1))),
  v.maxEntries(8),
);

/** What runs on a released node, according to the node: a claim that makes nothing better than the ledger has it. */
export const InventorySchema = v.object({
  /** When its answer arrived. */
  at: TimeSchema,
  /** The version that new sandboxes start from; empty if the node has none. */
  version: v.pipe(v.string(), v.regex(/^[0-9.]{0,40}$/)),
  /** How many sandboxes run from each version. */
  sandboxes: SandboxesSchema,
  commandId: claim(80),
});

export type Inventory = v.InferOutput<typeof InventorySchema>;

/**
 * The line of JSON that a document prints on stdout: at most {@link resultLimit} bytes, written by
 * `ssm-documents/node/result.sh` and read by `results`. Every text in it is a claim: bounded and printable, but not
 * trusted.
 */
export const ResultSchema = v.object({
  airlock: v.literal(1),
  verb: v.picklist(['install', 'prove', 'inventory', 'uninstall']),
  runtime: v.picklist(runtimes),
  version: claim(80),
  outcome: v.picklist(['installed', 'proven', 'inventoried', 'uninstalled', ...outcomeCodes]),
  /** Details about this node: an address, a path, a rule, the last line of a log. Empty on success. */
  detail: claim(),
  /** The runtime's handler name in containerd. */
  handler: claim(80),
  /** The checksum of the artifact that was installed, as pinned in the catalogue; empty before the download. */
  sha256: claim(128),
  /** Absent if the script ended before it read them. */
  host: v.optional(HostSchema),
  /** What happened to containerd's configuration. */
  config: v.picklist(['untouched', 'edited', 'restored', 'damaged']),
  /** How often containerd was restarted in this run. */
  restarts: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The sandbox (pause) image that containerd's own configuration names. */
  sandboxImage: v.optional(claim(512)),
  /** Output from inside the sandbox that the host itself could not have produced. */
  evidence: v.optional(claim(200)),
  /** Side effects of containerd's restart: other pending changes that took effect, units that restarted with it. */
  sideEffects: v.optional(claim(200)),
  /** How many sandboxes run from each version on the node, if any do. */
  sandboxes: v.optional(SandboxesSchema),
  /** How long each phase took, in milliseconds, in the order in which they ran. */
  phases: v.record(claim(40), milliseconds),
});

export type Result = v.InferOutput<typeof ResultSchema>;

/** The result in a document's stdout, or why there is none. */
export type ReadResult =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads the result from a document's stdout. It is the first line.
 *
 * @param stdout the standard output as SSM returns it, possibly truncated
 * @returns the result, or the reason why there is none. It never throws.
 */
export function readResult(stdout: string): ReadResult {
  const line = stdout.split('\n', 1)[0]?.trim() ?? '';
  if (line === '') return { ok: false, reason: 'the command printed no result' };
  if (line.length > shownLimit) return { ok: false, reason: `the result is longer than ${shownLimit} characters` };
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { ok: false, reason: `the command printed no JSON: ${claimText(line, 120)}` };
  }
  const parsed = v.safeParse(ResultSchema, json);
  if (parsed.success) return { ok: true, result: parsed.output };
  const issue = parsed.issues[0];
  const at = v.getDotPath(issue) ?? 'its top';
  return { ok: false, reason: claimText(`the result is not valid at ${at}: ${issue.message}`, 300) };
}
