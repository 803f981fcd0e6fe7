import * as v from 'valibot';
import { type Advisory, type Severity, severities } from '../../domain/advisories.ts';
import { type ClosingNode, leftIn } from '../../domain/closing-report.ts';
import type { Fleet } from '../status/fleet.ts';

const NodeSchema = v.strictObject({
  cluster: v.string(),
  /** Empty for Nodes that neither the ledger nor the audit trail has a launch of. */
  pool: v.string(),
  instanceId: v.string(),
  nodeName: v.string(),
  launchedAt: v.string(),
  state: v.picklist(['affected', 'old-sandboxes', 'unknown', 'not-exposed', 'fixed', 'gated', 'gone']),
  /** The version that was proven last; empty if none was. */
  version: v.string(),
  /** When it took pods with an affected version or one that is not known. Without `until` it still does. */
  exposed: v.array(v.strictObject({ from: v.string(), until: v.optional(v.string()) })),
  /** The affected versions that sandboxes there still ran from when they were last counted; absent without any. */
  affectedSandboxes: v.optional(v.array(v.string())),
  /** The run that proved the version with the fix. */
  proof: v.optional(
    v.strictObject({
      at: v.string(),
      version: v.string(),
      run: v.number(),
      endedBy: v.string(),
      signature: v.strictObject({
        /** `unchecked`: there is one, and --key was not given. */
        state: v.picklist(['verified', 'unchecked', 'absent', 'wrong']),
        /** The SHA-256 of the signed payload; empty without a signature. */
        digest: v.string(),
        detail: v.string(),
      }),
    }),
  ),
  /** Why the node is not done; empty if it is. */
  left: v.string(),
});

/** What `airlock advisories --report --json` prints. */
export const ClosingReportSchema = v.strictObject({
  version: v.literal(1),
  /** When the report was made, ISO 8601. */
  at: v.string(),
  id: v.string(),
  runtime: v.string(),
  severity: v.picklist(severities),
  summary: v.string(),
  link: v.string(),
  fixedIn: v.string(),
  /** The day on which it was published. */
  published: v.string(),
  /** When the first deployment with it was made, as CloudFormation has it; empty if none was. */
  knownSince: v.string(),
  /** When Airlock first refused a launch because of it; empty if it refused none that is still known. */
  refusedSince: v.string(),
  /** When the last exposure of a node ended; empty while one lasts, and if there was none. */
  exposedUntil: v.string(),
  pools: v.array(
    v.strictObject({
      cluster: v.string(),
      pool: v.string(),
      /** How many nodes are in each state. */
      nodes: v.record(v.string(), v.number()),
      left: v.number(),
    }),
  ),
  /** The nodes that are not done come first. */
  nodes: v.array(NodeSchema),
  notChecked: v.array(v.strictObject({ resource: v.string(), reason: v.string() })),
});

/** A closing report as it is shown. */
export type ClosingReport = v.InferOutput<typeof ClosingReportSchema>;

/** What a closing report states beside its nodes. */
export interface ClosingContext extends Pick<Fleet, 'at' | 'notChecked'> {
  readonly runtime: string;
  readonly advisory: Advisory;
  readonly knownSince: string;
  readonly refusedSince: string;
}

/** A closing report as one object. */
export function closingReport(nodes: readonly ClosingNode[], context: ClosingContext): ClosingReport {
  const { advisory, runtime, knownSince, refusedSince, at, notChecked } = context;
  const { id, severity, summary, link, fixedIn = '', published } = advisory;
  const spans = nodes.flatMap(({ exposed }) => exposed);
  const isOver = spans.every(({ until }) => until !== undefined) && leftIn(nodes).length === 0;
  const ends = spans.flatMap(({ until }) => until ?? []).toSorted();
  const byPool = Map.groupBy(nodes, ({ cluster, pool }) => JSON.stringify([cluster, pool]));
  return {
    version: 1,
    at,
    ...{ id, runtime, severity: severity satisfies Severity, summary, link, fixedIn, published },
    ...{ knownSince, refusedSince },
    exposedUntil: isOver ? (ends.at(-1) ?? '') : '',
    pools: [...byPool.values()].map((own) => ({
      cluster: own[0]?.cluster ?? '',
      pool: own[0]?.pool ?? '',
      nodes: Object.fromEntries([...Map.groupBy(own, ({ state }) => state)].map(([state, all]) => [state, all.length])),
      left: leftIn(own).length,
    })),
    nodes: nodes.map(({ exposed, affectedSandboxes, ...node }) => ({
      ...node,
      exposed: exposed.map((span) => ({ ...span })),
      ...(affectedSandboxes === undefined ? {} : { affectedSandboxes: [...affectedSandboxes] }),
    })),
    notChecked: [...notChecked],
  };
}
