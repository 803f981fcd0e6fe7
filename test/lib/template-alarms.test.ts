import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type MetricDefinition, type MetricName, metricNamespace, metrics } from '../../domain/metrics.ts';
import { alarmTable } from '../../lib/alarm-table.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { alarmName } from '../alarms.ts';
import { of, root, stackOf } from './synthesized.ts';

describe('alarms', () => {
  const page = readFileSync(join(root, 'docs', 'operate', 'alarms.md'), 'utf8');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => [section.split('\n')[0] ?? '', section]),
  );
  const config =
    'clusters: [{name: demo}]\ntargets: {releaseSeconds: 120}\ndoctor: {schedule: rate(1 day)}\nrollout: {}\nnotifications: {topicArn: "arn:aws:sns:eu-central-1:123456789012:a"}';
  const full = Template.fromStack(stackOf(config).node.findChild('Airlock') as Stack);
  const descriptions = [
    ...Object.values(full.findResources('AWS::CloudWatch::Alarm')),
    ...Object.values(full.findResources('AWS::CloudWatch::CompositeAlarm')),
  ].map(({ Properties }) => JSON.stringify(Properties.AlarmDescription));
  const anchors = descriptions.map((text) => /Runbook: docs\/operate\/alarms\.md#([a-z]+)"/.exec(text)?.[1]);

  it('each have a heading in docs/operate/alarms.md that their description ends with, and each heading an alarm', () => {
    const headings = [...sections.keys()].filter((heading) => heading !== 'Dead letters');
    expect(new Set(anchors)).toEqual(new Set(headings.map((heading) => heading.toLowerCase())));
  });

  it('each have a runbook: what it means, how to see it, what to do, how to know that it is over', () => {
    for (const [heading, section] of sections) {
      if (heading === 'Dead letters') continue;
      const parts = [...section.matchAll(/^- \*\*(\w+)\*\*: /gm)].map(([, part]) => part);
      expect(parts, heading).toEqual(['Means', 'See', 'Do', 'Over']);
    }
  });

  it('watch a metric that Airlock emits, under one of its sets of dimensions, or one that AWS does', () => {
    const ofAws = ['AWS/SQS ApproximateNumberOfMessagesVisible', 'AWS/Lambda Errors'];
    for (const { Properties } of Object.values(full.findResources('AWS::CloudWatch::Alarm'))) {
      const { Namespace, MetricName, Dimensions = [] } = Properties;
      if (Namespace !== metricNamespace) {
        expect(ofAws).toContain(`${Namespace} ${MetricName}`);
        continue;
      }
      const { dimensions, emittedBy }: MetricDefinition = metrics[MetricName as MetricName];
      const keys = Dimensions.map(({ Name }: { Name: string }) => Name);
      expect(
        dimensions.map((set) => set.toSorted()),
        MetricName,
      ).toEqual(expect.arrayContaining([keys.toSorted()]));
      const service = Dimensions.find(({ Name }: { Name: string }) => Name === 'service')?.Value;
      if (service !== undefined) expect(emittedBy).toEqual([service]);
    }
  });

  it('have the statistic, period, threshold and rule for missing data of their row', () => {
    const rows = alarmTable(parseConfig(config));
    for (const [id, { Properties }] of Object.entries(full.findResources('AWS::CloudWatch::Alarm'))) {
      const name = alarmName(id);
      const row = rows.find((one) => name === one.name || (one.scope === 'queue' && name.endsWith(one.name)));
      expect(Properties.ExtendedStatistic ?? Properties.Statistic, id).toEqual(row?.statistic);
      expect(Properties.Period, id).toEqual((row?.minutes ?? 0) * 60);
      expect(Properties.Threshold, id).toEqual(row?.threshold);
      expect(Properties.ComparisonOperator, id).toEqual(
        row?.fires === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
      );
      expect(Properties.TreatMissingData, id).toEqual(row?.missing === 'fires' ? 'missing' : 'notBreaching');
      expect(Properties.EvaluationPeriods, id).toBe(1);
    }
  });

  it('of one cluster notify as one, which is quiet while the breaker is open', () => {
    const [[, composite] = []] = Object.entries(full.findResources('AWS::CloudWatch::CompositeAlarm'));
    const rule = JSON.stringify(composite?.['Properties'].AlarmRule);
    for (const name of ['ReleaseRate', 'GatedTooLong', 'ReleaseSlow']) expect(rule).toContain(`Alarms${name}demo`);
    expect(JSON.stringify(composite?.['Properties'].ActionsSuppressor)).toContain('AlarmsBreakerOpendemo');
    const silent = Object.entries(full.findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) => Properties.AlarmActions === undefined)
      .map(([id]) => alarmName(id));
    expect(silent.toSorted()).toEqual(['GatedTooLong', 'ReleaseRate', 'ReleaseSlow']);
  });

  it('leave out the composite, which costs as much as five, if there is no topic to notify', () => {
    expect(of('AWS::CloudWatch::CompositeAlarm')).toEqual([]);
  });

  it('fire for a reconcile or a doctor that never runs: no data notifies only there', () => {
    const onNoData = Object.entries(full.findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) => Properties.InsufficientDataActions !== undefined)
      .map(([id]) => alarmName(id));
    expect(onNoData.toSorted()).toEqual(['DoctorFindings', 'ReconcileSilent']);
  });

  it('count the errors of every function', () => {
    // The framework of custom resources adds its own functions.
    const ours = of('AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties['Environment']?.Variables.POWERTOOLS_SERVICE_NAME !== undefined,
    );
    const groups = ours.map(([, { Properties }]) => Properties['LoggingConfig'].LogGroup.Ref);
    expect(groups.length).toBeGreaterThan(8);
    const counted = of('AWS::Logs::MetricFilter').map(([, { Properties }]) => Properties['LogGroupName'].Ref);
    expect(counted.toSorted()).toEqual(groups.toSorted());
  });
});
