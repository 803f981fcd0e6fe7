import type { RunRecord } from '../../domain/ledger.ts';
import { runtimeTraits } from '../../domain/runtimes.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { KubernetesOperator } from '../kubernetes-operator.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { outputWidth, print, wrap } from '../output/text.ts';
import { resourceLike, stackName } from '../verify-aws/stack.ts';
import { type ByHandOptions, changeNode, findNode } from './by-hand.ts';
import { confirm } from './confirm.ts';
import { checkSelection, type FoundLaunch, findLaunches, lookAgain } from './find-launches.ts';
import { quarantineByHandPatch } from './node-patches.ts';
import { type ActReach, openReach } from './reach.ts';
import { actOf, recordAct } from './record-act.ts';
import { openIfDeployed, planRemoval, type RemovalPlan, removeStack } from './remove-stack.ts';
import { type Acted, actedOn, exitCodeOf, listed, printActed, UninstallReportSchema } from './report.ts';
import { checkDocument, runUninstallation } from './run-document.ts';

/** The options of `airlock uninstall`. */
export interface UninstallOptions extends ByHandOptions {
  readonly pool?: string;
  readonly all: boolean;
  readonly dryRun: boolean;
}

/**
 * `airlock uninstall`: removes the runtime from nodes, and with `--all` Airlock itself after that. Each Node is closed first, so that no pod lands there in between,
 * and its document runs with the caller's own right to send it: no role of Airlock has that. A second call does what
 * the first one left.
 */
export async function uninstall(
  name: string | undefined,
  options: UninstallOptions,
  open = openReach,
): Promise<ExitCode> {
  const { config } = loadSettings({ config: options.config });
  const clusters = config.clusters.map((one) => one.name);
  const selection = { name, pool: options.pool, all: options.all, clusters };
  checkSelection(selection);
  const reach = await (options.all ? openIfDeployed(open) : open());
  if (reach === undefined) {
    process.stderr.write(`the stack ${stackName} does not exist: there is nothing to delete\n`);
    return exitCodes.fine;
  }
  const found = await findLaunches('uninstall', reach, selection);
  if (found.length === 0 && !options.all) {
    process.stderr.write(`Airlock has no launch of ${name ?? `the pool ${options.pool}`} whose instance still runs\n`);
    return name === undefined ? exitCodes.fine : exitCodes.findings;
  }
  const plan = options.all ? planRemoval(reach, config.manifests) : undefined;
  const possible = found.filter(({ refusal }) => refusal === undefined).map(({ run }) => run.instanceId);
  if (plan !== undefined && !options.json) printLines(plan.steps);
  if (!options.dryRun && !(await confirm(questionOf(possible, options.all), options.yes))) {
    process.stderr.write('nothing was done\n');
    return exitCodes.findings;
  }
  const launches = await uninstallEach(found, reach, config.gate, options);
  const isClear = exitCodeOf(launches) === exitCodes.fine;
  const stack = await removeOrKeep(plan, isClear, reach, options);
  const left = plan?.left ?? [];
  if (options.json)
    printJson(UninstallReportSchema, { version: 1, act: 'uninstall', launches, stack, left: [...left] });
  else {
    launches.forEach(printActed);
    if (stack !== 'untouched') printLines([stackTexts[stack]]);
    if (stack === 'deleted') printLines(left.map((one) => `left: ${one}`));
  }
  return exitCodeOf(launches);
}

function printLines(lines: readonly string[]): void {
  for (const line of lines) print(wrap(line, outputWidth()));
}

const stackTexts = {
  planned: 'planned: the stack is deleted after the last node',
  kept: 'kept: the stack stays until every node above is done; run the command again then',
  deleted: 'deleted: the stack is gone',
} as const;

function questionOf(nodes: readonly string[], all: boolean): string {
  const runtime = `Uninstall the runtime from ${nodes.length} nodes (${listed(nodes)})? Their gates close first, and stay closed.`;
  return all ? `${runtime} Then delete the stack of Airlock.` : runtime;
}

async function uninstallEach(
  found: readonly FoundLaunch[],
  reach: ActReach,
  gateKey: string,
  options: UninstallOptions,
): Promise<Acted[]> {
  const launches: Acted[] = [];
  if (found.length === 0) return launches;
  const cluster = new KubernetesOperator(options.kubeconfig);
  for (const one of found) {
    const { run, refusal } = options.dryRun ? one : await lookAgain('uninstall', reach, one);
    if (!options.json && !options.dryRun && refusal === undefined) {
      print(wrap(`${run.instanceId}  uninstalling …`, outputWidth()));
    }
    launches.push(
      refusal === undefined
        ? await uninstallOne(run, cluster, gateKey, reach, options)
        : actedOn(run, 'refused', refusal),
    );
  }
  return launches;
}

async function removeOrKeep(
  plan: RemovalPlan | undefined,
  isClear: boolean,
  reach: ActReach,
  { dryRun, because }: UninstallOptions,
): Promise<'untouched' | keyof typeof stackTexts> {
  if (plan === undefined) return 'untouched';
  if (dryRun) return 'planned';
  if (!isClear) return 'kept';
  await removeStack(reach, because);
  return 'deleted';
}

async function uninstallOne(
  run: RunRecord,
  cluster: KubernetesOperator,
  gateKey: string,
  reach: ActReach,
  { because, dryRun }: UninstallOptions,
): Promise<Acted> {
  const { runtime } = run.request ?? {};
  if (runtime === undefined) return actedOn(run, 'refused', 'it has no runtime');
  const looked = await findNode(cluster, run, gateKey);
  if (typeof looked === 'string') return actedOn(run, 'refused', looked);
  const { node } = looked;
  const { handlers, title } = runtimeTraits[runtime];
  const classes = await cluster.runtimeClassesOf(handlers);
  const pods = await cluster.podsOn(node.name);
  const using = pods.filter(({ runtimeClass }) => classes.includes(runtimeClass ?? '')).map(({ name }) => name);
  if (using.length > 0) {
    const detail = `${using.length} pods use ${title} on it: ${listed(using)}; drain the node first`;
    return { ...actedOn(run, 'refused', detail), pods: using };
  }
  const { physicalId: name } = resourceLike(reach.resources, 'AWS::SSM::Document', documentId(runtime));
  if (dryRun) return actedOn(run, 'planned', `closes ${node.name}, then runs ${name} on it; containers keep running`);
  const document = await checkDocument(reach.ssm, name);
  const act = actOf('uninstall', run, reach.by, because, new Date().toISOString());
  await changeNode(cluster, node, quarantineByHandPatch(node, gateKey, act), () => recordAct(reach, run, act));
  const { outcome, detail } = await runUninstallation(reach.ssm, document, run.instanceId);
  const gone = outcome === 'uninstalled';
  const text = gone
    ? `${title} is gone, and its gate stays closed; npx airlock retry installs it again`
    : `${detail}; its gate stays closed`;
  return { ...actedOn(run, gone ? 'done' : 'failed', text), outcome };
}

/** The beginning of a document's logical id. */
function documentId(runtime: string): string {
  return `Documents${runtime}uninstall`;
}
