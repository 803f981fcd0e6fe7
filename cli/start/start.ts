import { Listr, type ListrTask } from 'listr2';
import { HostError } from '../../packages/lab/real-machines.ts';
import type { LaunchedNode, NodeReport, Simulation } from '../../packages/lab/simulation.ts';
import { KubeconfigRefused } from '../../packages/local-kubernetes/attached-cluster.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { SynthesisRefused } from '../synthesize.ts';
import { attach, NothingToAttach } from './attach.ts';
import { keep } from './keep.ts';
import { OptionsRefused } from './machines.ts';
import { commandOf, misfitOf, type StartOptions } from './options.ts';
import { printRun, runLine, runOf } from './report.ts';
import { RunSchema } from './run-schema.ts';
import { assemble, MachineLacks, type SimulationSetup } from './setup.ts';

/** How often the view is redrawn, in milliseconds. */
const drawEveryMs = 100;

/**
 * Runs `airlock start`.
 *
 * @returns the exit code: 0 if every node ended (and, without faults, was released), 1 if one did not, 2 if the
 * input is rejected
 */
export async function start(options: StartOptions): Promise<ExitCode> {
  const misfit = misfitOf(options);
  if (misfit !== undefined) throw new UsageError(misfit);
  let setup: SimulationSetup | undefined;
  try {
    setup = await prepared(options.tour ? { ...options, nodes: 1 } : options);
    if (options.tour) {
      const { tour } = await import('../tour/tour.ts');
      return await tour(setup, options.config);
    }
    const nodes = await launched(options, setup);
    const reports = nodes.map((node) => setup?.world.report(node)).filter((report) => report !== undefined);
    if (options.json) printJson(RunSchema, runOf(reports, setup));
    else printRun(reports, setup);
    if (options.keep) await keep(setup.world, (line) => process[options.json ? 'stderr' : 'stdout'].write(`${line}\n`));
    return exitCode(reports, options);
  } catch (error) {
    const foreseen = [
      SynthesisRefused,
      MachineLacks,
      HostError,
      OptionsRefused,
      KubeconfigRefused,
      NothingToAttach,
    ].some((kind) => error instanceof kind);
    throw error instanceof Error && foreseen ? new UsageError(error.message, { cause: error }) : error;
  } finally {
    await setup?.stop();
  }
}

function exitCode(reports: readonly NodeReport[], { fault }: StartOptions): ExitCode {
  const good = (outcome: string) =>
    fault.length > 0 ? outcome !== '' : outcome === 'released' || outcome === 'already-installed';
  return reports.every(({ outcome }) => good(outcome)) ? exitCodes.fine : exitCodes.findings;
}

/** Assembles everything that the run needs and prints its progress. */
async function prepared(options: StartOptions): Promise<SimulationSetup> {
  const say = (line: string) => {
    if (!options.json) process.stdout.write(`${line}\n`);
  };
  const report = (step: string) => say(`${step} …`);
  const { kubeconfig, machine } = options;
  const command = commandOf(machine);
  const setup =
    kubeconfig === undefined || command === undefined
      ? await assemble(options, report)
      : await attach({ ...options, kubeconfig, command }, report);
  say(`deployed ${setup.world.cloud.resources.length} resources of the synthesized template\n`);
  return setup;
}

/** Launches the pool and shows each node's run until it has ended. */
async function launched(options: StartOptions, setup: SimulationSetup): Promise<readonly LaunchedNode[]> {
  const { world, patienceMs } = setup;
  const nodes = await setup.launch();
  const settled = world.settle(patienceMs);
  const tasks = nodes.map(
    (node): ListrTask => ({
      title: runLine(world.report(node)),
      task: async (_, task) => {
        await watch(world, node, settled, (line) => {
          task.title = line;
        });
        const { outcome, detail } = world.report(node);
        if (outcome !== 'released' && outcome !== 'already-installed') {
          throw new Error(outcome === '' ? 'did not end in time' : `${outcome}: ${detail}`);
        }
      },
    }),
  );
  await list(options, tasks, { concurrent: true, exitOnError: false }).run();
  await settled;
  return nodes;
}

async function watch(world: Simulation, node: LaunchedNode, settled: Promise<boolean>, draw: (line: string) => void) {
  let over = false;
  void settled.finally(() => {
    over = true;
  });
  do {
    await new Promise((resolve) => setTimeout(resolve, drawEveryMs));
    draw(runLine(world.report(node)));
  } while (!over && world.report(node).outcome === '');
}

function list(options: StartOptions, tasks: ListrTask[], more: object = {}): Listr {
  return new Listr(tasks, {
    ...more,
    renderer: options.json ? 'silent' : 'default',
    fallbackRenderer: options.json ? 'silent' : 'simple',
    rendererOptions: { collapseErrors: false },
  });
}
