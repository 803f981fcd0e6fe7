import { runtimes, runtimeTraits } from './runtimes.ts';

const otherInstallers = runtimes.flatMap((runtime) => runtimeTraits[runtime].otherInstaller ?? []);

/** How a failed node ends: it stays behind its gate, or its pool's policy may replace it. */
type Ending = 'quarantine' | 'replace';

/**
 * What Airlock does after an outcome.
 *
 * `done` and `discard` end the run. `quarantine` keeps the gate and states the reason, because a substitute would fail
 * the same way. `replace` is for failures that another instance may avoid: the pool's `onFailure` decides between
 * replacement and quarantine. `retry` repeats the step, at most `attempts` times in all, and then does `then`.
 */
type Consequence =
  | { readonly next: 'done' }
  | { readonly next: 'discard' }
  | { readonly next: Ending }
  | { readonly next: 'retry'; readonly attempts: number; readonly intervalSeconds: number; readonly then: Ending };

/** One way for a node to end or for a step to fail: what happened, why, and what an operator does. */
export interface Outcome {
  /** What happened, in one sentence. */
  readonly sentence: string;
  /** Why it happens. */
  readonly cause: string;
  /** What the operator does about it. */
  readonly operator: string;
  readonly consequence: Consequence;
}

const quarantine = { next: 'quarantine' } as const;
const replace = { next: 'replace' } as const;
const retry = <E extends Ending>(attempts: number, intervalSeconds: number, then: E) =>
  ({ next: 'retry', attempts, intervalSeconds, then }) as const;

/**
 * The closed list of outcomes. The state machine's retriers, the node's annotation, the metric's dimension and the
 * table in `docs/operate/outcomes.md` are generated from it or checked against it.
 */
export const outcomes = {
  released: {
    sentence: 'The runtime is installed and proven, and the gate is lifted.',
    cause: 'Every step succeeded.',
    operator: 'Nothing.',
    consequence: { next: 'done' },
  },
  'already-installed': {
    sentence: 'The node already had this version, and the proof passed again.',
    cause: 'A second run, a new proof after another kernel booted, or an image that contains the runtime.',
    operator: 'Nothing.',
    consequence: { next: 'done' },
  },
  'not-ours': {
    sentence: 'Airlock does not manage this instance.',
    cause: 'It has no airlock:runtime tag, or it belongs to a cluster that airlock.yaml does not name.',
    operator: 'Nothing. To have Airlock manage the instance, tag it and add its cluster to airlock.yaml.',
    consequence: { next: 'discard' },
  },
  'unknown-runtime': {
    sentence: 'The tag airlock:runtime requests a runtime or version that is not configured.',
    cause: 'A typing error in the tag, or a version that is neither in airlock.yaml nor in the catalogue.',
    operator:
      "Correct the tag in the pool's template (EC2NodeClass, Auto Scaling group or launch template). Then replace the node, or correct the tag of its instance too and run npx airlock retry.",
    consequence: quarantine,
  },
  'version-too-old': {
    sentence: 'The tag airlock:runtime requests a version below the floor.',
    cause: 'minimumVersion in airlock.yaml rules out older versions. The detail names the floor.',
    operator:
      'Request the floor, a newer version or no version in the pool. Then replace the node, or correct the tag of its instance too and run npx airlock retry.',
    consequence: quarantine,
  },
  'version-withdrawn': {
    sentence: 'The version for the node is withdrawn by an advisory, so nothing was installed.',
    cause:
      'An advisory in the catalogue affects it, and is at least as severe as withdrawAt in airlock.yaml. The detail names the advisory, and the versions that are accepted.',
    operator:
      'Request an accepted version in the pool, or set it as version in airlock.yaml and deploy. If the catalogue pins none, run npx airlock catalogue update with a newer catalogue. Then replace the node, or correct the tag of its instance too if it names a version, and run npx airlock retry.',
    consequence: quarantine,
  },
  'version-outdated': {
    sentence: 'The node gives way to one with another version: no new pod lands on it, and its sandboxes run on.',
    cause: 'A rollout of a runtime that cannot be switched while sandboxes run. The detail names both versions.',
    operator: 'Nothing. The autoscaler launches a substitute, and removes the node once it is empty.',
    consequence: quarantine,
  },
  'disruption-wait-over': {
    sentence: 'The node gave way to one with another version, and its sandboxes had their time.',
    cause: 'rollout.maxDisruptionWait in airlock.yaml has passed since the gate of the node returned.',
    operator: 'Nothing. Raise maxDisruptionWait if sandboxes need longer.',
    consequence: replace,
  },
  'agent-offline': {
    sentence: 'The SSM agent was not online before the deadline.',
    cause: 'No agent in the image, no instance profile for it, or no route from the subnet to SSM.',
    operator:
      'Check the agent, its role (AmazonSSMManagedInstanceCore) and the route to the ssm and ssmmessages endpoints.',
    consequence: replace,
  },
  'agent-too-old': {
    sentence: 'The SSM agent on the node is too old to handle parameters safely.',
    cause:
      'Agents before 3.3.2746.0 insert parameters into the script as text instead of passing them in its environment.',
    operator:
      'Use an image with agent 3.3.2746.0 or newer, or run snap refresh amazon-ssm-agent in the user data before bootstrap. Snaps on these images are held and do not refresh by themselves.',
    consequence: quarantine,
  },
  'command-not-delivered': {
    sentence: 'SSM could not deliver the command to the node, or the agent returned no result.',
    cause:
      'The agent stopped, the script was killed, the command was cancelled or timed out, or its output was truncated.',
    operator: 'Look up the command in the SSM console by the command ID in the receipt, and read the log on the node.',
    consequence: retry(2, 30, 'replace'),
  },
  'command-forbidden': {
    sentence: 'AWS does not let Airlock send a command to this instance.',
    cause:
      'The instance lost its airlock:runtime tag after the launch, a newly deployed permission is not in effect yet, or SSM rejects the parameters.',
    operator: 'Restore the tag and protect it. The detail has the error or the denied action.',
    consequence: retry(3, 20, 'quarantine'),
  },
  'document-changed': {
    sentence: 'The SSM document differs from the deployed one, so nothing ran on the node.',
    cause: 'Someone deleted the document or changed its content. A deployment that replaces it can cause this briefly.',
    operator:
      "Find DeleteDocument, CreateDocument and UpdateDocument in CloudTrail and revoke that permission. Delete the document, create it again with its Content from the stack's template, and replace the node.",
    consequence: retry(2, 40, 'quarantine'),
  },
  'host-unsupported': {
    sentence: 'The catalogue refuses this version on this host.',
    cause:
      'This combination of architecture, system, kernel and containerd is known to fail. The detail names the rule.',
    operator: 'Use the version or image that the detail names.',
    consequence: quarantine,
  },
  'tool-missing': {
    sentence: 'The node lacks a program that the installation needs, and it cannot be installed.',
    cause: 'A minimal image without the program that the detail names.',
    operator: 'Add the package to the image.',
    consequence: quarantine,
  },
  'kvm-missing': {
    sentence: 'The node has no usable /dev/kvm.',
    cause: 'The instance type has no virtualization, or nested virtualization is off.',
    operator:
      'Use a type that has it and set CpuOptions.NestedVirtualization (Karpenter: spec.cpuOptions.nestedVirtualization).',
    consequence: quarantine,
  },
  'disk-full': {
    sentence: 'There is not enough free disk space for this version.',
    cause: 'The root volume is too small.',
    operator: "Enlarge the pool's root volume. The detail names the path and the space needed.",
    consequence: quarantine,
  },
  'handler-conflict': {
    sentence: 'containerd already has a handler of this name that Airlock did not write.',
    cause: 'The image or another installer configured it.',
    operator: 'Remove the handler from the image, or let the other installer own this pool.',
    consequence: quarantine,
  },
  'installer-conflict': {
    sentence: 'Another installer manages this runtime on the node.',
    cause: `${otherInstallers.join(', ')}, CRI-O or an apt package manages it.`,
    operator: 'Remove the other installer from this pool first.',
    consequence: quarantine,
  },
  'runtime-in-use': {
    sentence: 'Containers use this runtime on the node, so its files were not changed.',
    cause: 'An uninstallation, or a version change that the runtime does not support while containers run.',
    operator: 'Drain the node and run npx airlock retry (or npx airlock uninstall), or replace the node.',
    consequence: quarantine,
  },
  'package-lock-timeout': {
    sentence: 'Another process held the dpkg lock for longer than the node waits.',
    cause: 'unattended-upgrades or another first-boot task.',
    operator: 'Nothing if a retry succeeds. Otherwise move first-boot upgrades into the image.',
    consequence: retry(2, 60, 'replace'),
  },
  'concurrent-run': {
    sentence: 'Another run held the lock on the node for longer than this one waits.',
    cause: 'A command was sent twice, or an installation hangs.',
    operator: 'Nothing if a retry succeeds. Otherwise read the log on the node.',
    consequence: retry(2, 30, 'replace'),
  },
  'bootstrap-failed': {
    sentence: "The node's own bootstrap failed, so nothing was installed.",
    cause: 'cloud-init reports an error, or containerd or the kubelet was not running. The detail names it.',
    operator: 'Fix the user data. The boot log, and cloud-init status --long on the node, show what failed.',
    consequence: replace,
  },
  'download-failed': {
    sentence: 'The download failed.',
    cause:
      'There is no route to the download site, or it answered with an error. The detail has the address and the answer.',
    operator:
      "Check the route from the subnet to the address in the detail, and the node's proxy settings. If the detail begins with `the mirror of`, run `npx airlock artifacts verify`, and check the subnet's end point for S3.",
    consequence: retry(3, 15, 'replace'),
  },
  'checksum-mismatch': {
    sentence: 'The downloaded file does not match its pinned checksum. It was deleted, and nothing from it ran.',
    cause: 'The artifact was changed or damaged, or something on the network path rewrites downloads.',
    operator:
      'Do not work around it. Compare the checksum in the detail with the one that upstream publishes. With a mirror, find out who wrote to its bucket.',
    consequence: quarantine,
  },
  'config-rejected': {
    sentence: "containerd's configuration could not be changed safely, so it was not changed.",
    cause:
      "The file is unreadable, containerd would not restart with it, the kubelet uses another containerd, or the change would alter more than Airlock's handler.",
    operator: 'Read the detail, and fix the file in the image or the bootstrap script.',
    consequence: quarantine,
  },
  'containerd-restart-failed': {
    sentence: 'containerd did not restart correctly. The old configuration was restored, and containerd answers again.',
    cause: 'This containerd failed with the new configuration or because of the restart.',
    operator: 'Read the log on the node, and report the containerd version in the detail.',
    consequence: replace,
  },
  'rollback-failed': {
    sentence: 'containerd does not answer, even with the old configuration restored.',
    cause: 'The node was damaged before or during the change.',
    operator: 'Replace the node and keep its log.',
    consequence: replace,
  },
  'proof-failed': {
    sentence: 'No sandbox started on the node, or what started is not isolated.',
    cause: 'The handler points to another runtime, or the sandbox cannot start with this kernel or version.',
    operator: 'Read the detail, and choose another version or image.',
    consequence: replace,
  },
  'proof-pod-failed': {
    sentence: 'A pod with the RuntimeClass did not run on the node.',
    cause: "The runtime works by itself but not through kubelet, CNI and CRI. The detail has the pod's reason.",
    operator: "Read the detail and the pod's Events.",
    consequence: replace,
  },
  'install-failed': {
    sentence: 'The installation failed for a reason that has no code.',
    cause: 'A bug in Airlock or a fault on the node. The detail has the last lines of the log.',
    operator: 'Read /var/log/airlock.log on the node and report it.',
    consequence: replace,
  },
  'node-never-joined': {
    sentence: "The instance's Kubernetes Node did not appear before the deadline.",
    cause: 'The kubelet could not register, or the Node belongs to another instance or to an earlier launch.',
    operator: "Check the node's user data and its access entry in the cluster.",
    consequence: replace,
  },
  'node-never-ready': {
    sentence: 'The Node was not Ready before the deadline.',
    cause: 'Often the CNI or another DaemonSet does not tolerate the gate.',
    operator: 'Add a toleration for the gate to the DaemonSets that the node needs.',
    consequence: replace,
  },
  'handler-not-reported': {
    sentence: "The kubelet's list of runtime handlers lacks the installed one.",
    cause: 'containerd runs with a different configuration from the one that was changed.',
    operator: 'Find what rewrites /etc/containerd/config.toml after boot.',
    consequence: replace,
  },
  'node-ambiguous': {
    sentence: 'Several Nodes name this instance in their providerID, so none of them was released.',
    cause: "A kubelet writes its own Node's providerID. One of them is misconfigured or lies.",
    operator: "Compare the Nodes in the detail with EC2. Treat a Node whose name is not the instance's as compromised.",
    consequence: quarantine,
  },
  'write-rejected': {
    sentence: 'The Kubernetes API rejected the change to the Node as invalid, so the Node was not released.',
    cause:
      "Usually the Node's annotations are near their size limit, so the receipt does not fit. The detail has the API's message.",
    operator: "Find what fills the Node's annotations, and replace the node: its kubelet may have written them.",
    consequence: replace,
  },
  'cluster-unreachable': {
    sentence: 'The Kubernetes API did not answer before the deadline.',
    cause: 'A wrong network or endpoint setting, or an API outage.',
    operator: 'Check the endpoint in airlock.yaml and the route to it.',
    consequence: quarantine,
  },
  'cluster-forbidden': {
    sentence: "The Kubernetes API denied Airlock's request.",
    cause: 'The access entry, the ClusterRole or its binding is missing or was changed.',
    operator: 'Deploy the stack again, or apply the output of npx airlock manifests, and check the access entry.',
    consequence: quarantine,
  },
  'instance-gone': {
    sentence: 'The instance was terminated before it could be released.',
    cause: 'Scale-in, a spot interruption or an operator.',
    operator: 'Nothing.',
    consequence: { next: 'discard' },
  },
  'deadline-passed': {
    sentence: 'The node was not released before its deadline.',
    cause: 'A step took too long. The detail names the last one.',
    operator:
      'Compare its phases with those of other launches. Raise deadlineMinutes in airlock.yaml if a step is only slow.',
    consequence: replace,
  },
  'breaker-open': {
    sentence: 'The breaker for its pool and version was open until the deadline, so nothing was installed.',
    cause: 'Too many nodes of this pool and version failed, and no probe has succeeded since.',
    operator: 'Read the outcomes of the nodes that opened it, fix the cause, and run npx airlock breaker close.',
    consequence: quarantine,
  },
  'closed-by-operator': {
    sentence: 'An operator closed the gate while the run was under way, so the run did not open it.',
    cause: 'airlock quarantine or airlock uninstall. The detail has who, when and why.',
    operator:
      'Nothing, until the reason no longer holds. Then run npx airlock retry, or npx airlock verify for a node that was released before.',
    consequence: quarantine,
  },
  'internal-error': {
    sentence: "One of Airlock's own functions failed.",
    cause: 'A bug in Airlock, or an AWS error that outlasted the retries.',
    operator: "Find the function's log by the request ID in the execution history, and report it.",
    consequence: quarantine,
  },
} as const satisfies Record<string, Outcome>;

/** The code of an outcome: a key of {@link outcomes}. */
export type OutcomeCode = keyof typeof outcomes;

/** Every outcome's code, in list order. */
export const outcomeCodes = Object.keys(outcomes) as [OutcomeCode, ...OutcomeCode[]];

/** Whether a text is an outcome's code. */
export function isOutcome(text: string): text is OutcomeCode {
  return Object.hasOwn(outcomes, text);
}

/** Returns an outcome, typed as the general {@link Outcome}. */
export function outcomeOf(code: OutcomeCode): Outcome {
  return outcomes[code];
}

/** Whether a node ended so because it makes room for one with another version: it has not failed. */
export function makesRoom(code: OutcomeCode): boolean {
  return code === 'version-outdated' || code === 'disruption-wait-over';
}

/** How an outcome ends a run once no retry is left. */
export function endingOf(code: OutcomeCode): 'done' | 'discard' | Ending {
  const { consequence } = outcomeOf(code);
  return consequence.next === 'retry' ? consequence.then : consequence.next;
}
