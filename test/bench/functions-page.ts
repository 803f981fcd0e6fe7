import { cpus, loadavg } from 'node:os';
import { wrapProse } from '../../cli/pages/wrap.ts';
import type { Work } from './function-work.ts';
import type { Bundle, Loaded } from './functions.ts';

/** The measurements of all functions. */
export interface FunctionFigures {
  readonly bundles: readonly Bundle[];
  readonly loaded: ReadonlyMap<string, Loaded>;
  /** For one launch after the other, and for launches together. */
  readonly alone: ReadonlyMap<string, Work>;
  readonly crowd: ReadonlyMap<string, Work>;
  readonly crowdNodes: number;
  /** The memory that the stack gives each function, in MiB. */
  readonly memoryMib: ReadonlyMap<string, number>;
  readonly rounds: number;
}

/** A function with this many MiB has a whole processor. */
const wholeProcessorMib = 1_769;
/** The burst that functions keep up with, in launches per second, and how many functions of a kind share it. */
const burst = { perSecond: 5_000 / 60, functions: 2 };

/** `docs/evidence/functions.md`. */
export function functionsPage(figures: FunctionFigures): string {
  const { bundles, alone, crowd, crowdNodes, rounds } = figures;
  const working = bundles.filter(({ name }) => (crowd.get(name)?.invocations ?? 0) > 0);
  return wrapProse(`# What functions load and need

\`npm run bench:bundles -- --write\` makes this page. It last ran on ${cpus().length} processors (${cpus()[0]?.model ?? 'unknown'}) with
Node ${process.versions.node}, and the load was ${loadavg()[0]?.toFixed(0)} when it ended. Bytes are the same on every machine, and
\`test/lib/bundles.test.ts\` bounds them. Times are this processor's, as the system accounts for them,
so other processes on the machine are not in them.

## Bundles

Each bundle is loaded ${rounds} times in a separate process, as a cold start does. The figures are medians,
without what an empty process needs. Memory is that of the whole process once the bundle is loaded.

| function | KiB | zipped | heaviest parts, KiB | load, ms of a processor | MiB then |
|---|---|---|---|---|---|
${bundles.map((bundle) => bundleRow(bundle, figures)).join('\n')}

What keeps them small:

- Only types come from the Kubernetes client. Its code would add a megabyte to the cluster function
  for nine requests that undici makes.
- Two files of undici are loaded, not its entry with fetch, caches, proxies and mocks.
- A bundler keeps the SDK's whole schema of EC2, because its keys are computed from constants.
  [\`lib/bundle-options.ts\`](../../lib/bundle-options.ts) replaces these constants by their values.
  That saves half a megabyte in four functions, and half the time of their load.
- Functions read no YAML, because the catalogue is checked at synthesis.

## Memory

Lambda gives a function a share of a processor by its memory: a whole one at ${wholeProcessorMib.toLocaleString('en-US')} MiB. At most
${burst.functions} invocations of a function run at once here. So a function has the memory with which ${burst.functions} of them
keep up with 5,000 launches in a minute, and at least 256 MiB, about four times what it has loaded.

The processor's time is that of the function's code and everything it calls. V8's profiler measures
it while the local cloud runs launches one after the other, and ${crowdNodes} within ten seconds. More memory
would make waiting more expensive and launches hardly faster.

| function | alone: ms an invocation | ${crowdNodes} nodes: ms a node | keeps up from, MiB | has, MiB |
|---|---|---|---|---|
${working.map(({ name }) => memoryRow(name, alone.get(name), crowd.get(name), figures)).join('\n')}

A launch that succeeds does not wait for the others, or they run once in a deployment: ${bundles
    .filter((bundle) => !working.includes(bundle))
    .map(({ name }) => `${name} (${figures.memoryMib.get(name) ?? 'as the cluster function'})`)
    .join(', ')}.
`);
}

function bundleRow({ name, bytes, parts }: Bundle, { loaded }: FunctionFigures): string {
  const load = loaded.get(name);
  const heaviest = [...parts].slice(0, 3).map(([part, size]) => `${part} ${kib(size)}`);
  return `| ${name} | ${kib(bytes)} | ${load?.zippedKib.toFixed(0)} | ${heaviest.join(', ')} | ${load?.cpuMs.toFixed(0)} | ${load?.residentMib.toFixed(0)} |`;
}

function memoryRow(
  name: string,
  alone: Work | undefined,
  crowd: Work | undefined,
  { crowdNodes, memoryMib }: FunctionFigures,
): string {
  const each = (alone?.cpuMs ?? 0) / (alone?.invocations ?? 1);
  const node = (crowd?.cpuMs ?? 0) / crowdNodes;
  const share = ((node / 1_000) * burst.perSecond) / burst.functions;
  return `| ${name} | ${each.toFixed(1)} | ${node.toFixed(1)} | ${Math.ceil(share * wholeProcessorMib)} | ${memoryMib.get(name)} |`;
}

function kib(bytes: number): string {
  return (bytes / 1_024).toFixed(0);
}
