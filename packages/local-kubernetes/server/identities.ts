import { randomUUID } from 'node:crypto';
import { type SecretOf, type Verdict, verifyEksToken } from './authenticate.ts';
import type { User } from './authorize.ts';

/** A cluster's access entry: a role with its groups. */
export interface AccessEntry {
  readonly principalArn: string;
  readonly kubernetesGroups: readonly string[];
  /** May contain `{{SessionName}}` for the session name. EKS derives a name from the ARN if none is given. */
  readonly username?: string;
  /** Whether the access policy AmazonEKSClusterAdminPolicy is associated with it, for the whole cluster. */
  readonly clusterAdmin?: boolean;
}

/** How long the API server trusts a verified token, in milliseconds: `--authentication-token-webhook-cache-ttl`. */
const verdictKeptMs = 120_000;

/** A cluster's identities: roles through access entries, kubelets and autoscalers through the stand-in's own tokens. */
export class Identities {
  readonly #tokens = new Map<string, User>();
  readonly #entries = new Map<string, AccessEntry>();
  readonly #verdicts = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  readonly #cluster: string;
  readonly #secretOf: SecretOf;

  constructor(cluster: string, entries: readonly AccessEntry[], secretOf: SecretOf) {
    this.#cluster = cluster;
    this.#secretOf = secretOf;
    for (const entry of entries) this.addAccessEntry(entry);
  }

  /** Throws if EKS would reject the entry. */
  addAccessEntry(entry: AccessEntry): void {
    const bad = entry.kubernetesGroups.find((group) => /^(system|eks|aws|amazon|iam):/.test(group));
    if (bad !== undefined) throw new Error(`InvalidParameterException: the group name ${bad} has a reserved prefix`);
    this.#entries.set(entry.principalArn, entry);
  }

  /** Revokes a role's access. */
  removeAccessEntry(principalArn: string): void {
    this.#entries.delete(principalArn);
  }

  /** A token for a caller that is not an AWS role: a kubelet, an autoscaler, an administrator. */
  tokenFor(name: string, groups: readonly string[]): string {
    const token = randomUUID();
    this.#tokens.set(token, { name, groups: [...groups, 'system:authenticated'], aws: false });
    return token;
  }

  async #verify(token: string, now: number): Promise<Verdict> {
    const verdict = await verifyEksToken(token, this.#cluster, now, this.#secretOf);
    if (verdict.ok) this.#verdicts.set(token, { verdict, until: Math.min(verdict.until, now + verdictKeptMs) });
    return verdict;
  }

  /**
   * @param authorization the request's header
   * @returns the user, or undefined for 401. A request without the header is `system:anonymous`, as in EKS
   */
  async identify(authorization: string | undefined, now: number): Promise<User | undefined> {
    if (authorization === undefined) {
      return { name: 'system:anonymous', groups: ['system:unauthenticated'], aws: true };
    }
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '';
    const known = this.#tokens.get(token);
    if (known !== undefined) return known;
    const kept = this.#verdicts.get(token);
    const verdict = kept !== undefined && now <= kept.until ? kept.verdict : await this.#verify(token, now);
    if (!verdict.ok) return undefined;
    const entry = this.#entries.get(verdict.roleArn);
    if (entry === undefined) return undefined;
    const assumed = verdict.roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/');
    const name = (entry.username ?? `${assumed}/{{SessionName}}`).replaceAll('{{SessionName}}', verdict.sessionName);
    const groups = [...entry.kubernetesGroups, 'system:authenticated'];
    return { name, groups, aws: true, clusterAdmin: entry.clusterAdmin ?? false };
  }
}
