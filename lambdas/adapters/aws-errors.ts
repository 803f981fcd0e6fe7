/** What follows an error of AWS. `docs/understand/aws-errors.md` is made from this file, and a test holds it against the models of the SDK. */
export type Consequence =
  /** What was asked for holds already, or nothing is left that it could be done to. It is no failure. */
  | 'done'
  /** The call is made again: by the SDK first, then by the message, the retrier or the next reconcile run that caused it. */
  | 'retry'
  /** It may pass within a minute: a right, a role or an entry is as new as the call, or what it is about is being changed. The caller waits for that. */
  | 'wait'
  /** The caller has another way: it splits the call, waits, or ends the node with its own outcome. */
  | 'answer'
  /** The deployment lacks something: a right, a resource, room. It is made again as a retry is, and heals when an operator fixes it. */
  | 'setup'
  /** The request itself is wrong, or a feature is meant that Airlock does not use. It is made again as a retry is, and its log is read. */
  | 'bug';

/** What follows one error, and why. */
export type Rule = readonly [Consequence, string];

/** Rules by the name of the error; after a colon stands what its message has to hold. */
export type Rules = Readonly<Record<string, Rule>>;

const throttled: Rule = ['retry', 'It is called too often.'];
const broken: Rule = ['retry', 'The service failed.'];
const forbidden: Rule = ['setup', 'A right was taken away, or has not spread yet after a deployment.'];
const wrong: Rule = ['bug', 'The request does not fit the API.'];
const unused: Rule = ['bug', 'It belongs to a feature that Airlock does not use.'];
const noResource: Rule = ['setup', 'What the deployment made is gone.'];
const unpaged: Rule = ['bug', 'A page token is used at once and once.'];
const all = (names: readonly string[], rule: Rule): Rules => Object.fromEntries(names.map((name) => [name, rule]));

/** Errors that any service but EC2 may answer. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
export const commonErrors: Rules = {
  ...all(['ThrottlingException', 'Throttling', 'RequestThrottled', 'RequestThrottledException'], throttled),
  ...all(['InternalFailure', 'InternalError', 'ServiceUnavailable', 'RequestTimeoutException'], broken),
  ...all(['AccessDeniedException', 'AccessDenied', 'NotAuthorized', 'OptInRequired'], forbidden),
  ...all(
    ['ExpiredTokenException', 'UnrecognizedClientException', 'RequestExpired'],
    ['retry', 'Lambda gives the function new credentials.'],
  ),
  ...all(['ValidationError', 'ValidationException', 'SerializationException', 'IncompleteSignature'], wrong),
};

/** Errors that any action of EC2 may answer. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const ec2Errors: Rules = {
  ...all(['RequestLimitExceeded', 'EC2ThrottledException'], throttled),
  ...all(['InternalError', 'InternalFailure', 'ServiceUnavailable', 'Unavailable'], broken),
  ...all(['UnauthorizedOperation', 'AuthFailure', 'OptInRequired'], forbidden),
  ...all(['RequestExpired'], ['retry', 'Lambda gives the function new credentials.']),
  ...all(['InvalidInstanceID.Malformed', 'InvalidParameterValue', 'InvalidParameterCombination'], wrong),
};

const keys = all(['KmsAccessDeniedException', 'KmsInvalidStateException'], unused);
const stateKeys: Rules = { ...keys, KmsThrottlingException: unused };
const deadToken: Rule = ['done', 'The state has its answer, or its time is over: another answer was there first.'];
const tokens: Rules = {
  TaskDoesNotExist: deadToken,
  TaskTimedOut: deadToken,
  InvalidToken: deadToken,
  ...stateKeys,
};
const queues: Rules = {
  ...all(['InvalidAddress', 'InvalidSecurity', 'UnsupportedOperation'], wrong),
  QueueDoesNotExist: noResource,
  RequestThrottled: throttled,
};
const queueKeys = all(
  [
    'KmsAccessDenied',
    'KmsDisabled',
    'KmsInvalidKeyUsage',
    'KmsInvalidState',
    'KmsNotFound',
    'KmsOptInRequired',
    'KmsThrottled',
  ],
  unused,
);
const queueBatches = all(
  ['BatchEntryIdsNotDistinct', 'EmptyBatchRequest', 'InvalidBatchEntryId', 'TooManyEntriesInBatchRequest'],
  wrong,
);
const tables: Rules = {
  InternalServerError: broken,
  ...all(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException'], throttled),
  ResourceNotFoundException: noResource,
  InvalidEndpointException: unused,
};
const listings: Rules = {
  InternalServerError: broken,
  InvalidFilterKey: wrong,
  InvalidNextToken: unpaged,
};
const nothingThere: Rule = ['done', 'SSM has nothing to show of it: the list is empty.'];
const refusedOrder: Rule = [
  'answer',
  'The call is halved until the node stands alone to which it happens; that one ends as `command-forbidden`.',
];
const changedDocument: Rule = [
  'answer',
  'The document is not the one that was deployed: every node of the call ends as `document-changed`.',
];

const newRights: Rules = {
  AccessDeniedException: ['wait', 'The right is as new as the function.'],
  InvalidRequestException: ['wait', 'The cluster is busy with another change.'],
  ServerException: broken,
};

/** Errors of each operation that Airlock calls, by service and operation. */
export const awsErrors = {
  'ec2:DescribeInstances': {
    ...ec2Errors,
    FilterLimitExceeded: wrong,
  },
  'ec2:TerminateInstances': {
    ...ec2Errors,
    'InvalidInstanceID.NotFound': ['done', 'The instance is gone.'],
    IncorrectInstanceState: ['retry', 'The instance is between two states.'],
    OperationNotPermitted: [
      'answer',
      'The instance is protected from termination: it stays, and its receipt says why.',
    ],
  },
  'autoscaling:CompleteLifecycleAction': {
    'ValidationError: No active Lifecycle Action found': ['done', 'No hook waits for the instance any more, or yet.'],
    ResourceContentionFault: throttled,
  },
  'autoscaling:TerminateInstanceInAutoScalingGroup': {
    'ValidationError: Instance Id not found': [
      'answer',
      'The instance is no longer in the group: it stays, and its receipt says why.',
    ],
    ResourceContentionFault: throttled,
    ScalingActivityInProgressFault: ['retry', 'The group is at work on something else.'],
  },
  'ssm:DescribeInstanceInformation': {
    ...listings,
    InvalidInstanceId: wrong,
    InvalidInstanceInformationFilterValue: wrong,
  },
  'ssm:SendCommand': {
    InternalServerError: ['retry', 'It is not known whether a command was sent: it is looked for by its batch first.'],
    InvalidInstanceId: ['answer', 'The instances that it names wait, and the others are sent their command.'],
    DuplicateInstanceId: refusedOrder,
    InvalidDocument: changedDocument,
    InvalidDocumentVersion: changedDocument,
    InvalidParameters: refusedOrder,
    MaxDocumentSizeExceeded: refusedOrder,
    UnsupportedPlatformType: refusedOrder,
    AccessDeniedException: refusedOrder,
    ThrottlingException: ['answer', 'Nothing was sent: it is tried with pauses, and then the nodes wait.'],
    ...all(['InvalidNotificationConfig', 'InvalidOutputFolder', 'InvalidRole'], unused),
  },
  'ssm:ListCommands': { ...listings, InvalidCommandId: nothingThere, InvalidInstanceId: nothingThere },
  'ssm:ListCommandInvocations': { ...listings, InvalidCommandId: nothingThere, InvalidInstanceId: nothingThere },
  'ssm:CancelCommand': {
    InternalServerError: broken,
    InvalidInstanceId: ['done', 'The instance shuts down or is gone: nothing is left to cancel.'],
    InvalidCommandId: ['done', 'SSM knows no such command: nothing is left to cancel.'],
    DuplicateInstanceId: wrong,
  },
  'states:StartExecution': {
    ExecutionAlreadyExists: ['done', 'The name is made from the launch: it was started before.'],
    ExecutionLimitExceeded: ['setup', 'A million executions are open.'],
    ...all(['StateMachineDeleting', 'StateMachineDoesNotExist'], noResource),
    ...all(['InvalidArn', 'InvalidExecutionInput', 'InvalidName', 'ValidationException'], wrong),
    ...stateKeys,
  },
  'states:StopExecution': {
    ExecutionDoesNotExist: ['done', 'It never was started.'],
    ...all(['InvalidArn', 'ValidationException'], wrong),
    ...stateKeys,
  },
  'states:SendTaskSuccess': { ...tokens, InvalidOutput: wrong },
  'states:SendTaskFailure': tokens,
  'sqs:GetQueueAttributes': { ...queues, InvalidAttributeName: wrong },
  'sqs:ChangeMessageVisibilityBatch': { ...queues, ...queueBatches },
  'sqs:ReceiveMessage': { ...queues, ...queueKeys, OverLimit: ['retry', 'Too many messages are out of the queue.'] },
  'sqs:DeleteMessageBatch': { ...queues, ...queueBatches },
  'sqs:SendMessageBatch': { ...queues, ...queueKeys, ...queueBatches, BatchRequestTooLong: wrong },
  'sqs:SendMessage': { ...queues, ...queueKeys, InvalidMessageContents: wrong },
  'dynamodb:BatchGetItem': tables,
  'dynamodb:GetItem': tables,
  'dynamodb:Query': tables,
  'dynamodb:Scan': tables,
  'dynamodb:UpdateItem': {
    ...tables,
    ConditionalCheckFailedException: ['answer', 'Another writer was first; what it wrote counts.'],
    TransactionConflictException: throttled,
    ...all(['ItemCollectionSizeLimitExceededException', 'ReplicatedWriteConflictException'], unused),
  },
  'events:PutEvents': { InternalException: broken },
  'eks:CreateAccessEntry': {
    ...newRights,
    ResourceInUseException: ['done', 'An earlier call made the entry: it is taken as it is.'],
    ResourceNotFoundException: ['answer', 'There is no cluster of that name: nothing is prepared in it.'],
    'InvalidParameterException: rincipal': ['wait', 'EKS does not know the new role yet.'],
    InvalidParameterException: wrong,
    ResourceLimitExceededException: ['setup', 'The cluster has as many access entries as it may.'],
  },
  'eks:AssociateAccessPolicy': {
    ...newRights,
    ResourceNotFoundException: ['wait', 'EKS does not know the new entry yet.'],
    InvalidParameterException: wrong,
  },
  'eks:DeleteAccessEntry': {
    ...newRights,
    ResourceNotFoundException: ['done', 'The entry is gone, or its cluster is.'],
  },
  'cloudformation:DescribeStackResource': {
    'ValidationError: does not exist': ['answer', 'The stack has no such resource.'],
    AccessDenied: ['wait', 'The right is as new as the function.'],
  },
  'eks:DescribeCluster': {
    ResourceNotFoundException: ['answer', 'There is no cluster of that name, which the deployment says.'],
    ...all(['ServerException', 'ServiceUnavailableException'], broken),
    ClientException: forbidden,
    AccessDeniedException: ['wait', 'The right is as new as the function.'],
  },
  'lambda:Invoke': {
    AccessDeniedException: [
      'wait',
      'The right is as new as the function that it is about; the state machine fails the run.',
    ],
    ServiceException: broken,
    ...all(
      [
        'TooManyRequestsException',
        'EC2ThrottledException',
        'ENILimitReachedException',
        'SubnetIPAddressLimitReachedException',
      ],
      ['retry', 'Lambda has no room for the call: it is made again until the deadline.'],
    ),
    ...all(
      ['EC2UnexpectedException', 'ENINotReadyException', 'ResourceNotReadyException', 'ResourceConflictException'],
      ['retry', 'The function is not ready: it is being changed, or its network is.'],
    ),
    ResourceNotFoundException: noResource,
    ...all(['EC2AccessDeniedException', 'InvalidSecurityGroupIDException', 'InvalidSubnetIDException'], forbidden),
    ...all(
      ['InvalidRuntimeException', 'InvalidZipFileException', 'ServiceQuotaExceededException'],
      ['setup', 'Lambda cannot run what was deployed.'],
    ),
    ...all(
      [
        'InvalidParameterValueException',
        'InvalidRequestContentException',
        'RequestTooLargeException',
        'SerializedRequestEntityTooLargeException',
        'UnsupportedMediaTypeException',
        'RecursiveInvocationException',
      ],
      wrong,
    ),
    ...all(
      [
        'CodeArtifactUserDeletedException',
        'CodeArtifactUserFailedException',
        'CodeArtifactUserPendingException',
        'DurableExecutionAlreadyStartedException',
        'EFSIOException',
        'EFSMountConnectivityException',
        'EFSMountFailureException',
        'EFSMountTimeoutException',
        'KMSAccessDeniedException',
        'KMSDisabledException',
        'KMSInvalidStateException',
        'KMSNotFoundException',
        'ModeNotSupportedException',
        'NoPublishedVersionException',
        'S3FilesMountConnectivityException',
        'S3FilesMountFailureException',
        'S3FilesMountTimeoutException',
        'SnapStartException',
        'SnapStartNotReadyException',
        'SnapStartRegenerationFailureException',
        'SnapStartTimeoutException',
      ],
      unused,
    ),
  },
} as const satisfies Readonly<Record<string, Rules>>;

/** An operation that Airlock calls. */
export type Operation = keyof typeof awsErrors;

/**
 * What follows an error.
 *
 * @param error what the SDK threw; its name is the error's code
 * @returns undefined for what the table does not know: the network, and whatever AWS adds
 */
export function consequenceOf(operation: Operation, error: unknown): Consequence | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  const rules: Rules = awsErrors[operation];
  const worded = Object.entries(rules).find(([key]) => {
    const at = key.indexOf(': ');
    return at > 0 && key.slice(0, at) === name && message.includes(key.slice(at + 2));
  });
  const own = worded?.[1] ?? rules[name];
  const shared = operation.startsWith('ec2:') ? undefined : commonErrors[name];
  return (own ?? shared)?.[0];
}

/**
 * Makes a call after whose error nothing may be left to do.
 *
 * @returns its answer, or undefined if an error says that it is done
 * @throws the SDK's error for every other one
 */
export async function unlessDone<T>(operation: Operation, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (consequenceOf(operation, error) === 'done') return undefined;
    throw error;
  }
}
