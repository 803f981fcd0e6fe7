import { suffixOf } from '../template/names.ts';
import type { GroupRule, Inside, Placement, SecurityGroup, Vpc, Vpcs } from './vpcs.ts';

/**
 * The VPCs of one account and region: who reaches whom. There is no way from a VPC to the internet or to AWS: no NAT
 * gateway and no interface end point is modelled.
 */
export class Networks implements Vpcs {
  readonly #subnets = new Map<string, string>();
  readonly #groups = new Map<string, SecurityGroup>();
  readonly #inside = new Map<string, Inside>();

  addVpc(seed: string): Vpc {
    const idOf = (prefix: string, what: string) => `${prefix}-${hex(`${seed}/${what}`)}`;
    const vpcId = idOf('vpc', 'vpc');
    const subnetIds = [idOf('subnet', 'a'), idOf('subnet', 'b')];
    for (const one of subnetIds) this.#subnets.set(one, vpcId);
    return { vpcId, subnetIds, securityGroupId: this.addGroup(`${seed}/group`, vpcId, []) };
  }

  addGroup(seed: string, vpcId: string, egress: readonly GroupRule[]): string {
    const id = `sg-${hex(seed)}`;
    this.#groups.set(id, { id, vpcId, ingress: [], egress });
    return id;
  }

  allowInto(groupId: string, rule: GroupRule): () => void {
    const group = this.group(groupId);
    if (this.group(rule.peer).vpcId !== group.vpcId) {
      throw new Error(`You have specified two resources that belong to different networks: ${groupId}, ${rule.peer}`);
    }
    group.ingress.push(rule);
    return () => void group.ingress.splice(group.ingress.indexOf(rule), 1);
  }

  group(id: string): SecurityGroup {
    const group = this.#groups.get(id);
    if (group === undefined) throw new Error(`The security group '${id}' does not exist`);
    return group;
  }

  removeGroup(id: string): void {
    this.#groups.delete(id);
  }

  enclose(address: string, inside: Inside): void {
    this.#inside.set(address, inside);
  }

  check({ subnetIds, securityGroupIds }: Placement): void {
    const vpcs = subnetIds.map((id) => {
      const vpc = this.#subnets.get(id);
      if (vpc === undefined) throw new Error(`The subnet ID '${id}' does not exist`);
      return vpc;
    });
    const all = new Set([...vpcs, ...securityGroupIds.map((id) => this.group(id).vpcId)]);
    if (all.size > 1) throw new Error('Subnets and security groups must be in the same VPC');
  }

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
