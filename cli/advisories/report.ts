import * as v from 'valibot';
import { severities } from '../../domain/advisories.ts';
import {
  type AdvisoryExposure,
  type FleetNode,
  isExposed,
  isPinned,
  nodesIn,
  whyUnknown,
} from '../../domain/exposure.ts';
import { fleetRolloutOf } from '../../lib/config/rollout-settings.ts';
import type { Config } from '../../lib/config/schema.ts';
import type { Settings } from '../../lib/config/settings.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { Fleet } from '../status/fleet.ts';

const NodesSchema = v.array(
  v.strictObject({
    instanceId: v.string(),
    nodeName: v.string(),
    version: v.string(),
    /** The value of its tag if that names a version, so that no rollout moves the node; otherwise empty. */
    pin: v.string(),
    /** When the node was last proven or inventoried; empty if that is not known. */
    seenAt: v.string(),
    /** Why its version or configuration is not known; empty if both are. */
    because: v.string(),
  }),
);

/** What `airlock advisories --json` prints. */
export const AdvisoriesSchema = v.strictObject({
  version: v.literal(1),
  /** When the fleet was looked at, ISO 8601. */
  at: v.string(),
  /** The most severe first. */
  advisories: v.array(
    v.strictObject({
      id: v.string(),
      runtime: v.string(),
      severity: v.picklist(severities),
      /** Whether it withdraws versions, by withdrawAt in airlock.yaml. */
      withdraws: v.boolean(),
      published: v.string(),
      summary: v.string(),
      /** The oldest version with the fix; empty while none has it. */
      fixedIn: v.string(),
      /** When rollout.deadlines in airlock.yaml wants it fixed, ISO 8601; empty without a deadline. */
      due: v.string(),
      /** The configuration without which nodes are not exposed, in words; empty if there is none. */
      needs: v.string(),
      link: v.string(),
      pools: v.array(
        v.strictObject({
          cluster: v.string(),
          /** Empty for Nodes that the ledger has no launch of. */
          pool: v.string(),
          affected: NodesSchema,
          /**
           * Nodes with the fix on which sandboxes of an affected version still ran when they were last counted,
           * according to the node.
           */
          oldSandboxes: NodesSchema,
          /** Nodes whose version or configuration is not known. They never count as fixed. */
          unknown: NodesSchema,
          /** How many have an affected version without the needed configuration. */
          notExposed: v.number(),
          fixed: v.number(),
          /** How many are behind their gate, so that no pod of the runtime runs there. */
          gated: v.number(),
        }),
      ),
    }),
  ),
  notChecked: v.array(v.strictObject({ resource: v.string(), reason: v.string() })),
});

type Advisories = v.InferOutput<typeof AdvisoriesSchema>;

/** The exposures as one object. */
export function advisoriesReport(
  exposures: readonly AdvisoryExposure[],
  { config, catalogue }: Pick<Settings, 'config' | 'catalogue'>,
  { at, notChecked }: Pick<Fleet, 'at' | 'notChecked'>,
): Advisories {
  const least = severities.indexOf(config.withdrawAt);
  const deadlines = fleetRolloutOf(config, catalogue)?.deadlines ?? [];
  return {
    version: 1,
    at,
    advisories: exposures.map(({ runtime, advisory, pools }) => {
      const { id, severity, published, summary, fixedIn = '', needs, link } = advisory;
      return {
        ...{ id, runtime, severity, withdraws: severities.indexOf(severity) >= least, published, summary, fixedIn },
        due: deadlines.find((one) => one.id === id && one.runtime === runtime)?.due ?? '',
        needs: needs?.summary ?? '',
        link,
        pools: pools.map(({ cluster, pool, nodes }) => ({
          cluster,
          pool,
          affected: nodes.affected.map(showNode),
          oldSandboxes: nodes['old-sandboxes'].map(showNode),
          unknown: nodes.unknown.map((node) => ({ ...showNode(node), because: whyUnknown(node) })),
          notExposed: nodes['not-exposed'].length,
          fixed: nodes.fixed.length,
          gated: nodes.gated.length,
        })),
      };
    }),
    notChecked: [...notChecked],
  };
}

function showNode({ instanceId, nodeName, version = 'unknown', pin, seenAt, because }: FleetNode) {
  return { instanceId, nodeName, version, pin, seenAt, because };
}

/**
 * The exit code: a node that is affected, or has sandboxes that are, counts as a finding if the advisory withdraws
 * versions. A node that is not known is not fine.
 *
 * @param notChecked what could not be looked at
 */
export function exitCodeOf(
  exposures: readonly AdvisoryExposure[],
  { withdrawAt }: Pick<Config, 'withdrawAt'>,
  notChecked: readonly unknown[],
): ExitCode {
  if (exposures.some((one) => isExposed(one, withdrawAt))) return exitCodes.findings;
  const isUnknown = exposures.some((one) => nodesIn(one, 'unknown').length > 0);
  return isUnknown || notChecked.length > 0 ? exitCodes.couldNotLook : exitCodes.fine;
}

/** How many nodes of a list are printed with their names; the rest is counted, and --json has all. */
const shownNodes = 10;

/** Prints the exposures for people. */
export function printAdvisories({ at, advisories, notChecked }: Advisories): void {
  const width = outputWidth();
  print(`${styled('bold', 'advisories')} at ${at}`);
  for (const one of advisories) {
    const { id, runtime, severity, withdraws, published, summary, needs, link, pools } = one;
    const isOpen = pools.some(({ affected, oldSandboxes }) => affected.length + oldSandboxes.length > 0);
    print(
      `\n${styled(isOpen ? 'red' : 'bold', id)}  ${runtime}  ${severity}${withdraws ? '' : ', withdraws no version'}  ${published}`,
    );
    print(wrap(`${summary}; ${fixOf(one)}`, width, 2));
    if (needs !== '') print(wrap(`only with ${needs}`, width, 2));
    print(wrap(link, width, 2));
    if (pools.length === 0) print('  no node has the runtime');
    for (const pool of pools) printPool(pool, width);
  }
  for (const { resource, reason } of notChecked) print(`\n${wrap(`could not look at ${resource}: ${reason}`, width)}`);
}

/** The version with the fix, and until when it has to be everywhere. */
function fixOf({ fixedIn, due }: Advisories['advisories'][number]): string {
  const fix = fixedIn === '' ? 'not fixed in any version' : `fixed in ${fixedIn}`;
  return due === '' ? fix : `${fix}, due ${due.slice(0, 10)}`;
}

type Pool = Advisories['advisories'][number]['pools'][number];

function printPool(
  { cluster, pool, affected, oldSandboxes, unknown, notExposed, fixed, gated }: Pool,
  width: number,
): void {
  const pinned = affected.filter(isPinned).length;
  const counts = [
    [affected.length, 'affected'],
    [pinned, `of them pinned by ${pinned === 1 ? 'its tag' : 'their tags'}`],
    [oldSandboxes.length, 'with old sandboxes'],
    [unknown.length, 'unknown'],
    [notExposed, 'not exposed'],
    [fixed, 'fixed'],
    [gated, 'behind the gate'],
  ].filter(([count]) => count !== 0);
  print(wrap(`${cluster} ${pool || '(no launch)'}: ${counts.map((one) => one.join(' ')).join(', ')}`, width, 2));
  if (pinned > 0) print(wrap(pinnedAdvice, width, 4));
  printNodes('affected', affected, width);
  printNodes('old sandboxes', oldSandboxes, width);
  printNodes('unknown', unknown, width);
}

const pinnedAdvice =
  "no rollout moves a pinned node: name another version, or none, in the tag of the pool's template, and replace it";

function printNodes(state: string, nodes: Pool['affected'], width: number) {
  for (const { instanceId, nodeName, version, pin, seenAt, because } of nodes.slice(0, shownNodes)) {
    print(wrap(`${styled('yellow', state)}  ${instanceId}  ${nodeName}  ${version}`, width, 4));
    if (pin !== '') print(wrap(`pinned by its tag ${pin}`, width, 6));
    if (because !== '') print(wrap(because, width, 6));
    else if (seenAt !== '') print(wrap(`last seen ${seenAt}`, width, 6));
  }
  if (nodes.length > shownNodes) print(`    ${nodes.length - shownNodes} more ${state}`);
}
