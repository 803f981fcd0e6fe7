import { checkAgents } from '../../domain/doctor/check-agents.ts';
import { checkEksCluster, eksCodes } from '../../domain/doctor/check-eks-cluster.ts';
import { look } from '../../domain/doctor/look.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import type { Diagnosis, FindingCode } from '../../domain/findings.ts';
import { describeFile, fileFault, type MirroredFile } from '../../domain/mirrored-files.ts';
import { asked } from './asked.ts';
import type { DoctorReader, FleetReader } from './ports.ts';

/** How many batches Lambda hands to a queue's function at once: `maxConcurrency` of its event source mapping. */
const batchesPerQueue = 2;
/** The queues that are not a cluster's: admission, dispatch, results and terminations. */
const commonQueues = 4;
/**
 * The functions that Step Functions and the schedule call: remediation, cancellation and reconcile, each for several
 * launches.
 */
const otherFunctions = 10;

/** How many functions Airlock runs at once when many nodes launch. */
export function neededConcurrency(clusters: number): number {
  return batchesPerQueue * (commonQueues + clusters) + otherFunctions;
}

/**
 * CloudWatch Logs' resource policies per region; the quota cannot be raised. Source: CloudWatch Logs User Guide,
 * "CloudWatch Logs quotas".
 */
export const mostLogPolicies = 10;

/** Looks at how many functions the account can run at once. */
export function examineConcurrency(reader: FleetReader, { clusters }: Standard): Promise<Diagnosis> {
  return one('AL0018', 'Lambda', 'UnreservedConcurrentExecutions', async () => {
    const [seen, needed] = [await reader.unreservedConcurrency(), neededConcurrency(clusters.length)];
    return seen < needed ? { seen: `is ${seen}; Airlock uses ${needed}` } : undefined;
  });
}

/** Looks at whether the account has room for what a deployment brings. */
export function examineRoom(reader: DoctorReader): readonly Promise<Diagnosis>[] {
  return [
    one('AL0017', 'CloudWatch Logs', 'resource policies', async () => {
      const { names, own } = await reader.logPolicies();
      if ((own !== undefined && names.includes(own)) || names.length < mostLogPolicies) return undefined;
      return { seen: `${names.length} of ${mostLogPolicies} are used: ${names.join(', ')}` };
    }),
    look(['AL0036'], 'quotas', async () => {
      const quotas = await asked(reader.quotas());
      const full = quotas.filter(({ used, limit, needed }) => used + needed > limit);
      return {
        checked: quotas.map(({ what }) => what),
        findings: full.map(({ what, service, used, limit, needed }) => ({
          code: 'AL0036',
          resource: what,
          field: 'quota',
          seen: `${used} of ${limit} are used; the stack brings ${needed}`,
          values: { service },
        })),
        notChecked: [],
      };
    }),
  ];
}

/** Looks at what EKS says about each cluster. */
export function examineClusters(reader: FleetReader, { clusters }: Standard): readonly Promise<Diagnosis>[] {
  return clusters
    .filter(({ isInEks }) => isInEks)
    .map((cluster) =>
      look(eksCodes, `cluster ${cluster.name}`, async () =>
        checkEksCluster(cluster, await asked(reader.cluster(cluster.name))),
      ),
    );
}

/** Looks at the SSM agents of running nodes. @param now milliseconds since the epoch */
export function examineAgents(reader: FleetReader, { clusters }: Standard, now: number): Promise<Diagnosis> {
  return look(['AL0024', 'AL0025'], 'running instances', async () => {
    const instances = await asked(reader.instances(clusters.map(({ name }) => name)));
    const agents = await asked(reader.agents(instances.map(({ instanceId }) => instanceId)));
    return checkAgents(instances, agents, now);
  });
}

/** Looks at addresses, from where this code runs. Whether a node reaches them cannot be known from here. */
export function examineArtifacts(reader: FleetReader, urls: readonly string[]): readonly Promise<Diagnosis>[] {
  return urls.map((url) =>
    look(['AL0035'], url, async () => {
      const status = await asked(reader.status(url));
      const finding = {
        code: 'AL0035',
        resource: url,
        field: 'HEAD',
        seen: `answers ${status}`,
        values: { url },
      } as const;
      return { checked: [url], findings: status === 200 ? [] : [finding], notChecked: [] };
    }),
  );
}

/** Looks at what the mirror states about its files. */
export function examineMirror(reader: DoctorReader, files: readonly MirroredFile[]): readonly Promise<Diagnosis>[] {
  return files.map((file) => {
    const resource = `the mirror's file of ${describeFile(file)}`;
    return one('AL0037', resource, file.sha256, async () => {
      const seen = fileFault(file, await reader.mirrored(file));
      return seen === undefined ? undefined : { seen };
    });
  });
}

function one(
  code: FindingCode,
  resource: string,
  field: string,
  examine: () => Promise<{ readonly seen: string } | undefined>,
): Promise<Diagnosis> {
  return look([code], resource, async () => {
    const found = await asked(examine());
    const findings = found === undefined ? [] : [{ code, resource, field, ...found }];
    return { checked: [resource], findings, notChecked: [] };
  });
}
