/**
 * Advisories for machines: OpenVEX 0.2.0. Sources: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md and its
 * openvex_json_schema.json.
 */
import * as v from 'valibot';
import type { Advisory } from './advisories.ts';
import type { ClosingNode } from './closing-report.ts';

const uri = v.pipe(v.string(), v.url());
const time = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const ComponentSchema = v.strictObject({
  '@id': uri,
  subcomponents: v.optional(v.array(v.strictObject({ '@id': uri, identifiers: v.strictObject({ purl: v.string() }) }))),
});

const StatementSchema = v.pipe(
  v.strictObject({
    vulnerability: v.strictObject({ '@id': uri, name: v.string(), description: v.string() }),
    timestamp: time,
    products: v.pipe(v.array(ComponentSchema), v.minLength(1)),
    status: v.picklist(['not_affected', 'affected', 'fixed', 'under_investigation']),
    status_notes: v.optional(v.string()),
    justification: v.optional(
      v.picklist([
        'component_not_present',
        'vulnerable_code_not_present',
        'vulnerable_code_not_in_execute_path',
        'vulnerable_code_cannot_be_controlled_by_adversary',
        'inline_mitigations_already_exist',
      ]),
    ),
    impact_statement: v.optional(v.string()),
    action_statement: v.optional(v.string()),
  }),
  v.check(
    ({ status, justification, impact_statement: impact }) =>
      status !== 'not_affected' || (justification === undefined) !== (impact === undefined),
    'not_affected with either a justification or an impact_statement',
  ),
  v.check(
    ({ status, action_statement: action }) => status !== 'affected' || action !== undefined,
    'affected with an action_statement',
  ),
);

/** A document of OpenVEX, as far as Airlock writes it. */
export const OpenVexSchema = v.strictObject({
  '@context': v.literal('https://openvex.dev/ns/v0.2.0'),
  '@id': uri,
  author: v.string(),
  timestamp: time,
  version: count,
  tooling: v.string(),
  statements: v.pipe(v.array(StatementSchema), v.minLength(1)),
});

/** A document of OpenVEX. */
export type OpenVex = v.InferOutput<typeof OpenVexSchema>;

type Statement = OpenVex['statements'][number];

/** Where a deployment is. */
export interface DeploymentPlace {
  /**
   * The partition, region and account: `arn:aws:states:eu-central-1:123456789012:stateMachine:Airlock` for instance.
   */
  readonly stateMachine: string;
}

/** What a document states beside the nodes. */
export interface VexContext extends DeploymentPlace {
  readonly runtime: string;
  readonly advisory: Advisory;
  /** ISO 8601. */
  readonly at: string;
  /** What could not be looked at, each with the reason. */
  readonly notChecked: readonly { readonly resource: string; readonly reason: string }[];
}

/**
 * Builds a document from the nodes that are there: a product is an instance, and its component the runtime with its
 * version. Nodes that are gone are no products any more.
 */
export function openVex(nodes: readonly ClosingNode[], context: VexContext): OpenVex {
  const { advisory, at, stateMachine, notChecked } = context;
  const [, partition = 'aws', , region = '', account = ''] = stateMachine.split(':');
  const there = nodes.filter(({ state, left }) => state !== 'gone' && (state !== 'gated' || left !== ''));
  const productOf = (node: ClosingNode) => ({
    '@id': `arn:${partition}:ec2:${region}:${account}:instance/${node.instanceId}`,
    ...componentsOf(context.runtime, node.affectedSandboxes ?? (node.version === '' ? [] : [node.version])),
  });
  const common = {
    vulnerability: { '@id': advisory.link, name: advisory.id, description: advisory.summary },
    timestamp: at,
  };
  const byStatus = Map.groupBy(there, (node) => statusOf(node));
  const statements: Statement[] = [...byStatus].map(([status, own]) => ({
    ...common,
    products: own.map(productOf),
    status,
    ...reasonOf(status, context),
  }));
  const whole = { ...common, products: [{ '@id': stateMachine }] };
  for (const { resource, reason } of notChecked) {
    statements.push({
      ...whole,
      status: 'under_investigation',
      status_notes: `could not look at ${resource}: ${reason}`,
    });
  }
  if (statements.length === 0) {
    const impact = `no node of the deployment takes pods of ${context.runtime}`;
    statements.push({ ...whole, status: 'not_affected', impact_statement: impact });
  }
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `https://airlock.dev/vex/${account}/${region}/${advisory.id}/${at}`,
    author: `Airlock in the account ${account}, ${region}`,
    timestamp: at,
    version: 1,
    tooling: 'airlock advisories',
    statements,
  };
}

/** A node whose proof is missing or wrong counts as not known. */
function statusOf({ state, left, proof }: ClosingNode): Statement['status'] {
  if (state === 'affected' || state === 'old-sandboxes') return 'affected';
  if (state === 'fixed' && left === '' && proof !== undefined) return 'fixed';
  return state === 'not-exposed' ? 'not_affected' : 'under_investigation';
}

function reasonOf(status: Statement['status'], { runtime, advisory }: VexContext): Partial<Statement> {
  const { fixedIn, needs } = advisory;
  if (status === 'affected') {
    const action =
      fixedIn === undefined
        ? `No version of ${runtime} has the fix. Keep untrusted pods off the nodes.`
        : `Replace the nodes with ${runtime} ${fixedIn} or later, and end the sandboxes that still run an earlier version.`;
    return { action_statement: action };
  }
  if (status === 'not_affected') {
    return { impact_statement: `The nodes lack what the advisory needs: ${needs?.summary ?? 'a configuration'}.` };
  }
  if (status === 'fixed') return { status_notes: 'A proof of Airlock on each node names its version.' };
  return { status_notes: 'No proof of the version or of the configuration holds.' };
}

function componentsOf(runtime: string, versions: readonly string[]) {
  if (versions.length === 0) return {};
  const purls = versions.map((version) => `pkg:generic/${runtime}@${version}`);
  return { subcomponents: purls.map((purl) => ({ '@id': purl, identifiers: { purl } })) };
}
