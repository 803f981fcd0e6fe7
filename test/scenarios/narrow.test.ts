import { expect, it } from 'vitest';
import { ModelledMachine } from '../../local/machine/modelled.ts';
import { launch, settle, startWorld } from './scenario.ts';

const nodes = 200;
const minute = 60_000;

it(`${nodes} launches at once are all released before their deadline in an account with room for ten invocations, and no message dies`, async () => {
  const world = await startWorld([], async () => new ModelledMachine());
  world.cloud.lambda.concurrency = 10;
  const launched = await Promise.all(Array.from({ length: nodes }, () => launch(world)));
  await settle(world);

  const reports = launched.map((node) => world.report(node));
  expect(reports.filter(({ outcome }) => outcome !== 'released')).toEqual([]);
  expect(Math.max(...reports.map(({ stages }) => stages.at(-1)?.ms ?? Number.POSITIVE_INFINITY))).toBeLessThan(
    20 * minute,
  );
  const dead = world.services.sqs
    .all()
    .filter(({ settings, visible }) => /DeadLetters/.test(settings.name) && visible > 0);
  expect(dead).toEqual([]);
  // Otherwise the account was wide enough, and this says nothing.
  const throttled = world.cloud.journal.filter(({ error }) => error === 'TooManyRequestsException');
  expect(throttled.length).toBeGreaterThan(100);
}, 900_000);
