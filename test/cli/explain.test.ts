import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { findStory } from '../../cli/explain/explain.ts';
import { phaseBars } from '../../cli/explain/print.ts';
import { isFine, type Story, storyOf } from '../../cli/explain/story.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { outcomeOf } from '../../domain/outcomes.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { launch, pass, settle, startSimulation, timeline } from '../scenarios/scenario.ts';
import { airlock } from './airlock.ts';
import { served } from './served.ts';

it('explain tells a released launch by its phases and its events, by instance and by node', async () => {
  const world = await startSimulation([], async () => new ModelledMachine());
  const node = await launch(world);
  await settle(world);
  // AWS reports the end of the execution.
  await pass(world, 2_000);
  const { source, environment } = await served(world);

  const story = await findStory(source, node.instanceId);
  if (story === undefined) throw new Error('there is no story');
  expect(story).toMatchObject({
    instanceId: node.instanceId,
    nodeName: node.nodeName,
    cluster: 'demo',
    pool: 'sandboxed',
  });
  expect(story.runs).toMatchObject([{ state: 'released', outcome: 'released', disposition: '' }]);
  const phases = story.runs[0]?.phases ?? [];
  expect(phases.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['agent online', 'command sent', 'proven on the node', 'released']),
  );
  expect(phases.at(-1)?.name).toBe('released');
  const types = story.events.map(({ type }) => type);
  expect(types.filter((type) => timeline(world, node).includes(type))).toEqual(timeline(world, node));
  for (const [type, text] of [
    ['EC2 Instance State-change Notification', 'running'],
    ['EC2 Command Invocation Status-change Notification', 'Success'],
    ['Step Functions Execution Status Change', 'SUCCEEDED'],
  ]) {
    expect(story.events).toContainEqual(expect.objectContaining({ type, text }));
  }
  expect(isFine(story)).toBe(true);
  expect(story.notChecked).toEqual([]);
  for (const name of [node.nodeName, node.nodeName.split('.')[0] ?? '']) {
    expect((await findStory(source, name))?.instanceId).toBe(node.instanceId);
  }
  expect(await findStory(source, 'ip-10')).toBeUndefined();

  const { code, out, err } = await airlock(['explain', node.instanceId, '--json'], environment);
  expect(code).toBe(0);
  expect(err).toBe('');
  expect(JSON.parse(out)).toEqual(story);
  const people = await airlock(['explain', node.instanceId], { ...environment, COLUMNS: '60' });
  expect(people.code).toBe(0);
  expect(people.err).toBe('');
  expect(people.out).toMatch(/\n {2}released +█+ +\d+\.\d s\n/);
  const host = await airlock(['catalogue', node.nodeName, '--json'], environment);
  expect(host.code).toBe(0);
  expect(host.err).toBe('');
  expect(JSON.parse(host.out)).toMatchObject({ node: node.nodeName, host: { os: 'ubuntu 24.04' } });
  const absent = await airlock(['catalogue', 'i-0123456789abcdef0'], environment);
  expect(absent.code).toBe(3);
  expect(absent.err).toContain('the ledger has no launch of i-0123456789abcdef0; accepted: ');
  await world.services.dynamoDb.clear(source.table);
  for (const name of [node.instanceId, node.nodeName]) {
    const rebuilt = await findStory(source, name);
    const [[run], [before]] = [rebuilt?.runs ?? [], story.runs];
    expect(run?.state).toEqual(before?.state);
    expect(run?.receipt).toEqual(before?.receipt);
    expect(run?.phases).toEqual(before?.phases);
    expect(rebuilt?.events).toEqual(story.events);
  }
  const none = await airlock(['explain', 'i-0123456789abcdef0'], environment);
  expect(none.code).toBe(1);
  expect(none.out).toBe('');
  expect(none.err).toMatch(/^Airlock has no launch of i-0123456789abcdef0: /);
}, 180_000);

it('explain says why a node failed, what was decided and what to do now, and the exit code is 1', async () => {
  const world = await startSimulation([], async () => new ModelledMachine(['not-sandboxed']));
  const node = await launch(world);
  await settle(world);
  const { source, environment } = await served(world);

  const story = await findStory(source, node.instanceId);
  expect(story?.runs).toMatchObject([{ state: 'quarantined', outcome: 'proof-failed', disposition: 'quarantine' }]);
  expect(story?.runs[0]?.detail).not.toBe('');
  expect(story?.advice.operator).toBe(outcomeOf('proof-failed').operator);
  expect(story?.events.find(({ type }) => type === 'Installation Failed')?.text).toMatch(/^proof-failed: /);

  const file = join(mkdtempSync(join(inject('scratch'), 'explain-')), 'node.html');
  const { code, out } = await airlock(['explain', node.nodeName, '--html', file], { ...environment, COLUMNS: '200' });
  expect(code).toBe(1);
  expect(out).toContain(`\nwrote ${file}\n`);
  for (const text of [node.instanceId, 'proof-failed', ...(story?.links ?? []).map(({ name }) => name)]) {
    expect(readFileSync(file, 'utf8')).toContain(text);
  }
  expect(out).toContain(`what to do now\n  ${outcomeOf('proof-failed').sentence}`);
  expect(out).toContain(`  $ aws ssm list-command-invocations --instance-id ${node.instanceId} --details\n`);
  expect(out).toContain(`  $ npx airlock retry ${node.instanceId}\n  More: docs/operate/outcomes.md#proof-failed\n`);
}, 180_000);

it('explain tells a launch that is under way as far as it is', async () => {
  const world = await startSimulation([], async () => new ModelledMachine());
  const node = await launch(world);
  const { source } = await served(world);

  let story: Story | undefined;
  for (let step = 0; step < 60 && (story?.runs[0]?.phases ?? []).length < 2; step++) {
    await pass(world, 1_000);
    story = await findStory(source, node.instanceId);
  }
  expect(story?.runs[0]?.phases.map(({ name }) => name)).toEqual(['agent online', 'command sent']);
  expect(story?.runs).toMatchObject([{ state: 'under way', outcome: '' }]);
  expect(story?.advice.operator).toBe('');
  expect(story && isFine(story)).toBe(true);
});

it('explain without a look at the audit log group tells what the ledger has, and the exit code is 3', async () => {
  const world = await startSimulation([], async () => new ModelledMachine());
  const node = await launch(world);
  await settle(world);
  const { source, environment } = await served(world);
  world.cloud.faults = {
    beforeCall: ({ operation }) =>
      operation === 'FilterLogEvents' ? new AwsError('AccessDeniedException', 'not authorized') : undefined,
  };

  const story = await findStory(source, node.instanceId);
  expect(story?.runs.length).toBe(1);
  expect(story?.events).toEqual([]);
  expect(story?.notChecked).toEqual([
    { resource: `the audit log group ${source.group}`, reason: expect.stringContaining('not authorized') },
  ]);
  expect((await airlock(['explain', node.instanceId], environment)).code).toBe(3);
}, 120_000);

it('the other commands reach the same account', async () => {
  const world = await startSimulation([], async () => new ModelledMachine());
  await launch(world);
  await settle(world);
  const { environment } = await served(world);

  const config = join(mkdtempSync(join(inject('scratch'), 'init-')), 'airlock.yaml');
  const init = await airlock(['init', '--config', config, '--json'], environment);
  expect(init.code).toBe(0);
  expect(init.err).toBe('');
  expect(JSON.parse(init.out)).toMatchObject({
    values: expect.arrayContaining([
      { field: 'clusters', value: 'demo', from: 'account' },
      { field: 'pools', value: 'karpenter', from: 'account' },
      { field: 'instance profiles of demo', value: 'demo-nodes', from: 'account' },
    ]),
    pools: [{ placeholders: ['NODE_ROLE'] }],
    notRead: [],
  });

  const breakers = await airlock(['breaker', '--json'], environment);
  expect(breakers.code).toBe(0);
  expect(breakers.err).toBe('');
  expect(JSON.parse(breakers.out)).toMatchObject({
    version: 1,
    breakers: [{ cluster: 'demo', pool: 'sandboxed', state: 'closed' }],
  });
  const doctor = await airlock(['doctor', '--only', 'account'], environment);
  expect(doctor.code).toBe(0);
  expect(doctor.err).toBe('');
  expect(doctor.out).toMatch(/^0 errors, 0 warnings; looked at \d+ resources\n$/);
}, 120_000);

it('a bar begins where the bar before it ends, and each line fits its width', () => {
  const lines = phaseBars(
    [
      { name: 'agent online', atMs: 1_000, tookMs: 1_000 },
      { name: 'released', atMs: 4_000, tookMs: 3_000 },
    ],
    64,
  );
  expect(lines).toEqual([
    `agent online  ${'█'.repeat(10)}${' '.repeat(30)}     1.0 s`,
    `released      ${' '.repeat(10)}${'█'.repeat(30)}     3.0 s`,
  ]);
});

it('after an act by hand, explain tells who did it and why, and the launch is not fine', () => {
  const run = {
    ...{ instanceId: 'i-0123456789abcdef0', launchedAt: '2026-11-21T09:00:00.000Z', cluster: 'demo', pool: 'ci' },
    ...({ outcome: 'released', ending: 'released' } as const),
  };
  const act = {
    act: 'quarantine',
    by: 'arn:ops',
    at: '2026-11-21T09:30:00.000Z',
    because: 'suspected escape',
  } as const;
  const deployment = { group: '', stateMachine: '' };
  const told = (one: RunRecord) => storyOf([one], [], { notChecked: [], deployment });
  const story = told({ ...run, operatorAct: act });

  expect(isFine(story)).toBe(false);
  expect(isFine(told(run))).toBe(true);
  expect(story.byHand).toMatchObject({ act: 'quarantine', because: 'suspected escape' });
  expect(story.advice.operator).toMatch(/^npx airlock verify i-0123456789abcdef0 /);
  expect(isFine(told({ ...run, operatorAct: { ...act, act: 'verify' } }))).toBe(true);
});
