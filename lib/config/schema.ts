import * as v from 'valibot';
import { severities } from '../../domain/advisories.ts';
import { onFailures } from '../../domain/pools.ts';
import { exampleRuntime, type Runtime, runtimes, runtimeTraits, tableByRuntime } from '../../domain/runtimes.ts';
import { repositoryForm } from '../../domain/sandbox-images.ts';
import { deadlineBounds } from '../../domain/tags.ts';
import { GateSchema } from './gate.ts';
import { NotificationsSchema } from './notifications.ts';
import { PoolRolloutConfigSchema, RolloutConfigSchema } from './rollout.ts';

/** Retention periods that CloudWatch Logs accepts, in days. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const versionName = v.pipe(
  v.string('a version in quotes, for instance "20260928.0"'),
  v.regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$/, 'a version, for instance "20260928.0"'),
);

const idOf = (prefix: 'vpc' | 'subnet' | 'sg') =>
  v.pipe(
    v.string(`an id, ${prefix}-0123456789abcdef0 for instance`),
    v.regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `an id, ${prefix}-0123456789abcdef0 for instance`),
  );

const NetworkSchema = v.strictObject(
  {
    vpc: idOf('vpc'),
    subnets: v.pipe(
      v.array(idOf('subnet'), 'a list of subnets of the VPC'),
      v.minLength(1, 'at least one subnet'),
      v.maxLength(16, 'at most 16 subnets'),
    ),
    /** The API's security group. The stack adds a rule that lets the function in. */
    securityGroup: idOf('sg'),
  },
  'vpc, subnets and securityGroup are the fields of a network',
);

const profileForm =
  'a list of names or ARNs of instance profiles, demo-nodes for instance; if AWS generates the end of the name, write * for it, as in demo_*';

/** The nodes' instance profiles, as EC2 shows them by ARN. A `*` is accepted only at the end. */
const InstanceProfilesSchema = v.pipe(
  v.array(
    v.pipe(
      v.string(profileForm),
      v.regex(
        /^(arn:[a-z-]+:iam::[0-9]{12}:instance-profile\/([!-~]{1,512}\/)?)?[A-Za-z0-9_+=,.@-]{1,128}\*?$/,
        profileForm,
      ),
    ),
    profileForm,
  ),
  v.minLength(1, profileForm),
  v.maxLength(20, 'at most 20 instance profiles'),
);

const ClusterSchema = v.pipe(
  v.strictObject(
    {
      /** The cluster's name in EKS and in the instances' tags. */
      name: v.pipe(
        v.string('the name of a cluster'),
        v.regex(
          /^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/,
          'the name of a cluster: up to 100 letters, digits, - and _, and dots only with an endpoint',
        ),
      ),
      /** The API's address; looked up in EKS at deploy time if absent. */
      endpoint: v.optional(
        v.pipe(
          v.string('an https address'),
          v.regex(
            /^https:\/\/[A-Za-z0-9.-]+(:[0-9]+)?$/,
            'an https address without a path, for instance https://10.0.0.1:6443',
          ),
        ),
      ),
      /** The API's certificate authority, PEM in base64; looked up in EKS if absent. */
      certificateAuthority: v.optional(
        v.pipe(
          v.string('a certificate in base64'),
          v.regex(/^LS0tLS1CRUdJTi[A-Za-z0-9+/=]+$/, 'a PEM certificate in base64, as EKS shows it'),
        ),
      ),
      /** The nodes' instance profiles. An instance with any other profile is unmanaged, whatever its tags claim. */
      instanceProfiles: v.optional(InstanceProfilesSchema),
      /** Whether the API is reachable only from its own network, which is looked up in EKS at deploy time. */
      private: v.optional(v.boolean('true or false'), false),
      /** The network that the function is attached to, for a cluster outside EKS. */
      network: v.optional(NetworkSchema),
    },
    'name, instanceProfiles, endpoint, certificateAuthority, private and network are the fields of a cluster',
  ),
  v.check(
    ({ name, endpoint }) => endpoint !== undefined || !name.includes('.'),
    'a name with dots only with endpoint, because EKS does not allow dots',
  ),
  v.check(
    ({ endpoint, private: inside }) => !(inside && endpoint !== undefined),
    'private only for a cluster in EKS; with an endpoint, use network',
  ),
  v.check(
    ({ endpoint, network }) => network === undefined || endpoint !== undefined,
    'network only with endpoint; for a cluster in EKS, private: true looks it up',
  ),
  v.check(
    ({ endpoint, certificateAuthority }) => (endpoint === undefined) === (certificateAuthority === undefined),
    'endpoint and certificateAuthority together, or neither, and both are looked up in EKS',
  ),
);

const annotated = runtimes.flatMap((runtime) => {
  const { title, podAnnotations } = runtimeTraits[runtime];
  return podAnnotations === undefined ? [] : [{ runtime, title, ...podAnnotations }];
});
const annotationForm = annotated
  .map(({ title, example }) => `the full name of one of ${title}'s annotations, for instance ${example}`)
  .join(', or ');
const annotationPrefixes = annotated.map(({ prefix }) => prefix.replaceAll('.', '\\.')).join('|');
const annotationName = v.pipe(
  v.string(annotationForm),
  v.regex(new RegExp(`^(${annotationPrefixes})[a-z0-9_]+(\\.[a-z0-9_]+){0,5}$`), annotationForm),
  v.maxLength(100, annotationForm),
);

const annotatedNames = annotated.map(({ runtime }) => runtime).join(' and ');

function hasOwnAnnotations(runtime: Runtime, names: readonly string[] | undefined): boolean {
  const { podAnnotations } = runtimeTraits[runtime];
  return (
    names === undefined ||
    (podAnnotations !== undefined && names.every((name) => name.startsWith(podAnnotations.prefix)))
  );
}

/** A runtime without fields gets its defaults. */
const RuntimeSchema = v.nullish(
  v.strictObject(
    {
      version: v.optional(versionName),
      /** The oldest version that a tag may request; by default every version that is not withdrawn. */
      minimumVersion: v.optional(versionName),
      /** The pod annotations that are passed to the runtime's shim. */
      annotations: v.optional(
        v.pipe(
          v.array(annotationName, 'a list of annotations by their full names'),
          v.maxLength(20, 'at most 20 annotations'),
          v.check((list) => new Set(list).size === list.length, 'each annotation once'),
        ),
      ),
    },
    `version and minimumVersion are the fields of a runtime, and annotations of ${annotatedNames}`,
  ),
  {},
);

const wholeNumber = (least: number, most: number, what: string) => {
  const form = `a whole number ${what} from ${least} to ${most}`;
  return v.pipe(v.number(form), v.integer(form), v.minValue(least, form), v.maxValue(most, form));
};
const deadlineMinutes = wholeNumber(deadlineBounds.least, deadlineBounds.most, 'of minutes');
const onFailure = v.picklist(onFailures, onFailures.join(', ').replace(/, (?=[^,]*$)/, ' or '));

const PoolSchema = v.strictObject(
  {
    /** The name in the tags of the pool's instances. */
    name: v.pipe(
      v.string('the name of a NodePool, node group or Auto Scaling group'),
      v.regex(
        /^[ -~]{1,255}$/,
        'the name of a NodePool, node group or Auto Scaling group: up to 255 characters of printable ASCII',
      ),
    ),
    /** The nodes' instance profiles, if they differ from the cluster's. */
    instanceProfiles: v.optional(InstanceProfilesSchema),
    onFailure: v.optional(onFailure),
    deadlineMinutes: v.optional(deadlineMinutes),
    /** The launch hook of the pool's Auto Scaling group that Airlock completes. */
    launchHook: v.optional(
      v.pipe(
        v.string('the name of a launch hook'),
        v.regex(/^[A-Za-z0-9/_-]{1,255}$/, 'the name of a launch hook: up to 255 letters, digits, -, _ and /'),
      ),
    ),
    /** How versions roll through the pool, as far as it differs from `rollout`. */
    rollout: v.optional(PoolRolloutConfigSchema),
  },
  'name, instanceProfiles, onFailure, deadlineMinutes, launchHook and rollout are the fields of a pool',
);

const BreakerSchema = v.strictObject(
  {
    failures: v.optional(wholeNumber(2, 100, 'of nodes'), 3),
    sharePercent: v.optional(wholeNumber(1, 100, 'of percent'), 50),
    windowMinutes: v.optional(wholeNumber(5, 1_440, 'of minutes'), 60),
  },
  'failures, sharePercent and windowMinutes are the fields of breaker',
);

const TargetsSchema = v.strictObject(
  {
    /** The least share of launches that are to be released; an alarm fires below it. */
    releasePercent: v.optional(wholeNumber(1, 100, 'of percent'), 100),
    /** Within how many seconds 95 of 100 launches are to be released; without it no alarm fires for slow launches. */
    releaseSeconds: v.optional(wholeNumber(10, 7_200, 'of seconds')),
  },
  'releasePercent and releaseSeconds are the fields of targets',
);

const scheduleForm = 'rate(1 day), rate(1 hour), or rate(2 hours) to rate(24 hours)';

const DoctorSchema = v.strictObject(
  {
    /** How often a function looks for misconfigurations; without it none does. */
    schedule: v.optional(
      v.pipe(v.string(scheduleForm), v.regex(/^rate\((1 day|1 hour|([2-9]|1[0-9]|2[0-4]) hours)\)$/, scheduleForm)),
    ),
  },
  'schedule is the field of doctor',
);

const everyForm = 'a time from 1h to 30d: a whole number with h or d, for instance 24h';
const hourMs = 3_600_000;

const InventoryRateSchema = v.strictObject(
  {
    /** How old what is known of a released node may be before it is asked again. */
    every: v.pipe(
      v.string(everyForm),
      v.regex(/^([1-9]|[1-9][0-9]|[1-6][0-9]{2}|7[01][0-9]|720)h$|^([1-9]|[12][0-9]|30)d$/, everyForm),
    ),
    /** How many nodes one pass of reconcile asks at most. */
    nodesPerPass: v.optional(wholeNumber(1, 200, 'of nodes'), 50),
  },
  'every and nodesPerPass are the fields of inventory',
);

/** How often nodes are asked, in milliseconds. */
export function inventoryMs({ every }: { readonly every: string }): number {
  return Number.parseInt(every, 10) * (every.endsWith('d') ? 24 : 1) * hourMs;
}

const CatalogueCopySchema = v.strictObject(
  {
    /** The file, relative to the folder of `airlock.yaml`. */
    file: v.pipe(
      v.string('a file below the folder of airlock.yaml, for instance catalogue.yaml'),
      v.regex(
        /^(?!.*\.\.)[A-Za-z0-9_.-][A-Za-z0-9_./-]{0,199}$/,
        'a file below the folder of airlock.yaml, for instance catalogue.yaml',
      ),
    ),
    /** The SHA-256 of the file. */
    sha256: v.pipe(
      v.string('64 hexadecimal digits in lower case'),
      v.regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case'),
    ),
  },
  'file and sha256 are the fields of catalogue, as airlock catalogue update writes them',
);

/** The shape of `airlock.yaml`, with the default of every field that has one. */
export const ConfigSchema = v.strictObject(
  {
    clusters: v.pipe(
      v.array(ClusterSchema, 'a list of clusters, each with its name'),
      v.minLength(1, 'at least one cluster'),
      v.check((list) => new Set(list.map(({ name }) => name)).size === list.length, 'each cluster once'),
    ),
    /** The runtimes that nodes may request, and the version they get if the tag names none. */
    runtimes: v.optional(
      v.pipe(
        v.record(
          v.picklist(runtimes, `a runtime: one of ${runtimes.join(', ')}`),
          RuntimeSchema,
          `runtimes by name, for instance ${exampleRuntime}: {}`,
        ),
        v.minEntries(1, `at least one runtime, for instance ${exampleRuntime}: {}`),
        v.check(
          (named) => runtimes.every((runtime) => hasOwnAnnotations(runtime, named[runtime]?.annotations)),
          `annotations only under ${annotatedNames}, because no other runtime reads any`,
        ),
      ),
      tableByRuntime(() => ({})),
    ),
    /** A copy of the catalogue in your repository, in place of the one that comes with Airlock. */
    catalogue: v.optional(CatalogueCopySchema),
    /**
     * Where nodes get the runtimes' files: from upstream, or from a bucket of this account that the deployment fills.
     */
    artifacts: v.optional(v.picklist(['upstream', 'mirror'], 'upstream or mirror'), 'upstream'),
    /** The least severity at which an advisory withdraws a version: it is no default, and no launch may ask for it. */
    withdrawAt: v.optional(v.picklist(severities, severities.join(', ').replace(/, (?=[^,]*$)/, ' or ')), 'high'),
    /**
     * The key of the taint that nodes start with; two prefixes have a special meaning (`gateKindOf` in
     * domain/kubernetes.ts).
     */
    gate: v.optional(GateSchema, 'airlock.dev/bootstrap'),
    /** Whether the deployment applies the clusters' manifests, or people do (`airlock manifests`). */
    manifests: v.optional(v.picklist(['apply', 'manual'], 'apply or manual'), 'apply'),
    /** Whether a host that the catalogue has no rule for gets to its proof, or is rejected. */
    unknownHosts: v.optional(v.picklist(['prove', 'refuse'], 'prove or refuse'), 'prove'),
    /** What opens the gate besides the proof on the host: a pod that ran on the node, or nothing more. */
    proof: v.optional(v.picklist(['pod', 'host'], 'pod or host'), 'pod'),
    /**
     * Repositories of the nodes' sandbox images that a proof pod may run, besides those of Kubernetes, EKS and
     * Canonical.
     */
    sandboxImages: v.optional(
      v.pipe(
        v.array(
          v.pipe(
            v.string('a repository'),
            v.regex(
              repositoryForm,
              'a repository without tag and digest, for instance registry.example.com/mirror/pause',
            ),
          ),
          'a list of repositories',
        ),
        v.maxLength(10, 'at most 10 repositories'),
      ),
      [],
    ),
    /** Whether namespaces with the label airlock.dev/sandboxed take only pods with a RuntimeClass of Airlock. */
    sandboxedNamespaces: v.optional(v.picklist(['off', 'enforce'], 'off or enforce'), 'off'),
    /** Minutes from the launch to its latest end. */
    deadlineMinutes: v.optional(deadlineMinutes, 20),
    /** What happens to a node that is not released. */
    onFailure: v.optional(onFailure, 'quarantine'),
    /** Pools with their own settings. */
    pools: v.nullish(
      v.pipe(
        v.array(PoolSchema, 'a list of pools, each with its name'),
        v.check((list) => new Set(list.map(({ name }) => name)).size === list.length, 'each pool once'),
      ),
      [],
    ),
    /** When too many nodes of a pool and version have failed. */
    breaker: v.nullish(BreakerSchema, {}),
    /** How a new version reaches the nodes that run. Absent: it does not, and nodes are reported as outdated. */
    rollout: v.optional(RolloutConfigSchema),
    /** IAM roles that may publish on the bus and move dead letters back. */
    operators: v.nullish(
      v.pipe(
        v.array(
          v.pipe(
            v.string('the name of an IAM role'),
            v.regex(
              /^([!-.0-9;-~]+\/)*[\w+=,.@-]{1,64}$/,
              'the name of an IAM role of this account, after its path if it has one',
            ),
          ),
          'a list of roles',
        ),
        v.maxLength(20, 'at most 20 roles'),
      ),
      [],
    ),
    logRetentionDays: v.optional(
      v.picklist(retentionDays, `a period that CloudWatch Logs accepts: one of ${retentionDays.join(', ')} days`),
      90,
    ),
    /** The KMS key that encrypts the audit trail. Its policy has to let CloudWatch Logs use it. */
    auditKeyArn: v.optional(
      v.pipe(
        v.string('the ARN of a KMS key'),
        v.regex(
          /^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]{1,128}$/,
          'the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>; an alias is none',
        ),
      ),
    ),
    /** What launches are held to: alarms fire beyond it. */
    targets: v.nullish(TargetsSchema, {}),
    /** A scheduled look for misconfigurations. */
    doctor: v.nullish(DoctorSchema, {}),
    /** How often released nodes are asked which sandboxes run there; without it they are not. */
    inventory: v.optional(InventoryRateSchema),
    /** Whether the stack has a CloudWatch dashboard. */
    dashboard: v.optional(v.boolean('true or false'), true),
    /**
     * The number of the KMS key that signs receipts: another number makes another key. Absent: receipts are not signed.
     */
    receiptKey: v.optional(wholeNumber(1, 99, 'that numbers the key')),
    /** Who gets messages about failures and alarms; without it, alarms show only in CloudWatch. */
    notifications: v.optional(NotificationsSchema),
  },
  'clusters, runtimes, catalogue, artifacts, withdrawAt, gate, manifests, unknownHosts, proof, sandboxImages, sandboxedNamespaces, deadlineMinutes, onFailure, pools, breaker, rollout, operators, logRetentionDays, auditKeyArn, targets, doctor, inventory, dashboard, receiptKey and notifications are the fields',
);

/** `airlock.yaml` with defaults filled in. */
export type Config = v.InferOutput<typeof ConfigSchema>;
