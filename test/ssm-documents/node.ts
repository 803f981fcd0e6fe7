import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { defaultVersion, parseCatalogue } from '../../domain/catalogue.ts';
import { parametersFor, type Verb } from '../../domain/parameters.ts';
import { type ReadResult, type Result, readResult } from '../../domain/result.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { SimulatedMachine, type SimulatedOptions } from '../../packages/lab/machines.ts';
import { type Mirror, simulatedCatalogue, startMirror } from '../../packages/lab/releases.ts';
import { type Ended, runDocument } from '../../packages/local-aws/agent.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';

/** The catalogue that comes with Airlock. */
export const shipped = parseCatalogue(
  readFileSync(new URL('../../ssm-documents/catalogue.yaml', import.meta.url), 'utf8'),
);

/** The catalogue with the checksums of the stand-in versions. */
export const catalogue = simulatedCatalogue(shipped);

/** The document of a verb, for the simulated machine. */
export function documentOf(verb: Verb, runtime: Runtime = 'gvisor') {
  return assembleDocument(catalogue, runtime, verb);
}

/** One test file's mirror and machines; the machines end after each test. */
export function nodes() {
  let mirror: Mirror | undefined;
  const machines: SimulatedMachine[] = [];
  beforeAll(async () => {
    mirror = await startMirror();
  });
  afterEach(async () => {
    for (const machine of machines.splice(0)) await machine.destroy();
  });
  afterAll(async () => {
    await mirror?.close();
  });
  return {
    /** The mirror; only inside a test. */
    get mirror(): Mirror {
      if (mirror === undefined) throw new Error('the mirror is there inside a test only');
      return mirror;
    },
    async create(options: SimulatedOptions = {}): Promise<SimulatedMachine> {
      const machine = await SimulatedMachine.create(options, mirror);
      machines.push(machine);
      return machine;
    },
  };
}

/** The request of a run; by default gVisor in the version that most tests install. */
interface Asked {
  readonly runtime?: Runtime;
  readonly version?: string;
  readonly handler?: string;
  /** The seconds that the node has; also values that SendCommand would never send. */
  readonly seconds?: number;
}

function parametersOf(
  verb: Verb,
  { runtime = 'gvisor', version: release = defaultVersion(catalogue, runtime), ...rest }: Asked,
) {
  return parametersFor(verb, { runtime, version: release, ...rest });
}

/** Runs a document as the agent would, and reads its result. */
export async function run(
  machine: SimulatedMachine,
  verb: Verb = 'install',
  asked: Asked | string = {},
): Promise<{ readonly result: Result; readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const wanted = typeof asked === 'string' ? { version: asked } : asked;
  const parameters = Object.entries(parametersOf(verb, wanted)).map(([name, value]) => [name, [value]]);
  const { plugins } = await runDocument(documentOf(verb, wanted.runtime).content, Object.fromEntries(parameters), {
    machine,
    commandId: 'c-1',
  });
  const plugin = plugins[0];
  if (plugin === undefined) throw new Error('the document ran no step');
  return {
    result: resultOf(readResult(plugin.output), plugin.stderr),
    exitCode: plugin.responseCode,
    stdout: plugin.stdout,
    stderr: plugin.stderr,
  };
}

/** Runs a script that was changed before it reached the node. */
export function runChanged(
  machine: SimulatedMachine,
  change: (text: string) => string,
  verb: Verb = 'install',
  asked: Asked = {},
): Promise<Ended> {
  const text = scriptOf(documentOf(verb, asked.runtime));
  const changed = change(text);
  if (changed === text) throw new Error('the change found nothing to change');
  const parameters = Object.entries(parametersOf(verb, asked)).map(([name, value]) => [`SSM_${name}`, value]);
  return machine.run({ text: changed, environment: Object.fromEntries(parameters), timeoutSeconds: 60 });
}

/** Kills the script with SIGKILL at the boundary with this number, counted from 1. */
export const killAt = (number: number) => (text: string) =>
  text.replace(
    /^step\(\) \{/m,
    () => `step() {\n  killed=$((\${killed:-0} + 1))\n  if ((killed == ${number})); then kill -KILL $$; fi\n `,
  );

/** How many boundaries a run has logged. */
export const boundariesIn = (stderr: string) => stderr.match(/ step: /g)?.length ?? 0;

/** Every file, folder and link of a machine by path, except the stand-ins' state and the agent's files. */
export function filesOf(machine: SimulatedMachine): string[] {
  return readdirSync(machine.tree, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(\.machine|proc|run|var\/lib\/amazon|dev)(\/|$)/.test(path))
    .sort();
}

/** Returns a result, or throws with what the script wrote instead. */
export function resultOf(read: ReadResult, stderr: string): Result {
  if (read.ok) return read.result;
  throw new Error(`${read.reason}\n${stderr}`);
}
