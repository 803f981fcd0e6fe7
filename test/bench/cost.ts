// npm run bench:cost: what AWS charges for, counted on the local cloud. With --write it writes docs/use/costs.md, and cli/costs/usage.json for airlock report.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { costsPage } from './costs/page.ts';
import { usageOfLaunches, usageWhileIdle } from './costs/usage.ts';

const folder = mkdtempSync(join(tmpdir(), 'airlock-cost-'));
try {
  const { assembly } = await synthesizeSimulated(folder);
  const usage = {
    alone: await usageOfLaunches(assembly, 1, 0),
    crowd: await usageOfLaunches(assembly, 200, 10_000),
    idleMonth: await usageWhileIdle(assembly),
  };
  const page = costsPage([
    {
      title: '1,000 nodes, each launched alone',
      about: 'One launch in a pool with known agent arrivals, times a thousand. Every function starts cold.',
      usage: usage.alone,
    },
    {
      title: '1,000 nodes, launched by 200 in ten seconds',
      about: 'Nodes that launch together share batches, commands and lists.',
      usage: usage.crowd,
    },
    {
      title: 'A month without a launch',
      about:
        'Thirty days with one cluster: alarms, the audit group, reconcile every two minutes, and pollers that find nothing.',
      usage: usage.idleMonth,
    },
  ]);
  process.stdout.write(page);
  if (process.argv.includes('--write')) {
    writeFileSync(new URL('../../docs/use/costs.md', import.meta.url), page);
    writeFileSync(new URL('../../cli/costs/usage.json', import.meta.url), `${JSON.stringify(usage, undefined, 2)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
