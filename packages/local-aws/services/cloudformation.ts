/**
 * CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html. Stacks are
 * made by the template of the assembly; this is what callers see of them, and custom resources.
 */
import { createHash } from 'node:crypto';
import type {
  DeleteStackCommandInput,
  DescribeStackResourceCommandInput,
  DescribeStacksCommandInput,
  ListStackResourcesCommandInput,
} from '@aws-sdk/client-cloudformation';
import type { Core } from '../core.ts';
import { AwsError, operation, type Service } from '../gateway/service.ts';
import type { WireRequest, WireResponse } from '../gateway/wire.ts';
import type { Part } from '../part.ts';
import type { Change, Created, ResourceType, Stack } from '../template/resource.ts';
import { TemplateError } from '../template/template-error.ts';

/**
 * How long CloudFormation waits for an answer, in seconds, unless ServiceTimeout is shorter. Source: CloudFormation,
 * "Custom resources".
 */
const longestWait = 3600;

/** A custom resource's answer may have 4,096 bytes. Source: CloudFormation, "Custom resource response objects". */
const largestAnswer = 4096;

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
}

type Properties = Readonly<Record<string, unknown>>;

/** A custom resource, with what every request about it contains. */
interface Custom {
  readonly logicalId: string;
  readonly type: string;
  /** Its function's ARN. */
  readonly token: string;
  /** Its stack's id. */
  readonly stack: string;
}

/** A resource of a stack, as a list shows it. */
interface ListedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
}

/** A custom resource's status, as DescribeStackResource has it. */
interface ResourceStanding {
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly LastUpdatedTimestamp: Date;
}

/** What CloudFormation's calls need of the deployed stacks. */
interface StackControl {
  /** Every resource of every stack. */
  readonly listed: () => readonly ListedResource[];
  /** Deletes a stack. @throws TemplateError if a resource cannot be deleted */
  readonly remove: (name: string) => Promise<void>;
}

/** CloudFormation's own types: CDK's metadata, and custom resources. */
export class CloudFormation {
  readonly #core: Core;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  /** The type in the template, by stack and logical id. */
  readonly #names = new Map<string, string>();
  /** Stack ids by name. */
  readonly #stacks = new Map<string, string>();
  /** Each custom resource's status and since when, by stack and logical id. */
  readonly #statuses = new Map<string, ResourceStanding>();
  /** When each handle was made, by its address. It has no property, so it is never updated. */
  readonly #handles = new Map<string, number>();
  readonly #control: StackControl;
  /** The deletions that are under way or have failed, by stack name, with the reason. */
  readonly #deletions = new Map<string, { readonly status: string; readonly reason?: string }>();
  #requests = 0;

  constructor(core: Core, control: StackControl) {
    this.#core = core;
    this.#control = control;
  }

  part(): Part {
    const metadata: ResourceType = {
      type: 'AWS::CDK::Metadata',
      properties: ['Analytics'],
      create: (logicalId) => ({ ref: logicalId, attributes: {} }),
      update: (created) => created,
    };
    const custom: ResourceType = {
      type: 'AWS::CloudFormation::CustomResource',
      properties: ['*'],
      create: (logicalId, properties, stack, type) => this.#create(logicalId, properties, stack, type),
      update: (created, change, stack) => this.#update(created, change, stack),
      remove: (created, logicalId, stack, properties) => this.#remove(created, logicalId, stack, properties),
    };
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitconditionhandle.html
    const handle: ResourceType = {
      type: 'AWS::CloudFormation::WaitConditionHandle',
      properties: [],
      create: (logicalId, _properties, stack) => {
        const ref = `https://cloudformation-waitcondition-${this.#core.env.region}.s3.amazonaws.com/${stack.name}/${logicalId}`;
        this.#handles.set(ref, this.#core.clock.now());
        return { ref, attributes: {} };
      },
      update: (created) => created,
    };
    return { resourceTypes: [metadata, custom, handle], services: [this.#service()] };
  }

  /**
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html, of custom
   * resources.
   */
  #service(): Service {
    const where = ({ StackName = '', LogicalResourceId = '' }: Partial<DescribeStackResourceCommandInput>) => ({
      StackName: StackName.startsWith('arn:') ? StackName : (this.#stacks.get(StackName) ?? StackName),
      LogicalResourceId,
    });
    return {
      name: 'cloudformation',
      operations: {
        ListStackResources: operation(
          (input: Partial<ListStackResourcesCommandInput>) => [
            { action: 'cloudformation:ListStackResources', resource: where(input).StackName },
          ],
          ({ StackName = '' }) => {
            const own = this.#control
              .listed()
              .filter(({ stack }) => stack === StackName || this.#stacks.get(stack) === StackName);
            if (own.length === 0)
              throw new AwsError('ValidationError', `Stack with id ${StackName} does not exist`, 400);
            const StackResourceSummaries = own.map(({ logicalId, type, ref }) => ({
              LogicalResourceId: logicalId,
              ResourceType: type,
              PhysicalResourceId: ref,
              LastUpdatedTimestamp: new Date(this.#handles.get(ref) ?? this.#core.clock.now()),
              ResourceStatus: 'CREATE_COMPLETE' as const,
            }));
            return { StackResourceSummaries };
          },
        ),
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html: it returns before the
        // stack is gone, and a stack that is not there is no error.
        DeleteStack: operation(
          (input: Partial<DeleteStackCommandInput>) => [
            { action: 'cloudformation:DeleteStack', resource: where(input).StackName },
          ],
          ({ StackName = '' }) => {
            const name = this.#nameOf(StackName);
            if (this.#deletions.get(name)?.status === 'DELETE_IN_PROGRESS') return {};
            this.#deletions.set(name, { status: 'DELETE_IN_PROGRESS' });
            this.#control.remove(name).then(
              () => this.#deletions.delete(name),
              (error: Error) => this.#deletions.set(name, { status: 'DELETE_FAILED', reason: error.message }),
            );
            return {};
          },
        ),
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html, of one stack by
        // its name.
        DescribeStacks: operation(
          (input: Partial<DescribeStacksCommandInput>) => [
            { action: 'cloudformation:DescribeStacks', resource: where(input).StackName },
          ],
          ({ StackName = '' }) => {
            const name = this.#nameOf(StackName);
            if (!this.#control.listed().some(({ stack }) => stack === name) && !this.#deletions.has(name))
              throw new AwsError('ValidationError', `Stack with id ${StackName} does not exist`, 400);
            const { status: StackStatus = 'CREATE_COMPLETE', reason } = this.#deletions.get(name) ?? {};
            const CreationTime = new Date(this.#core.clock.now());
            const StackStatusReason = reason === undefined ? {} : { StackStatusReason: reason };
            return { Stacks: [{ StackName: name, CreationTime, StackStatus, ...StackStatusReason }] };
          },
        ),
        DescribeStackResource: operation(
          (input: Partial<DescribeStackResourceCommandInput>) => [
            { action: 'cloudformation:DescribeStackResource', resource: where(input).StackName },
          ],
          (input) => {
            const { StackName, LogicalResourceId } = where(input);
            const standing = this.#statuses.get(`${StackName} ${LogicalResourceId}`);
            if (standing === undefined) {
              const message = `Resource ${LogicalResourceId} does not exist for stack ${StackName}`;
              throw new AwsError('ValidationError', message, 400);
            }
            return { StackResourceDetail: { LogicalResourceId, StackId: StackName, ...standing } };
          },
        ),
      },
    };
  }

  /** A stack's name, from its name or its id. */
  #nameOf(stack: string): string {
    return [...this.#stacks].find(([, id]) => id === stack)?.[0] ?? stack;
  }

  /** The host of the pre-signed URLs that functions answer to. */
  get host(): string {
    const { region } = this.#core.env;
    return `cloudformation-custom-resource-response-${region}.s3.${region}.amazonaws.com`;
  }

  /** Receives the answer that a function sends to its ResponseURL. */
  receive({ method, path, body }: WireRequest): WireResponse {
    const key = decodeURIComponent(path.slice(1));
    const resolve = this.#waiting.get(key);
    if (method !== 'PUT' || resolve === undefined)
      return { status: 403, headers: {}, body: Buffer.from('AccessDenied') };
    if (body.byteLength > largestAnswer) {
      resolve({ Status: 'FAILED', Reason: 'Response object is too long.' });
    } else {
      resolve(JSON.parse(Buffer.from(body).toString('utf8')) as Answer);
    }
    return { status: 200, headers: {}, body: new Uint8Array() };
  }

  async #create(
    logicalId: string,
    properties: Readonly<Record<string, unknown>>,
    stack: Stack,
    type: string,
  ): Promise<Created> {
    const { ServiceToken: token } = properties;
    if (typeof token !== 'string' || token.split(':')[2] !== 'lambda') {
      throw new TemplateError(`ServiceToken must be the ARN of a function, not ${JSON.stringify(token)}`);
    }
    this.#names.set(`${stack.name} ${logicalId}`, type);
    const resource = this.#custom(logicalId, properties, stack);
    const asked = await this.#ask(resource, properties, { RequestType: 'Create' });
    const { PhysicalResourceId: ref, Data = {} } = asked;
    if (asked.Status !== 'SUCCESS') {
      // A resource whose creation failed is deleted if it has an id.
      const again = { RequestType: 'Delete', PhysicalResourceId: ref };
      if (ref !== undefined) await this.#ask(resource, properties, again).catch(() => undefined);
      throw failure(asked);
    }
    if (ref === undefined) throw new TemplateError('invalid PhysicalResourceId: the answer has none');
    return { ref, attributes: Data };
  }

  async #update({ ref }: Created, { logicalId, before, after }: Change, stack: Stack): Promise<Created> {
    const asked = await this.#ask(this.#custom(logicalId, after, stack), after, {
      RequestType: 'Update',
      PhysicalResourceId: ref,
      OldResourceProperties: stringified(before),
    });
    if (asked.Status !== 'SUCCESS') throw failure(asked);
    return { ref: asked.PhysicalResourceId ?? ref, attributes: asked.Data ?? {} };
  }

  async #remove({ ref }: Created, logicalId: string, stack: Stack, properties: Properties): Promise<void> {
    const request = { RequestType: 'Delete', PhysicalResourceId: ref };
    const asked = await this.#ask(this.#custom(logicalId, properties, stack), properties, request);
    if (asked.Status !== 'SUCCESS') throw failure(asked);
  }

  #custom(logicalId: string, { ServiceToken: token }: Properties, { name, id: stack }: Stack): Custom {
    this.#stacks.set(name, stack);
    return { logicalId, type: this.#names.get(`${name} ${logicalId}`) ?? '', token: String(token), stack };
  }

  /** Sends one request to a custom resource's function and waits for its answer. */
  async #ask(
    { token, type, logicalId, stack }: Custom,
    properties: Properties,
    request: Readonly<Record<string, unknown>>,
  ): Promise<Answer> {
    const { lambda, clock } = this.#core;
    const doing = { Create: 'CREATE', Update: 'UPDATE', Delete: 'DELETE' }[String(request['RequestType'])] ?? 'CREATE';
    const become = (ResourceStatus: string) =>
      this.#statuses.set(`${stack} ${logicalId}`, {
        ResourceType: type,
        ResourceStatus,
        LastUpdatedTimestamp: new Date(clock.now()),
      });
    become(`${doing}_IN_PROGRESS`);
    const requestId = createHash('sha256')
      .update(`${stack}/${logicalId}/${++this.#requests}`)
      .digest('hex')
      .slice(0, 32);
    const key = `${stack}|${logicalId}|${requestId}`;
    const event = {
      ...request,
      ServiceToken: token,
      ResponseURL: `https://${this.host}/${encodeURIComponent(key)}?X-Amz-Expires=7200`,
      StackId: stack,
      RequestId: requestId,
      LogicalResourceId: logicalId,
      ResourceType: type,
      ResourceProperties: stringified(properties),
    };
    const seconds = Math.min(Number(properties['ServiceTimeout'] ?? longestWait), longestWait);
    const answer = await new Promise<Answer>((resolve, reject) => {
      const timer = clock.after(seconds * 1000, () => {
        resolve({ Status: 'FAILED', Reason: `no response was received within ${seconds} seconds` });
      });
      this.#waiting.set(key, (given) => {
        timer.cancel();
        resolve(given);
      });
      lambda.invoke(token, JSON.stringify(event), 'Event').catch(reject);
    });
    this.#waiting.delete(key);
    become(`${doing}_${answer.Status === 'SUCCESS' ? 'COMPLETE' : 'FAILED'}`);
    return answer;
  }
}

function failure({ Reason: reason = 'no reason given' }: Answer): TemplateError {
  return new TemplateError(`received response status [FAILED] from custom resource: ${reason}`);
}

/** CloudFormation passes every scalar property to a function as text. */
function stringified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringified);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, stringified(one)]));
  }
  return String(value);
}
