import { spawnSync } from 'node:child_process';

/** Milliseconds that some work took. */
export type Sample = () => Promise<number> | number;

/** What a measurement found, in milliseconds. */
export interface Measured {
  readonly median: number;
  /** The median against that of the baseline, which was measured in turn with it: a busy machine slows both. */
  readonly ratio: number;
}

/** Measures works in turn with a baseline, so that what the machine does beside touches all of them alike. */
export async function inTurn(
  baseline: Sample,
  samples: ReadonlyMap<string, Sample>,
  rounds: number,
): Promise<ReadonlyMap<string, Measured>> {
  const base: number[] = [];
  const taken = new Map<string, number[]>([...samples.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    base.push(await baseline());
    for (const [name, sample] of samples) taken.get(name)?.push(await sample());
  }
  const against = median(base);
  return new Map([...taken].map(([name, all]) => [name, { median: median(all), ratio: median(all) / against }]));
}

/** How long a process of this Node takes, from its start to its end. Throws what it complains about. */
export function processMs(words: readonly string[], environment: Readonly<Record<string, string>> = {}): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, {
    env: { ...environment, PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}: … ${stderr.slice(-2_000)}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
