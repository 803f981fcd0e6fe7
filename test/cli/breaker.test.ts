import { beforeAll, expect, it } from 'vitest';
import { breakers, closeBreaker } from '../../cli/breaker.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { asOperator, withOperator } from '../scenarios/operator.ts';
import { launch, settle, startSimulation, timeline } from '../scenarios/scenario.ts';

// The first call synthesizes the app.
beforeAll(() => withOperator(), 120_000);

it('an operator sees which breaker is open and closes it once; then nodes are tried as before', async () => {
  const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']), await withOperator());
  for (let count = 0; count < 3; count++) {
    await launch(world);
    await settle(world);
  }
  await asOperator(world, async (reach) => {
    const [open, ...others] = await breakers(reach);
    expect(open).toMatchObject({ cluster: 'demo', pool: 'sandboxed', state: 'open' });
    expect(others).toEqual([]);
    if (open === undefined) throw new Error('no breaker is open');
    expect(await closeBreaker(reach, open, '2026-11-21T10:00:00.000Z', 'egress is back')).toBe(true);
    expect(await closeBreaker(reach, open, '2026-11-21T10:00:00.000Z')).toBe(false);
  });
  const next = await launch(world);
  await settle(world);
  expect(timeline(world, next).at(-1)).toBe('Node Quarantined');
  const closed = world.audit().filter((event) => event['detail-type'] === 'Breaker Closed');
  expect(closed.map(({ detail }) => detail)).toMatchObject([
    { actor: { kind: 'operator', name: expect.stringContaining('assumed-role/Operator/') }, pool: 'sandboxed' },
  ]);
  const acts = world.audit().filter((event) => event['detail-type'] === 'Operator Acted');
  expect(acts.map(({ detail }) => detail)).toMatchObject([
    { command: 'breaker close', because: 'egress is back', pool: 'sandboxed' },
  ]);
}, 60_000);

it('an operator that airlock.yaml does not name cannot close it, and learns who can', async () => {
  const world = await startSimulation();
  const scope = { cluster: 'demo', pool: 'sandboxed', version: 'gvisor@1' };
  await asOperator(world, async (reach) => {
    await expect(closeBreaker(reach, scope, '2026-11-21T10:00:00.000Z')).rejects.toThrow(
      /^the breaker stays open: .* with an explicit deny in a resource-based policy; accepted: a role listed under operators in airlock\.yaml$/,
    );
  });
});

it('an operator without the right to put events closes it, and learns that the audit trail has no entry', async () => {
  const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']), await withOperator());
  for (let count = 0; count < 3; count++) {
    await launch(world);
    await settle(world);
  }
  world.cloud.faults = {
    beforeCall: ({ operation, principal }) =>
      operation === 'PutEvents' && principal.kind === 'role' && principal.roleArn.endsWith('/Operator')
        ? new AwsError('AccessDeniedException', 'not authorized to perform: events:PutEvents')
        : undefined,
  };
  await asOperator(world, async (reach) => {
    const [open] = await breakers(reach);
    if (open === undefined) throw new Error('no breaker is open');
    await expect(closeBreaker(reach, open, '2026-11-21T10:00:00.000Z')).rejects.toThrow(
      /^the breaker is closed, but the audit trail has no event for it: .*; accepted: a role listed under operators in airlock\.yaml$/,
    );
    expect(await breakers(reach)).toMatchObject([{ state: 'closed' }]);
  });
});
