/**
 * How executions appear in Step Functions' answers and on the bus:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
import type { DescribeExecutionCommandOutput, ExecutionListItem } from '@aws-sdk/client-sfn';
import type { ServiceEvent } from '../service-event.ts';
import type { Execution } from './execution.ts';

/** DescribeExecution's answer about an execution. */
export function described(execution: Execution): Omit<DescribeExecutionCommandOutput, '$metadata'> {
  const { arn, name, machine, status, startDate, stopDate, inputText, output, error, cause } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate,
    input: inputText,
    inputDetails: { included: true },
    redriveCount: 0,
    ...(stopDate === undefined ? {} : { stopDate }),
    ...(status === 'SUCCEEDED' ? { output: JSON.stringify(output), outputDetails: { included: true } } : {}),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** ListExecutions' entry for an execution. */
export function listed({ arn, name, machine, status, startDate, stopDate }: Execution): ExecutionListItem {
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate,
    ...(stopDate === undefined ? {} : { stopDate }),
  };
}

/**
 * The status change event for the default bus: "Automating Step Functions event delivery with EventBridge" in the
 * guide.
 */
export function statusChange(execution: Execution): ServiceEvent {
  const { arn, name, machine, status, startDate, stopDate, inputText, output, error, cause } = execution;
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machine.arn,
      name,
      status,
      startDate: startDate.getTime(),
      stopDate: stopDate?.getTime() ?? null,
      input: inputText,
      inputDetails: { included: true },
      output: status === 'SUCCEEDED' ? JSON.stringify(output) : null,
      outputDetails: status === 'SUCCEEDED' ? { included: true } : null,
      error: error ?? null,
      cause: cause ?? null,
    },
  };
}
