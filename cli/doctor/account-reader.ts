import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { GetAccountSummaryCommand, IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { paginateListDocuments, SSMClient } from '@aws-sdk/client-ssm';
import { verbs } from '../../domain/parameters.ts';
import { runtimes } from '../../domain/runtimes.ts';
import type { DoctorReader, QuotaUse } from '../../lambdas/doctor/ports.ts';
import { fleetReader } from '../../lambdas/doctor/readers/fleet.ts';
import { mirrorBucket } from '../artifacts/artifacts.ts';
import { type ArtifactSource, bucketSource } from '../artifacts/store.ts';
import { connectFleet } from '../status/connect.ts';
import { readFleet } from '../status/read-fleet.ts';
import { logPolicies } from '../verify-aws/log-policies.ts';
import { deployedResources } from '../verify-aws/stack.ts';

/**
 * The stack's roles: one for each function, and those of the workflow, the schedule, the rules and the custom
 * resources.
 */
const rolesNeeded = 30;
/** The stack's rules on the default bus. */
const rulesNeeded = 4;
/** The stack's SSM documents: one for each verb and runtime. */
const documentsNeeded = verbs.length * runtimes.length;
/** Rules on one bus. Source: EventBridge User Guide, "Quotas"; five regions have less, and it can be raised. */
const ruleLimit = 300;
/**
 * Documents that an account owns in a region. Source: AWS General Reference, "Systems Manager endpoints and quotas"; it
 * can be raised.
 */
const documentLimit = 500;

let mirror: Promise<ArtifactSource> | undefined;

/** The account of the caller's AWS credentials. */
export const account: DoctorReader = {
  ...fleetReader,
  logPolicies,
  async mirrored(file) {
    mirror ??= deployedResources().then((resources) => bucketSource(new S3Client(), mirrorBucket(resources)));
    return (await mirror).state?.(file);
  },
  async fleet(clusters) {
    const { own } = await logPolicies();
    return own === undefined
      ? undefined
      : readFleet(await connectFleet({ clusters: clusters.map((name) => ({ name })) }));
  },
  async quotas() {
    const { own } = await logPolicies();
    if (own !== undefined) return [];
    return Promise.all([roleQuota(), ruleQuota(), documentQuota()]);
  },
};

/** IAM states its own quota with what is used. */
async function roleQuota(): Promise<QuotaUse> {
  const { SummaryMap = {} } = await new IAMClient().send(new GetAccountSummaryCommand({}));
  const { Roles: used, RolesQuota: limit } = SummaryMap;
  if (used === undefined || limit === undefined) throw new Error('IAM does not state how many roles the account has');
  return { what: 'IAM roles', service: 'iam', used, limit, needed: rolesNeeded };
}

async function ruleQuota(): Promise<QuotaUse> {
  const client = new EventBridgeClient();
  let used = 0;
  let next: string | undefined;
  do {
    const { Rules = [], NextToken } = await client.send(new ListRulesCommand({ NextToken: next }));
    used += Rules.length;
    next = NextToken;
  } while (next !== undefined);
  return { what: 'rules on the default bus', service: 'events', used, limit: ruleLimit, needed: rulesNeeded };
}

async function documentQuota(): Promise<QuotaUse> {
  let used = 0;
  const Filters = [{ Key: 'Owner', Values: ['Self'] }];
  for await (const { DocumentIdentifiers = [] } of paginateListDocuments({ client: new SSMClient() }, { Filters }))
    used += DocumentIdentifiers.length;
  return { what: 'SSM documents', service: 'ssm', used, limit: documentLimit, needed: documentsNeeded };
}
