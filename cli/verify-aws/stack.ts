import { CloudFormationClient, GetTemplateCommand, paginateListStackResources } from '@aws-sdk/client-cloudformation';

/** The name under which the app deploys itself. */
export const stackName = 'Airlock';

/** One resource of the deployed stack. */
export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  /** When CloudFormation last changed it, ISO 8601. */
  readonly changedAt: string;
}

/** Lists the resources of the deployed stack. @throws the SDK's error if there is no such stack */
export async function deployedResources(client = new CloudFormationClient()): Promise<DeployedResource[]> {
  const resources: DeployedResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
    for (const {
      LogicalResourceId,
      ResourceType,
      PhysicalResourceId,
      LastUpdatedTimestamp,
    } of page.StackResourceSummaries ?? []) {
      resources.push({
        logicalId: LogicalResourceId ?? '',
        type: ResourceType ?? '',
        physicalId: PhysicalResourceId ?? '',
        changedAt: LastUpdatedTimestamp?.toISOString() ?? '',
      });
    }
  }
  return resources;
}

/** The one resource of a type whose logical id begins with a text. @throws Error if there is none */
export function resourceLike(resources: readonly DeployedResource[], type: string, beginning = ''): DeployedResource {
  const found = resources.find((one) => one.type === type && one.logicalId.startsWith(beginning));
  if (!found) throw new Error(`the stack ${stackName} has no ${type} whose logical id begins with "${beginning}"`);
  return found;
}

/** The deployed template. */
export async function deployedTemplate(): Promise<string> {
  const { TemplateBody = '' } = await new CloudFormationClient().send(
    new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }),
  );
  return TemplateBody;
}
