import { wasReleased } from '../../domain/act-refusals.ts';
import { type ClusterNode, gateKindOf, type PatchOperation } from '../../domain/kubernetes.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { KubernetesOperator } from '../kubernetes-operator.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { confirm } from './confirm.ts';
import { findLaunches, lookAgain } from './find-launches.ts';
import { quarantineByHandPatch, releaseByHandPatch } from './node-patches.ts';
import { type ActReach, openReach } from './reach.ts';
import { actOf, recordAct } from './record-act.ts';
import { type Acted, actedOn, reportActs } from './report.ts';

/** The options of commands that change a Node by hand. */
export interface ByHandOptions {
  readonly because: string;
  readonly yes: boolean;
  readonly json: boolean;
  readonly kubeconfig?: string;
  readonly config?: string;
}

/** A Node to change, with what is known about its launch. */
export interface NodeToChange {
  readonly run: RunRecord;
  readonly node: ClusterNode;
  readonly gateKey: string;
}

/**
 * `airlock release` and `airlock quarantine`: changes one Node with the caller's kubeconfig. The change is first tried as a dry run, then recorded in the ledger and
 * published, and only then made.
 */
export async function actByHand(
  act: 'release' | 'quarantine',
  name: string,
  options: ByHandOptions,
  open = openReach,
): Promise<ExitCode> {
  const { config } = loadSettings({ config: options.config });
  const reach = await open();
  const [found] = await findLaunches(act, reach, { name });
  if (found === undefined) {
    process.stderr.write(`Airlock has no launch of ${name}; npx airlock status lists the fleet\n`);
    return exitCodes.findings;
  }
  const { run } = found;
  const cluster = new KubernetesOperator(options.kubeconfig);
  const looked = found.refusal ?? (await findNode(cluster, run, config.gate));
  const refusal = typeof looked === 'string' ? looked : refusalByGate(act, config.gate);
  const made =
    typeof looked !== 'string' && refusal === undefined
      ? await change(act, looked, cluster, reach, options)
      : undefined;
  const launches = [made ?? actedOn(run, 'refused', refusal ?? 'nothing was done')];
  return reportActs(act, launches, options.json);
}

/**
 * The one Node of a launch, or why there is none to change. The ledger names the instance: what other Nodes say about
 * themselves counts for nothing.
 */
export async function findNode(
  cluster: KubernetesOperator,
  run: RunRecord,
  gateKey: string,
): Promise<NodeToChange | string> {
  const { providerId = '', nodeName = '' } = run.launch ?? {};
  const names = [...new Set([run.receipt?.nodeName ?? '', nodeName])].filter((name) => name !== '');
  const nodes = await cluster.nodesOf(providerId, names);
  const [node, ...others] = nodes;
  const seen = `in the cluster of the context ${JSON.stringify(cluster.context)}`;
  if (node === undefined) return `there is no Node with the providerID ${providerId} ${seen}`;
  if (others.length > 0)
    return `several Nodes ${seen} have the providerID ${providerId}: ${nodes.map((one) => one.name).join(', ')}`;
  return { run, node, gateKey };
}

function refusalByGate(act: 'release' | 'quarantine', gateKey: string): string | undefined {
  if (act === 'quarantine' || gateKindOf(gateKey) !== 'readiness') return undefined;
  return `the gate ${gateKey} belongs to node-readiness-controller, which returns it; remove the node from its rule instead`;
}

async function change(
  act: 'release' | 'quarantine',
  { run, node, gateKey }: NodeToChange,
  cluster: KubernetesOperator,
  reach: ActReach,
  { because, yes }: ByHandOptions,
): Promise<Acted> {
  const done = actOf(act, run, reach.by, because, new Date().toISOString());
  const patch =
    act === 'release' ? releaseByHandPatch(node, gateKey, done) : quarantineByHandPatch(node, gateKey, done);
  const question = `${node.name} was not proven (${run.outcome ?? 'no outcome'}). Let pods in all the same?`;
  if (act === 'release' && !(await confirm(question, yes))) return actedOn(run, 'refused', 'nothing was done');
  const { refusal } = await lookAgain(act, reach, { run, refusal: undefined });
  if (refusal !== undefined) return actedOn(run, 'refused', refusal);
  await changeNode(cluster, node, patch, () => recordAct(reach, run, done));
  const pods = act === 'quarantine' ? (await cluster.podsOn(node.name)).map(({ name }) => name) : [];
  const detail = act === 'release' ? `${opened}; its run ended as ${run.outcome}` : closedText(run, pods.length);
  return { ...actedOn(run, 'done', detail), nodeName: node.name, notProven: [...(done.notProven ?? [])], pods };
}

const opened =
  'pods land there now; the Node has the state released-by-hand and no label of a proof; npx airlock retry proves it';

function closedText(run: RunRecord, pods: number): string {
  const next = wasReleased(run) ? 'verify' : 'retry';
  const rest = `its autoscaler may launch another node; after its run, airlock ${next} proves it and opens it`;
  if (run.outcome === undefined) return `no new pod lands there, ${pods} stay, and its run does not open it; ${rest}`;
  return `no new pod lands there, and ${pods} stay; its autoscaler may launch another node; airlock ${next} proves it and opens it`;
}

/** Changes a Node after a dry run, and after the act is on record. */
export async function changeNode(
  cluster: KubernetesOperator,
  { name }: ClusterNode,
  patch: readonly PatchOperation[],
  record: () => Promise<void>,
): Promise<void> {
  await cluster.patchNode(name, patch, true);
  await record();
  await cluster.patchNode(name, patch, false);
}
