import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Config } from '../../lib/config/schema.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { outputWidth, print, wrap } from '../output/text.ts';
import { nodeProfile } from '../start/instance-profile.ts';
import { reach } from '../start/keep.ts';
import type { SimulationSetup } from '../start/setup.ts';
import { playTour, TourFailed } from './play.ts';
import { writeWrongPool } from './pool-file.ts';

/**
 * Plays the tour on a local cloud. Without a terminal it goes through by itself.
 *
 * @param config another airlock.yaml
 * @returns 1 if a step ended otherwise than the tour says
 */
export async function tour(setup: SimulationSetup, config?: string): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-tour-'));
  const reached = await reach(setup.world);
  const environment = { ...reached.environment, ...(config === undefined ? {} : { AIRLOCK_CONFIG: config }) };
  const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && process.env['CI'] === undefined;
  const file = join(folder, 'pools.yaml');
  try {
    writeWrongPool(file, { name: 'sandboxed', ...poolOf(loadSettings({ config }).config) });
    if (hasTerminal) introduce(environment);
    await playTour({
      file,
      launch: async (runtime) => {
        const [node] = await setup.launch(runtime);
        await setup.world.settle(setup.patienceMs);
        if (node === undefined) throw new TourFailed('no instance was launched');
        return { instanceId: node.instanceId, outcome: setup.world.report(node).outcome };
      },
      terminate: async (instanceId) => setup.world.nodes.find((node) => node.instanceId === instanceId)?.terminate(),
      run: (words) => runAirlock(words, environment),
      goOn: hasTerminal ? waitForEnter : async (what) => print(`  ${what}`),
    });
    return exitCodes.fine;
  } catch (error) {
    if (!(error instanceof TourFailed)) throw error;
    process.stderr.write(`the tour ended early: ${error.message}\n`);
    return exitCodes.findings;
  } finally {
    await reached.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The pool that the local cloud's nodes belong to. */
function poolOf({ clusters, gate }: Config) {
  const { name: cluster = '', instanceProfiles } = clusters.find(({ endpoint }) => endpoint === undefined) ?? {};
  return { cluster, gate, instanceProfile: nodeProfile(instanceProfiles) };
}

function introduce(environment: Readonly<Record<string, string>>): void {
  const width = outputWidth();
  print(wrap('Enter runs the next command here. To type it yourself, set this in another terminal:', width));
  for (const [name, value] of Object.entries(environment)) print(`export ${name}=${value}`);
}

/** Runs `airlock` against the local cloud, on this terminal. */
async function runAirlock(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const program = join(import.meta.dirname, '..', '..', 'bin', 'airlock.ts');
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? exitCodes.couldNotLook));
  });
}

async function waitForEnter(what: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new AbortController();
  terminal.once('close', () => ended.abort());
  terminal.once('SIGINT', () => terminal.close());
  try {
    await terminal.question(`  ${what}  [Enter] `, { signal: ended.signal });
  } catch {
    print('');
    throw new TourFailed('you left it');
  } finally {
    terminal.close();
  }
}
