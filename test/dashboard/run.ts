// npm run picture:dashboard [-- FILE.svg]: the dashboard with what some hours of launches on the local cloud have measured.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, startModelled } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { metricValues } from '../../packages/local-aws/services.ts';
import { drawDashboard } from './draw.ts';

const [file = join(import.meta.dirname, '..', '..', 'docs', 'operate', 'dashboard.svg')] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'airlock-dashboard-'));
try {
  const { assembly } = await synthesizeSimulated(folder);
  const clock = new VirtualClock();
  let launched = 0;
  // One node in nine fails its proof.
  const machine = async () => new ModelledMachine(launched++ % 9 === 4 ? ['not-sandboxed'] : []);
  const world = await startModelled(assembly, { clock, machine });
  try {
    for (let round = 0; round < 18; round++) {
      for (let node = 0; node < 1 + ((round * 5) % 7); node++) {
        const agentAfterMs = 15_000 + ((round * 7 + node * 3) % 11) * 1_500;
        await world.launch(karpenterNode('demo', 'airlock.dev/bootstrap', { agentAfterMs }));
      }
      await clock.run(() => false, clock.now() + 10 * 60_000);
    }
    const [dashboard] = world.services.cloudWatch.dashboards.values();
    writeFileSync(file, drawDashboard(String(dashboard?.['DashboardBody']), metricValues(world.cloud.logs)));
  } finally {
    await world.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
