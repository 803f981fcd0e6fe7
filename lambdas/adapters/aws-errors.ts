/**
 * How Airlock handles an AWS error. `docs/understand/aws-errors.md` is generated from this file, and a test compares
 * the table with the SDK's models.
 */
export type Consequence =
  /** The requested state exists already, or its target is gone. This is not a failure. */
  | 'done'
  /** The call is repeated: first by the SDK, then by the message, retrier or reconcile pass that caused it. */
  | 'retry'
  /**
   * It may pass within a minute, because a permission, role or entry is new, or its target is being changed. The caller
   * waits.
   */
  | 'wait'
  /** The caller handles it: it splits the call, waits, or ends the run with a specific outcome. */
  | 'answer'
  /**
   * The deployment lacks a permission, a resource or capacity. The call is repeated like a retry, and succeeds once an
   * operator fixes this.
   */
  | 'setup'
  /**
   * The request is wrong, or the error belongs to a feature that Airlock does not use. The call is repeated like a
   * retry, and its log shows the bug.
   */
  | 'bug';

/** How one error is handled, and why. */
export type Rule = readonly [Consequence, string];

/** Rules by error name. A part after a colon must occur in the error's message. */
export type Rules = Readonly<Record<string, Rule>>;

const throttled: Rule = ['retry', 'Too many calls.'];
const broken: Rule = ['retry', 'The service failed.'];
const forbidden: Rule = ['setup', 'A permission was removed, or is not in effect yet after a deployment.'];
const wrong: Rule = ['bug', 'The request does not fit the API.'];
const unused: Rule = ['bug', 'It belongs to a feature that Airlock does not use.'];
const noResource: Rule = ['setup', 'A deployed resource is gone.'];
const unpaged: Rule = ['bug', 'A page token is used once and immediately.'];
const all = (names: readonly string[], rule: Rule): Rules => Object.fromEntries(names.map((name) => [name, rule]));

/** Errors of any service except EC2. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
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

/** Errors of any EC2 action. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const ec2Errors: Rules = {
  ...all(['RequestLimitExceeded', 'EC2ThrottledException'], throttled),
  ...all(['InternalError', 'InternalFailure', 'ServiceUnavailable', 'Unavailable'], broken),
  ...all(['UnauthorizedOperation', 'AuthFailure', 'OptInRequired'], forbidden),
  ...all(['RequestExpired'], ['retry', 'Lambda gives the function new credentials.']),
  ...all(['InvalidInstanceID.Malformed', 'InvalidParameterValue', 'InvalidParameterCombination'], wrong),
};

const keys = all(['KmsAccessDeniedException', 'KmsInvalidStateException'], unused);
const stateKeys: Rules = { ...keys, KmsThrottlingException: unused };
const deadToken: Rule = ['done', 'The state has its answer already, or it timed out.'];
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
const nothingThere: Rule = ['done', 'SSM does not know it: the list is empty.'];
const refusedOrder: Rule = [
  'answer',
  'The call is split in halves until it names only the node that causes this. That node ends as `command-forbidden`.',
];
const untaggable: Rule = [
  'answer',
  'An instance is gone, or has 50 tags. The call is split in halves until it names only that one, which gets no tag.',
];
const changedDocument: Rule = [
  'answer',
  'The document differs from the deployed one: every node in the call ends as `document-changed`.',
];

const signingKeys: Rules = {
  ...all(['DependencyTimeoutException', 'KMSInternalException'], broken),
  ...all(
    ['DisabledException', 'KMSInvalidStateException', 'KeyUnavailableException', 'NotFoundException'],
    ['setup', 'The key that signs receipts is disabled or gone. Receipts stay unsigned.'],
  ),
  InvalidGrantTokenException: unused,
  InvalidKeyUsageException: wrong,
};

const newRights: Rules = {
  AccessDeniedException: ['wait', 'The permission is as new as the function.'],
  InvalidRequestException: ['wait', 'The cluster is busy with another change.'],
  ServerException: broken,
};

const objects: Rules = {
  ...all(['SlowDown', 'RequestTimeout'], throttled),
  ...all(['InternalError', 'ServiceUnavailable'], broken),
  ...all(['ExpiredToken', 'InvalidToken'], ['retry', 'Lambda gives the function new credentials.']),
  NoSuchBucket: noResource,
};

/** Errors of each operation that Airlock calls, by service and operation. */
export const awsErrors = {
  'ec2:DescribeInstances': {
    ...ec2Errors,
    FilterLimitExceeded: wrong,
  },
  'ec2:CreateTags': {
    ...ec2Errors,
    ...all(['InvalidInstanceID.NotFound', 'TagLimitExceeded'], untaggable),
  },
  'ec2:TerminateInstances': {
    ...ec2Errors,
    'InvalidInstanceID.NotFound': ['done', 'The instance is gone.'],
    IncorrectInstanceState: ['retry', 'The instance is changing its state.'],
    OperationNotPermitted: [
      'answer',
      'The instance is protected from termination. It stays, and its receipt has the reason.',
    ],
  },
  'autoscaling:CompleteLifecycleAction': {
    'ValidationError: No active Lifecycle Action found': ['done', 'No hook waits for the instance.'],
    ResourceContentionFault: throttled,
  },
  'autoscaling:TerminateInstanceInAutoScalingGroup': {
    'ValidationError: Instance Id not found': [
      'answer',
      'The instance is no longer in the group. It stays, and its receipt has the reason.',
    ],
    ResourceContentionFault: throttled,
    ScalingActivityInProgressFault: ['retry', 'The group is busy with another activity.'],
  },
  'ssm:DescribeInstanceInformation': {
    ...listings,
    InvalidInstanceId: wrong,
    InvalidInstanceInformationFilterValue: wrong,
  },
  'ssm:SendCommand': {
    InternalServerError: ['retry', 'The command may have been sent, so Airlock first looks for it by its batch.'],
    InvalidInstanceId: ['answer', 'The instances that it names wait, and the others get their command.'],
    DuplicateInstanceId: refusedOrder,
    InvalidDocument: changedDocument,
    InvalidDocumentVersion: changedDocument,
    InvalidParameters: refusedOrder,
    MaxDocumentSizeExceeded: refusedOrder,
    UnsupportedPlatformType: refusedOrder,
    AccessDeniedException: refusedOrder,
    ThrottlingException: ['answer', 'Nothing was sent. The call is repeated with pauses, and then the nodes wait.'],
    ...all(['InvalidNotificationConfig', 'InvalidOutputFolder', 'InvalidRole'], unused),
  },
  'ssm:ListCommands': { ...listings, InvalidCommandId: nothingThere, InvalidInstanceId: nothingThere },
  'ssm:ListCommandInvocations': { ...listings, InvalidCommandId: nothingThere, InvalidInstanceId: nothingThere },
  'ssm:CancelCommand': {
    InternalServerError: broken,
    InvalidInstanceId: ['done', 'The instance is shutting down or gone, so there is nothing to cancel.'],
    InvalidCommandId: ['done', 'SSM does not know the command, so there is nothing to cancel.'],
    DuplicateInstanceId: wrong,
  },
  'states:StartExecution': {
    ExecutionAlreadyExists: ['done', 'The run record keeps the name, so the execution was started before.'],
    ExecutionLimitExceeded: ['setup', 'A million executions are open.'],
    ...all(['StateMachineDeleting', 'StateMachineDoesNotExist'], noResource),
    ...all(['InvalidArn', 'InvalidExecutionInput', 'InvalidName', 'ValidationException'], wrong),
    ...stateKeys,
  },
  'states:StopExecution': {
    ExecutionDoesNotExist: ['done', 'It was never started.'],
    ...all(['InvalidArn', 'ValidationException'], wrong),
    ...stateKeys,
  },
  'states:SendTaskSuccess': { ...tokens, InvalidOutput: wrong },
  'states:SendTaskFailure': tokens,
  'sqs:GetQueueAttributes': { ...queues, InvalidAttributeName: wrong },
  'sqs:ChangeMessageVisibilityBatch': { ...queues, ...queueBatches },
  'sqs:ReceiveMessage': { ...queues, ...queueKeys, OverLimit: ['retry', 'Too many messages are in flight.'] },
  'sqs:DeleteMessageBatch': { ...queues, ...queueBatches },
  'sqs:SendMessageBatch': { ...queues, ...queueKeys, ...queueBatches, BatchRequestTooLong: wrong },
  'sqs:SendMessage': { ...queues, ...queueKeys, InvalidMessageContents: wrong },
  'dynamodb:BatchGetItem': tables,
  'dynamodb:GetItem': tables,
  'dynamodb:Query': tables,
  'dynamodb:Scan': tables,
  'dynamodb:UpdateItem': {
    ...tables,
    ConditionalCheckFailedException: ['answer', 'Another writer was first, and its write counts.'],
    TransactionConflictException: throttled,
    ...all(['ItemCollectionSizeLimitExceededException', 'ReplicatedWriteConflictException'], unused),
  },
  'events:PutEvents': { InternalException: broken },
  'eks:CreateAccessEntry': {
    ...newRights,
    ResourceInUseException: ['done', 'An earlier call created the entry, and it is kept.'],
    ResourceNotFoundException: ['answer', 'There is no cluster with that name, so nothing is prepared.'],
    'InvalidParameterException: rincipal': ['wait', 'EKS does not know the new role yet.'],
    InvalidParameterException: wrong,
    ResourceLimitExceededException: ['setup', 'The cluster has reached its limit of access entries.'],
  },
  'eks:AssociateAccessPolicy': {
    ...newRights,
    ResourceNotFoundException: ['wait', 'EKS does not know the new entry yet.'],
    InvalidParameterException: wrong,
  },
  'eks:DeleteAccessEntry': {
    ...newRights,
    ResourceNotFoundException: ['done', 'The entry or its cluster is gone.'],
  },
  'kms:GetPublicKey': {
    ...signingKeys,
    AccessDeniedException: ['wait', 'The permission is as new as the function.'],
    InvalidArnException: wrong,
    UnsupportedOperationException: wrong,
  },
  'kms:Sign': { ...signingKeys, DryRunOperationException: unused },
  's3:HeadObject': {
    ...objects,
    NotFound: ['answer', 'The mirror does not have the file yet, so it is fetched.'],
    Unknown: [
      'wait',
      'An answer to HEAD has no body, so S3 does not state why. The permission may be as new as the function.',
    ],
  },
  's3:PutObject': {
    ...objects,
    BadDigest: [
      'answer',
      'What came does not have the pinned checksum. S3 keeps nothing, and the deployment reports this.',
    ],
    ...all(['EncryptionTypeMismatch', 'InvalidWriteOffset', 'TooManyParts'], unused),
    InvalidRequest: wrong,
  },
  'sts:AssumeRole': {
    AccessDenied: ['wait', 'The permission is as new as the function.'],
    ExpiredTokenException: ['retry', 'Lambda gives the function new credentials.'],
    MalformedPolicyDocumentException: unused,
    PackedPolicyTooLargeException: unused,
    RegionDisabledException: ['setup', 'STS is not active in the region.'],
  },
  'cloudformation:DescribeStackResource': {
    'ValidationError: does not exist': ['answer', 'The stack has no such resource.'],
    AccessDenied: ['wait', 'The permission is as new as the function.'],
  },
  'eks:DescribeCluster': {
    ResourceNotFoundException: ['answer', 'There is no cluster with that name, and the deployment reports this.'],
    ...all(['ServerException', 'ServiceUnavailableException'], broken),
    ClientException: forbidden,
    AccessDeniedException: ['wait', 'The permission is as new as the function.'],
  },
  'lambda:Invoke': {
    AccessDeniedException: [
      'wait',
      'The permission is as new as the invoked function. The state machine fails the run.',
    ],
    ServiceException: broken,
    ...all(
      [
        'TooManyRequestsException',
        'EC2ThrottledException',
        'ENILimitReachedException',
        'SubnetIPAddressLimitReachedException',
      ],
      ['retry', 'Lambda has no capacity for the call, so it is repeated until the deadline.'],
    ),
    ...all(
      ['EC2UnexpectedException', 'ENINotReadyException', 'ResourceNotReadyException', 'ResourceConflictException'],
      ['retry', 'The function or its network is being changed.'],
    ),
    ResourceNotFoundException: noResource,
    ...all(['EC2AccessDeniedException', 'InvalidSecurityGroupIDException', 'InvalidSubnetIDException'], forbidden),
    ...all(
      ['InvalidRuntimeException', 'InvalidZipFileException', 'ServiceQuotaExceededException'],
      ['setup', 'Lambda cannot run the deployed code.'],
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
 * Returns how an error is handled.
 *
 * @param error what the SDK threw; its name is the error's code
 * @returns undefined for unknown errors: network failures, and errors that AWS adds
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
 * Makes a call, and treats an error with the consequence `done` as success.
 *
 * @returns its answer, or undefined after such an error
 * @throws every other error of the SDK
 */
export async function unlessDone<T>(operation: Operation, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (consequenceOf(operation, error) === 'done') return undefined;
    throw error;
  }
}
