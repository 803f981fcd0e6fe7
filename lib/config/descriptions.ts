import { exampleRuntime, type Runtime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import type { Config } from './schema.ts';

/** What people read about a field: above it in `airlock.yaml`, and in an editor. */
export interface Description {
  /** Prose. A line that begins with two spaces stays as it is. */
  readonly about: string;
  /** YAML below the field, as a comment. */
  readonly example?: string;
  /** The fields inside it that have a separate comment. */
  readonly fields?: Readonly<Record<string, Description>>;
}

/** A runtime's settings with annotations; none for a runtime that reads none. */
function annotationsExample(runtime: Runtime): readonly string[] {
  const { title, podAnnotations } = runtimeTraits[runtime];
  if (podAnnotations === undefined) return [];
  return [
    `${runtime}:`,
    `  # The pod annotations that ${title} accepts, by their full names. Default: none, because they can expose the host (docs/use/runtimes.md).`,
    `  annotations: [${podAnnotations.example}]`,
  ];
}

/** Every field of `airlock.yaml`, in its order. */
export const descriptions: Readonly<Record<keyof Config, Description>> = {
  clusters: {
    about: 'The clusters whose nodes Airlock manages. It ignores nodes of other clusters.',
    fields: {
      name: {
        about: 'An EKS cluster. Its endpoint and certificate authority are looked up when you deploy.',
      },
      instanceProfiles: {
        about:
          'The instance profiles of its nodes, by name or ARN. An instance with another profile is not a node, whatever its tags are. Required if onFailure, here or in a pool, replaces nodes. A name may end in *: Karpenter names its profiles <cluster>_<number>, which demo_* covers.',
      },
      private: {
        about: 'Its API is reachable only from its own network, which is looked up. The cluster function runs in it.',
      },
    },
    example: `# An EKS cluster with a private endpoint. Its network is looked up too, and the cluster function runs in it.
- name: vault
  private: true
# A cluster outside EKS. Give its endpoint and certificate authority, and its network if its API is only reachable there. Such a name may have dots.
- name: lab
  endpoint: https://10.0.0.1:6443
  certificateAuthority: LS0tLS1CRUdJTi...
  network:
    vpc: vpc-0123456789abcdef0
    subnets: [subnet-0123456789abcdef0]
    securityGroup: sg-0123456789abcdef0 # of the API servers: a rule is added that lets the function in`,
  },
  runtimes: {
    about:
      "The runtimes that a node may request with its tag airlock:runtime, and the version that it gets if the tag names none. Without a version here, the catalogue's default applies (npx airlock catalogue).",
    example: `${exampleRuntime}:
  version: "20260928.0"
  # The oldest version that a tag may request. Default: any that is not withdrawn.
  minimumVersion: "20260921.0"
${runtimes.flatMap(annotationsExample).join('\n')}`,
  },
  catalogue: {
    about:
      "A copy of the catalogue in your repository, in place of Airlock's own. npx airlock catalogue update writes the copy and its SHA-256.",
    example: '{file: catalogue.yaml, sha256: e3b0c44298fc1c14...}',
  },
  artifacts: {
    about:
      "Where nodes get the runtimes' files: from upstream, or from a bucket of this account, for nodes without a way to the internet (docs/use/mirror.md). The deployment fills the bucket with every pinned file that a node may request.",
  },
  withdrawAt: {
    about:
      'The least severity (low, medium, high or critical) at which an advisory in the catalogue withdraws a version. No node gets a withdrawn version, neither by default nor by its tag (docs/operate/advisories.md).',
  },
  gate: {
    about:
      "The key of the taint that your nodes start with. Nothing else may add or remove it. Karpenter's startupTaints, the taints of a node group and those of kubeadm accept any key. Two prefixes have a meaning: the Cluster Autoscaler expects a taint under startup-taint.cluster-autoscaler.kubernetes.io/ to go away, and node-readiness-controller lifts a taint under readiness.k8s.io/ when Airlock publishes the condition AirlockReady.",
  },
  manifests: {
    about: `How roles, admission policies and RuntimeClasses get into the clusters.
  apply   the deployment applies them; one of its functions is a cluster administrator while it runs
  manual  you apply what \`airlock manifests\` prints`,
  },
  unknownHosts: {
    about: `What to do with a host that the catalogue has no rule for.
  prove   install the runtime and let the proof on the node decide
  refuse  quarantine the node`,
  },
  proof: {
    about: `The proof that lifts the gate.
  pod   a sandbox that started on the host, and then a pod that ran on the node
  host  only a sandbox that started on the host`,
  },
  sandboxImages: {
    about:
      "The repositories of your nodes' sandbox (pause) images, without tag and digest, if you mirror them. The repositories of Kubernetes, EKS and Canonical are always accepted. A proof pod runs no other image.",
  },
  sandboxedNamespaces: {
    about:
      'Whether namespaces with the label airlock.dev/sandboxed take only pods with a RuntimeClass of Airlock (docs/use/clusters.md): off or enforce.',
  },
  deadlineMinutes: {
    about:
      'How long a launch may take until it ends, in minutes (5 to 120). The tag airlock:deadline-minutes can shorten this for an instance.',
  },
  onFailure: {
    about: `What to do with a node that fails.
  quarantine               keep it behind its gate, with the reason on the Node; the autoscaler launches another
  replace                  terminate it if another instance may succeed (docs/operate/outcomes.md)
  replace-then-quarantine  replace the first that fails, and quarantine later ones`,
  },
  pools: {
    about:
      'Pools with other settings. The name is that of the Karpenter NodePool, managed node group or Auto Scaling group, as in the tags of its instances.',
    example: `- name: sandboxed
  instanceProfiles: [sandboxed-nodes] # if they differ from the cluster's
  onFailure: replace
  deadlineMinutes: 30
  # What differs from rollout below.
  rollout: {maxUnavailable: 1, maxDisruptionWait: 3d}
- name: builders
  # The launch hook of the Auto Scaling group. Airlock completes it with CONTINUE for a released node and with ABANDON for a replaced one. The default of onFailure is replace for such a pool.
  launchHook: airlock`,
  },
  breaker: {
    about:
      'Too many failures open the breaker for a pool and version. While it is open, no node is replaced, and new nodes are tried one at a time.',
    fields: {
      failures: { about: 'The minimum number of failures.' },
      sharePercent: { about: 'The minimum share of failures among all launches that ended, in percent.' },
      windowMinutes: { about: 'The window in which they count, in minutes from the first failure.' },
    },
  },
  rollout: {
    about: `Brings nodes that run to the version that new launches get, in waves and by proof (docs/operate/rollouts.md). Without it, such nodes are only reported. A node whose tag names a version keeps it. A pool may have its own values of all but deadlines.
  waves              how many nodes of a pool have the version after each wave
  soak               how long a proven wave is watched before the next one begins
  maxUnavailable     how many nodes of a pool may be behind their gates meanwhile
  maxDisruptionWait  how long a node that gives way keeps its sandboxes (default: until it is empty)
  windows            when nodes may be taken out (default: at any time)
  deadlines          how long an advisory may be open in the fleet, by severity`,
    example:
      '{waves: [1, "10%", "50%", "100%"], soak: 30m, maxUnavailable: "10%", deadlines: {critical: 3d, high: 7d}}',
  },
  operators: {
    about:
      'The IAM roles in this account that may close a breaker (airlock breaker close) and move dead letters back to their queue. Everyone else is denied this, administrators included. Write a role with its path.',
    example: '[PlatformAdmin, aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Platform_0123456789abcdef]',
  },
  logRetentionDays: { about: 'How long logs and the audit trail are kept, in days.' },
  auditKeyArn: {
    about:
      'The KMS key of this region that encrypts the audit trail. Its policy has to let CloudWatch Logs use it (docs/operate/audit.md).',
    example: 'arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef',
  },
  targets: {
    about: 'What launches are held to. An alarm fires beyond it.',
    fields: {
      releasePercent: { about: 'The least share of launches that are to be released, in percent.' },
      releaseSeconds: {
        about: 'How long 95 of 100 launches may take from the launch to the release, in seconds.',
        example: '180',
      },
    },
  },
  doctor: {
    about:
      'A function that looks for misconfigurations as airlock doctor does, as far as AWS knows of them. It only reads, and an alarm fires for an error (docs/operate/commands.md).',
    fields: {
      schedule: {
        about: 'How often: rate(1 day), rate(1 hour), or rate(2 hours) to rate(24 hours).',
        example: 'rate(1 day)',
      },
    },
  },
  inventory: {
    about:
      'Asks released nodes which version they have and which sandboxes run there, by a document that changes nothing (docs/operate/advisories.md). What was last known for over twice that time counts as unknown.',
    fields: {
      every: { about: 'How old what is known of a node must be before it is asked again: 1h to 30d.', example: '24h' },
      nodesPerPass: { about: 'How many nodes are asked at most every two minutes.' },
    },
  },
  dashboard: {
    about:
      'Whether the stack has a CloudWatch dashboard. An account has three of them free; each further one costs $3 a month.',
  },
  receiptKey: {
    about: 'Signs receipts so that others can check them, with the KMS key of this number ($1 a month).',
    example: '1',
  },
  notifications: {
    about:
      'Who gets messages: one for all nodes of a pool that fail alike, one when that is over, and one for each alarm (docs/operate/notifications.md). Without it, alarms show only in CloudWatch.',
    example: '{email: [oncall@example.com]}',
  },
};
