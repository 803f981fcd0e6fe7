import { expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { launch, settle, startSimulation } from './scenario.ts';

const minute = 60_000;

/**
 * Launches nodes at once in an account with room for some invocations.
 *
 * @returns how many invocations found no room, and the errors
 */
async function play(nodes: number, concurrency: number) {
  const world = await startSimulation([], async () => new ModelledMachine());
  world.cloud.lambda.concurrency = concurrency;
  const launched = await Promise.all(Array.from({ length: nodes }, () => launch(world)));
  await settle(world);

  const reports = launched.map((node) => world.report(node));
  const late = reports.filter(({ stages }) => (stages.at(-1)?.ms ?? Number.POSITIVE_INFINITY) >= 20 * minute);
  const dead = world.services.sqs
    .all()
    .filter(({ settings, visible }) => /DeadLetters/.test(settings.name) && visible > 0);
  const throttled = world.cloud.journal.filter(({ error }) => error === 'TooManyRequestsException').length;
  return { throttled, wrong: [...reports.filter(({ outcome }) => outcome !== 'released'), ...late, ...dead] };
}

it('100 launches at once are released in an account with room for ten invocations, and none finds no room', async () => {
  expect(await play(100, 10)).toEqual({ throttled: 0, wrong: [] });
}, 900_000);

it('40 launches at once are released before their deadline in an account with room for one, and no message dies', async () => {
  const { throttled, wrong } = await play(40, 1);

  expect(wrong).toEqual([]);
  // Otherwise the account was wide enough, and the test shows nothing.
  expect(throttled).toBeGreaterThan(5);
}, 900_000);
