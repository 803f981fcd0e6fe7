import type { OutcomeCode } from './outcomes.ts';

/** What a command is filled in with. */
export interface CommandValues {
  readonly instance: string;
  readonly node: string;
}

/** The output of the node's script, with the end of its log. */
const nodeOutput = 'aws ssm list-command-invocations --instance-id {instance} --details';
const pools = 'npx airlock doctor --pre FILES_WITH_YOUR_POOLS';
const agent = 'aws ssm describe-instance-information --filters Key=InstanceIds,Values={instance}';
const tags = 'aws ec2 describe-tags --filters Name=resource-id,Values={instance}';
const bootLog = 'aws ec2 get-console-output --instance-id {instance} --latest --output text';

/** The next command after each outcome: it shows the cause on this node. Undefined if there is nothing to find out. */
const commands: Readonly<Record<OutcomeCode, string | undefined>> = {
  released: undefined,
  'already-installed': undefined,
  'not-ours': tags,
  'unknown-runtime': pools,
  'version-too-old': 'npx airlock catalogue',
  'version-withdrawn': 'npx airlock catalogue',
  'version-outdated': 'npx airlock rollout',
  'disruption-wait-over': 'npx airlock rollout',
  'agent-offline': agent,
  'agent-too-old': agent,
  'command-not-delivered': nodeOutput,
  'command-forbidden': tags,
  'document-changed':
    'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=ssm.amazonaws.com',
  'host-unsupported': 'npx airlock catalogue --host FACTS_IN_THE_DETAIL',
  'tool-missing': nodeOutput,
  'kvm-missing': pools,
  'disk-full': 'aws ec2 describe-volumes --filters Name=attachment.instance-id,Values={instance}',
  'handler-conflict': nodeOutput,
  'installer-conflict': nodeOutput,
  'runtime-in-use': 'kubectl get pods --all-namespaces --field-selector spec.nodeName={node}',
  'package-lock-timeout': nodeOutput,
  'concurrent-run': nodeOutput,
  'bootstrap-failed': bootLog,
  'download-failed': nodeOutput,
  'checksum-mismatch': 'npx airlock catalogue',
  'config-rejected': nodeOutput,
  'containerd-restart-failed': nodeOutput,
  'rollback-failed': nodeOutput,
  'proof-failed': nodeOutput,
  'proof-pod-failed': 'kubectl get events --namespace airlock-system',
  'install-failed': nodeOutput,
  'node-never-joined': bootLog,
  'node-never-ready': 'npx airlock doctor --only AL0016',
  'handler-not-reported': "kubectl get node {node} -o jsonpath='{.status.runtimeHandlers}'",
  'node-ambiguous': 'kubectl get nodes -o custom-columns=NAME:.metadata.name,ID:.spec.providerID',
  'write-rejected': 'kubectl get node {node} -o yaml',
  'cluster-unreachable': 'npx airlock doctor',
  'cluster-forbidden': 'npx airlock doctor --only AL0014,AL0015',
  'instance-gone': undefined,
  'deadline-passed': 'npx airlock report --since 7d',
  'breaker-open': 'npx airlock breaker',
  'closed-by-operator': 'npx airlock explain {instance}',
  'internal-error': 'npx airlock doctor',
};

/** The next command after an outcome, for one node; undefined if there is nothing to find out. */
export function nextCommand(code: OutcomeCode, { instance, node }: CommandValues): string | undefined {
  return commands[code]?.replaceAll('{instance}', () => instance).replaceAll('{node}', () => node || 'NODE');
}

/** The page about an outcome, from the root of the project. */
export function outcomeLink(code: OutcomeCode): string {
  return `docs/operate/outcomes.md#${code}`;
}
