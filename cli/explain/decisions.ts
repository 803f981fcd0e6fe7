import type { RunRecord } from '../../domain/ledger.ts';

/** One decision about a launch. */
export interface Decision {
  /** ISO 8601; empty if the ledger has no time of it. */
  readonly at: string;
  readonly what: string;
  readonly why: string;
}

/** What the disposition of a failed node means. */
const dispositions: Readonly<Record<NonNullable<RunRecord['disposition']>, string>> = {
  quarantine: 'keep the node behind its gate',
  replace: 'replace the node',
  hold: 'hold the node behind its gate',
  discard: 'discard the launch',
};

const reasons: typeof dispositions = {
  quarantine: "another instance would fail the same way, or the pool's onFailure says so",
  replace: "another instance may not fail, and the pool's onFailure allows it",
  hold: 'the breaker of its pool and version is open: a replacement would only be launched into the same failure',
  discard: 'the instance is gone, or Airlock does not manage it',
};

/** The decisions of a run, from its record, in their order. */
export function decisionsOf(run: RunRecord): readonly Decision[] {
  return [admission(run), ...command(run), ...failure(run), ...end(run)].flatMap((one) => one ?? []);
}

function admission({ admittedAt, recordedAt, begunAt, request, refused, launch }: RunRecord): Decision | undefined {
  const at = admittedAt ?? recordedAt ?? begunAt ?? '';
  if (refused !== undefined) return { at, what: `refuse the launch as ${refused.outcome}`, why: refused.detail };
  if (request === undefined) return undefined;
  const asked = `${request.runtime}@${request.version}`;
  const rerun = launch?.rerun;
  if (rerun === undefined)
    return { at, what: `admit the launch for ${asked}`, why: 'its tags, instance profile and cluster are configured' };
  return { at, what: `run again for ${asked}`, why: `${rerun.why}: ${rerun.reason}` };
}

function command(run: RunRecord) {
  const { verb, document, sentAt, claimedAt, attempt, cancelledAt, installation } = run;
  const found: Decision[] = [];
  if (verb !== undefined && (sentAt ?? claimedAt) !== undefined) {
    const tries = attempt === undefined || attempt === 0 ? '' : `, attempt ${attempt + 1}`;
    const why = `the agent is online in this launch${document === undefined ? '' : `; document ${document}`}`;
    found.push({ at: sentAt ?? claimedAt ?? '', what: `send ${verb} to the node${tries}`, why });
  }
  if (installation !== undefined) {
    const { settledAt, installed, evidence } = installation;
    const why = evidence === undefined ? 'the proof on the node passed' : `from inside the sandbox: ${evidence}`;
    found.push({ at: settledAt, what: `accept the proof (${installed})`, why });
  }
  if (cancelledAt !== undefined) {
    const why = run.failure === undefined ? 'its instance is gone' : 'the run failed';
    found.push({ at: cancelledAt, what: 'send nothing more to the node', why });
  }
  return found;
}

function failure({ failure: cause, disposition, replacingAt }: RunRecord) {
  const found: Decision[] = [];
  if (cause !== undefined) found.push({ at: '', what: `fail the run as ${cause.outcome}`, why: cause.detail });
  if (disposition !== undefined) {
    const why = reasons[disposition];
    found.push({ at: replacingAt ?? '', what: dispositions[disposition], why });
  }
  return found;
}

function end({ ending, endedAt = '', endedBy, execution, receipt }: RunRecord): readonly Decision[] {
  if (ending === undefined) return [];
  const gate = receipt?.gate === undefined ? '' : `, gate ${receipt.gate}`;
  return [
    { at: endedAt, what: `end the run as ${ending}${gate}`, why: proofOf(receipt) || writerOf(endedBy, execution) },
  ];
}

function proofOf(receipt: RunRecord['receipt']): string {
  const proof = receipt?.proof;
  if (proof === undefined) return '';
  if (proof.kind === 'host') return 'proven on the host; airlock.yaml asks for no pod';
  return `the pod ${proof.pod} ran with ${proof.runtimeClass} after ${(proof.ms / 1_000).toFixed(1)} s`;
}

/** Which execution or function wrote the end. The ledger has an ARN or a name. */
function writerOf(endedBy: string | undefined, execution: string | undefined): string {
  const name = endedBy?.split(':').at(-1);
  if (name === undefined) return '';
  return name === execution ? 'written by its execution' : `written by ${name}`;
}
