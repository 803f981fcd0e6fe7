import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { here } from '../../gateway/service.ts';
import { CloudWatch } from '../../services/cloudwatch/cloudwatch.ts';
import { metricValues } from '../../services/cloudwatch/metric-values.ts';
import { assemblyOf } from '../app/sample.ts';

async function deploy(Resources: object): Promise<LocalCloud> {
  const { resourceTypes } = new CloudWatch({ clock: new VirtualClock(), env: here });
  const cloud = await LocalCloud.deploy(assemblyOf({ Resources }), { clock: new VirtualClock(), resourceTypes });
  await cloud.stop();
  return cloud;
}

const group = { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'a-group' } };
const filter = (more: object = {}, transformation: object = {}) => ({
  Type: 'AWS::Logs::MetricFilter',
  Properties: {
    LogGroupName: { Ref: 'Group' },
    FilterPattern: '?"Task timed out" ?"Invoke Error"',
    MetricTransformations: [{ MetricName: 'Errors', MetricNamespace: 'App', MetricValue: '1', ...transformation }],
    ...more,
  },
});
const alarm = {
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { Namespace: 'App', MetricName: 'Errors', Period: 60, EvaluationPeriods: 1, Threshold: 1 },
};
const composite = (more: object) => ({
  Type: 'AWS::CloudWatch::CompositeAlarm',
  Properties: {
    AlarmRule: { 'Fn::Join': ['', ['ALARM("', { 'Fn::GetAtt': ['Alarm', 'Arn'] }, '")']] },
    ActionsSuppressor: { 'Fn::GetAtt': ['Alarm', 'Arn'] },
    ActionsSuppressorWaitPeriod: 60,
    ActionsSuppressorExtensionPeriod: 60,
    ...more,
  },
});

describe('metrics out of logs', () => {
  it('are the lines that a filter counts, by any of its terms', async () => {
    const { logs } = await deploy({ Group: group, Filter: filter() });
    for (const line of ['all is well', 'x Task timed out after 3.00 seconds', 'ERROR\tInvoke Error\t{}']) {
      logs.append('a-group', 's', line);
    }
    logs.append('another-group', 's', 'Task timed out');

    const counted = metricValues(logs).map(({ namespace, name, dimensions, value }) => ({
      namespace,
      name,
      dimensions,
      value,
    }));
    expect(counted).toEqual(Array(2).fill({ namespace: 'App', name: 'Errors', dimensions: {}, value: 1 }));
  });

  it('are the values of the embedded format, once for each set of dimensions', async () => {
    const { logs } = await deploy({ Group: group });
    const line = (dimensions: object) => ({
      _aws: {
        Timestamp: 5,
        CloudWatchMetrics: [{ Namespace: 'App', Dimensions: [['a'], ['a', 'b']], Metrics: [{ Name: 'Time' }] }],
      },
      Time: 7,
      ...dimensions,
    });
    logs.append('a-group', 's', JSON.stringify(line({ a: 'x', b: 'y' })));
    expect(metricValues(logs)).toEqual([
      { namespace: 'App', name: 'Time', dimensions: { a: 'x' }, value: 7, timestamp: 5 },
      { namespace: 'App', name: 'Time', dimensions: { a: 'x', b: 'y' }, value: 7, timestamp: 5 },
    ]);

    logs.append('a-group', 's', JSON.stringify(line({ a: 'x', b: '' })));
    expect(() => metricValues(logs)).toThrow('CloudWatch takes no dimension b with the value ""');
  });
});

describe('what CloudWatch would refuse', () => {
  it.each([
    [
      'a filter on a group that is not there',
      { Filter: filter({ LogGroupName: 'none' }) },
      'there is no log group none',
    ],
    [
      'a pattern that is not modelled',
      { Group: group, Filter: filter({ FilterPattern: '{ $.level = "ERROR" }' }) },
      'only terms are modelled',
    ],
    ['a value out of the line', { Group: group, Filter: filter({}, { MetricValue: '$.ms' }) }, 'a constant value'],
    [
      'a query on a group that is not there',
      {
        Query: {
          Type: 'AWS::Logs::QueryDefinition',
          Properties: { Name: 'q', QueryString: 'limit 1', LogGroupNames: ['none'] },
        },
      },
      'there is no log group none',
    ],
    [
      'a composite of no alarm',
      { Alarm: alarm, Composite: composite({ AlarmRule: 'TRUE' }) },
      'AlarmRule cannot be TRUE',
    ],
    [
      'a suppressor that is no alarm',
      { Alarm: alarm, Composite: composite({ ActionsSuppressor: 'arn:aws:cloudwatch:::alarm:none' }) },
      'there is no alarm arn:aws:cloudwatch:::alarm:none',
    ],
    [
      'a description of more than 1,024 characters',
      { Alarm: { ...alarm, Properties: { ...alarm.Properties, AlarmDescription: 'x'.repeat(1_025) } } },
      'AlarmDescription may have 1024 characters',
    ],
    [
      'a dashboard whose body has another structure',
      {
        Dashboard: {
          Type: 'AWS::CloudWatch::Dashboard',
          Properties: { DashboardBody: '{"widgets":[{"type":"map"}]}' },
        },
      },
      'The field DashboardBody is invalid: widgets.0.type',
    ],
    [
      'a dashboard with a name that has spaces',
      {
        Dashboard: {
          Type: 'AWS::CloudWatch::Dashboard',
          Properties: { DashboardName: 'a b', DashboardBody: '{"widgets":[]}' },
        },
      },
      'DashboardName cannot be a b',
    ],
  ])('is %s', async (_, resources, message) => {
    await expect(deploy(resources)).rejects.toThrow(message);
  });

  it('is not a composite with its suppressor, and a dashboard with a text', async () => {
    const body = JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: 'hello' } }] });
    const Dashboard = { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: body } };
    await deploy({ Alarm: alarm, Composite: composite({}), Dashboard });
  });
});
