import { type MachineFault, machineFaults } from '../../../packages/lab/faults.ts';
import { recordings } from '../../../packages/lab/machines.ts';
import { type Family, minutes, seconds } from '../fault.ts';
import { replacingPool } from '../trial.ts';

/** The faults of machines of which an answer was recorded. */
const recorded = Object.keys(recordings().answers).filter((name): name is MachineFault => name in machineFaults);

/** The machine, and the Node that it becomes. */
export const nodeFaults: Family = {
  'machine-faulty': {
    about: 'something is wrong with the machine',
    plant(trial, dice) {
      trial.machineFaults.push(() => (dice.chance(0.8) ? dice.pick(recorded) : undefined));
    },
  },
  'release-bad': {
    about: 'a release fails on every node of a pool that replaces what fails',
    plant(trial, dice) {
      trial.pool = replacingPool;
      trial.machineFaults.push(() => 'not-sandboxed');
      for (let more = dice.int(6, 10); more > 0; more--) trial.after(minutes(dice, 0, 12), () => trial.launch());
    },
  },
  'node-never-joins': {
    about: 'the kubelet never registers its Node',
    plant(trial, dice) {
      trial.plans.push((plan) => (dice.chance(0.7) ? { ...plan, joinAfterMs: undefined } : plan));
    },
  },
  'node-joins-late': {
    about: 'the Node joins minutes late, around the deadline perhaps',
    plant(trial, dice) {
      trial.plans.push((plan) => ({ ...plan, joinAfterMs: minutes(dice, 1, 24) }));
    },
  },
  'node-joins-twice': {
    about: 'the Node is deleted and the kubelet registers it again',
    plant(trial, dice) {
      trial.launched.push((node) => {
        if (!dice.chance(0.8)) return;
        trial.after(seconds(dice, 42, 150), async () => {
          await trial.deleteNode(node);
          if (trial.world.services.ec2.find(node.node.instanceId)?.state === 'running') node.node.comeUp();
        });
      });
    },
  },
  'node-deleted': {
    about: 'the Node is deleted, and stays so',
    plant(trial, dice) {
      trial.launched.push((node) => {
        if (dice.chance(0.8)) trial.after(seconds(dice, 42, 150), () => trial.deleteNode(node));
      });
    },
  },
  'node-renamed': {
    about: 'the Node registers under a name that nobody expects',
    heals: true,
    plant(trial, dice) {
      let count = 0;
      trial.plans.push((plan) => (dice.chance(0.7) ? { ...plan, nodeName: `worker-${++count}` } : plan));
    },
  },
  'name-reused': {
    about: 'a Node of an instance that is long gone has the name already',
    plant(trial, dice) {
      trial.launched.push(({ node }) => {
        if (!dice.chance(0.7)) return;
        trial.cluster.apply({
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: node.nodeName, labels: { 'airlock.dev/runtime': 'gvisor' } },
          spec: {
            providerID: 'aws:///eu-central-1a/i-0123456789abcdef0',
            taints: [{ key: 'airlock.dev/bootstrap', effect: 'NoSchedule' }],
          },
          status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
        });
      });
    },
  },
  'node-slow-to-be-ready': {
    about: 'the Node is Ready minutes after it joined',
    plant(trial, dice) {
      trial.plans.push((plan) => ({ ...plan, readyAfterMs: minutes(dice, 1, 22) }));
    },
  },
  'pods-fail': {
    about: 'no pod gets a sandbox although the handler is there',
    plant(trial, dice) {
      const podsFail = 'failed to create containerd task: OCI runtime create failed: planted';
      trial.plans.push((plan) => (dice.chance(0.7) ? { ...plan, podsFail } : plan));
    },
  },
};
