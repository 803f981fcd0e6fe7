/** The optional services of a cloud. */
export { AutoScaling } from './services/autoscaling.ts';
export { CloudWatch } from './services/cloudwatch/cloudwatch.ts';
export { dashboardFaults } from './services/cloudwatch/dashboard-body.ts';
export { type MetricValue, metricValues } from './services/cloudwatch/metric-values.ts';
export { DynamoDb } from './services/dynamodb/dynamodb.ts';
export { Ec2 } from './services/ec2/ec2.ts';
export { Eks } from './services/eks.ts';
export type { Delivered, DeliveryHook } from './services/events/deliveries.ts';
export { Events } from './services/events/events.ts';
export { Kms } from './services/kms.ts';
export { EventSourceMappings } from './services/lambda/event-source-mapping.ts';
export { Scheduler } from './services/scheduler.ts';
export { Sqs } from './services/sqs/sqs.ts';
export { type ForcedResult, isFinal } from './services/ssm/command.ts';
export { Ssm } from './services/ssm/ssm.ts';
export { States } from './services/states/states.ts';
