import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { RunningAgent, RunningInstance } from '../../../domain/doctor/check-agents.ts';
import { clusterOf } from '../../../domain/tags.ts';
import { agentsOn } from '../../adapters/commands.ts';
import { taggedInstances } from '../../adapters/instances.ts';
import type { FleetReader } from '../ports.ts';
import { readGroupDocuments } from './groups.ts';
import { unlessMissing } from './missing.ts';
import { roles } from './roles.ts';

const eks = new EKSClient();
const lambda = new LambdaClient();

/** The most ids that one filter of DescribeInstanceInformation is asked for. */
const agentsPerCall = 50;

/** How long an address may take to answer, in milliseconds. */
const answerMs = 10_000;

/** What doctor reads of an account that both its function and the command line can read. */
export const fleetReader: FleetReader = {
  ...roles,
  groups: readGroupDocuments,
  async unreservedConcurrency() {
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
    const limit = AccountLimit?.UnreservedConcurrentExecutions;
    if (limit === undefined) throw new Error('Lambda does not say how many functions the account can run at once');
    return limit;
  },
  async cluster(name) {
    const found = await unlessMissing(eks.send(new DescribeClusterCommand({ name })), undefined);
    if (found?.cluster === undefined) return undefined;
    const { version = '', accessConfig, resourcesVpcConfig } = found.cluster;
    return {
      version,
      authenticationMode: accessConfig?.authenticationMode ?? 'CONFIG_MAP',
      publicAccess: resourcesVpcConfig?.endpointPublicAccess ?? true,
      publicAccessCidrs: resourcesVpcConfig?.publicAccessCidrs ?? [],
      privateAccess: resourcesVpcConfig?.endpointPrivateAccess ?? false,
    };
  },
  async instances(clusters) {
    const running: RunningInstance[] = [];
    for await (const page of taggedInstances()) {
      running.push(
        ...page.filter(({ state, tags }) => state === 'running' && clusters.includes(clusterOf(tags) ?? '')),
      );
    }
    return running;
  },
  async agents(ids) {
    const agents = new Map<string, RunningAgent>();
    for (let at = 0; at < ids.length; at += agentsPerCall) {
      for (const [id, agent] of await agentsOn(ids.slice(at, at + agentsPerCall))) agents.set(id, agent);
    }
    return agents;
  },
  async status(url) {
    const { status } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(answerMs) });
    return status;
  },
};
