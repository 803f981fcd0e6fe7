import { strict as assert } from 'node:assert';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { slow } from '../scenarios/slow.ts';
import { on, type Scenario } from './stage.ts';

/** What becomes of an instance that failed, and when nothing is done any more. */
export const failureScenarios = {
  'a node that failed is replaced if its pool says so': on(
    async (stage) => {
      const node = await stage.launch();
      await stage.settle();
      assert.equal(stage.timeline(node).at(-1), 'Node Replaced');
      assert.equal(stage.done('TerminateInstances'), 1);
      await stage.pass(10 * 60_000);
      assert.equal(stage.timeline(node).at(-1), 'Node Replaced');
      stage.undisturbed();
    },
    ['not-sandboxed'],
    undefined,
    { onFailure: 'replace' },
  ),

  'a group ends its own instance that failed': on(
    async (stage) => {
      stage.world.services.autoScaling.addGroup({ name: 'builders', tags: { 'airlock:runtime': 'gvisor' } });
      const node = await stage.launch({
        tags: { 'aws:autoscaling:groupName': 'builders' },
        without: ['karpenter.sh/nodepool'],
      });
      await stage.settle();
      assert.equal(stage.timeline(node).at(-1), 'Node Replaced');
      assert.equal(stage.done('TerminateInstanceInAutoScalingGroup'), 1);
      stage.undisturbed();
    },
    ['not-sandboxed'],
    undefined,
    { onFailure: 'replace' },
  ),

  'a launch hook is answered by a release and by a failure': async (assembly) => {
    for (const [faults, result] of [
      [[], 'CONTINUE'],
      [['not-sandboxed'], 'ABANDON'],
    ] as const) {
      await on(
        async (stage) => {
          const hook = { name: 'airlock', heartbeatSeconds: 3_600, defaultResult: 'ABANDON' } as const;
          const tags = { 'airlock:runtime': 'gvisor' };
          stage.world.services.autoScaling.addGroup({ name: 'builders', tags, hook });
          await stage.launch({
            tags: { 'aws:autoscaling:groupName': 'builders' },
            without: ['karpenter.sh/nodepool'],
          });
          await stage.settle();
          const answers = stage.world.cloud.journal.filter(({ operation }) => operation === 'CompleteLifecycleAction');
          assert.deepEqual(
            answers.map(({ input }) => (input as { LifecycleActionResult?: string }).LifecycleActionResult),
            [result],
          );
          stage.undisturbed();
        },
        faults,
        undefined,
        { pools: [{ name: 'builders', launchHook: 'airlock' }] },
      )(assembly);
    }
  },

  'three failures open the breaker, and the alarm and an event say so': on(
    async (stage) => {
      const nodes = [];
      for (let count = 0; count < 4; count++) {
        nodes.push(await stage.launch());
        await stage.settle();
      }
      const ends = nodes.map((node) => stage.timeline(node).at(-1));
      assert.deepEqual(ends, ['Node Quarantined', 'Node Quarantined', 'Node Held', 'Node Held']);
      const opened = stage.world.audit().filter((event) => event['detail-type'] === 'Breaker Opened');
      assert.equal(opened.length, 1);
      assert.ok(stage.logged('Remediation'), 'replace wrote no log');
      stage.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'while the breaker is open one node is tried at a time, and a success closes it': async (assembly) => {
    let broken = true;
    const machine = async () => slow(new ModelledMachine(broken ? ['not-sandboxed'] : []), 60_000);
    await on(
      async (stage) => {
        for (let count = 0; count < 3; count++) {
          await stage.launch();
          await stage.settle();
        }
        const before = stage.done('SendCommand');
        const held = [await stage.launch(), await stage.launch()];
        await stage.pass(80_000);
        assert.equal(stage.done('SendCommand') - before, 1);
        await stage.settle();
        for (const node of held) assert.equal(stage.timeline(node).at(-1), 'Node Held');
        assert.equal(stage.done('SendCommand') - before, 2);
        broken = false;
        const good = await Promise.all(Array.from({ length: 3 }, () => stage.launch()));
        await stage.settle();
        for (const node of good) assert.equal(stage.outcome(node), 'released');
        const told = stage.world.audit().map((event) => event['detail-type']);
        assert.deepEqual(
          told.filter((type) => type.startsWith('Breaker')),
          ['Breaker Opened', 'Breaker Closed'],
        );
        stage.undisturbed();
      },
      [],
      machine,
    )(assembly);
  },
} as const satisfies Readonly<Record<string, Scenario>>;
