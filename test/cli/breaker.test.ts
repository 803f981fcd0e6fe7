import { expect, it } from 'vitest';
import { breakers, closeBreaker } from '../../cli/breaker.ts';
import { ModelledMachine } from '../../local/machine/modelled.ts';
import { asOperator } from '../scenarios/operator.ts';
import { launch, settle, startWorld, story } from '../scenarios/scenario.ts';

it('an operator sees which breaker is open and closes it by hand, once; then nodes are tried as before', async () => {
  const world = await startWorld([], async () => new ModelledMachine(['not-sandboxed']));
  for (let count = 0; count < 3; count++) {
    await launch(world);
    await settle(world);
  }
  await asOperator(world, async (reach) => {
    const [open, ...others] = await breakers(reach);
    expect([open, others]).toMatchObject([{ cluster: 'demo', pool: 'sandboxed', state: 'open' }, []]);
    if (open === undefined) throw new Error('no breaker is open');
    expect(await closeBreaker(reach, open, '2026-11-21T10:00:00.000Z')).toBe(true);
    expect(await closeBreaker(reach, open, '2026-11-21T10:00:00.000Z')).toBe(false);
  });
  const next = await launch(world);
  await settle(world);
  expect(story(world, next).at(-1)).toBe('Node Quarantined');
  const closed = world.audit().filter((event) => event['detail-type'] === 'Breaker Closed');
  expect(closed.map(({ detail }) => detail)).toMatchObject([{ by: 'an operator', pool: 'sandboxed' }]);
}, 60_000);
