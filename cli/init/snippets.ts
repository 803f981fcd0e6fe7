import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { exampleRuntime, type Runtime, runtimeTraits } from '../../domain/runtimes.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');

/** The ways to declare a pool, each with the example that its snippet is made from. */
const sources = {
  karpenter: (runtime: Runtime) => `karpenter/${runtime}.yaml`,
  eksctl: () => 'eksctl/cluster.yaml',
  'managed-node-group': () => 'managed-node-group/template.yaml',
  'auto-scaling-group': () => 'auto-scaling-group/template.yaml',
  cdk: () => 'cdk/node-group.ts',
  terraform: () => 'terraform/main.tf',
} as const satisfies Readonly<Record<string, (runtime: Runtime) => string>>;

/** A way to declare a pool. */
export type PoolKind = keyof typeof sources;

/** Every way to declare a pool. */
export const poolKinds = Object.keys(sources) as readonly PoolKind[];

/** What the autoscaler and the examples call a gate. */
const gates = ['airlock.dev/bootstrap', 'startup-taint.cluster-autoscaler.kubernetes.io/airlock'] as const;

/** The usual gate of a kind: Karpenter takes any key, and the Cluster Autoscaler knows a gate by its prefix. */
export function gateFor(kinds: readonly PoolKind[]): string {
  return kinds.every((kind) => kind === 'karpenter') ? gates[0] : gates[1];
}

/** What is known about the cluster of a pool. What is not stays a placeholder. */
export interface SnippetValues {
  readonly cluster: string;
  readonly gate: string;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  /** For instance `1.34`. */
  readonly kubernetes?: string | undefined;
}

/** The declaration of a pool, to add to your own. */
export interface Snippet {
  readonly kind: PoolKind;
  readonly runtime: Runtime;
  /** The name of a file for it. */
  readonly file: string;
  readonly text: string;
  /** What you still have to replace in it. */
  readonly placeholders: readonly string[];
}

const placeholders = ['CLUSTER', 'REGION', 'ENDPOINT', 'CA', 'NODE_ROLE'];

/** Makes the declaration of a pool from the example of its kind. */
export function snippetOf(kind: PoolKind, runtime: Runtime, values: SnippetValues): Snippet {
  const path = sources[kind](runtime);
  let text = readFileSync(join(examples, path), 'utf8');
  for (const gate of gates) text = text.replaceAll(gate, values.gate);
  const filled: Readonly<Record<string, string | undefined>> = {
    CLUSTER: values.cluster,
    REGION: values.region,
    ENDPOINT: values.endpoint,
    CA: values.certificateAuthority,
  };
  for (const [name, value] of Object.entries(filled)) if (value !== undefined) text = withoutHint(text, name);
  text = text.replaceAll(/\b[A-Z_]+\b/g, (word) => filled[word] ?? word);
  if (values.kubernetes !== undefined) text = text.replaceAll(/k8s_1\.\d+/g, `k8s_${values.kubernetes}`);
  if (kind !== 'karpenter') text = withRuntime(text, kind, runtime);
  const open = placeholders.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  const extension = basename(path).split('.').at(-1);
  return { kind, runtime, file: `${kind}-${runtime}.${extension}`, text, placeholders: open };
}

/** Takes a name out of the sentence that lists what to replace. */
function withoutHint(text: string, name: string): string {
  return text.replace(/# Replace ([A-Z_, and]+)\. ?/, (sentence, list: string) => {
    const names = list.split(/, | and /).filter((one) => one !== name);
    if (names.length === 0) return '# ';
    const last = names.at(-1) ?? '';
    const shown = names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
    return sentence.replace(list, shown);
  });
}

/** The examples beside Karpenter's are for {@link exampleRuntime}. */
function withRuntime(text: string, kind: PoolKind, runtime: Runtime): string {
  if (runtime === exampleRuntime) return text;
  const other = text
    .replaceAll(exampleRuntime, runtime)
    .replaceAll(runtimeTraits[exampleRuntime].title, runtimeTraits[runtime].title);
  if (runtimeTraits[runtime].virtualMachines !== true) return other;
  // A managed node group ignores the nested virtualization of its launch template.
  if (kind !== 'auto-scaling-group') return other.replace('m7i.large', 'm7i.metal-24xl');
  return other.replace(
    /^( *)InstanceType: m7i\.large$/m,
    '$1InstanceType: m8i.large\n$1CpuOptions: { NestedVirtualization: enabled }',
  );
}
