import { createHash } from 'node:crypto';
import type { DescribeStackResourceCommandInput } from '@aws-sdk/client-cloudformation';
import { AwsError, operation, type Service } from '../aws/service.ts';
import type { WireRequest, WireResponse } from '../aws/wire.ts';
import type { Core, Part } from '../core.ts';
import { stackId } from '../template/names.ts';
import type { Created, ResourceType, Stack } from '../template/resource.ts';
import { TemplateError } from '../template/template-error.ts';

/** How long CloudFormation waits for an answer, in seconds, unless ServiceTimeout says less. Source: CloudFormation, "Custom resources". */
const longestWait = 3600;

/** A custom resource's answer may hold 4,096 bytes. Source: CloudFormation, "Custom resource response objects". */
const largestAnswer = 4096;

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
}

type Properties = Readonly<Record<string, unknown>>;

/** A custom resource, by what every request about it says. */
interface Custom {
  readonly logicalId: string;
  readonly type: string;
  /** The ARN of its function. */
  readonly token: string;
  /** The id of its stack. */
  readonly stack: string;
}

/** What CloudFormation itself brings: CDK's metadata, and resources that a function makes. */
export class CloudFormation {
  readonly #core: Core;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #made = new Map<
    string,
    { readonly resource: Custom; readonly properties: Properties; readonly ref: string }
  >();
  /** The status of each custom resource, by stack and logical id. */
  readonly #statuses = new Map<string, string>();
  #requests = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  part(): Part {
    const metadata: ResourceType = {
      type: 'AWS::CDK::Metadata',
      properties: ['Analytics'],
      create: (logicalId) => ({ ref: logicalId, attributes: {} }),
    };
    const custom: ResourceType = {
      type: 'AWS::CloudFormation::CustomResource',
      properties: ['*'],
      create: (logicalId, properties, stack, type) => this.#create(logicalId, properties, stack, type),
      remove: (_, logicalId, stack) => this.#remove(logicalId, stack),
    };
    return { resourceTypes: [metadata, custom], services: [this.#service()] };
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html, of custom resources. */
  #service(): Service {
    const where = ({ StackName = '', LogicalResourceId = '' }: Partial<DescribeStackResourceCommandInput>) => ({
      StackName: StackName.startsWith('arn:') ? StackName : stackId(this.#core.place, StackName),
      LogicalResourceId,
    });
    return {
      name: 'cloudformation',
      operations: {
        DescribeStackResource: operation(
          (input: Partial<DescribeStackResourceCommandInput>) => [
            { action: 'cloudformation:DescribeStackResource', resource: where(input).StackName },
          ],
          (input) => {
            const { StackName, LogicalResourceId } = where(input);
            const ResourceStatus = this.#statuses.get(`${StackName} ${LogicalResourceId}`);
            if (ResourceStatus === undefined) {
              const message = `Resource ${LogicalResourceId} does not exist for stack ${StackName}`;
              throw new AwsError('ValidationError', message, 400);
            }
            return { StackResourceDetail: { LogicalResourceId, ResourceStatus, StackId: StackName } };
          },
        ),
      },
    };
  }

  /** The host of the pre-signed addresses that functions answer to. */
  get host(): string {
    const { region } = this.#core.place;
    return `cloudformation-custom-resource-response-${region}.s3.${region}.amazonaws.com`;
  }

  /** Takes an answer that a function puts to its ResponseURL. */
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
    const resource: Custom = { logicalId, type, token, stack: stackId(this.#core.place, stack.name) };
    const asked = await this.#ask(resource, properties, { RequestType: 'Create' });
    const { PhysicalResourceId: ref, Data = {} } = asked;
    if (asked.Status !== 'SUCCESS') {
      // What could not be created is deleted, if it was given an id.
      const again = { RequestType: 'Delete', PhysicalResourceId: ref };
      if (ref !== undefined) await this.#ask(resource, properties, again).catch(() => undefined);
      throw failure(asked);
    }
    if (ref === undefined) throw new TemplateError('invalid PhysicalResourceId: the answer has none');
    this.#made.set(`${resource.stack} ${logicalId}`, { resource, properties, ref });
    return { ref, attributes: Data };
  }

  /**
   * Gives a custom resource other properties, as an update of its stack does. One that fails is rolled back: the function is asked for an
   * update to what was before.
   *
   * @param putBack puts back what the resource depends on; a rollback comes to that first
   * @returns what `Fn::GetAtt` gives from then on
   * @throws TemplateError with the reason of the failure, after the roll-back
   */
  async update(
    { stack: name, logicalId }: { readonly stack: string; readonly logicalId: string },
    properties: Readonly<Record<string, unknown>>,
    putBack = () => {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const key = `${stackId(this.#core.place, name)} ${logicalId}`;
    const made = this.#made.get(key);
    if (made === undefined) throw new TemplateError(`${logicalId} is no custom resource of the stack`);
    const { resource, properties: before, ref } = made;
    const wanted = { ServiceToken: resource.token, ...properties };
    const change = (to: Properties, from: Properties, id: string) =>
      this.#ask(resource, to, {
        RequestType: 'Update',
        PhysicalResourceId: id,
        OldResourceProperties: stringified(from),
      });
    const asked = await change(wanted, before, ref);
    const id = asked.PhysicalResourceId ?? ref;
    if (asked.Status !== 'SUCCESS') {
      putBack();
      const back = await change(before, wanted, id);
      if (back.Status !== 'SUCCESS') throw new TemplateError(`UPDATE_ROLLBACK_FAILED: ${failure(back).message}`);
      throw failure(asked);
    }
    this.#made.set(key, { resource, properties: wanted, ref: id });
    // Another id is another resource, and the one before is cleaned up.
    if (id !== ref) await this.#ask(resource, before, { RequestType: 'Delete', PhysicalResourceId: ref });
    return asked.Data ?? {};
  }

  async #remove(logicalId: string, { name }: Stack): Promise<void> {
    const key = `${stackId(this.#core.place, name)} ${logicalId}`;
    const made = this.#made.get(key);
    if (made === undefined) return;
    const { resource, properties, ref } = made;
    const asked = await this.#ask(resource, properties, { RequestType: 'Delete', PhysicalResourceId: ref });
    if (asked.Status !== 'SUCCESS') throw failure(asked);
    this.#made.delete(key);
  }

  /** Sends one request to the function of a custom resource and waits for its answer. */
  async #ask(
    { token, type, logicalId, stack }: Custom,
    properties: Properties,
    request: Readonly<Record<string, unknown>>,
  ): Promise<Answer> {
    const { lambda, clock } = this.#core;
    const doing = { Create: 'CREATE', Update: 'UPDATE', Delete: 'DELETE' }[String(request['RequestType'])] ?? 'CREATE';
    this.#statuses.set(`${stack} ${logicalId}`, `${doing}_IN_PROGRESS`);
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
    const ended = answer.Status === 'SUCCESS' ? 'COMPLETE' : 'FAILED';
    this.#statuses.set(`${stack} ${logicalId}`, `${doing}_${ended}`);
    return answer;
  }
}

function failure({ Reason: reason = 'no reason given' }: Answer): TemplateError {
  return new TemplateError(`received response status [FAILED] from custom resource: ${reason}`);
}

/** CloudFormation hands every scalar property to a function as text. */
function stringified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringified);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, stringified(one)]));
  }
  return String(value);
}
