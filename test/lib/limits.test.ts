import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type SynthesisRefused, synthesizeSimulated } from '../../cli/synthesize.ts';
import { pack, unpack } from '../../domain/packed.ts';
import { limitFaults } from '../../lib/limits.ts';
import { karpenterNode, startModelled } from '../../packages/lab/simulation.ts';

function scratch(): string {
  const folder = mkdtempSync(join(inject('scratch'), 'limits-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Synthesizes a configuration. @returns the folder of the assembly */
async function assembly(config: object): Promise<string> {
  const folder = scratch();
  const file = join(folder, 'airlock.yaml');
  writeFileSync(file, stringify(config));
  return (await synthesizeSimulated(folder, { config: file })).assembly;
}

it('fifty pools fit, and a node of the last one has its deadline', { timeout: 300_000 }, async () => {
  const pools = Array.from({ length: 50 }, (_, index) => ({
    name: `team-${index}-sandboxed-workers-of-the-build-farm`,
    onFailure: index % 2 === 0 ? 'replace' : 'replace-then-quarantine',
    deadlineMinutes: 30 + index,
    launchHook: `airlock-${index}`,
  }));
  const world = await startModelled(
    await assembly({ clusters: [{ name: 'demo', instanceProfiles: ['demo-nodes'] }], pools }),
  );
  onTestFinished(() => world.stop());
  const node = await world.launch(
    karpenterNode('demo', 'airlock.dev/bootstrap', {
      tags: { 'airlock:runtime': 'gvisor', 'karpenter.sh/nodepool': pools[49]?.name ?? '' },
    }),
  );

  await world.settle(2 * 60 * 60_000);

  const row = JSON.stringify(world.timelineOf(node));
  expect(row).toContain('team-49-sandboxed-workers-of-the-build-farm');
  expect(world.report(node)?.outcome).toBe('released');
});

it('thirty private clusters are refused with the field, what they create and what CloudFormation accepts', {
  timeout: 300_000,
}, async () => {
  const clusters = Array.from({ length: 30 }, (_, index) => ({ name: `cluster-${index}`, private: true }));

  const refused = (await assembly({ clusters }).catch((error: unknown) => error)) as SynthesisRefused;

  expect(refused.exitCode).toBe(2);
  expect(refused.message).toMatch(
    /^airlock\.yaml: the template has \d+ resources; CloudFormation takes 500; accepted: clusters: fewer of them/m,
  );
});

it('pools that do not fit are refused by name', { timeout: 300_000 }, async () => {
  // Names that cannot be compressed.
  const pools = Array.from({ length: 60 }, (_, index) => ({
    name: Array.from({ length: 100 }, (__, at) =>
      String.fromCharCode(33 + ((index * 7919 + at * at * 104_729) % 94)),
    ).join(''),
  }));

  const refused = (await assembly({ clusters: [{ name: 'demo', instanceProfiles: ['demo-nodes'] }], pools }).catch(
    (error: unknown) => error,
  )) as SynthesisRefused;

  expect(refused.exitCode).toBe(2);
  expect(refused.message).toMatch(/bytes of environment; Lambda takes 4096; accepted: pools: fewer/);
});

const wide = (Type: string, Properties: object) => ({ Resources: { Wide: { Type, Properties } } });
const long = 'x'.repeat(11_000);

it.each([
  [
    'a function',
    wide('AWS::Lambda::Function', { Environment: { Variables: { A: long } } }),
    'bytes of environment; Lambda',
  ],
  ['a document', wide('AWS::SSM::Document', { Content: long.repeat(6) }), 'Systems Manager takes'],
  [
    'a role',
    wide('AWS::IAM::Policy', { Roles: [{ Ref: 'Role' }], PolicyDocument: { A: long } }),
    'of inline policies; IAM',
  ],
  ['a rule', wide('AWS::Events::Rule', { EventPattern: { source: [long] } }), 'of pattern; EventBridge'],
  [
    'the targets of a rule',
    wide('AWS::Events::Rule', { EventPattern: {}, Targets: [1, 2, 3, 4, 5, 6] }),
    '6 targets; EventBridge',
  ],
  [
    'a state machine',
    wide('AWS::StepFunctions::StateMachine', { DefinitionString: long.repeat(100) }),
    'of definition; Step Functions',
  ],
  ['a queue', wide('AWS::SQS::QueuePolicy', { PolicyDocument: { A: long } }), 'of queue policy; SQS'],
  ['a log group', wide('AWS::Logs::ResourcePolicy', { PolicyDocument: long }), 'of resource policy; CloudWatch Logs'],
  ['a template', wide('Custom::Big', { A: long.repeat(100) }), 'bytes; CloudFormation'],
  [
    'outputs',
    { Resources: {}, Outputs: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`O${at}`, {}])) },
    'outputs',
  ],
])('%s that is too large is found in a template', (_, template, what) => {
  expect(limitFaults(template)).toContainEqual(expect.stringContaining(what));
});

it.each([
  { a: 1 },
  { pools: Array.from({ length: 100 }, (_, index) => ({ name: `pool-${index}`, deadlineMinutes: 30 })) },
])('unpacking returns what was packed: %#', (value) => {
  expect(unpack(pack(value))).toEqual(value);
  expect(pack(value).length).toBeLessThan(1_000);
});
