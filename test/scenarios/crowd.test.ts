import { expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { launch, startSimulation } from './scenario.ts';

const minute = 60_000;
/**
 * A fifth of what Step Functions starts at once and per second in a region with its smaller quotas, and a crowd that is
 * larger.
 */
const starts = { burst: 160, perSecond: 30 };
const crowd = 200;

it('a crowd of launches without events is admitted by one run of reconcile, despite the throttling of StartExecution', async () => {
  const world = await startSimulation([], async () => new ModelledMachine());
  world.services.states.quotas.StartExecution = starts;
  world.services.events.delivery = ({ event }) => (event.source === 'aws.ec2' ? [] : undefined);
  for (let launched = 0; launched < crowd; launched++)
    await launch(world, { agentAfterMs: undefined, joinAfterMs: undefined });
  const { clock } = world;
  if (!(clock instanceof VirtualClock)) throw new Error('the simulation is on another clock');
  const started = () => world.services.states.executions().length;
  await clock.run(() => started() === crowd, clock.now() + 5 * minute);
  const throttled = world.cloud.journal.filter(
    ({ operation, error }) => operation === 'StartExecution' && error?.startsWith('Throttling'),
  );
  expect(throttled.length).toBeGreaterThan(0);
  expect(started()).toBe(crowd);
  const runs = world.cloud.journal.filter(({ operation }) => operation === 'DescribeInstances').length;
  expect(runs).toBeLessThanOrEqual(3);
}, 120_000);
