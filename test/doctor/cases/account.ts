import { examineExposure } from '../../../cli/doctor/examine-exposure.ts';
import { examinePoolNames } from '../../../cli/doctor/examine-pool-names.ts';
import type { PoolTemplate } from '../../../domain/doctor/templates/template.ts';
import { type FindingCode, joinDiagnoses } from '../../../domain/findings.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import { listMirroredFiles } from '../../../domain/mirrored-files.ts';
import type { SurveyedNode } from '../../../domain/survey.ts';
import {
  examineAgents,
  examineArtifacts,
  examineConcurrency,
  examineMirror,
  examineRoom,
  neededConcurrency,
} from '../../../lambdas/doctor/examine-account.ts';
import type { DoctorReader, FleetFacts } from '../../../lambdas/doctor/ports.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { versionsOf } from '../../../lib/config/versions.ts';
import { shipped } from '../../ssm-documents/node.ts';
import { standard, written } from '../files.ts';
import { reader, refused } from '../reader.ts';
import type { FindingCase } from './case.ts';

const account = (change: Partial<DoctorReader>) => async () =>
  joinDiagnoses(await Promise.all([examineConcurrency(reader(change), standard()), ...examineRoom(reader(change))]));
const names = (count: number) => Array.from({ length: count }, (_, at) => `policy-${at}`);
const policies = (count: number, own?: string) => account({ logPolicies: async () => ({ names: names(count), own }) });
const concurrency = (limit: number) => account({ unreservedConcurrency: async () => limit });
const quota = (used: number) =>
  account({ quotas: async () => [{ what: 'IAM roles', service: 'iam', used, limit: 1_000, needed: 30 }] });

const now = Date.parse('2026-11-28T12:00:00Z');
const instance = { instanceId: 'i-0123456789abcdef0', launchedAt: '2026-11-28T11:00:00Z' };
const young = { ...instance, launchedAt: '2026-11-28T11:55:00Z' };

function agents(
  agent: { ping: string; version: string } | undefined,
  change: Partial<DoctorReader> = {},
  of = instance,
) {
  const known = new Map(agent === undefined ? [] : [[of.instanceId, agent]]);
  return () =>
    examineAgents(reader({ instances: async () => [of], agents: async () => known, ...change }), standard(), now);
}

const newAgent = { ping: 'Online', version: '3.3.2746.0' };
const agentCase = {
  right: { 'an agent that is online and new enough': agents(newAgent) },
  blind: {
    'EC2 refuses': agents(newAgent, { instances: refused }),
    'SSM refuses': agents(newAgent, { agents: refused }),
  },
};

const artifact = (status: () => Promise<number>) => async () =>
  joinDiagnoses(await Promise.all(examineArtifacts(reader({ status }), ['https://example.com/runsc'])));

const files = listMirroredFiles(shipped, versionsOf(parseConfig('clusters: [{name: demo}]'), shipped));
const file = files.find(({ size }) => size !== undefined);
if (file === undefined) throw new Error('the catalogue pins no file');
const stored = { sha256: file.sha256, size: file.size ?? 1, storedAt: '2026-11-28T12:00:00.000Z' };
const mirror = (mirrored: DoctorReader['mirrored']) => async () =>
  joinDiagnoses(await Promise.all(examineMirror(reader({ mirrored }), [file])));

const released = (version: string) =>
  ({
    ...{ instanceId: instance.instanceId, launchedAt: instance.launchedAt, cluster: 'demo', pool: 'ci' },
    ...{ request: { runtime: 'gvisor', version }, endedAt: '2026-11-28T11:01:00.000Z', ending: 'released' },
  }) as RunRecord;
const shown = { instanceId: instance.instanceId, nodeName: 'n', state: 'released', reason: '' } as SurveyedNode;
const configured = {
  config: parseConfig('clusters: [{name: demo}]\nrollout: {deadlines: {high: 7d}}'),
  catalogue: shipped,
};
const exposure =
  (run: RunRecord, more: Partial<FleetFacts> = {}, node: Partial<SurveyedNode> = {}, tag = 'gvisor') =>
  () => {
    const surveys = new Map([['demo', [{ ...shown, ...node }]]]);
    const seen = { state: 'running', launchedAt: run.launchedAt, tags: { 'airlock:runtime': tag } };
    const instances = new Map([[run.instanceId, seen]]);
    const fleet = async () => ({ runs: [run], surveys, notChecked: [], instances, ...more });
    return examineExposure(reader({ fleet }), configured, now);
  };
const exposureBlind = {
  'DynamoDB refuses': () => examineExposure(reader({ fleet: refused }), configured, now),
  'a cluster refuses': exposure(released('20260928.0'), {
    notChecked: [{ resource: 'cluster demo', reason: 'not authorized' }],
  }),
};

/** Looks whether a pool of `airlock.yaml` is one of the pools of an Auto Scaling group or of a launch. */
const poolNames = (
  pool: string,
  launched: readonly string[] = [],
  { change = {}, isBlind = false, clusters = ['demo'] }: PoolNamesCase = {},
) => {
  const runs = launched.map((one) => ({ pool: one }) as RunRecord);
  const named = clusters.map((name) => `{name: ${name}}`).join(', ');
  const builders = { name: 'builders' } as PoolTemplate;
  const answering = reader({ fleet: async () => ({ runs, surveys: new Map(), notChecked: [] }), ...change });
  return () => {
    const path = written(
      'pools.yaml',
      `clusters: [${named}]\nrollout: {}\npools: [{name: ${pool}, rollout: {soak: 1h}}]`,
    );
    return examinePoolNames(answering, [builders], standard(path), isBlind);
  };
};

interface PoolNamesCase {
  readonly change?: Partial<DoctorReader>;
  readonly isBlind?: boolean;
  readonly clusters?: readonly string[];
}

export const accountCases = {
  AL0039: {
    broken: {
      'a name that no pool has': poolNames('builder'),
      'a name that no launch had either': poolNames('builder', ['build', 'builders']),
    },
    right: {
      'the name of an Auto Scaling group': poolNames('builders'),
      'the name of a pool that is gone, and had launches': poolNames('sandboxed', ['sandboxed']),
      'the name of a pool of another cluster': poolNames('sandboxed', ['sandboxed'], { clusters: ['demo', 'lab'] }),
    },
    blind: {
      'DynamoDB refuses': poolNames('builder', [], { change: { fleet: refused } }),
      'the cluster refuses': poolNames('builder', [], { isBlind: true }),
      'there are more clusters than one kubeconfig': poolNames('builder', [], { clusters: ['demo', 'lab'] }),
    },
  },
  AL0038: {
    broken: {
      'a released node with an affected version': exposure(released('20260810.0')),
      'sandboxes of an affected version beside the fix, whatever the tag names': exposure(
        { ...released('20260928.0'), installation: { sandboxes: { '20260810.0': 1 } } } as unknown as RunRecord,
        {},
        {},
        'gvisor@20260928.0',
      ),
    },
    right: {
      'a version with the fix': exposure(released('20260928.0')),
      'a node behind its gate': exposure(released('20260810.0'), {}, { state: 'gated' }),
      'a stack that is not deployed': () => examineExposure(reader(), configured, now),
    },
    blind: exposureBlind,
  },
  AL0040: {
    broken: {
      'a tag that names the affected version': exposure(released('20260810.0'), {}, {}, 'gvisor@20260810.0'),
      'a tag that names another one': exposure(released('20260810.0'), {}, {}, 'gvisor@20260928.0'),
    },
    right: {
      'a tag that names a version with the fix': exposure(released('20260928.0'), {}, {}, 'gvisor@20260928.0'),
      'a node behind its gate': exposure(released('20260810.0'), {}, { state: 'gated' }, 'gvisor@20260810.0'),
    },
    blind: exposureBlind,
  },
  AL0017: {
    broken: { 'ten policies of others': policies(10) },
    right: { 'room for one': policies(9), 'ten, one of them its own': policies(10, 'policy-3') },
    blind: { 'Logs refuses': account({ logPolicies: refused }) },
  },
  AL0018: {
    broken: { 'the ten of a new account': concurrency(10) },
    right: { 'exactly enough': concurrency(neededConcurrency(1)) },
    blind: { 'Lambda refuses': account({ unreservedConcurrency: refused }) },
  },
  AL0024: {
    ...agentCase,
    broken: { 'the agent of an old image': agents({ ping: 'Online', version: '3.3.1611.0' }) },
  },
  AL0025: {
    ...agentCase,
    right: { ...agentCase.right, 'a node that was just launched': agents(undefined, {}, young) },
    broken: {
      'an agent that SSM never saw': agents(undefined),
      'an agent that was lost': agents({ ping: 'ConnectionLost', version: '3.3.2746.0' }),
    },
  },
  AL0035: {
    broken: { 'a file that is gone': artifact(async () => 404), 'a proxy that forbids it': artifact(async () => 403) },
    right: { 'a file that is there': artifact(async () => 200) },
    blind: { 'no network': artifact(refused) },
  },
  AL0037: {
    broken: {
      'a file that is not there': mirror(async () => undefined),
      'a file that someone replaced': mirror(async () => ({ ...stored, sha256: 'f'.repeat(64) })),
      'a file that was put without a checksum': mirror(async () => ({ ...stored, sha256: undefined })),
      'a file of another length': mirror(async () => ({ ...stored, size: 2 })),
    },
    right: { 'the file that is pinned': mirror(async () => stored) },
    blind: { 'S3 refuses': mirror(refused) },
  },
  AL0036: {
    broken: { 'room for fewer roles than the stack brings': quota(971) },
    right: { 'room for just as many': quota(970) },
    blind: { 'IAM refuses': account({ quotas: refused }) },
  },
} satisfies Partial<Record<FindingCode, FindingCase>>;
