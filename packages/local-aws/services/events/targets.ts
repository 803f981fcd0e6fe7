/**
 * What EventBridge does for each kind of target:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html. Queues, functions, topics and log groups
 * admit the bus through their own policies; a state machine needs a role.
 */
import { AwsError, type Principal } from '../../gateway/service.ts';
import type { BusEvent, EventDeliveryOptions, Target } from './deliveries.ts';
import { transformInput } from './input-transformer.ts';

type Invoke = (
  options: EventDeliveryOptions,
  payload: string,
  principal: Principal,
  target: Target,
  event: BusEvent,
) => Promise<unknown>;

const kinds: Readonly<Record<string, { readonly role: boolean; readonly invoke: Invoke }>> = {
  sqs: {
    role: false,
    invoke: ({ aws }, MessageBody, principal, { arn }) =>
      aws.call(principal, 'sqs', 'SendMessage', { QueueUrl: queueUrl(arn), MessageBody }),
  },
  lambda: {
    role: false,
    invoke: ({ aws }, payload, principal, { arn }) =>
      aws.call(principal, 'lambda', 'Invoke', {
        FunctionName: arn,
        InvocationType: 'Event',
        Payload: Buffer.from(payload),
      }),
  },
  logs: { role: false, invoke: writeLog },
  sns: {
    role: false,
    invoke: async ({ publishOnTopic }, message, principal, { arn }) => publishOnTopic?.(principal, arn, message),
  },
  states: {
    role: true,
    invoke: ({ aws }, input, principal, { arn }) =>
      aws.call(principal, 'states', 'StartExecution', { stateMachineArn: arn, input }),
  },
};

/**
 * Returns why a target is not supported here, or undefined.
 *
 * @param roleArn its role, if the template has one
 */
export function refuseTarget(arn: string, roleArn: string | undefined): string | undefined {
  const service = arn.split(':')[2] ?? '';
  const kind = kinds[service];
  if (kind === undefined)
    return `targets of ${service} are not modelled here (known: ${Object.keys(kinds).join(', ')})`;
  return kind.role && roleArn === undefined ? `RoleArn is required for target ${arn}.` : undefined;
}

/** Calls a target with an event. Throws AwsError if the target rejects it. */
export async function invokeTarget(
  options: EventDeliveryOptions,
  event: BusEvent,
  ruleArn: string,
  target: Target,
): Promise<void> {
  const kind = kinds[target.arn.split(':')[2] ?? ''];
  if (kind === undefined) throw new AwsError('InvalidArn', `no target: ${target.arn}`);
  const { input, transformer } = target;
  const payload = input ?? (transformer === undefined ? JSON.stringify(event) : transformInput(transformer, event));
  const principal: Principal =
    target.roleArn === undefined
      ? { kind: 'service', service: 'events.amazonaws.com', sourceArn: ruleArn }
      : options.session(target.roleArn, event.id.replaceAll('-', ''), ruleArn);
  await kind.invoke(options, payload, principal, target, event);
}

/** The URL of a queue, from its ARN. */
export function queueUrl(arn: string): string {
  const [, , , region, account, name] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
}

/** Each event gets its own stream, so deliveries never meet. */
async function writeLog(
  { aws }: EventDeliveryOptions,
  message: string,
  principal: Principal,
  { arn }: Target,
  event: BusEvent,
) {
  const logGroupName = arn.split(':')[6] ?? '';
  const logStreamName = event.id;
  try {
    // The call that writes names the rule; the call that creates the stream does not.
    const unnamed = principal.kind === 'service' ? { ...principal, sourceArn: '' } : principal;
    await aws.call(unnamed, 'logs', 'CreateLogStream', { logGroupName, logStreamName });
  } catch (error) {
    // A second delivery of the same event finds the first one's stream.
    if (!(error instanceof AwsError && error.code === 'ResourceAlreadyExistsException')) throw error;
  }
  const logEvents = [{ timestamp: Date.parse(event.time), message }];
  return await aws.call(principal, 'logs', 'PutLogEvents', { logGroupName, logStreamName, logEvents });
}
