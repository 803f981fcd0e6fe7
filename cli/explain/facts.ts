import type { RunRecord } from '../../domain/ledger.ts';

/** What is known of the node and its runtime after a run, by name. What is not known is left out. */
export function factsOf(run: RunRecord): Record<string, string> {
  const { launch, installation, execution, commandId, document, endedBy } = run;
  const host = installation?.host;
  const all: Record<string, string | undefined> = {
    deadline: launch?.deadline,
    'provider id': launch?.providerId,
    'Auto Scaling group': launch?.group,
    'launch hook': launch?.hook?.name,
    execution,
    'SSM command': commandId,
    'SSM document': installation?.document ?? document,
    handler: installation?.handler,
    sha256: installation?.sha256,
    'sandbox image': installation?.sandboxImage,
    'operating system': host?.os,
    kernel: host && `${host.kernel} ${host.arch}`,
    containerd: host?.containerd,
    'containerd restarts': installation && String(installation.restarts),
    'steps on the node': installation && stepsIn(installation.phases),
    'side effects': installation?.sideEffects,
    'ended by': endedBy,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

function stepsIn(phases: Readonly<Record<string, number>>): string {
  const steps = Object.entries(phases).map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(1)} s`);
  return steps.join(', ');
}
