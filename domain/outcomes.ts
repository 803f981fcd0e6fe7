import { runtimes, runtimeTraits } from './runtimes.ts';

const otherInstallers = runtimes.flatMap((runtime) => runtimeTraits[runtime].otherInstaller ?? []);

/** Where a node ends that is not released: it is kept behind its gate, or the policy of its pool may have another launched in its place. */
type Ending = 'quarantine' | 'replace';

/**
 * What Airlock does after an outcome.
 *
 * `done` and `forget` end the node's way. `quarantine` keeps the gate and says why: a substitute would end the same way. `replace` is for
 * what another instance may do better: if the pool's `onFailure` says so it is replaced, and else quarantined. `retry` runs the step
 * again, at most `attempts` times in all, and ends in `then`.
 */
type Consequence =
  | { readonly next: 'done' }
  | { readonly next: 'discard' }
  | { readonly next: Ending }
  | { readonly next: 'retry'; readonly attempts: number; readonly intervalSeconds: number; readonly then: Ending };

/** One way for a node to end, or for a step to fail: what to say, why it happens, and what an operator does. */
export interface Outcome {
  /** One sentence that tells what happened. */
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
 * The closed list of outcomes. The state machine's retriers, the node's annotation, the metric's dimension and the table in
 * `docs/operate/outcomes.md` are made from it or checked against it.
 */
export const outcomes = {
  released: {
    sentence: 'The runtime was installed and proven, and the gate is lifted.',
    cause: 'Every step succeeded.',
    operator: 'Nothing.',
    consequence: { next: 'done' },
  },
  'already-installed': {
    sentence: 'The node already had this release, and the proof passed again.',
    cause: 'A second run, a proof again after another kernel was booted, or an image that carries the runtime.',
    operator: 'Nothing.',
    consequence: { next: 'done' },
  },
  'not-ours': {
    sentence: 'The instance is none of ours.',
    cause: 'It has no airlock:runtime tag, or it belongs to a cluster that airlock.yaml does not name.',
    operator: 'Nothing; to take the instance in, tag it and name its cluster in airlock.yaml.',
    consequence: { next: 'discard' },
  },
  'unknown-runtime': {
    sentence: 'The tag airlock:runtime asks for a runtime or a release that is not configured.',
    cause: 'A typing error in the tag, or a release that neither airlock.yaml nor the catalogue has.',
    operator: 'Correct the tag in the pool (EC2NodeClass, ASG or launch template) and replace the node.',
    consequence: quarantine,
  },
  'version-too-old': {
    sentence: 'The tag airlock:runtime asks for a release below the floor.',
    cause:
      'An advisory of the catalogue, or minimumVersion in airlock.yaml, rules older versions out; the detail names both.',
    operator: 'Ask for the floor or a newer version in the pool, or for none, and replace the node.',
    consequence: quarantine,
  },
  'agent-offline': {
    sentence: 'The SSM agent was not online before the deadline.',
    cause: 'No agent in the image, no instance profile for it, or no way from the subnet to SSM.',
    operator:
      'Check the agent, the role (AmazonSSMManagedInstanceCore) and the route to the ssm and ssmmessages end points.',
    consequence: replace,
  },
  'agent-too-old': {
    sentence: 'The SSM agent on the node is too old to be trusted with parameters.',
    cause: 'Agents before 3.3.2746.0 put parameters into the script as text instead of into its environment.',
    operator:
      'Use an image with agent 3.3.2746.0 or newer, or run snap refresh amazon-ssm-agent in the user data before bootstrap: snaps are held on these images and do not refresh by themselves.',
    consequence: quarantine,
  },
  'command-not-delivered': {
    sentence: 'SSM could not deliver the command to the node, or the agent ended without a result.',
    cause: 'The agent went away, the command was cancelled or timed out, or its output was cut.',
    operator: 'Read the command in the SSM console by the command id in the receipt, and the log on the node.',
    consequence: retry(2, 30, 'replace'),
  },
  'command-forbidden': {
    sentence: 'AWS does not let Airlock send a command to this instance.',
    cause:
      'The instance lost its airlock:runtime tag after the launch, a right that was just deployed has not spread yet, or SSM refuses the parameters.',
    operator: 'Put the tag back and protect it; read the detail for the error, or for the action that was denied.',
    consequence: retry(3, 20, 'quarantine'),
  },
  'document-changed': {
    sentence: 'The SSM document is not the one that was deployed, so nothing was run on the node.',
    cause:
      'Someone deleted the document, or put another text under its name; for a moment also a deployment that replaces it.',
    operator:
      'Look in CloudTrail for DeleteDocument, CreateDocument and UpdateDocument, and take that right away. Delete the document, create it again with the Content that the template of the stack has, and replace the node.',
    consequence: retry(2, 40, 'quarantine'),
  },
  'host-unsupported': {
    sentence: 'The catalogue refuses this host for this release.',
    cause:
      'A combination of architecture, system, kernel or containerd that is known to fail; the detail names the rule.',
    operator: 'Choose the release or the image that the detail names.',
    consequence: quarantine,
  },
  'tool-missing': {
    sentence: 'A program that the installation needs is not on the node and cannot be installed.',
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
    sentence: 'There is not enough free disk for the release.',
    cause: 'A root volume that is too small.',
    operator: "Enlarge the pool's root volume; the detail names the path and the space it needs.",
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
    cause: `${otherInstallers.join(', ')}, CRI-O or a package from apt is at work.`,
    operator: 'Take the other installer off this pool first.',
    consequence: quarantine,
  },
  'runtime-in-use': {
    sentence: 'Containers of this runtime run on the node, so its files were left alone.',
    cause: 'An uninstallation, or a change of version for which the runtime knows no way beside running containers.',
    operator: 'Drain the node and run the document again, or replace the node.',
    consequence: quarantine,
  },
  'package-lock-timeout': {
    sentence: 'Another process held the dpkg lock for longer than the node waits.',
    cause: 'unattended-upgrades or another first-boot task.',
    operator: 'Nothing if a retry succeeds; else move first-boot upgrades into the image.',
    consequence: retry(2, 60, 'replace'),
  },
  'concurrent-run': {
    sentence: 'Another run held the lock on the node for longer than this one waits.',
    cause: 'A command that was sent twice, or an installation that hangs.',
    operator: 'Nothing if a retry succeeds; else look at the log on the node.',
    consequence: retry(2, 30, 'replace'),
  },
  'bootstrap-failed': {
    sentence: "The node's own bootstrap did not end well, so nothing was installed.",
    cause: 'cloud-init reports an error, or containerd was not running before Airlock touched anything.',
    operator: 'Read cloud-init status --long on the node and fix the user data.',
    consequence: replace,
  },
  'download-failed': {
    sentence: 'The release could not be downloaded.',
    cause:
      'No route to the download site, or the site answered with an error; the detail names the address and the answer.',
    operator: 'Check the egress of the subnet.',
    consequence: retry(3, 15, 'replace'),
  },
  'checksum-mismatch': {
    sentence: 'What was downloaded is not what the catalogue pins; it was deleted and nothing was executed.',
    cause: 'A changed or damaged artifact, or something on the way that rewrites downloads.',
    operator: 'Do not work around it. Compare the checksum in the detail with the one upstream publishes.',
    consequence: quarantine,
  },
  'config-rejected': {
    sentence: "containerd's configuration could not be changed safely, so it was left as it was.",
    cause:
      'The file is unreadable, containerd would not start again with it, the kubelet uses another containerd, or the change would alter more than our handler.',
    operator: 'Read the detail; fix the file in the image or in the bootstrap script.',
    consequence: quarantine,
  },
  'containerd-restart-failed': {
    sentence:
      'containerd did not come back as it was; the old configuration was put back and containerd answers again.',
    cause: 'The new configuration or the restart upset this containerd.',
    operator: 'Read the log on the node; report the containerd version in the detail.',
    consequence: replace,
  },
  'rollback-failed': {
    sentence: 'containerd does not answer, even with the old configuration put back.',
    cause: 'The node was damaged before or during the change.',
    operator: 'Replace the node and keep its log.',
    consequence: replace,
  },
  'proof-failed': {
    sentence: 'The sandbox that was started on the node is not a sandbox, or did not start.',
    cause: 'A handler that points at another runtime, or a kernel or release on which the sandbox cannot start.',
    operator: 'Read the detail; choose another version or image.',
    consequence: replace,
  },
  'proof-pod-failed': {
    sentence: 'A pod with the RuntimeClass did not run on the node.',
    cause: 'The runtime works alone but not through kubelet, CNI and CRI; the detail holds the reason of the pod.',
    operator: 'Read the detail and the Events of the pod.',
    consequence: replace,
  },
  'install-failed': {
    sentence: 'The installation ended in a way that has no outcome of its own.',
    cause: 'A fault in Airlock or on the node; the detail holds the last lines of the log.',
    operator: 'Read /var/log/airlock.log on the node and report it.',
    consequence: replace,
  },
  'node-never-joined': {
    sentence: 'The Kubernetes Node of this instance was not seen before the deadline.',
    cause: 'The kubelet could not register, or the Node belongs to another instance or an earlier launch.',
    operator: "Check the node's user data and its access entry in the cluster.",
    consequence: replace,
  },
  'node-never-ready': {
    sentence: 'The Node was not Ready before the deadline.',
    cause: 'Often a CNI or another DaemonSet that does not tolerate the gate.',
    operator: 'Make the DaemonSets that the node needs tolerate the gate.',
    consequence: replace,
  },
  'handler-not-reported': {
    sentence: 'The kubelet lists its runtime handlers, and ours is not among them.',
    cause: 'containerd runs with another configuration than the one that was changed.',
    operator: 'Look for something that rewrites /etc/containerd/config.toml after boot.',
    consequence: replace,
  },
  'node-ambiguous': {
    sentence: 'More than one Node names this instance in its providerID, so none of them was released.',
    cause: 'A kubelet writes the providerID of its own Node: one of them is set up wrongly, or lies.',
    operator:
      "Compare the Nodes that the detail names with EC2; take the one whose name is not the instance's for compromised.",
    consequence: quarantine,
  },
  'write-rejected': {
    sentence: 'The Kubernetes API found the change of the Node invalid, so it was not released.',
    cause:
      'Most often annotations that fill the Node to its limit, so that no receipt fits; the detail holds the words of the API.',
    operator:
      'Look for what fills the annotations of the Node, and replace the node: its kubelet may have written them.',
    consequence: replace,
  },
  'cluster-unreachable': {
    sentence: 'The Kubernetes API did not answer before the deadline.',
    cause: 'A network or end point setting, or an outage of the API.',
    operator: 'Check the end point in airlock.yaml and the way to it.',
    consequence: quarantine,
  },
  'cluster-forbidden': {
    sentence: 'The Kubernetes API refused what Airlock asked for.',
    cause: 'The access entry, the ClusterRole or its binding is missing or was changed.',
    operator: 'Apply the manifests again and check the access entry.',
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
    cause: 'A step took too long; the detail names the last one.',
    operator: 'Read the audit trail of the node; raise the deadline if the step is only slow.',
    consequence: replace,
  },
  'breaker-open': {
    sentence: 'The breaker of its pool and version was open until the deadline, so nothing was installed.',
    cause: 'Too many nodes of this pool and version were not released, and no probe has succeeded since.',
    operator: 'Read the outcomes of the nodes that opened it, fix the cause, and close it: npx airlock breaker close.',
    consequence: quarantine,
  },
  'internal-error': {
    sentence: "One of Airlock's own functions failed.",
    cause: 'A fault in Airlock, or an AWS error that lasted longer than the retries.',
    operator: "Read the function's log by the request id in the execution history, and report it.",
    consequence: quarantine,
  },
} as const satisfies Record<string, Outcome>;

/** The code of an outcome: a key of {@link outcomes}. */
export type OutcomeCode = keyof typeof outcomes;

/** Every outcome's code, in the order of the list. */
export const outcomeCodes = Object.keys(outcomes) as [OutcomeCode, ...OutcomeCode[]];

/** Tells whether a text is the code of an outcome. */
export function isOutcome(text: string): text is OutcomeCode {
  return Object.hasOwn(outcomes, text);
}

/** Looks an outcome up with its general type. */
export function outcomeOf(code: OutcomeCode): Outcome {
  return outcomes[code];
}

/** How an outcome ends a node's way, once nothing is tried again. */
export function endingOf(code: OutcomeCode): 'done' | 'discard' | Ending {
  const { consequence } = outcomeOf(code);
  return consequence.next === 'retry' ? consequence.then : consequence.next;
}
