// npm run bench:profile: where the local cloud spends its time in a pool. With --write it writes docs/evidence/local-cloud.md.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wrapProse } from '../../cli/pages/wrap.ts';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { runPool } from '../scale/pool.ts';

const sizes = [50, 200];

/** The processor time per node of a pool, in milliseconds, and its distribution, in microseconds by part. */
interface Profiled {
  readonly nodes: number;
  readonly msEach: number;
  readonly parts: ReadonlyMap<string, number>;
}

/** The part of the process that a source belongs to. */
function partOf(url: string, name: string): string {
  if (url === '') return name === '(idle)' || name === '(garbage collector)' ? name.slice(1, -1) : 'the engine itself';
  if (url.includes('/asset.')) return "the functions' bundles";
  const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (dependency !== undefined) return dependency;
  if (url.startsWith('node:')) return /http|net|stream|tls/.test(url) ? "Node's network" : "Node's other modules";
  const [, folder] = /\/packages\/(local-aws\/[a-z]+|local-kubernetes|lab)\//.exec(url) ?? [];
  return folder ?? 'other';
}

async function profile(assembly: string, nodes: number): Promise<Profiled> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const before = process.cpuUsage();
  const { world } = await runPool(assembly, nodes, nodes * 12);
  const { user, system } = process.cpuUsage(before);
  const { profile: taken } = await session.post('Profiler.stop');
  session.disconnect();
  await world.stop();
  const frames = new Map(taken.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parts = new Map<string, number>();
  for (const [at, id] of (taken.samples ?? []).entries()) {
    const { url = '', functionName = '' } = frames.get(id) ?? {};
    const part = partOf(url, functionName);
    parts.set(part, (parts.get(part) ?? 0) + (taken.timeDeltas?.[at] ?? 0));
  }
  return { nodes, msEach: (user + system) / 1_000 / nodes, parts };
}

/** The page: shares, and the ratio of the two pools. Times depend on the machine, and are left out. */
function page(small: Profiled, large: Profiled): string {
  const busy = [...large.parts].filter(([part]) => part !== 'idle').toSorted(([, one], [, other]) => other - one);
  const all = busy.reduce((sum, [, time]) => sum + time, 0);
  const rows = busy.slice(0, 15).map(([part, time]) => `| ${part} | ${((100 * time) / all).toFixed(1)} % |`);
  return wrapProse(`# Where the local cloud's time goes

\`npm run bench:profile -- --write\` makes this page. It launches a pool of ${large.nodes} nodes within ${(large.nodes * 12) / 1_000} s under
V8's profiler. Shares are of the time in which the process was busy.

| part | share |
|---|---|
${rows.join('\n')}

A node in a pool of ${large.nodes} takes ${(large.msEach / small.msEach).toFixed(2)} times the processor time of a node in a pool of ${small.nodes}. In the smaller
pool fewer nodes share the cost of the deployment. A ratio above 1 would mean that something grows
with the pool.
`);
}

const folder = mkdtempSync(join(tmpdir(), 'airlock-profile-'));
try {
  const { assembly } = await synthesizeSimulated(folder);
  const [small, large] = [await profile(assembly, sizes[0] ?? 0), await profile(assembly, sizes[1] ?? 0)];
  const text = page(small, large);
  process.stdout.write(text);
  const evidence = new URL('../../docs/evidence/', import.meta.url);
  if (process.argv.includes('--write')) {
    mkdirSync(evidence, { recursive: true });
    writeFileSync(new URL('local-cloud.md', evidence), text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
