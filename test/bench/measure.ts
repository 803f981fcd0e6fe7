import { spawnSync } from 'node:child_process';

/** Milliseconds that some work took. */
export type Sample = () => Promise<number> | number;

/** The result of a measurement, in milliseconds. */
export interface Measured {
  readonly median: number;
  /** The median relative to that of the baseline, which was measured alternately: a busy machine slows both. */
  readonly ratio: number;
}

/** Measures works alternately with a baseline, so that other load on the machine affects all alike. */
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

/** How long a process of this Node takes, from its start to its end. Throws its error output. */
export function processMs(words: readonly string[], environment: Readonly<Record<string, string>> = {}): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, {
    env: { ...environment, PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}: … ${stderr.slice(-2_000)}`);
  return performance.now() - began;
}

/** What a process used until its end. */
export interface Usage {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly residentMib: number;
}

/** What a process of this Node uses to run some code, as it reports itself. Throws its error output. */
export function usageOf(code: string, environment: Readonly<Record<string, string>> = {}): Usage {
  // The system's maximum memory of a process starts at that of the process that started it.
  const report =
    'const { user, system } = process.cpuUsage(); console.log(JSON.stringify([user + system, process.memoryUsage.rss()])); process.exit()';
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `${code}${report}`], {
    env: { ...environment, PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${code} ended with ${status}: … ${stderr.slice(-2_000)}`);
  const [cpu = Number.NaN, resident = Number.NaN] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as number[];
  return { cpuMs: cpu / 1_000, wallMs: performance.now() - began, residentMib: resident / 2 ** 20 };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
