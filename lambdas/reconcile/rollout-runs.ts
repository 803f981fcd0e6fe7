import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import type { RolloutStart } from '../../domain/rollout/decide.ts';
import { planRerun, type Reason } from './decide-reruns.ts';

const reasons: Readonly<Record<RolloutStart['kind'], string>> = {
  install: 'a rollout brings another version',
  'put-back': 'a rollout failed, and the node gets back what it had',
  'give-way': 'a rollout brings another version, which cannot be installed while sandboxes run',
  terminate: 'the sandboxes of a node that gives way had their time',
};

/**
 * Plans the run of a rollout on one node: the product's own run. It returns the gate first, because nothing new is
 * proven yet. A run that makes room has the reason in its record and installs nothing.
 *
 * @param admission the admission that its launch would get today
 * @param run its latest run
 * @param now milliseconds since the epoch
 */
export function planRolloutRun(
  { node, kind, version, was }: RolloutStart,
  { launch }: Admission,
  run: RunRecord,
  now: number,
): Admission {
  const runtime = run.request?.runtime;
  if (runtime === undefined) throw new Error(`${node.instanceId} has no runtime`);
  const why: Reason = { why: 'rollout', reason: reasons[kind], was, to: version };
  const install = kind === 'install' || kind === 'put-back';
  if (install) return planRerun({ launch, request: { runtime, version } }, run, why, now);
  const outcome: OutcomeCode = kind === 'give-way' ? 'version-outdated' : 'disruption-wait-over';
  const refused = { outcome, detail: `${runtime} ${was} gives way to ${version}` };
  return planRerun({ launch, request: { runtime, version: was }, refused }, run, why, now);
}
