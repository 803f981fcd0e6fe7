import * as v from 'valibot';

const AdvisorySchema = v.strictObject({
  id: v.string(),
  summary: v.string(),
  /** `low`, `medium`, `high` or `critical`. */
  severity: v.string(),
  /** The oldest version with the fix; empty while none has it. */
  fixedIn: v.string(),
  /** The configuration without which nodes are not exposed, in words; empty if there is none. */
  needs: v.string(),
  link: v.string(),
});

const HostSchema = v.strictObject({
  os: v.optional(v.string()),
  kernel: v.optional(v.string()),
  arch: v.optional(v.string()),
  containerd: v.optional(v.string()),
  config: v.optional(v.string()),
  kubelet: v.optional(v.string()),
  cgroup: v.optional(v.string()),
});

/** What `airlock catalogue --json` prints. */
export const CatalogueSchema = v.strictObject({
  version: v.literal(1),
  runtimes: v.array(
    v.strictObject({
      runtime: v.string(),
      /** The version for a node whose tag names none. */
      default: v.string(),
      /** The oldest version that a tag may request, and why; absent if every version may be requested. */
      floor: v.optional(v.strictObject({ version: v.string(), because: v.string() })),
      versions: v.array(
        v.strictObject({
          version: v.string(),
          /** Whether a tag may request it: it is neither below the floor nor withdrawn. */
          allowed: v.boolean(),
          /** The advisories that withdraw it; empty if none does. */
          withdrawn: v.string(),
          /** The advisories that affect it. */
          advisories: v.array(AdvisorySchema),
          artifacts: v.array(v.strictObject({ arch: v.string(), url: v.string(), sha256: v.string() })),
        }),
      ),
      /** The rules for hosts, in the order in which they are matched. The first whose conditions all hold decides. */
      rules: v.array(
        v.strictObject({
          /** `proven`, `refused` or `unknown`. */
          verdict: v.string(),
          /** The conditions in words. */
          when: v.string(),
          reason: v.string(),
          instead: v.string(),
          link: v.string(),
        }),
      ),
    }),
  ),
});

/** What `airlock catalogue --host … --json` and `airlock catalogue NODE --json` print. */
export const HostReportSchema = v.strictObject({
  version: v.literal(1),
  /** The node whose receipt has the facts; empty if they were given. */
  node: v.string(),
  /** A fact that is absent is not known, and meets no condition. */
  host: HostSchema,
  runtimes: v.array(
    v.strictObject({
      runtime: v.string(),
      versions: v.array(
        v.strictObject({
          version: v.string(),
          isDefault: v.boolean(),
          /** `proven`; `refused`; or `unknown`, and then the proof on the node decides. */
          verdict: v.picklist(['proven', 'refused', 'unknown']),
          /** Why it is refused; empty otherwise. */
          reason: v.string(),
          /** The closest alternative that works; empty if it is not refused. */
          instead: v.string(),
          /** Where the verdict comes from; empty if it has no source outside the catalogue. */
          link: v.string(),
          /** Facts that are not known and could change the verdict. */
          open: v.array(v.string()),
          advisories: v.array(AdvisorySchema),
        }),
      ),
    }),
  ),
});

export type CatalogueReport = v.InferOutput<typeof CatalogueSchema>;
export type HostReport = v.InferOutput<typeof HostReportSchema>;
