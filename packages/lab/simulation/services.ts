import { runDocument } from '../../local-aws/agent.ts';
import { VirtualClock } from '../../local-aws/clock.ts';
import type { Core, PartMaker } from '../../local-aws/core.ts';
import type { Part } from '../../local-aws/part.ts';
import {
  AutoScaling,
  CloudWatch,
  DynamoDb,
  Ec2,
  Eks,
  EventSourceMappings,
  Events,
  Kms,
  S3,
  Scheduler,
  Sns,
  Sqs,
  Ssm,
  States,
} from '../../local-aws/services.ts';
import type { KubernetesStandIn } from '../../local-kubernetes/stand-in.ts';

/** A cluster's settings in EKS. */
export interface ClusterSettings {
  readonly authenticationMode?: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP';
  /** Where its API is reachable; `public` by default. */
  readonly access?: 'public' | 'private' | 'both';
  /** The addresses that may reach a public API; all by default. */
  readonly publicAccessCidrs?: readonly string[];
}

/** The AWS services that an app with Airlock's resources uses. */
export interface Services {
  readonly autoScaling: AutoScaling;
  readonly cloudWatch: CloudWatch;
  readonly dynamoDb: DynamoDb;
  readonly ec2: Ec2;
  readonly eks: Eks;
  readonly events: Events;
  readonly mappings: EventSourceMappings;
  readonly s3: S3;
  readonly scheduler: Scheduler;
  readonly sns: Sns;
  readonly sqs: Sqs;
  readonly ssm: Ssm;
  readonly states: States;
}

/** A cluster as EKS describes it. */
export type KnownCluster = Pick<
  KubernetesStandIn,
  'endpoint' | 'caBase64' | 'counts' | 'addAccessEntry' | 'removeAccessEntry' | 'stop'
>;

/**
 * Creates the services that Airlock's template uses, connected to each other.
 *
 * @param clusters the clusters in EKS, by name
 * @param sendPerSecond SendCommand calls that are accepted per second
 * @param settings the clusters' settings in EKS, by name
 * @returns the part for the cloud, and the services once the cloud has created them
 */
export function servicesPart(
  clusters: ReadonlyMap<string, KnownCluster>,
  sendPerSecond?: number,
  settings: Readonly<Record<string, ClusterSettings>> = {},
): { part: PartMaker; services(): Services } {
  let made: Services | undefined;
  return {
    part: (core) => {
      const { services, part } = make(core, clusters, sendPerSecond, settings);
      made = services;
      return part;
    },
    services() {
      if (made === undefined) throw new Error('the cloud has not created its services yet');
      return made;
    },
  };
}

function make(
  { clock, aws, env, iam, lambda, networks }: Core,
  clusters: ReadonlyMap<string, KnownCluster>,
  sendPerSecond: number | undefined,
  settingsOf: Readonly<Record<string, ClusterSettings>>,
): { services: Services; part: Part } {
  const sns = new Sns({ clock, env, iam });
  const events = new Events({
    publishOnTopic: (principal, arn, message) => sns.publish(principal, arn, message),
    clock,
    aws,
    env,
    session: (role, name, source) => iam.roleSession(role, 'events.amazonaws.com', name, source),
  });
  const { emit } = events;
  const ec2 = new Ec2({ clock, env, emit });
  const autoScaling = new AutoScaling({ clock, env, ec2, emit });
  const eks = new Eks({
    clock,
    env,
    roleMadeAt: (arn) => {
      const role = iam.roles.get(arn.split('/').at(-1) ?? '');
      return role && (role.createdAt ?? 0);
    },
    // A run that people watch does not wait for it.
    spreadMs: clock instanceof VirtualClock ? 8_000 : 0,
  });
  for (const [name, { endpoint, caBase64 }] of clusters) {
    const { access = 'public', publicAccessCidrs, ...more } = settingsOf[name] ?? {};
    const vpc = networks.addVpc(name);
    const { vpcId, securityGroupId: groupId } = vpc;
    if (access !== 'public') {
      networks.enclose(endpoint.replace('https://', ''), { vpcId, groupId, port: 443, publicToo: access === 'both' });
    }
    const network = {
      ...vpc,
      publicAccess: access !== 'private',
      privateAccess: access !== 'public',
      ...(publicAccessCidrs === undefined ? {} : { publicAccessCidrs }),
    };
    eks.register(name, { endpoint, certificateAuthority: caBase64, network, ...more });
  }
  eks.watchEntries(({ clusterName, principalArn, groups, username, policies }, gone) => {
    const cluster = clusters.get(clusterName);
    const clusterAdmin = policies.includes('AmazonEKSClusterAdminPolicy');
    if (gone) cluster?.removeAccessEntry(principalArn);
    else cluster?.addAccessEntry({ principalArn, kubernetesGroups: groups, username, clusterAdmin });
  });
  const scheduler = new Scheduler({
    clock,
    aws,
    env,
    session: (role, name, source) => iam.roleSession(role, 'scheduler.amazonaws.com', name, source),
  });
  const sqs = new Sqs({ clock, env });
  const settings = sendPerSecond === undefined ? {} : { settings: { sendPerSecond } };
  const ssm = new Ssm({ clock, env, ec2, emit, runDocument, ...settings });
  const states = new States({
    clock,
    aws,
    env,
    emit,
    session: ({ arn, roleArn }, name) => iam.roleSession(roleArn, 'states.amazonaws.com', name, arn),
  });
  const mappings = new EventSourceMappings({
    clock,
    aws,
    env,
    sqs,
    iam,
    functions: (name) => lambda.function(name).settings,
  });
  const dynamoDb = new DynamoDb({ clock, env });
  const kms = new Kms(env);
  const s3 = new S3({ env, iam });
  const cloudWatch = new CloudWatch({ clock, env });
  const parts = [ec2, autoScaling, eks, events, kms, s3, sqs, ssm, states, dynamoDb];
  return {
    services: { cloudWatch, dynamoDb, ec2, autoScaling, eks, events, mappings, s3, scheduler, sns, sqs, ssm, states },
    part: {
      services: parts.map(({ service }) => service),
      resourceTypes: [
        ...[eks, events, kms, s3, scheduler, sns, sqs, ssm, states, dynamoDb, mappings, cloudWatch],
      ].flatMap(({ resourceTypes }) => resourceTypes),
      stop: () => {
        mappings.stop();
        states.stop();
      },
    },
  };
}
