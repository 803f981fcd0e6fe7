// npm run test:mutations: plants each mistake by itself, and prints which scenario detected it.
import { AssertionError } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { type ScenarioName, scenarios } from '../scenarios/registry.ts';
import type { Edit } from './anchor.ts';
import { Copy } from './assembly.ts';
import { grantMutations } from './grants.ts';
import type { GuardMutation } from './guard.ts';
import { guardMutations } from './guard-mutations.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';

const folder = mkdtempSync(join(tmpdir(), 'airlock-mutations-'));
const only = process.argv[2] ?? '';
const began = performance.now();
let failures = 0;

/** Plays a scenario. @returns its complaint, or undefined if it is green */
async function play(name: ScenarioName, assembly: string): Promise<string | undefined> {
  try {
    await scenarios[name](assembly);
    return undefined;
  } catch (error) {
    return complaint(error);
  }
}

/** A scenario's complaint, in one line. */
function complaint(error: unknown): string {
  if (error instanceof AssertionError && error.generatedMessage) {
    const [seen, wanted] = [error.actual, error.expected].map((value) => JSON.stringify(value)?.slice(0, 70));
    return `${seen} instead of ${wanted}`;
  }
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function line(good: boolean, what: string, scenario: string, said = ''): void {
  if (!good) failures++;
  process.stdout.write(`${good ? 'ok' : 'MISSED'} | ${what} | ${scenario} | ${said.slice(0, 160)}\n`);
}

/** Plants a mistake and plays the scenario that must detect it. */
async function plantAndPlay(assembly: string, { name, apply, turnsRed }: Mutation): Promise<void> {
  const copy = new Copy(assembly);
  try {
    try {
      await apply(copy);
    } catch (error) {
      line(false, name, turnsRed, `cannot be planted any more: ${complaint(error)}`);
      return;
    }
    const said = await play(turnsRed, copy.write());
    line(said !== undefined, name, turnsRed, said);
  } finally {
    copy.remove();
  }
}

/**
 * Runs a test file, with a mistake in a source while it is loaded.
 *
 * @returns the titles of the tests that failed, or undefined if none did
 */
function runTest(file: string, edit?: Edit): string | undefined {
  const AIRLOCK_MUTATION = edit === undefined ? {} : { AIRLOCK_MUTATION: JSON.stringify(edit) };
  const vitest = ['vitest', 'run', '--config', 'vitest.mutations.config.ts', '--reporter', 'json', '--bail', '1', file];
  const env = { ...process.env, ...AIRLOCK_MUTATION };
  const { status, stdout, stderr } = spawnSync('npx', vitest, { env, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  if (status === 0) return undefined;
  const titles = [...stdout.matchAll(/"fullName":"((?:[^"\\]|\\.)*)","status":"failed"/g)].map(([, title]) => title);
  return titles.join('; ') || stderr.slice(0, 160) || 'no test ran';
}

/** Plants mistakes in guards that need no cloud, and runs the tests that must detect them. */
function plantGuards(all: readonly GuardMutation[]): void {
  for (const file of new Set(all.map(({ turnsRed }) => turnsRed))) {
    const said = runTest(file);
    line(said === undefined, 'none', file, said);
  }
  for (const { name, turnsRed, edit } of all) {
    const said = runTest(turnsRed, edit);
    line(said !== undefined, name, turnsRed, said);
  }
}

try {
  const { assembly } = await synthesizeSimulated(folder);

  process.stdout.write('result | mutation | scenario | what it said\n--- | --- | --- | ---\n');
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    const said = await play(name, assembly);
    line(said === undefined, 'none', name, said);
  }
  const control = new Copy(assembly);
  const functions = [
    'admission',
    'dispatch',
    'results',
    'cluster',
    'cancellation',
    'terminations',
    'remediation',
    'reconcile',
    'find-cluster',
    'prepare-cluster',
  ];
  for (const name of functions) await control.rebundle(name);
  const said = await play('two tagged launches are released', control.write());
  line(said === undefined, 'none, bundled again', 'two tagged launches are released', said);
  const all = [...mutations, ...grantMutations(control)].filter(({ name }) => name.includes(only));
  control.remove();
  // A scenario that is already red shows nothing about a mutation.
  const sound = failures === 0;
  if (sound) for (const mutation of all) await plantAndPlay(assembly, mutation);
  const guards = guardMutations.filter(({ name }) => name.includes(only));
  plantGuards(guards);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    `\n${guards.length + (sound ? all.length : 0)} mutations, ${failures} lines that are not as they should be, ${seconds} s\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
