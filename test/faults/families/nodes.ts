import { type MachineFault, machineFaults } from '../../../packages/lab/faults.ts';
import { recordings } from '../../../packages/lab/machines.ts';
import { type Family, minutes, seconds } from '../fault.ts';
import { replacingPool } from '../fault-run.ts';

/** The faults of machines of which an answer was recorded. */
const recorded = Object.keys(recordings().answers).filter((name): name is MachineFault => name in machineFaults);

/** The machine, and the Node that it becomes. */
export const nodeFaults: Family = {
  'machine-faulty': {
    about: 'something is wrong with the machine',
    plant(faultRun, random) {
      faultRun.machineFaults.push(() => (random.chance(0.8) ? random.pick(recorded) : undefined));
    },
  },
  'release-bad': {
    about: 'a release fails on every node of a pool that replaces what fails',
    plant(faultRun, random) {
      faultRun.pool = replacingPool;
      faultRun.machineFaults.push(() => 'not-sandboxed');
      for (let more = random.int(6, 10); more > 0; more--)
        faultRun.after(minutes(random, 0, 12), () => faultRun.launch());
    },
  },
  'node-never-joins': {
    about: 'the kubelet never registers its Node',
    plant(faultRun, random) {
      faultRun.plans.push((plan) => (random.chance(0.7) ? { ...plan, joinAfterMs: undefined } : plan));
    },
  },
  'node-joins-late': {
    about: 'the Node joins minutes late, around the deadline perhaps',
    plant(faultRun, random) {
      faultRun.plans.push((plan) => ({ ...plan, joinAfterMs: minutes(random, 1, 24) }));
    },
  },
  'node-joins-twice': {
    about: 'the Node is deleted and the kubelet registers it again',
    plant(faultRun, random) {
      faultRun.launched.push((node) => {
        if (!random.chance(0.8)) return;
        faultRun.after(seconds(random, 42, 150), async () => {
          await faultRun.deleteNode(node);
          if (faultRun.world.services.ec2.find(node.node.instanceId)?.state === 'running') node.node.comeUp();
        });
      });
    },
  },
  'node-deleted': {
    about: 'the Node is deleted, and stays so',
    plant(faultRun, random) {
      faultRun.launched.push((node) => {
        if (random.chance(0.8)) faultRun.after(seconds(random, 42, 150), () => faultRun.deleteNode(node));
      });
    },
  },
  'node-renamed': {
    about: 'the Node registers under a name that no one expects',
    heals: true,
    plant(faultRun, random) {
      let count = 0;
      faultRun.plans.push((plan) => (random.chance(0.7) ? { ...plan, nodeName: `worker-${++count}` } : plan));
    },
  },
  'name-reused': {
    about: 'a Node of an instance that is long gone has the name already',
    plant(faultRun, random) {
      faultRun.launched.push(({ node }) => {
        if (!random.chance(0.7)) return;
        faultRun.cluster.apply({
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
    plant(faultRun, random) {
      faultRun.plans.push((plan) => ({ ...plan, readyAfterMs: minutes(random, 1, 22) }));
    },
  },
  'pods-fail': {
    about: 'no pod gets a sandbox although the handler is there',
    plant(faultRun, random) {
      const podsFail = 'failed to create containerd task: OCI runtime create failed: planted';
      faultRun.plans.push((plan) => (random.chance(0.7) ? { ...plan, podsFail } : plan));
    },
  },
};
