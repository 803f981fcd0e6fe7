import type { RunningAgent, RunningInstance } from '../../domain/doctor/check-agents.ts';
import type { EksCluster } from '../../domain/doctor/check-eks-cluster.ts';
import type { FoundDocument } from '../../domain/doctor/templates/aws-output.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { MirroredFile, StoredFile } from '../../domain/mirrored-files.ts';
import type { SurveyedNode } from '../../domain/survey.ts';

/** How much of a quota is used. */
export interface QuotaUse {
  /** What is counted, for instance `IAM roles`. */
  readonly what: string;
  /** The code of the service in Service Quotas. */
  readonly service: string;
  readonly used: number;
  readonly limit: number;
  /** How many the stack brings. */
  readonly needed: number;
}

/**
 * What doctor reads of pools, clusters and nodes in an AWS account and region. It only reads, and each call may throw
 * what the SDK throws.
 */
export interface FleetReader {
  /** How many functions the account can run at once, besides its reservations. */
  unreservedConcurrency(): Promise<number>;
  /** A cluster; undefined if EKS does not know it. */
  cluster(name: string): Promise<EksCluster | undefined>;
  /**
   * The Auto Scaling groups and managed node groups of some clusters, with their launch templates, hooks and images:
   * what the AWS command line prints.
   */
  groups(clusters: readonly string[]): Promise<readonly FoundDocument[]>;
  /** The running instances with the tag airlock:runtime that belong to some clusters. */
  instances(clusters: readonly string[]): Promise<readonly RunningInstance[]>;
  /** The SSM agents on instances, by id. */
  agents(ids: readonly string[]): Promise<ReadonlyMap<string, RunningAgent>>;
  /** The ARN of an instance profile's role; undefined if there is no such profile, or it has no role. */
  roleOfProfile(name: string): Promise<string | undefined>;
  /** The ARN of a role; undefined if there is none. */
  roleArn(name: string): Promise<string | undefined>;
  /** Those of some actions that a role may not do. */
  deniedActions(roleArn: string, actions: readonly string[]): Promise<readonly string[]>;
  /** The role that SSM gives instances that have none; undefined if it gives none. */
  defaultHostRole(): Promise<string | undefined>;
  /** The status that an address answers with to HEAD, after redirects. */
  status(url: string): Promise<number>;
}

/** An instance with the tag airlock:runtime, as EC2 shows it. */
export interface TaggedInstance {
  readonly state: string;
  /** ISO 8601. */
  readonly launchedAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What the ledger, EC2 and the clusters have about nodes. */
export interface FleetFacts {
  readonly runs: readonly RunRecord[];
  /** The Nodes of each cluster that could be surveyed. */
  readonly surveys: ReadonlyMap<string, readonly SurveyedNode[]>;
  /** What EC2 shows, by id; absent if it could not be read. */
  readonly instances?: ReadonlyMap<string, TaggedInstance>;
  readonly notChecked: readonly { readonly resource: string; readonly reason: string }[];
}

/** The same, with what a deployment needs room for, and the mirror. */
export interface DoctorReader extends FleetReader {
  /** What the mirror of the deployed stack states about a file; undefined if it does not have it. */
  mirrored(file: MirroredFile): Promise<StoredFile | undefined>;
  /** The names of CloudWatch Logs' resource policies in the region, and of Airlock's own if it is deployed. */
  logPolicies(): Promise<{ readonly names: readonly string[]; readonly own: string | undefined }>;
  /** What is known of the nodes in some clusters; undefined before the stack is deployed. */
  fleet(clusters: readonly string[]): Promise<FleetFacts | undefined>;
  /** The quotas that the stack could exceed, as far as they are used; none once it is deployed. */
  quotas(): Promise<readonly QuotaUse[]>;
}
