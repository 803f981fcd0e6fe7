/**
 * The buses of an account and the policies on them:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-permissions.html,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbus.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
 */
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import * as v from 'valibot';
import { type Authorization, AwsError, type Environment } from '../../gateway/service.ts';
import { readPolicy } from '../../iam/policy.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { TemplateError } from '../../template/template-error.ts';
import { propertyNames, readProperties, TagsSchema } from '../properties.ts';

/** The name of the bus that every account has, which receives the events of AWS's services. */
export const defaultBus = 'default';

/** The largest policy of a bus, in bytes: 10 KB. */
const largestPolicy = 10_240;

const BusSchema = v.strictObject({
  Name: v.pipe(
    v.string(),
    v.regex(/^[.\-_A-Za-z0-9]{1,256}$/),
    v.check((name) => name !== defaultBus, 'the name "default" is taken'),
  ),
  Description: v.optional(v.pipe(v.string(), v.maxLength(512))),
  Tags: v.optional(TagsSchema),
});

/** The older form with Action, Principal and Condition is not modelled. */
const PolicySchema = v.strictObject({
  EventBusName: v.optional(v.string(), defaultBus),
  StatementId: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  Statement: v.looseObject({}),
});

interface Bus {
  readonly name: string;
  readonly arn: string;
  readonly statements: Map<string, object>;
}

/** Every bus of one account and region. */
export class EventBuses {
  readonly resourceTypes: readonly ResourceType[];
  readonly #env: Environment;
  readonly #buses = new Map<string, Bus>();

  constructor(env: Environment) {
    this.#env = env;
    this.#add(defaultBus);
    this.resourceTypes = [this.#busType(), this.#policyType()];
  }

  /** The name of the bus with a name or ARN. Throws AwsError ResourceNotFoundException. */
  nameOf(nameOrArn = defaultBus): string {
    return this.#bus(nameOrArn).name;
  }

  /**
   * The rights that a PutEvents call needs: one per bus. One evaluation covers all entries, so the event keys have
   * a value for each difference between the entries.
   */
  authorize(entries: readonly PutEventsRequestEntry[]): readonly Authorization[] {
    const byBus = Map.groupBy(entries, ({ EventBusName }) => this.#bus(EventBusName));
    const values = (all: readonly (string | undefined)[]) =>
      [...new Set(all)].filter((one) => one !== undefined && one !== '');
    return [...byBus].map(([{ arn, statements }, those]): Authorization => {
      const context = {
        'events:source': values(those.map(({ Source }) => Source)) as string[],
        'events:detail-type': values(those.map(({ DetailType }) => DetailType)) as string[],
        'events:eventBusInvocation': 'false',
      };
      return {
        action: 'events:PutEvents',
        resource: arn,
        context,
        ...(statements.size === 0
          ? {}
          : { resourcePolicy: { Version: '2012-10-17', Statement: [...statements.values()] } }),
      };
    });
  }

  #bus(nameOrArn = defaultBus): Bus {
    const name = nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
    const bus = this.#buses.get(name);
    if (bus === undefined || (nameOrArn !== name && nameOrArn !== bus.arn)) {
      throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    }
    return bus;
  }

  #add(name: string): Bus {
    const { partition, region, account } = this.#env;
    if (this.#buses.has(name))
      throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`);
    const bus = { name, arn: `arn:${partition}:events:${region}:${account}:event-bus/${name}`, statements: new Map() };
    this.#buses.set(name, bus);
    return bus;
  }

  #busType(): ResourceType {
    const add = (name: string) => this.#add(name);
    const buses = this.#buses;
    return {
      type: 'AWS::Events::EventBus',
      properties: propertyNames(BusSchema),
      create(logicalId, properties) {
        const { Name } = readProperties(this.type, logicalId, BusSchema, properties);
        const { arn } = add(Name);
        return { ref: Name, attributes: { Arn: arn, Name } };
      },
      remove: ({ ref }) => void buses.delete(ref),
    };
  }

  #policyType(): ResourceType {
    const find = (name: string) => this.#bus(name);
    const buses = this.#buses;
    return {
      type: 'AWS::Events::EventBusPolicy',
      properties: propertyNames(PolicySchema),
      create(logicalId, properties, stack) {
        const { EventBusName, StatementId, Statement } = readProperties(this.type, logicalId, PolicySchema, properties);
        const { statements } = find(EventBusName);
        readPolicy({ Version: '2012-10-17', Statement });
        // The statement's own Sid is replaced by its id.
        statements.set(StatementId, { ...Statement, Sid: StatementId });
        const size = Buffer.byteLength(JSON.stringify([...statements.values()]));
        if (size > largestPolicy) {
          throw new TemplateError(
            `${logicalId} (${this.type}): the policy of the bus ${EventBusName} would have ${size} bytes; ${largestPolicy} are the most`,
          );
        }
        return { ref: physicalName(stack, logicalId, 64), attributes: {} };
      },
      update(created, { logicalId, before, after }, stack) {
        find(String(before['EventBusName'])).statements.delete(String(before['StatementId']));
        this.create(logicalId, after, stack, this.type);
        return created;
      },
      remove: (_created, _logicalId, _stack, { EventBusName, StatementId }) =>
        void buses.get(String(EventBusName))?.statements.delete(String(StatementId)),
    };
  }
}
