import type { MachineRun } from '../machine.ts';
import type { Invariant } from './invariant.ts';

/** At most one install ran on a node at a time. */
export const oneInstallAtATime: Invariant = {
  name: 'two installs at once',
  violations({ nodes, watch, world }) {
    const cancelled = new Map(
      world.services.ssm
        .commands()
        .flatMap(({ id, invocations }) =>
          invocations.flatMap(({ instanceId, status, endedAt }) =>
            status === 'Cancelled' && endedAt !== undefined ? [[`${id} ${instanceId}`, endedAt] as const] : [],
          ),
        ),
    );
    return nodes.flatMap(({ node, machine }) => {
      const gone = watch.launches
        .filter(({ instanceId, goneAt }) => instanceId === node.instanceId && goneAt !== undefined)
        .map(({ goneAt }) => goneAt ?? 0);
      // A command on an instance that was stopped ended with it, and the agent kills what is cancelled.
      const end = (run: MachineRun) =>
        Math.min(
          run.to,
          cancelled.get(`${run.commandId} ${node.instanceId}`) ?? run.to,
          ...gone.filter((at) => at > run.from),
        );
      const installs = machine.runs.filter(({ verb }) => verb === 'install').toSorted((a, b) => a.from - b.from);
      return installs.flatMap((run, index) => {
        const before = installs[index - 1];
        if (before === undefined || end(before) <= run.from) return [];
        return [`${run.commandId} began on ${node.instanceId} while ${before.commandId} ran`];
      });
    });
  },
};
