// npm run test:mutations: plants each mistake alone, and prints which scenario saw it.
import { AssertionError } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { Copy } from './assembly.ts';
import { grantMutations } from './grants.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';

const folder = mkdtempSync(join(tmpdir(), 'airlock-mutations-'));
const only = process.argv[2] ?? '';
const began = performance.now();
let failures = 0;

/** Plays a scenario. @returns what it complained about, or undefined where it is green */
async function play(name: ScenarioName, assembly: string): Promise<string | undefined> {
  try {
    await scenarios[name](assembly);
    return undefined;
  } catch (error) {
    return complaint(error);
  }
}

/** What a scenario complains about, in one line. */
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

/** Plants a mistake and plays the scenario that must see it. */
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

try {
  const { assembly } = await synthesizeSimulated(folder);

  process.stdout.write('result | mutation | scenario | what it said\n--- | --- | --- | ---\n');
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    const said = await play(name, assembly);
    line(said === undefined, 'none', name, said);
  }
  const control = new Copy(assembly);
  const functions = [
    'admit',
    'dispatch',
    'settle',
    'cluster',
    'halt',
    'gone',
    'replace',
    'sweep',
    'find-cluster',
    'prepare-cluster',
  ];
  for (const name of functions) await control.rebundle(name);
  const said = await play('two tagged launches are released', control.write());
  line(said === undefined, 'none, bundled anew', 'two tagged launches are released', said);
  const all = [...mutations, ...grantMutations(control)].filter(({ name }) => name.includes(only));
  control.remove();
  // A scenario that is red already says nothing about a mutation.
  const sound = failures === 0;
  if (sound) for (const mutation of all) await plantAndPlay(assembly, mutation);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    `\n${sound ? all.length : 'no'} mutations, ${failures} lines that are not as they should be, ${seconds} s\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
