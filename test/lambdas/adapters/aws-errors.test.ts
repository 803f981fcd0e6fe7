import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyErrors } from '../../../cli/verify-aws/aws-errors.ts';
import {
  awsErrors,
  commonErrors,
  consequenceOf,
  type Operation,
  type Rules,
  unlessDone,
} from '../../../lambdas/adapters/aws-errors.ts';
import { workflowDefinition } from '../../../lib/workflow/definition.ts';
import type { Retrier } from '../../../lib/workflow/retriers.ts';
import { rulesOf } from '../../../packages/lab/faults.ts';
import { loadSdk } from '../../../packages/local-aws/gateway.ts';
import { takes } from '../../../packages/local-aws/states.ts';
import { answering } from './answering.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const operations = Object.keys(awsErrors) as Operation[];
/** The services of the functions, and those of the command line only. */
const every: Readonly<Record<string, Rules>> = { ...awsErrors, ...verifyErrors };

/** The package with the SDK's client of each service. */
const packages: Readonly<Record<string, string>> = {
  autoscaling: 'client-auto-scaling',
  events: 'client-eventbridge',
  logs: 'client-cloudwatch-logs',
  states: 'client-sfn',
};

/** Operations as the document client calls them. */
const documents: Readonly<Record<string, string>> = {
  BatchGetCommand: 'BatchGetItem',
  GetCommand: 'GetItem',
  UpdateCommand: 'UpdateItem',
  QueryCommand: 'Query',
};

/** The errors that the SDK's client declares for an operation; the models of EC2 list none, and that of S3 few. */
function modelled(operation: string): string[] {
  const [service = '', name = ''] = operation.split(':');
  const folder = join(root, 'node_modules', '@aws-sdk', packages[service] ?? `client-${service}`);
  const text = readFileSync(join(folder, 'dist-types', 'commands', `${name}Command.d.ts`), 'utf8');
  return [...text.matchAll(/@throws \{@link (\w+)\} \(\w+ fault\)/g)].map(([, error = '']) => error);
}

const nameOf = (key: string) => key.split(': ')[0] ?? '';

describe('the table of errors', () => {
  it('has each operation that the functions, the state machine and the command line call, and no other', () => {
    const sources = globSync(['lambdas/adapters/*.ts', 'cli/breaker.ts', 'cli/verify-aws/*.ts'], { cwd: root });
    const called = new Set<string>();
    for (const source of sources) {
      const text = readFileSync(join(root, source), 'utf8');
      for (const [, list = '', from = ''] of text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/([a-z0-9-]+)'/g)) {
        const service = Object.entries(packages).find(([, name]) => name === from)?.[0] ?? from.replace('client-', '');
        for (const [imported] of list.matchAll(/\b(\w+Command|paginate\w+)\b/g)) {
          const operation = documents[imported] ?? imported.replace(/^paginate|Command$/g, '');
          called.add(from === 'lib-dynamodb' ? `dynamodb:${operation}` : `${service}:${operation}`);
        }
      }
    }
    for (const [, service, action = ''] of JSON.stringify(definition()).matchAll(/:states:::(\w+):(\w+)/g))
      called.add(`${service}:${action.charAt(0).toUpperCase()}${action.slice(1)}`);
    expect([...called].toSorted()).toEqual(Object.keys(every).toSorted());
    expect(operations.filter((operation) => operation in verifyErrors)).toEqual([]);
  });

  it('is the only place that classifies errors: no file imports an error class from the SDK', () => {
    const sources = globSync(['lambdas/**/*.ts', 'cli/**/*.ts'], { cwd: root });
    const judging = sources.filter((source) =>
      /import \{[^}]*\b\w+(Exception|Fault)\b[^}]*\} from '@aws-sdk\//.test(readFileSync(join(root, source), 'utf8')),
    );
    expect(judging).toEqual([]);
  });

  it.each(Object.keys(every))("%s: has each error that the SDK's model lists for it", (operation) => {
    expect(modelled(operation).filter((error) => every[operation]?.[error] === undefined)).toEqual([]);
  });

  it.each(Object.keys(every).filter((operation) => !/^(ec2|cloudformation|s3):/.test(operation)))(
    '%s: has no error that is neither in its model nor common to all services',
    async (operation) => {
      const { errors } = await loadSdk(operation.split(':')[0] ?? '');
      const known = modelled(operation);
      const own = Object.keys(every[operation] ?? {}).map(nameOf);
      expect(own.filter((error) => !known.includes(error) && !(error in commonErrors))).toEqual([]);
      expect(known.filter((error) => !errors.has(error))).toEqual([]);
    },
  );
});

describe('the SDK', () => {
  // An answer to HEAD has no body with a name: a missing object is told by its status, and the rest is unknown.
  const named = operations.filter((operation) => operation !== 's3:HeadObject');

  it('tells a missing object from every other answer to HEAD', async () => {
    expect(await answering('s3:HeadObject', 'NotFound')).toMatchObject({ name: 'NotFound' });
    expect(await answering('s3:HeadObject', 'AccessDenied')).toMatchObject({ name: 'Unknown' });
  });

  it.each(named)('%s: names each error on the wire as the table does', async (operation) => {
    for (const [key, [consequence]] of Object.entries<Rules[string]>(rulesOf(operation))) {
      const thrown = await answering(operation, key);
      expect(consequenceOf(operation, thrown), key).toEqual(consequence);
    }
  });
});

describe('a call', () => {
  const refused = (name: string, message = '') => Object.assign(new Error(message), { name });

  it('is no failure after an error that leaves nothing to do', async () => {
    const gone = () => Promise.reject(refused('InvalidInstanceId'));
    await expect(unlessDone('ssm:CancelCommand', gone)).resolves.toBeUndefined();
    await expect(unlessDone('ssm:CancelCommand', async () => 'answer')).resolves.toBe('answer');
  });

  it.each([
    ['ssm:CancelCommand', refused('InternalServerError')],
    ['ssm:CancelCommand', refused('DuplicateInstanceId')],
    ['ssm:SendCommand', refused('InvalidInstanceId')],
    ['autoscaling:CompleteLifecycleAction', refused('ValidationError', 'AutoScalingGroup name not found')],
    ['ec2:TerminateInstances', refused('TypeError', 'socket hang up')],
  ] as const)('to %s throws every other error: %s', async (operation, error) => {
    await expect(unlessDone(operation, () => Promise.reject(error))).rejects.toBe(error);
  });
});

describe('the state machine', () => {
  const states = Object.entries(definition().States);
  const errors = Object.entries<Rules[string]>(awsErrors['lambda:Invoke']);

  it.each(states.filter(([, { Resource = '' }]) => Resource.endsWith('lambda:invoke')))(
    '%s: retries every error of lambda:Invoke that the table marks as retryable',
    (_, { Retry = [] }) => {
      for (const [name, [consequence]] of errors) {
        const attempts = Retry.find(({ ErrorEquals }) => takes(ErrorEquals, `Lambda.${name}`))?.MaxAttempts ?? 0;
        if (consequence === 'retry') expect(attempts > 0, name).toBe(true);
      }
    },
  );

  it.each(states.filter(([, { Resource = '' }]) => /dynamodb|events|sqs/.test(Resource)))(
    '%s: retries every answer of its service except a failed condition',
    (_, { Retry = [] }) => {
      const attempts = (error: string) => Retry.find(({ ErrorEquals }) => takes(ErrorEquals, error))?.MaxAttempts;
      for (const error of [
        'DynamoDB.AmazonDynamoDBException',
        'EventBridge.FailedEntry',
        'SQS.QueueDoesNotExistException',
      ])
        expect(attempts(error), error).toEqual(expect.toSatisfy((tries: number) => tries > 1));
    },
  );
});

interface State {
  readonly Resource?: string;
  readonly Retry?: readonly Retrier[];
}

function definition() {
  return workflowDefinition({
    partition: 'aws',
    dispatchQueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/commands',
    ledgerTable: 'ledger',
    eventBus: 'airlock',
    remediationFunction: 'remediation',
    cancellationFunction: 'cancellation',
    clusterQueueUrls: { demo: 'https://sqs.eu-central-1.amazonaws.com/123456789012/demo' },
  }) as { readonly States: Readonly<Record<string, State>> };
}
