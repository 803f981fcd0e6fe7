import { strict as assert } from 'node:assert';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import { AwsError } from '../../../packages/local-aws/aws.ts';
import { slow } from '../slow.ts';
import { on, type ScenarioRun } from './scenario.ts';

const minute = 60_000;
const replacing = { onFailure: 'replace' } as const;
const tags = ['airlock:runtime', 'eks:eks-cluster-name', 'kubernetes.io/cluster/demo', 'karpenter.sh/nodepool'];
const claimed = {
  'airlock:runtime': 'gvisor',
  'eks:eks-cluster-name': 'demo',
  'karpenter.sh/nodepool': 'sandboxed',
};

/** What distinguishes a node from an instance that an attacker tagged, and what follows when Lambda has no capacity. */
export const remedyScenarios = {
  'an instance without a profile of nodes is none of ours, whatever its tags say': on(
    async (scenario) => {
      const node = await scenario.launch({ instanceProfile: 'database' });
      await scenario.pass(60 * minute);
      assert.deepEqual(scenario.timeline(node), ['Launch Ignored']);
      assert.equal(scenario.done('SendCommand'), 0);
      assert.equal(scenario.world.services.ec2.instance(node.instanceId).state, 'running');
    },
    ['not-sandboxed'],
    undefined,
    replacing,
  ),

  'an instance that is tagged an hour after its launch is left alone': on(
    async (scenario) => {
      const node = await scenario.launch({ gate: 'example.com/none', without: tags });
      await scenario.pass(60 * minute);
      scenario.world.services.ec2.retag(node.instanceId, claimed);
      await scenario.pass(30 * minute);
      assert.deepEqual(scenario.timeline(node), []);
    },
    ['not-sandboxed'],
    undefined,
    replacing,
  ),

  'an event that comes an hour late admits nothing': on(async (scenario) => {
    const node = await scenario.launch({ gate: 'example.com/none', without: tags });
    await scenario.pass(60 * minute);
    for (const schedule of scenario.world.services.scheduler.schedules) schedule.enabled = false;
    scenario.world.services.ec2.retag(node.instanceId, claimed);
    scenario.world.services.events.emit({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [],
      detail: { 'instance-id': node.instanceId, state: 'running' },
    });
    await scenario.pass(5 * minute);
    assert.deepEqual(scenario.timeline(node), ['Launch Ignored']);
  }),

  'a gated node that is tagged an hour late is never ended': on(
    async (scenario) => {
      const node = await scenario.launch({ without: tags });
      await scenario.pass(60 * minute);
      scenario.world.services.ec2.retag(node.instanceId, claimed);
      await scenario.pass(40 * minute);
      assert.equal(scenario.timeline(node).at(-1), 'Node Quarantined');
      assert.equal(scenario.done('TerminateInstances'), 0);
    },
    ['not-sandboxed'],
    undefined,
    replacing,
  ),

  'an instance that got another profile is not ended': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.pass(20_000);
      scenario.world.services.ec2.instance(node.instanceId).instanceProfile =
        'arn:aws:iam::123456789012:instance-profile/database';
      await scenario.settle();
      assert.equal(scenario.timeline(node).at(-1), 'Node Quarantined');
      // The function itself refuses; IAM's answer is not needed.
      scenario.undisturbed();
    },
    ['not-sandboxed'],
    undefined,
    replacing,
  ),

  'IAM lets no instance be ended that has no profile of nodes': on(async (scenario) => {
    const principal = { kind: 'role', roleArn: scenario.roleOf('Remediation'), sessionName: 'asked' } as const;
    const denied = scenario.world.cloud.iam.deny(principal, {
      action: 'ec2:TerminateInstances',
      resource: 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0',
      context: {
        'ec2:ResourceTag/airlock:runtime': 'gvisor',
        'ec2:InstanceProfile': 'arn:aws:iam::123456789012:instance-profile/database',
      },
    });
    assert.ok(denied, 'it may');
  }),

  'a probe that hangs gives way to another node after ten minutes': (assembly) =>
    // The machines are created in an order that each play starts over.
    on(
      async (scenario) => {
        const opened: Awaited<ReturnType<typeof scenario.launch>>[] = [];
        for (let count = 0; count < 3; count++) {
          opened.push(await scenario.launch());
          await scenario.settle();
        }
        const [hanging, good] = [await scenario.launch(), await scenario.launch({ agentAfterMs: 40_000 })];
        await scenario.pass(60_000);
        assert.equal(scenario.commandsFor(hanging), 1);
        // Its agent stops answering, so the state of its command is unknown until its deadline.
        scenario.world.services.ssm.agents.silence(hanging.instanceId);
        await scenario.pass(5 * minute);
        assert.equal(scenario.commandsFor(good), 0);
        await scenario.pass(7 * minute);
        assert.equal(scenario.outcome(good), 'released');
      },
      [],
      machines(),
    )(assembly),

  'a release that Lambda has no room for waits for minutes': on(async (scenario) => {
    const { clock, world } = scenario;
    const until = clock.now() + 8 * minute;
    const [cluster] = [...world.cloud.lambda.functions.values()].filter(
      ({ settings }) => settings.environment['POWERTOOLS_SERVICE_NAME'] === 'cluster',
    );
    world.cloud.faults = {
      beforeCall: ({ operation, input }) =>
        operation === 'Invoke' &&
        (input as { FunctionName?: string }).FunctionName === cluster?.settings.arn &&
        clock.now() < until
          ? new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
          : undefined,
    };
    const node = await scenario.launch();
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
  }),
} as const satisfies Readonly<Record<string, ScenarioRun>>;

/** Three machines on which no sandbox starts, one that hangs, and good ones after that. */
function machines() {
  let made = 0;
  return async () => {
    made++;
    if (made <= 3) return new ModelledMachine(['not-sandboxed']);
    return made === 4 ? slow(new ModelledMachine(), 3_600_000) : new ModelledMachine();
  };
}
