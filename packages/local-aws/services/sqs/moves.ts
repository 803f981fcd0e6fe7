/**
 * The redrive of dead letters:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
import { randomUUID } from 'node:crypto';
import type {
  ListMessageMoveTasksCommandInput,
  ListMessageMoveTasksResultEntry,
  StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../clock.ts';
import { type Authorization, AwsError, type Operation, operation } from '../../gateway/service.ts';
import type { Queue } from './queue.ts';

/** How long a task runs, in milliseconds; AWS promises no rate. */
const taskMs = 1_000;
/** The most tasks that are listed, and the default. */
const most = 10;

/** What a redrive needs from the queues. */
interface Queues {
  readonly clock: Clock;
  /** Throws AwsError QueueDoesNotExist. */
  byArn(arn: string): Queue;
  all(): readonly Queue[];
  /** The right for an action on a queue. */
  authorize(action: string, arn: string): readonly Authorization[];
}

/** The operations that start and list redrives. */
export function moveOperations(queues: Queues): Readonly<Record<string, Operation>> {
  const tasks = new Map<string, ListMessageMoveTasksResultEntry[]>();
  return {
    StartMessageMoveTask: operation(
      // The caller that starts a task needs the rights to move the messages.
      ({ SourceArn = '', DestinationArn }: Partial<StartMessageMoveTaskCommandInput>) => [
        ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].flatMap((action) =>
          queues.authorize(action, SourceArn),
        ),
        ...(DestinationArn === undefined ? [] : queues.authorize('SendMessage', DestinationArn)),
      ],
      ({ SourceArn = '', DestinationArn }) => start(queues, tasks, SourceArn, DestinationArn),
    ),
    ListMessageMoveTasks: operation(
      ({ SourceArn = '' }: Partial<ListMessageMoveTasksCommandInput>) =>
        queues.authorize('ListMessageMoveTasks', SourceArn),
      ({ SourceArn = '', MaxResults = 1 }) => {
        queueOf(queues, SourceArn, 'SourceArn');
        return { Results: (tasks.get(SourceArn) ?? []).slice(0, Math.min(MaxResults, most)) };
      },
    ),
  };
}

function start(
  queues: Queues,
  tasks: Map<string, ListMessageMoveTasksResultEntry[]>,
  SourceArn: string,
  DestinationArn: string | undefined,
) {
  const source = queueOf(queues, SourceArn, 'SourceArn');
  if (DestinationArn !== undefined) queueOf(queues, DestinationArn, 'DestinationArn');
  if (!queues.all().some(({ redrive }) => redrive?.queue === source)) {
    throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
  }
  const earlier = tasks.get(SourceArn) ?? [];
  if (earlier.some(({ Status }) => Status === 'RUNNING')) {
    throw new AwsError(
      'UnsupportedOperation',
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    );
  }
  const TaskHandle = Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: SourceArn })).toString('base64');
  const task: ListMessageMoveTasksResultEntry = {
    TaskHandle,
    Status: 'RUNNING',
    SourceArn,
    ...(DestinationArn === undefined ? {} : { DestinationArn }),
    ApproximateNumberOfMessagesMoved: 0,
    ApproximateNumberOfMessagesToMove: source.visible,
    StartedTimestamp: queues.clock.now(),
  };
  tasks.set(SourceArn, [task, ...earlier]);
  queues.clock.after(taskMs, () => move(queues, source, task));
  return { TaskHandle };
}

/** A moved message is a new one: it gets its own id, time and receive count. */
function move(queues: Queues, source: Queue, task: ListMessageMoveTasksResultEntry): void {
  let moved = 0;
  for (const message of source.visibleMessages()) {
    const target = task.DestinationArn ?? message.deadLetterSource;
    // A message that was sent to the dead letters directly, for instance by a rule, came from no queue.
    if (target === undefined) {
      Object.assign(task, { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
      break;
    }
    source.take(message.id);
    const { body, attributes, senderId } = message;
    queues.byArn(target).add({ id: randomUUID(), body, attributes, senderId, sentAt: queues.clock.now() });
    moved++;
  }
  if (task.Status === 'RUNNING') task.Status = 'COMPLETED';
  task.ApproximateNumberOfMessagesMoved = moved;
  delete task.TaskHandle;
}

function queueOf({ byArn }: Queues, arn: string, parameter: string): Queue {
  try {
    return byArn(arn);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      'ResourceNotFoundException',
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    );
  }
}
