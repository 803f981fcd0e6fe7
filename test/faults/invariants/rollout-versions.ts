import { provenLabel } from '../../../domain/kubernetes.ts';
import type { FaultRun, FaultRunNode } from '../fault-run.ts';
import type { MachineRun } from '../machine.ts';
import type { Invariant } from './invariant.ts';

/** A node takes pods only with the version that its last proof in its launch showed, by its machine. */
export const openAsProven: Invariant = {
  name: 'open with a version that was not proven',
  violations: (faultRun) =>
    faultRun.nodes.flatMap((one) => [
      ...changedWhileOpen(one),
      ...openedWithout(faultRun, one),
      ...openNow(faultRun, one),
    ]),
};

function changedWhileOpen({ node, machine }: FaultRunNode): readonly string[] {
  return machine.runs
    .filter(({ had, has, wasOpen }) => wasOpen && had !== has)
    .map(({ had, has }) => `${node.instanceId} took pods while ${had} was replaced by ${has}`);
}

/** The last proof of a node before a time, in its launch then. */
function lastProof({ watch }: FaultRun, { node, machine }: FaultRunNode, before: number): MachineRun | undefined {
  const launch = watch.launches.findLast(({ instanceId, at }) => instanceId === node.instanceId && at <= before);
  return machine.runs.findLast(({ proven, from, to }) => proven && from >= (launch?.at ?? 0) && to <= before);
}

/** What the machine had after the last of its runs before a time. */
function versionAt({ machine }: FaultRunNode, before: number): string | undefined {
  return machine.runs.findLast(({ from }) => from <= before)?.has;
}

function openedWithout(faultRun: FaultRun, one: FaultRunNode): readonly string[] {
  const lifts = faultRun.watch.lifts.filter(({ instanceId }) => instanceId === one.node.instanceId);
  return lifts.flatMap(({ at }) => {
    const [proof, has] = [lastProof(faultRun, one, at), versionAt(one, at)];
    if (proof?.version === has) return [];
    return [`${one.node.instanceId} was opened with ${has}, and its last proof was of ${proof?.version}`];
  });
}

/** Open nodes at the end: the machine, the proof and the receipt name one version. */
function openNow(faultRun: FaultRun, one: FaultRunNode): readonly string[] {
  const { node, machine } = one;
  if (faultRun.rollout === undefined || !faultRun.isAlive(node) || !faultRun.isOpen(node)) return [];
  const { labels = {}, annotations = {} } = faultRun.cluster.node(node.nodeName)?.metadata ?? {};
  if (labels[provenLabel] === undefined) return [];
  const receipt = JSON.parse(annotations['airlock.dev/receipt'] ?? '{}') as Receipt;
  const shown = receipt.installation?.version;
  // A fault may have removed the runtime since; reconcile reports that as drift.
  const has = machine.version ?? shown;
  const proof = lastProof(faultRun, one, faultRun.clock.now())?.version;
  if (shown === has && proof === has) return [];
  return [`${node.instanceId} is open with ${has}, its receipt is of ${shown}, and its last proof of ${proof}`];
}

interface Receipt {
  readonly installation?: { readonly version?: string };
}

/** Every receipt of a released node names the version that the machine had when the command ended which proved it. */
export const receiptsOfMachines: Invariant = {
  name: 'a receipt names another version than the machine had',
  violations({ nodes, watch, rollout }) {
    if (rollout === undefined) return [];
    const runs = new Map(nodes.flatMap(({ machine }) => machine.runs.map((run) => [run.commandId, run] as const)));
    return watch.ends.flatMap(({ instanceId, text }) => {
      const { installation } = JSON.parse(text) as { installation?: { version: string; commandId: string } };
      const run = installation && runs.get(installation.commandId);
      if (run === undefined || run.has === installation?.version) return [];
      return [`${instanceId}: the receipt has ${installation?.version}, and the machine had ${run.has}`];
    });
  },
};
