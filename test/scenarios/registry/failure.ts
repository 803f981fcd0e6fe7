import { strict as assert } from 'node:assert';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import { slow } from '../slow.ts';
import { on, type ScenarioRun } from './scenario.ts';

/** The consequences for an instance that failed, and when nothing is done any more. */
export const failureScenarios = {
  'a node that failed is replaced if its pool says so': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.settle();
      assert.equal(scenario.timeline(node).at(-1), 'Node Replaced');
      assert.equal(scenario.done('TerminateInstances'), 1);
      await scenario.pass(10 * 60_000);
      assert.equal(scenario.timeline(node).at(-1), 'Node Replaced');
      scenario.undisturbed();
    },
    ['not-sandboxed'],
    undefined,
    { onFailure: 'replace' },
  ),

  'a group ends its own instance that failed': on(
    async (scenario) => {
      scenario.world.services.autoScaling.addGroup({ name: 'builders', tags: { 'airlock:runtime': 'gvisor' } });
      const node = await scenario.launch({
        tags: { 'aws:autoscaling:groupName': 'builders' },
        without: ['karpenter.sh/nodepool'],
      });
      await scenario.settle();
      assert.equal(scenario.timeline(node).at(-1), 'Node Replaced');
      assert.equal(scenario.done('TerminateInstanceInAutoScalingGroup'), 1);
      scenario.undisturbed();
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
        async (scenario) => {
          const hook = { name: 'airlock', heartbeatSeconds: 3_600, defaultResult: 'ABANDON' } as const;
          const tags = { 'airlock:runtime': 'gvisor' };
          scenario.world.services.autoScaling.addGroup({ name: 'builders', tags, hook });
          await scenario.launch({
            tags: { 'aws:autoscaling:groupName': 'builders' },
            without: ['karpenter.sh/nodepool'],
          });
          await scenario.settle();
          const answers = scenario.world.cloud.journal.filter(
            ({ operation }) => operation === 'CompleteLifecycleAction',
          );
          assert.deepEqual(
            answers.map(({ input }) => (input as { LifecycleActionResult?: string }).LifecycleActionResult),
            [result],
          );
          scenario.undisturbed();
        },
        faults,
        undefined,
        { pools: [{ name: 'builders', launchHook: 'airlock' }] },
      )(assembly);
    }
  },

  'three failures open the breaker, and the alarm and an event say so': on(
    async (scenario) => {
      const nodes = [];
      for (let count = 0; count < 4; count++) {
        nodes.push(await scenario.launch());
        await scenario.settle();
      }
      const ends = nodes.map((node) => scenario.timeline(node).at(-1));
      assert.deepEqual(ends, ['Node Quarantined', 'Node Quarantined', 'Node Held', 'Node Held']);
      const opened = scenario.world.audit().filter((event) => event['detail-type'] === 'Breaker Opened');
      assert.equal(opened.length, 1);
      assert.ok(scenario.logged('Remediation'), 'replace wrote no log');
      scenario.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'while the breaker is open one node is tried at a time, and a success closes it': async (assembly) => {
    let broken = true;
    const machine = async () => slow(new ModelledMachine(broken ? ['not-sandboxed'] : []), 60_000);
    await on(
      async (scenario) => {
        for (let count = 0; count < 3; count++) {
          await scenario.launch();
          await scenario.settle();
        }
        const before = scenario.done('SendCommand');
        const held = [await scenario.launch(), await scenario.launch()];
        await scenario.pass(80_000);
        assert.equal(scenario.done('SendCommand') - before, 1);
        await scenario.settle();
        for (const node of held) assert.equal(scenario.timeline(node).at(-1), 'Node Held');
        assert.equal(scenario.done('SendCommand') - before, 2);
        broken = false;
        const good = await Promise.all(Array.from({ length: 3 }, () => scenario.launch()));
        await scenario.settle();
        for (const node of good) assert.equal(scenario.outcome(node), 'released');
        const told = scenario.world.audit().map((event) => event['detail-type']);
        assert.deepEqual(
          told.filter((type) => type.startsWith('Breaker')),
          ['Breaker Opened', 'Breaker Closed'],
        );
        scenario.undisturbed();
      },
      [],
      machine,
    )(assembly);
  },
} as const satisfies Readonly<Record<string, ScenarioRun>>;
