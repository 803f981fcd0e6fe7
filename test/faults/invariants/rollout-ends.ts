import { isOutcome } from '../../../domain/outcomes.ts';
import type { FaultRun, FaultRunNode } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';

/** At the end no node is half-way: it takes pods with a version that the pool had or was to get, or its end says why. */
export const noneHalfWay: Invariant = {
  name: 'left half-way',
  violations(faultRun) {
    const { rollout, nodes } = faultRun;
    if (rollout === undefined) return [];
    const { before, deploys, bad } = rollout.draw;
    const known = [before, ...deploys.map((deploy) => deploy.default)].filter((version) => !bad.includes(version));
    return nodes.flatMap((one) => {
      const { node, machine } = one;
      if (!faultRun.isAlive(node)) return [];
      const { version } = machine;
      if (faultRun.isOpen(node))
        return version === undefined || known.includes(version) ? [] : [`${node.instanceId} is open with ${version}`];
      const outcome = lastEnd(faultRun, one)?.outcome;
      return outcome !== undefined && isOutcome(outcome) && outcome !== 'released'
        ? []
        : [`${node.instanceId} is behind its gate, and its last end is ${outcome ?? 'missing'}`];
    });
  },
};

function lastEnd({ watch }: FaultRun, { node }: FaultRunNode) {
  return watch.ends.filter(({ instanceId }) => instanceId === node.instanceId).at(-1);
}

/** The end of the current wave: a stop of the rollout, or another beginning. */
const begins = 'Rollout Started';

/** A bad version in place takes no more nodes than its first wave has, each time that its rollout begins. */
export const badVersionStopped: Invariant = {
  name: 'a bad version was not stopped',
  violations({ rollout, world }) {
    if (rollout === undefined || rollout.draw.runtime !== 'gvisor') return [];
    const [first] = rollout.draw.settings.waves;
    const each = first !== undefined && 'nodes' in first ? first.nodes : 1;
    return rollout.draw.bad.flatMap((version) => {
      const taken = new Set(rollout.takes.filter(({ to }) => to === version).map(({ instanceId }) => instanceId));
      const times = world
        .audit()
        .filter((event) => event['detail-type'] === begins && event.detail.target === version).length;
      const most = each * Math.max(1, times);
      return taken.size > most ? [`${version} took ${taken.size} nodes out, and ${most} may be lost`] : [];
    });
  },
};

/**
 * Whether a fault of a run leaves released nodes behind their gates. One that loses its runtime is proven again, fails,
 * and gets no other installation.
 */
export function closesNodes({ faults, faultNames }: FaultRun): boolean {
  return faults.some(({ heals }) => heals !== true) || faultNames.includes('runtime-lost');
}
