import { exampleRuntime } from '../../../../domain/runtimes.ts';
import { type MachineFault, machineFaults } from '../../machine/faults.ts';
import { recordings } from '../../machine/modelled.ts';
import { type Family, minutes, seconds } from '../fault.ts';
import { replacingPool } from '../site.ts';

/** The faults of machines with a recorded answer. */
const recorded = Object.keys(recordings().answers).filter((name): name is MachineFault => name in machineFaults);

/** The machine, and the Node that it becomes. */
export const nodeFaults: Family = {
  'machine-faulty': {
    about: 'something is wrong with the machine',
    only: 'matrix',
    plant(site, random) {
      site.machineFaults.push(() => (random.strikesNode(0.8) ? random.pick(recorded) : undefined));
    },
  },
  'version-bad': {
    about: 'a version fails on every node of a pool that replaces what fails',
    only: 'matrix',
    plant(site, random) {
      site.pool = replacingPool;
      site.machineFaults.push(() => 'not-sandboxed');
      for (let more = random.int(6, 10); more > 0; more--) site.after(minutes(random, 0, 12), () => site.launch());
    },
  },
  'node-never-joins': {
    about: 'the kubelet never registers its Node',
    ends: 'node-never-joined',
    plant(site, random) {
      site.plans.push((plan) => (random.strikesNode(0.7) ? { ...plan, joinAfterMs: undefined } : plan));
    },
  },
  'node-joins-late': {
    about: 'the Node joins minutes late, around the deadline perhaps',
    plant(site, random) {
      site.plans.push((plan) => ({ ...plan, joinAfterMs: minutes(random, 1, 24) }));
    },
  },
  'node-joins-twice': {
    about: 'the Node is deleted and the kubelet registers it again',
    plant(site, random) {
      site.launched.push((node) => {
        if (!random.strikesNode(0.8)) return;
        site.after(seconds(random, 42, 150), async () => {
          await site.deleteNode(node);
          if (site.world.services.ec2.find(node.node.instanceId)?.state === 'running') node.node.comeUp();
        });
      });
    },
  },
  'node-deleted': {
    about: 'the Node is deleted, and stays so',
    plant(site, random) {
      site.launched.push((node) => {
        if (random.strikesNode(0.8)) site.after(seconds(random, 42, 150), () => site.deleteNode(node));
      });
    },
  },
  'node-renamed': {
    about: 'the Node registers under an unexpected name',
    heals: true,
    plant(site, random) {
      let count = 0;
      site.plans.push((plan) => (random.strikesNode(0.7) ? { ...plan, nodeName: `worker-${++count}` } : plan));
    },
  },
  'name-reused': {
    about: 'a Node of an instance that is long gone has the name already',
    ends: 'node-never-joined',
    plant(site, random) {
      site.launched.push(({ node }) => {
        // A name that a Node of this instance has cannot be another one's.
        if (!random.strikesNode(0.7) || site.cluster.node(node.nodeName) !== undefined) return;
        site.cluster.apply({
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: node.nodeName, labels: { 'airlock.dev/runtime': exampleRuntime } },
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
    plant(site, random) {
      site.plans.push((plan) => ({ ...plan, readyAfterMs: minutes(random, 1, 22) }));
    },
  },
  'pods-fail': {
    about: 'no pod gets a sandbox although the handler is there',
    ends: 'proof-pod-failed',
    plant(site, random) {
      const podsFail = 'failed to create containerd task: OCI runtime create failed: planted';
      site.plans.push((plan) => (random.strikesNode(0.7) ? { ...plan, podsFail } : plan));
    },
  },
};
