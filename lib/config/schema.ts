import * as v from 'valibot';
import { onFailures } from '../../domain/pools.ts';
import { exampleRuntime, type Runtime, runtimes, runtimeTraits, tableByRuntime } from '../../domain/runtimes.ts';
import { repositoryForm } from '../../domain/sandbox-images.ts';
import { deadlineBounds } from '../../domain/tags.ts';
import { GateSchema } from './gate.ts';

/** Retention periods that CloudWatch Logs takes, in days. */
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
    /** The security group of the API: it gets a rule that lets the function in. */
    securityGroup: idOf('sg'),
  },
  'vpc, subnets and securityGroup are the fields of a network',
);

const profileForm =
  'a list of names or ARNs of instance profiles, demo-nodes for instance; if the end is not known beforehand it is a *, as in demo_*';

/** The instance profiles of nodes. EC2 shows them by ARN; the `*` may stand at the end alone. */
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
      /** The cluster's name in EKS, as it stands in the instances' tags. */
      name: v.pipe(
        v.string('the name of a cluster'),
        v.regex(
          /^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/,
          'the name of a cluster: up to 100 letters, digits, - and _, and dots with its own endpoint',
        ),
      ),
      /** The API's address; looked up in EKS at deploy time if it is absent. */
      endpoint: v.optional(
        v.pipe(
          v.string('an https address'),
          v.regex(
            /^https:\/\/[A-Za-z0-9.-]+(:[0-9]+)?$/,
            'an https address without a path, for instance https://10.0.0.1:6443',
          ),
        ),
      ),
      /** The certificate authority of the API, PEM in base64; looked up in EKS if it is absent. */
      certificateAuthority: v.optional(
        v.pipe(
          v.string('a certificate in base64'),
          v.regex(/^LS0tLS1CRUdJTi[A-Za-z0-9+/=]+$/, 'a PEM certificate in base64, as EKS shows it'),
        ),
      ),
      /** The instance profiles of its nodes: an instance with another is none of ours, whatever its tags say. */
      instanceProfiles: v.optional(InstanceProfilesSchema),
      /** Whether its API is reached in its own network, which EKS tells at deploy time. */
      private: v.optional(v.boolean('true or false'), false),
      /** The network of an API that EKS does not know: if the function is put. */
      network: v.optional(NetworkSchema),
    },
    'name, instanceProfiles, endpoint, certificateAuthority, private and network are the fields of a cluster',
  ),
  v.check(
    ({ name, endpoint }) => endpoint !== undefined || !name.includes('.'),
    'a name with dots only beside endpoint: EKS has no such name',
  ),
  v.check(
    ({ endpoint, private: inside }) => !(inside && endpoint !== undefined),
    'private only if EKS knows the cluster; one with an endpoint of its own names its network',
  ),
  v.check(
    ({ endpoint, network }) => network === undefined || endpoint !== undefined,
    'network only beside endpoint; of a cluster that EKS knows, private: true looks it up',
  ),
  v.check(
    ({ endpoint, certificateAuthority }) => (endpoint === undefined) === (certificateAuthority === undefined),
    'endpoint and certificateAuthority together, or neither, to have both looked up in EKS',
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

/** A runtime with nothing under it has its defaults. */
const RuntimeSchema = v.nullish(
  v.strictObject(
    {
      version: v.optional(versionName),
      /** The oldest version that a tag may ask for; the floor of the catalogue's advisories without it. */
      minimumVersion: v.optional(versionName),
      /** The annotations of a pod that the runtime's shim gets. */
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
    /** As it stands in the tags of the pool's instances. */
    name: v.pipe(
      v.string('the name of a NodePool, node group or Auto Scaling group'),
      v.regex(
        /^[ -~]{1,255}$/,
        'the name of a NodePool, node group or Auto Scaling group: up to 255 characters of printable ASCII',
      ),
    ),
    /** The instance profiles of its nodes, if they are not those of the cluster. */
    instanceProfiles: v.optional(InstanceProfilesSchema),
    onFailure: v.optional(onFailure),
    deadlineMinutes: v.optional(deadlineMinutes),
    /** The launch hook of the pool's Auto Scaling group that waits for Airlock. */
    launchHook: v.optional(
      v.pipe(
        v.string('the name of a launch hook'),
        v.regex(/^[A-Za-z0-9/_-]{1,255}$/, 'the name of a launch hook: up to 255 letters, digits, -, _ and /'),
      ),
    ),
  },
  'name, instanceProfiles, onFailure, deadlineMinutes and launchHook are the fields of a pool',
);

const BreakerSchema = v.strictObject(
  {
    failures: v.optional(wholeNumber(2, 100, 'of nodes'), 3),
    sharePercent: v.optional(wholeNumber(1, 100, 'of percent'), 50),
    windowMinutes: v.optional(wholeNumber(5, 1_440, 'of minutes'), 60),
  },
  'failures, sharePercent and windowMinutes are the fields of breaker',
);

/** The shape of `airlock.yaml`, with the default of every field that has one. */
export const ConfigSchema = v.strictObject(
  {
    clusters: v.pipe(
      v.array(ClusterSchema, 'a list of clusters, each with its name'),
      v.minLength(1, 'at least one cluster'),
      v.check((list) => new Set(list.map(({ name }) => name)).size === list.length, 'each cluster once'),
    ),
    /** Which runtimes nodes may ask for, and the version that they get if the tag names none. */
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
          `annotations under ${annotatedNames} only: no other runtime has any`,
        ),
      ),
      tableByRuntime(() => ({})),
    ),
    /** The key of the taint that nodes are born with; two prefixes mean more (`gateKindOf` in domain/kubernetes.ts). */
    gate: v.optional(GateSchema, 'airlock.dev/bootstrap'),
    /** Whether the deployment applies to the clusters what they need, or people do (`airlock manifests`). */
    manifests: v.optional(v.picklist(['apply', 'manual'], 'apply or manual'), 'apply'),
    /** Whether a host that no rule of the catalogue speaks of is let in as far as its proof, or turned away. */
    unknownHosts: v.optional(v.picklist(['prove', 'refuse'], 'prove or refuse'), 'prove'),
    /** What opens the gate beside the proof on the host: a pod that ran on the node, or nothing more. */
    proof: v.optional(v.picklist(['pod', 'host'], 'pod or host'), 'pod'),
    /** Repositories of the nodes' sandbox images, beside those of Kubernetes, EKS and Canonical: what a proof pod may run. */
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
    /** Minutes from the launch to the latest end. */
    deadlineMinutes: v.optional(deadlineMinutes, 20),
    /** What becomes of a node that is not released. */
    onFailure: v.optional(onFailure, 'quarantine'),
    /** Pools that want something else. */
    pools: v.nullish(
      v.pipe(
        v.array(PoolSchema, 'a list of pools, each with its name'),
        v.check((list) => new Set(list.map(({ name }) => name)).size === list.length, 'each pool once'),
      ),
      [],
    ),
    /** When too many nodes of a pool and version have failed. */
    breaker: v.nullish(BreakerSchema, {}),
    /** Roles of people that may publish on the bus and move dead letters back. */
    operators: v.nullish(
      v.pipe(
        v.array(
          v.pipe(
            v.string('the name of an IAM role'),
            v.regex(
              /^([!-.0-9;-~]+\/)*[\w+=,.@-]{1,64}$/,
              'the name of an IAM role of this account, behind its path where it has one',
            ),
          ),
          'a list of roles',
        ),
        v.maxLength(20, 'at most 20 roles'),
      ),
      [],
    ),
    logRetentionDays: v.optional(
      v.picklist(retentionDays, `a period that CloudWatch Logs knows: one of ${retentionDays.join(', ')} days`),
      90,
    ),
    /** The SNS topic that alarms ring; without one they ring nowhere, and are seen in CloudWatch alone. */
    alarmTopicArn: v.optional(
      v.pipe(
        v.string('the ARN of an SNS topic'),
        v.regex(
          /^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$/,
          'the ARN of an SNS topic, arn:aws:sns:<region>:<account>:<name>',
        ),
      ),
    ),
  },
  'clusters, runtimes, gate, manifests, unknownHosts, proof, sandboxImages, deadlineMinutes, onFailure, pools, breaker, operators, logRetentionDays and alarmTopicArn are the fields',
);

/** What `airlock.yaml` says, with defaults filled in. */
export type Config = v.InferOutput<typeof ConfigSchema>;
