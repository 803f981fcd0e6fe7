/**
 * One rule of a security group: who may come in, or if one may go, on which ports. Only groups are modelled as the
 * other side.
 */
export interface GroupRule {
  readonly fromPort: number;
  readonly toPort: number;
  /** The id of the security group on the other side. */
  readonly peer: string;
}

/** A security group with its rules. */
export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly ingress: GroupRule[];
  readonly egress: readonly GroupRule[];
}

/** A VPC as it is known from outside. */
export interface Vpc {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** The security group of what is in it. */
  readonly securityGroupId: string;
}

/** Where a function stands. */
export interface Placement {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** What answers inside a VPC. */
export interface Inside {
  readonly vpcId: string;
  readonly groupId: string;
  /** The port that rules are about; the real one on this machine is another. */
  readonly port: number;
  /** Whether it answers to everybody outside of a VPC too. */
  readonly publicToo: boolean;
}

/** The VPCs of one account and region: who reaches whom. */
export interface Vpcs {
  /** Makes a VPC with two subnets and one security group. */
  addVpc(seed: string): Vpc;

  /** Makes a security group. @returns its id */
  addGroup(seed: string, vpcId: string, egress: readonly GroupRule[]): string;

  /**
   * Adds a rule of ingress to a security group.
   *
   * @returns how to take that back. Throws if a group does not exist, or is of another VPC
   */
  allowInto(groupId: string, rule: GroupRule): () => void;

  /** Throws if there is none. */
  group(id: string): SecurityGroup;

  removeGroup(id: string): void;

  /** Declares that an address of this machine (`127.0.0.1:6443`) answers inside a VPC. */
  enclose(address: string, inside: Inside): void;

  /** Throws if Lambda would refuse to put a function there. */
  check(placement: Placement): void;

  /** Whether a connection comes through; from outside of every VPC if no placement is given. */
  reaches(from: Placement | undefined, address: string): boolean;
}
