import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { NodeChange } from '../../../packages/lab/simulation.ts';
import type { PoolRules } from '../../mutations/assembly.ts';
import { withoutReconcile } from '../scenario.ts';
import { breakerOf, dieEverywhere, endsOf, type Plot, sides } from './dying.ts';

const minute = 60_000;
const working = async () => new ModelledMachine();
const failing = async () => new ModelledMachine(['not-sandboxed']);

const group = { name: 'builders', tags: { 'airlock:runtime': 'gvisor' } };
const hook = { name: 'airlock', heartbeatSeconds: 3_600, defaultResult: 'ABANDON' } as const;
const grouped: NodeChange = {
  tags: { 'aws:autoscaling:groupName': group.name },
  without: ['karpenter.sh/nodepool', 'eks:eks-cluster-name'],
};

interface Fate {
  readonly machine?: typeof failing;
  readonly rules: PoolRules;
  readonly change?: NodeChange;
  readonly hooked?: boolean;
  readonly seen: {
    readonly ends: readonly string[];
    readonly lifecycle: string | undefined;
    readonly launched: number;
    readonly state: string;
    readonly failed: number;
  };
}

/** What happens to a node. */
function fate({ machine = failing, rules, change = {}, hooked = false, seen }: Fate): Plot {
  let launched = 0;
  return {
    construct: 'Remediation',
    setting: [[], machine, rules],
    prepare: ({ world }) => {
      withoutReconcile(world);
      world.services.autoScaling.addGroup({ ...group, ...(hooked ? { hook } : {}), launch: () => launched++ });
    },
    play: async (scenario, arm) => {
      const { autoScaling, ec2 } = scenario.world.services;
      launched = 0;
      arm();
      const node = await scenario.launch(change);
      await scenario.settle();
      await scenario.pass(70 * minute);
      return {
        ends: endsOf(scenario, node),
        lifecycle: autoScaling.lifecycleOf(node.instanceId),
        launched,
        state: ec2.find(node.instanceId)?.state ?? 'terminated',
        failed: (await breakerOf(scenario)).failed,
      };
    },
    seen,
  };
}

const replaced = { ends: ['Node Replaced: proof-failed'], state: 'terminated', failed: 1 };

describe.each(sides)("the pool's policy is applied once, and published, if the function dies %s", (side) => {
  it.each([
    [
      'an instance of no group ends',
      fate({
        rules: { onFailure: 'replace' },
        seen: { ...replaced, lifecycle: undefined, launched: 0 },
      }),
      'TerminateInstances',
    ],
    [
      'an instance of a group ends',
      fate({
        rules: { onFailure: 'replace' },
        change: grouped,
        seen: { ...replaced, lifecycle: 'Terminated', launched: 1 },
      }),
      'TerminateInstanceInAutoScalingGroup',
    ],
    [
      'an instance behind a launch hook ends',
      fate({
        rules: { pools: [{ name: group.name, launchHook: hook.name }] },
        change: grouped,
        hooked: true,
        seen: { ...replaced, lifecycle: 'Terminated', launched: 1 },
      }),
      'CompleteLifecycleAction',
    ],
    [
      'an instance behind a launch hook is kept',
      fate({
        rules: { pools: [{ name: group.name, launchHook: hook.name, onFailure: 'quarantine' }] },
        change: grouped,
        hooked: true,
        seen: {
          ends: ['Node Quarantined: proof-failed'],
          lifecycle: 'InService',
          launched: 0,
          state: 'running',
          failed: 1,
        },
      }),
      'CompleteLifecycleAction',
    ],
    [
      'an instance behind a launch hook is released',
      fate({
        machine: working,
        rules: { pools: [{ name: group.name, launchHook: hook.name }] },
        change: grouped,
        hooked: true,
        seen: {
          ends: ['Node Released: released'],
          lifecycle: 'InService',
          launched: 0,
          state: 'running',
          failed: 0,
        },
      }),
      'CompleteLifecycleAction',
    ],
  ])('remediation, at each of its calls if %s', async (_, plot, last) => {
    expect((await dieEverywhere(plot, side)).at(-1)).toBe(last);
  });
});
