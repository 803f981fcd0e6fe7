/**
 * CloudWatch: alarms, composite alarms and dashboards, each refused if CloudWatch would refuse it, and the states that
 * alarms come into. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
 */
import type { Clock } from '../../clock.ts';
import type { Environment } from '../../gateway/service.ts';
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { TemplateError } from '../../template/template-error.ts';
import { type MetricAlarm, type StateChange, statesOf } from './alarm-states.ts';
import { actionTimes, compositeStates, type Suppressor } from './composite-states.ts';
import { dashboardFaults } from './dashboard-body.ts';
import type { MetricValue } from './metric-values.ts';

type Properties = Readonly<Record<string, unknown>>;

/** A description of an alarm has at most 1,024 characters. Source: CloudWatch API reference, PutMetricAlarm. */
const longestDescription = 1_024;

/** An alarm's rule has at most 10,240 characters. Source: CloudWatch API reference, PutCompositeAlarm. */
const longestRule = 10_240;

/** What an alarm did over time. */
export interface AlarmHistory {
  readonly logicalId: string;
  readonly states: readonly StateChange[];
  /** When its ALARM actions ran, in milliseconds since the epoch; none if it has no action. */
  readonly actedAt: readonly number[];
}

/** The alarms and dashboards of one cloud. */
export class CloudWatch {
  /** By logical id, as declared. */
  readonly alarms = new Map<string, Properties>();
  readonly dashboards = new Map<string, Properties>();
  readonly resourceTypes: readonly ResourceType[];
  readonly #env: Environment;
  readonly #clock: Clock;

  constructor({ clock, env }: { readonly clock: Clock; readonly env: Environment }) {
    this.#env = env;
    this.#clock = clock;
    this.resourceTypes = [this.#alarmType(), this.#compositeType(), this.#dashboardType()];
  }

  /**
   * What every alarm did from its creation until now.
   *
   * @param values the values of all metrics
   */
  histories(values: readonly MetricValue[]): readonly AlarmHistory[] {
    const until = this.#clock.now();
    const byMetric = Map.groupBy(values, ({ namespace, name, dimensions }) => metricKey(namespace, name, dimensions));
    const byArn = new Map<string, readonly StateChange[]>();
    const all = [...this.alarms].map(([logicalId, given]) => ({ logicalId, given, arn: String(given['Arn']) }));
    for (const { given, arn } of all.filter((one) => one.given['AlarmRule'] === undefined)) {
      const points = byMetric.get(metricKeyOf(given)) ?? [];
      byArn.set(arn, statesOf(given as unknown as MetricAlarm, points, { from: Number(given['createdAt']), until }));
    }
    // A template names an alarm's ARN only after that alarm, so a rule finds the states of what it names.
    return all.map(({ logicalId, given, arn }) => {
      const states = byArn.get(arn) ?? compositeStates(String(given['AlarmRule']), byArn);
      byArn.set(arn, states);
      const actions = given['AlarmActions'] as readonly unknown[] | undefined;
      const actedAt = actions === undefined ? [] : actionTimes(states, until, suppressorOf(given, byArn));
      return { logicalId, states, actedAt };
    });
  }

  #alarmType(): ResourceType {
    const properties = [
      'AlarmActions',
      'AlarmDescription',
      'ComparisonOperator',
      'Dimensions',
      'EvaluationPeriods',
      'ExtendedStatistic',
      'InsufficientDataActions',
      'MetricName',
      'Namespace',
      'OKActions',
      'Period',
      'Statistic',
      'Threshold',
      'TreatMissingData',
    ];
    return this.#alarmLike('AWS::CloudWatch::Alarm', properties, ({ Period, EvaluationPeriods }) => {
      const seconds = Number(Period) * Number(EvaluationPeriods);
      if (Number(Period) % 60 !== 0 || seconds > 604_800) {
        throw new TemplateError(
          `Period must be a multiple of 60, and all periods together a week at most, not ${seconds} seconds`,
        );
      }
    });
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
  #compositeType(): ResourceType {
    const properties = [
      'ActionsSuppressor',
      'ActionsSuppressorExtensionPeriod',
      'ActionsSuppressorWaitPeriod',
      'AlarmActions',
      'AlarmDescription',
      'AlarmName',
      'AlarmRule',
      'OKActions',
    ];
    return this.#alarmLike('AWS::CloudWatch::CompositeAlarm', properties, (given) => {
      const { AlarmRule, ActionsSuppressor, ActionsSuppressorWaitPeriod: wait } = given;
      const rule = String(AlarmRule);
      const arns = [...rule.matchAll(/(?:ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)/g)].map(([, arn = '']) => arn);
      const known = new Set([...this.alarms.values()].map(({ Arn }) => Arn));
      const missing = [...arns, String(ActionsSuppressor)].find((arn) => !known.has(arn));
      if (arns.length === 0 || rule.length > longestRule) throw new TemplateError(`AlarmRule cannot be ${rule}`);
      if (missing !== undefined) throw new TemplateError(`there is no alarm ${missing}`);
      if ((wait === undefined) !== (given['ActionsSuppressorExtensionPeriod'] === undefined)) {
        throw new TemplateError('a suppressor needs both a wait period and an extension period');
      }
    });
  }

  #alarmLike(type: string, properties: readonly string[], check: (given: Properties) => void): ResourceType {
    const checked = (given: Properties) => {
      if (String(given['AlarmDescription'] ?? '').length > longestDescription) {
        throw new TemplateError(`AlarmDescription may have ${longestDescription} characters`);
      }
      check(given);
    };
    return {
      type,
      properties,
      create: (logicalId, given, stack) => {
        checked(given);
        const name = String(given['AlarmName'] ?? physicalName(stack, logicalId, 255));
        const { partition, region, account } = this.#env;
        const Arn = `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`;
        this.alarms.set(logicalId, { ...given, Arn, createdAt: this.#clock.now() });
        return { ref: name, attributes: { Arn } };
      },
      update: (created, { logicalId, after }) => {
        checked(after);
        const createdAt = this.alarms.get(logicalId)?.['createdAt'];
        this.alarms.set(logicalId, { ...after, ...created.attributes, createdAt });
        return created;
      },
      remove: (_, logicalId) => void this.alarms.delete(logicalId),
    };
  }

  #dashboardType(): ResourceType {
    const put = (logicalId: string, given: Properties) => {
      const [fault] = dashboardFaults(String(given['DashboardBody']));
      if (fault !== undefined) throw new TemplateError(`The field DashboardBody is invalid: ${fault}`);
      this.dashboards.set(logicalId, given);
    };
    return {
      type: 'AWS::CloudWatch::Dashboard',
      properties: ['DashboardBody', 'DashboardName'],
      create: (logicalId, given, stack) => {
        const name = String(given['DashboardName'] ?? physicalName(stack, logicalId, 255));
        if (!/^[\w-]{1,255}$/.test(name)) throw new TemplateError(`DashboardName cannot be ${name}`);
        put(logicalId, given);
        return { ref: name, attributes: {} };
      },
      update: (created, { logicalId, after }) => {
        put(logicalId, after);
        return created;
      },
      remove: (_, logicalId) => void this.dashboards.delete(logicalId),
    };
  }
}

function suppressorOf(given: Properties, byArn: ReadonlyMap<string, readonly StateChange[]>): Suppressor | undefined {
  const history = byArn.get(String(given['ActionsSuppressor']));
  if (history === undefined) return undefined;
  const [waitSeconds, extensionSeconds] = ['Wait', 'Extension'].map((kind) =>
    Number(given[`ActionsSuppressor${kind}Period`]),
  );
  return { history, waitSeconds: waitSeconds ?? 0, extensionSeconds: extensionSeconds ?? 0 };
}

function metricKeyOf({ Namespace, MetricName, Dimensions = [] }: Properties): string {
  const pairs = (Dimensions as readonly { readonly Name: string; readonly Value: string }[]).map(({ Name, Value }) => [
    Name,
    Value,
  ]);
  return metricKey(String(Namespace), String(MetricName), Object.fromEntries(pairs) as Record<string, string>);
}

function metricKey(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).toSorted()]);
}
