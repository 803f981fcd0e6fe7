import { createHash } from 'node:crypto';
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

/** What CloudFormation itself brings: CDK's metadata, and resources that a function makes. */
export class CloudFormation {
  readonly #core: Core;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

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
    };
    return { resourceTypes: [metadata, custom] };
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
    const { lambda, clock, place } = this.#core;
    const { ServiceToken: token, ServiceTimeout: timeout = longestWait } = properties;
    if (typeof token !== 'string' || token.split(':')[2] !== 'lambda') {
      throw new TemplateError(`ServiceToken must be the ARN of a function, not ${JSON.stringify(token)}`);
    }
    const id = stackId(place, stack.name);
    const requestId = createHash('sha256').update(`${id}/${logicalId}`).digest('hex').slice(0, 32);
    const key = `${id}|${logicalId}|${requestId}`;
    const event = {
      RequestType: 'Create',
      ServiceToken: token,
      ResponseURL: `https://${this.host}/${encodeURIComponent(key)}?X-Amz-Expires=7200`,
      StackId: id,
      RequestId: requestId,
      LogicalResourceId: logicalId,
      ResourceType: type,
      ResourceProperties: stringified(properties),
    };
    const seconds = Math.min(Number(timeout), longestWait);
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
    if (answer.Status !== 'SUCCESS') {
      throw new TemplateError(
        `received response status [FAILED] from custom resource: ${answer.Reason ?? 'no reason given'}`,
      );
    }
    const ref = answer.PhysicalResourceId;
    if (ref === undefined) throw new TemplateError('invalid PhysicalResourceId: the answer has none');
    return { ref, attributes: answer.Data ?? {} };
  }
}

/** CloudFormation hands every scalar property to a function as text. */
function stringified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringified);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, stringified(one)]));
  }
  return String(value);
}
