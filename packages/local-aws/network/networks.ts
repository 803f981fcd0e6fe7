import { suffixOf } from '../template/names.ts';

/** One rule of a security group: who may come in, or if one may go, on which ports. Only groups are modelled as the other side. */
export interface GroupRule {
  readonly fromPort: number;
  readonly toPort: number;
  /** The id of the security group on the other side. */
  readonly peer: string;
}

interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly ingress: GroupRule[];
  readonly egress: readonly GroupRule[];
}

/** A VPC as it is known from outside. */
export interface Vpc {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** The security group of what stands in it. */
  readonly securityGroupId: string;
}

/** Where a function stands. */
export interface Placement {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** What answers inside a VPC. */
interface Inside {
  readonly vpcId: string;
  readonly groupId: string;
  /** The port that rules are about; the real one on this machine is another. */
  readonly port: number;
  /** Whether it answers to everybody outside of a VPC too. */
  readonly publicToo: boolean;
}

/**
 * The VPCs of one account and region: who reaches whom. There is no way from a VPC to the internet or to AWS: no NAT gateway and no interface
 * end point is modelled.
 */
export class Networks {
  readonly #subnets = new Map<string, string>();
  readonly #groups = new Map<string, SecurityGroup>();
  readonly #inside = new Map<string, Inside>();

  /** Makes a VPC with two subnets and one security group. */
  addVpc(seed: string): Vpc {
    const idOf = (prefix: string, what: string) => `${prefix}-${hex(`${seed}/${what}`)}`;
    const vpcId = idOf('vpc', 'vpc');
    const subnetIds = [idOf('subnet', 'a'), idOf('subnet', 'b')];
    for (const one of subnetIds) this.#subnets.set(one, vpcId);
    return { vpcId, subnetIds, securityGroupId: this.addGroup(`${seed}/group`, vpcId, []) };
  }

  /** Makes a security group. @returns its id */
  addGroup(seed: string, vpcId: string, egress: readonly GroupRule[]): string {
    const id = `sg-${hex(seed)}`;
    this.#groups.set(id, { id, vpcId, ingress: [], egress });
    return id;
  }

  /** Lets someone into a security group. @returns how to take that back. Throws if a group does not exist, or is of another VPC */
  allowInto(groupId: string, rule: GroupRule): () => void {
    const group = this.group(groupId);
    if (this.group(rule.peer).vpcId !== group.vpcId) {
      throw new Error(`You have specified two resources that belong to different networks: ${groupId}, ${rule.peer}`);
    }
    group.ingress.push(rule);
    return () => void group.ingress.splice(group.ingress.indexOf(rule), 1);
  }

  /** Throws if there is none. */
  group(id: string): SecurityGroup {
    const group = this.#groups.get(id);
    if (group === undefined) throw new Error(`The security group '${id}' does not exist`);
    return group;
  }

  removeGroup(id: string): void {
    this.#groups.delete(id);
  }

  /** Says that an address of this machine (`127.0.0.1:6443`) answers inside a VPC. */
  enclose(address: string, inside: Inside): void {
    this.#inside.set(address, inside);
  }

  /** Throws if Lambda would refuse to put a function there. */
  check({ subnetIds, securityGroupIds }: Placement): void {
    const vpcs = subnetIds.map((id) => {
      const vpc = this.#subnets.get(id);
      if (vpc === undefined) throw new Error(`The subnet ID '${id}' does not exist`);
      return vpc;
    });
    const all = new Set([...vpcs, ...securityGroupIds.map((id) => this.group(id).vpcId)]);
    if (all.size > 1) throw new Error('Subnets and security groups must be in the same VPC');
  }

  /** Whether a connection comes through; from outside of every VPC if no placement is given. */
  reaches(from: Placement | undefined, address: string): boolean {
    const inside = this.#inside.get(address);
    if (from === undefined) return inside === undefined || inside.publicToo;
    if (inside === undefined) return false;
    const covers = ({ fromPort, toPort }: GroupRule) => fromPort <= inside.port && inside.port <= toPort;
    const target = this.group(inside.groupId);
    return from.securityGroupIds
      .map((id) => this.group(id))
      .some(
        ({ id, vpcId, egress }) =>
          vpcId === inside.vpcId &&
          egress.some((rule) => rule.peer === target.id && covers(rule)) &&
          target.ingress.some((rule) => rule.peer === id && covers(rule)),
      );
  }
}

/** Seventeen hexadecimal digits out of a seed, as ids of EC2 have them. */
function hex(seed: string): string {
  return `0${Buffer.from(suffixOf(seed)).toString('hex').slice(0, 16)}`;
}
