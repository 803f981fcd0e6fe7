/**
 * CloudWatch alarms, kept as declared. Nothing here measures; a test compares their metrics with those that functions emit.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
 */
import type { Environment } from '../gateway/service.ts';
import type { ResourceType } from '../template/resource.ts';

/** The alarms of one cloud. */
export class CloudWatch {
  /** By logical id, as declared. */
  readonly alarms = new Map<string, Readonly<Record<string, unknown>>>();
  readonly resourceTypes: readonly ResourceType[];

  constructor(env: Environment) {
    this.resourceTypes = [
      {
        type: 'AWS::CloudWatch::Alarm',
        properties: [
          'AlarmActions',
          'AlarmDescription',
          'ComparisonOperator',
          'Dimensions',
          'EvaluationPeriods',
          'InsufficientDataActions',
          'MetricName',
          'Namespace',
          'Period',
          'Statistic',
          'Threshold',
          'TreatMissingData',
        ],
        create: (logicalId, properties, stack) => {
          const name = `${stack.name}-${logicalId}`;
          this.alarms.set(logicalId, properties);
          const Arn = `arn:${env.partition}:cloudwatch:${env.region}:${env.account}:alarm:${name}`;
          return { ref: name, attributes: { Arn } };
        },
        update: (created, { logicalId, after }) => {
          this.alarms.set(logicalId, after);
          return created;
        },
        remove: (_, logicalId) => void this.alarms.delete(logicalId),
      },
    ];
  }
}
