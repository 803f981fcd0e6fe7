import { exampleRuntime, type Runtime, runtimes } from '../../domain/runtimes.ts';
import type { OwnCluster } from '../../lib/config/commented.ts';
import { UsageError } from '../output/errors.ts';
import type { AccountReading, FoundCluster } from './reading.ts';
import { gateFor, type PoolKind, poolKinds } from './snippets.ts';

/** Where a value comes from. `assumed`: the usual value, because nothing else was known. */
export type Origin = 'option' | 'account' | 'answer' | 'assumed';

/** What the options give. */
export interface Given {
  readonly cluster: readonly string[];
  readonly instanceProfile: readonly string[];
  readonly pool: readonly PoolKind[];
  readonly runtime: readonly Runtime[];
}

/**
 * Asks a person for one or more of some values, separated by commas.
 *
 * @param choices the accepted values; none if any text is accepted
 * @param usual what an empty answer means
 */
export type Ask = (question: string, choices: readonly string[], usual: string) => Promise<readonly string[]>;

/** Everything that `airlock.yaml` and the snippets are made from. */
export interface Answers {
  readonly clusters: readonly OwnCluster[];
  readonly kinds: readonly PoolKind[];
  readonly runtimes: readonly Runtime[];
  readonly gate: string;
  readonly origins: readonly { readonly field: string; readonly value: string; readonly from: Origin }[];
}

/** Whether a value had to be decided without the account. */
export function needsAccount({ cluster, instanceProfile, pool }: Given): boolean {
  return cluster.length === 0 || instanceProfile.length === 0 || pool.length === 0;
}

/**
 * Decides every value: by its option, otherwise by what the account has, otherwise by asking, otherwise by what is
 * usual.
 *
 * @param ask undefined without a terminal
 * @throws UsageError that names the option, if a value has no usual form
 */
export async function decideAnswers(given: Given, account: AccountReading, ask: Ask | undefined): Promise<Answers> {
  const origins: { field: string; value: string; from: Origin }[] = [];
  const record = <T>(field: string, values: readonly T[], from: Origin) => {
    origins.push({ field, value: values.join(', '), from });
    return values;
  };
  const found = await decideClusters(given, account, ask, record);
  const kinds = await decideKinds(given, found, ask, record);
  const wanted =
    given.runtime.length > 0
      ? record('runtimes', given.runtime, 'option')
      : ask === undefined
        ? record('runtimes', [exampleRuntime], 'assumed')
        : record(
            'runtimes',
            (await ask('Which runtimes may nodes request?', runtimes, exampleRuntime)) as Runtime[],
            'answer',
          );
  const clusters: OwnCluster[] = [];
  for (const cluster of found) {
    const field = `instance profiles of ${cluster.name}`;
    const [profiles, from] = await decideProfiles({ given, cluster, kinds, ask });
    clusters.push({
      name: cluster.name,
      private: cluster.private ?? false,
      instanceProfiles: record(field, profiles, from),
    });
  }
  return { clusters, kinds, runtimes: wanted, gate: gateFor(kinds), origins };
}

type Recorder = <T>(field: string, values: readonly T[], from: Origin) => readonly T[];

async function decideClusters(given: Given, account: AccountReading, ask: Ask | undefined, record: Recorder) {
  const known = account.clusters.map(({ name }) => name);
  const take = (names: readonly string[], from: Origin): readonly FoundCluster[] =>
    record('clusters', names, from).map(
      (name) => account.clusters.find((one) => one.name === name) ?? { name, instanceProfiles: [], kinds: [] },
    );
  if (given.cluster.length > 0) return take(given.cluster, 'option');
  if (known.length === 1) return take(known, 'account');
  if (ask !== undefined) return take(await ask('Which clusters in EKS?', known, known.join(',')), 'answer');
  const seen = known.length === 0 ? 'no cluster was found' : `the account has ${known.join(', ')}`;
  const reasons = account.notRead.map(({ resource, reason }) => `; could not read ${resource}: ${reason}`);
  throw new UsageError(`option '--cluster' is not given, and ${seen}${reasons.join('')}; accepted: --cluster NAME`);
}

async function decideKinds(given: Given, found: readonly FoundCluster[], ask: Ask | undefined, record: Recorder) {
  if (given.pool.length > 0) return record('pools', given.pool, 'option');
  const kinds = [...new Set(found.flatMap((cluster) => cluster.kinds))];
  if (kinds.length > 0) return record('pools', kinds, 'account');
  if (ask === undefined) return record('pools', ['karpenter'] as const, 'assumed');
  return record('pools', (await ask('How are pools declared?', poolKinds, 'karpenter')) as PoolKind[], 'answer');
}

async function decideProfiles({
  given,
  cluster,
  kinds,
  ask,
}: {
  given: Given;
  cluster: FoundCluster;
  kinds: readonly PoolKind[];
  ask: Ask | undefined;
}): Promise<readonly [readonly string[], Origin]> {
  if (given.instanceProfile.length > 0) return [given.instanceProfile, 'option'];
  if (cluster.instanceProfiles.length > 0) return [cluster.instanceProfiles, 'account'];
  const usual = [...new Set(kinds.flatMap((kind) => usualProfile(kind, cluster.name) ?? []))];
  if (ask !== undefined) {
    return [await ask(`Which instance profiles have the nodes of ${cluster.name}?`, [], usual.join(',')), 'answer'];
  }
  if (kinds.every((kind) => usualProfile(kind, cluster.name) !== undefined)) return [usual, 'assumed'];
  throw new UsageError(
    `option '--instance-profile' is not given, and no node of ${cluster.name} shows one; accepted: --instance-profile NAME, that of the launch template`,
  );
}

/** The instance profile that an autoscaler makes for its nodes; undefined if the launch template names one. */
function usualProfile(kind: PoolKind, cluster: string): string | undefined {
  if (kind === 'karpenter') return `${cluster}_*`;
  return kind === 'auto-scaling-group' ? undefined : 'eks-*';
}
