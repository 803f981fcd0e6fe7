/**
 * Metric filters and saved queries of log groups:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
 */
import { physicalName } from '../../template/names.ts';
import type { ResourceType } from '../../template/resource.ts';
import { TemplateError } from '../../template/template-error.ts';

/** A filter that counts lines of a group as a metric. */
export interface MetricFilter {
  readonly group: string;
  /** A line with any of them counts. */
  readonly terms: readonly string[];
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
}

/**
 * A pattern of one quoted term, or of several of which any is enough. Source: CloudWatch Logs User Guide, "Filter
 * pattern syntax".
 */
const patternForm = /^"[^"]+"$|^(\?"[^"]+" ?)+$/;

/**
 * Metric filters. What has another syntax than terms, and a transformation with more than a constant value, is refused.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-metricfilter.html
 */
export function metricFilterType(
  filters: Map<string, MetricFilter>,
  hasGroup: (name: string) => boolean,
): ResourceType {
  const read = ({ FilterPattern, LogGroupName, MetricTransformations }: Readonly<Record<string, unknown>>) => {
    const pattern = String(FilterPattern);
    const group = String(LogGroupName);
    if (!hasGroup(group)) throw new TemplateError(`there is no log group ${group}`);
    if (!patternForm.test(pattern))
      throw new TemplateError(`FilterPattern: only terms are modelled here, not ${pattern}`);
    const [transformation, ...others] = MetricTransformations as Readonly<Record<string, string>>[];
    const { MetricName = '', MetricNamespace = '', MetricValue = '', ...rest } = transformation ?? {};
    const odd = Object.keys(rest);
    if (others.length > 0 || odd.length > 0 || !/^\d+$/.test(MetricValue)) {
      throw new TemplateError(
        `MetricTransformations: one with a constant value is modelled here, not ${odd.join(', ')}`,
      );
    }
    const terms = [...pattern.matchAll(/"([^"]+)"/g)].map(([, term = '']) => term);
    return { group, terms, namespace: MetricNamespace, name: MetricName, value: Number(MetricValue) };
  };
  return {
    type: 'AWS::Logs::MetricFilter',
    properties: ['FilterPattern', 'LogGroupName', 'MetricTransformations'],
    create: (logicalId, properties, stack) => {
      const ref = physicalName(stack, logicalId, 512);
      filters.set(ref, read(properties));
      return { ref, attributes: {} };
    },
    update: (created, { after }) => {
      filters.set(created.ref, read(after));
      return created;
    },
    remove: ({ ref }) => void filters.delete(ref),
  };
}

/** A saved query. */
export interface QueryDefinition {
  readonly name: string;
  readonly groups: readonly string[];
  readonly query: string;
}

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html: an account may have
 * a thousand in a region.
 */
export function queryDefinitionType(
  queries: Map<string, QueryDefinition>,
  hasGroup: (name: string) => boolean,
): ResourceType {
  const read = ({ LogGroupNames = [], Name, QueryString }: Readonly<Record<string, unknown>>): QueryDefinition => {
    const groups = LogGroupNames as string[];
    const missing = groups.find((group) => !hasGroup(group));
    if (missing !== undefined) throw new TemplateError(`there is no log group ${missing}`);
    const name = String(Name);
    const query = String(QueryString);
    if (name.length > 255 || query === '' || query.length > 10_000 || groups.length > 50) {
      throw new TemplateError(
        `the query ${name} needs a name of 255 characters, a text of 10,000 and 50 groups at most`,
      );
    }
    return { name, groups, query };
  };
  return {
    type: 'AWS::Logs::QueryDefinition',
    properties: ['LogGroupNames', 'Name', 'QueryString'],
    create: (logicalId, properties, stack) => {
      const ref = physicalName(stack, logicalId, 256);
      queries.set(ref, read(properties));
      return { ref, attributes: { QueryDefinitionId: ref } };
    },
    update: (created, { after }) => {
      queries.set(created.ref, read(after));
      return created;
    },
    remove: ({ ref }) => void queries.delete(ref),
  };
}
