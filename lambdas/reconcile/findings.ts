import type { EventDetails } from '../../domain/event-schema.ts';
import type { EventDraft } from '../../domain/events.ts';
import { launchTimeOf } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { InstanceDecision } from './decide.ts';
import type { NodeDecision, Reopened } from './decide-node.ts';

type Finding = Pick<EventDetails['Reconcile Finding'], 'finding' | 'next' | 'detail'>;

/** Builds the event of what a pass found about an instance; undefined if it found nothing that events had missed. */
export function instanceFinding(decision: InstanceDecision, at: string): EventDraft | undefined {
  switch (decision.step) {
    case 'admit':
      return about(decision.admission.launch, missedLaunch, at);
    case 'discard':
      return about(decision.run, { ...missedTermination, detail: `EC2 reports ${decision.state}` }, at);
    case 'end':
      return about(decision.run, strandedRun, at);
    default:
      return undefined;
  }
}

/** The same for a Node of a cluster. */
export function nodeFinding(decision: NodeDecision, at: string): EventDraft | undefined {
  if (decision.step === 'admit') return about(decision.admission.launch, missedLaunch, at);
  if (decision.step !== 'drifted' || decision.rerun === undefined) return undefined;
  const { launch } = decision.rerun.admission;
  return about(launch, { finding: 'drift', next: 'verify', detail: launch.rerun?.reason ?? '' }, at);
}

/** Builds the event of a Node that is open although an operator closed it. */
export function reopenedFinding({ run, act }: Reopened, at: string): EventDraft {
  const detail = `airlock ${act.act} closed its gate at ${act.at}, and it is open`;
  return about({ ...run, launchedAt: launchTimeOf(run) }, { finding: 'reopened', next: 'operator', detail }, at);
}

/** Builds the event of a node whose tag keeps it at a withdrawn version. */
export function pinnedFinding(launch: Subject, because: string, at: string): EventDraft {
  return about(launch, { finding: 'pinned', next: 'operator', detail: because }, at);
}

const missedLaunch: Finding = { finding: 'missed-launch', next: 'install', detail: 'no event reported the launch' };
const missedTermination: Finding = { finding: 'missed-termination', next: 'end', detail: '' };
const strandedRun: Finding = {
  finding: 'stranded',
  next: 'end',
  detail: 'the run has no end long after its deadline',
};

type Subject = Pick<Admission['launch'], 'instanceId' | 'launchedAt' | 'cluster' | 'pool'>;

function about({ instanceId, launchedAt, cluster, pool }: Subject, finding: Finding, at: string): EventDraft {
  return { type: 'Reconcile Finding', detail: { at, instanceId, launchedAt, cluster, pool, ...finding } };
}
