import type { Draw } from '../draw.ts';
import { deadlineMs, type FaultRun } from '../fault-run.ts';
import { isOver, launchNodes, plantFault } from '../over.ts';
import { SeededRandom } from '../seeded-random.ts';
import { RolloutAutoscaler } from './autoscaler.ts';
import { deploySettings, deployVersions, versionedFunctions } from './deploy.ts';
import type { RolloutDraw, VersionDeploy } from './draw-rollout.ts';
import { act, readRollout } from './operator.ts';
import { RolloutWatch } from './watch-rollout.ts';

/** From the first changed function of a deployment to the last at most, in milliseconds. */
const deployMs = 40_000;

/** How long a rollout may take, in milliseconds: its nodes one by one, the windows, and what faults cost. */
const longestMs = 16 * 60 * 60_000;

/** How long a rollout may start nothing before it counts as one that goes no further, in milliseconds. */
const inVainMs = 150 * 60_000;

/** How often the run is checked for its end, in milliseconds: reconcile passes every two minutes. */
const everyMs = 10 * 60_000;

/** Releases a pool with one version, then deploys others, with the draw's faults and acts beside them. */
export async function playRollout(faultRun: FaultRun, draw: Draw, rollout: RolloutDraw): Promise<void> {
  const { world, clock } = faultRun;
  const random = new SeededRandom(draw.seed, draw.run, 20);
  for (const name of versionedFunctions(world))
    deployVersions(world, name, rollout.runtime, { default: rollout.before });
  deploySettings(world, rollout.settings);
  for (const version of rollout.bad) faultRun.badVersions.add(version);
  await releasePool(faultRun, draw, rollout);

  faultRun.rollout = new RolloutWatch(faultRun, rollout);
  if (rollout.runtime === 'kata' || random.chance(0.4)) new RolloutAutoscaler(faultRun, random);
  for (const index of draw.faults.keys())
    faultRun.after(rollout.faultsMs[index] ?? 0, () => faultRun.strikeOld(() => plantFault(faultRun, draw, index)));
  for (const deploy of rollout.deploys) faultRun.after(deploy.atMs, () => beginDeploy(faultRun, deploy, random));
  for (const one of rollout.acts) faultRun.after(one.atMs, () => act(faultRun, one.act));
  for (const atMs of rollout.launchesMs) faultRun.after(atMs, () => faultRun.launch());
  for (const atMs of rollout.terminationsMs) faultRun.after(atMs, () => endOne(faultRun, random));
  const until = clock.now() + longestMs;
  while (clock.now() < until && !(await isSettled(faultRun))) await faultRun.run(() => false, clock.now() + everyMs);
  await faultRun.run(() => isOver(faultRun), clock.now() + deadlineMs);
}

/** Launches the nodes with the version before, and waits until each is released. */
async function releasePool(faultRun: FaultRun, draw: Draw, { runtime, before, pinned }: RolloutDraw): Promise<void> {
  const tags = (tag: string) => ({ runtimeLabel: runtime, tags: { 'airlock:runtime': tag } });
  faultRun.usual = tags(`${runtime}@${before}`);
  for (let count = 0; count < pinned; count++) await faultRun.launch();
  faultRun.usual = tags(runtime);
  launchNodes(faultRun, { ...draw, nodes: draw.nodes - pinned });
  if (!(await faultRun.run(() => isOver(faultRun), faultRun.clock.now() + deadlineMs + draw.withinMs)))
    throw new Error('a pool without a fault was not released');
}

/** Changes one function after the other, as CloudFormation does. */
function beginDeploy(faultRun: FaultRun, deploy: VersionDeploy, random: SeededRandom): void {
  const { world, rollout, clock } = faultRun;
  if (rollout === undefined) return;
  const { runtime } = rollout.draw;
  const names = versionedFunctions(world);
  for (const name of names) faultRun.after(random.int(0, deployMs), () => deployVersions(world, name, runtime, deploy));
  faultRun.after(deployMs, () => {
    rollout.deployed.push({ at: clock.now(), version: deploy.default });
  });
}

/** Ends one node, as a scale-in does. */
function endOne(faultRun: FaultRun, random: SeededRandom): void {
  const alive = faultRun.nodes.filter(({ node }) => faultRun.isAlive(node));
  if (alive.length > 1) faultRun.endInstance(random.pick(alive).node.instanceId);
}

/** Whether nothing is left to happen: the rollout is over or waits for a person, and no run is under way. */
async function isSettled(faultRun: FaultRun): Promise<boolean> {
  if (!isOver(faultRun) || faultRun.pending > 0) return false;
  const read = await readRollout(faultRun);
  if (read === undefined) return faultRun.rollout !== undefined && isQuiet(faultRun);
  const { finishedAt, stoppedAt, pausedAt, waitsFor } = read.rollout;
  const isOverOrWaits =
    finishedAt !== undefined || stoppedAt !== undefined || pausedAt !== undefined || waitsFor === 'version';
  return isQuiet(faultRun, isOverOrWaits ? 2 * everyMs : inVainMs);
}

/** Whether nothing was started and no version was deployed for some time. */
function isQuiet({ clock, rollout, world }: FaultRun, forMs = 2 * everyMs): boolean {
  const since = clock.now() - forMs;
  const started = world.services.states.executions().some(({ startDate }) => startDate.getTime() > since);
  return !started && (rollout?.deployed ?? []).every(({ at }) => at < since);
}
