/**
 * The body of a dashboard:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
import * as v from 'valibot';

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most), v.integer());
const period = v.pipe(v.number(), v.integer(), v.minValue(60), v.multipleOf(60));
const stat = v.pipe(v.string(), v.regex(/^(SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d{1,10})?)$/));
const color = v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i));
const side = v.picklist(['left', 'right']);

const Rendering = v.strictObject({
  color: v.optional(color),
  label: v.optional(v.string()),
  period: v.optional(period),
  stat: v.optional(stat),
  visible: v.optional(v.boolean()),
  yAxis: v.optional(side),
  region: v.optional(v.string()),
  id: v.optional(v.pipe(v.string(), v.regex(/^[a-z]\w*$/))),
  expression: v.optional(v.pipe(v.string(), v.maxLength(2_048))),
});

/** Namespace, name, then pairs of dimensions, and how it is drawn; or an expression. */
const MetricLine = v.pipe(
  v.array(v.union([v.string(), Rendering])),
  v.check((line) => {
    const texts = line.filter((one) => typeof one === 'string');
    const last = line.at(-1);
    const drawn = typeof last === 'object' ? last : undefined;
    if (texts.length === 0) return line.length === 1 && drawn?.expression !== undefined;
    const objects = line.length - texts.length;
    return texts.length % 2 === 0 && drawn?.expression === undefined && objects === (drawn === undefined ? 0 : 1);
  }, 'a metric is [namespace, name, dimension, value, ..., {rendering}] or [{expression}]'),
);

const Annotation = v.strictObject({
  value: v.number(),
  label: v.optional(v.string()),
  color: v.optional(color),
  fill: v.optional(v.picklist(['above', 'below', 'none'])),
  visible: v.optional(v.boolean()),
  yAxis: v.optional(side),
});

const Axis = v.strictObject({
  label: v.optional(v.string()),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  showUnits: v.optional(v.boolean()),
});

const MetricProperties = v.strictObject({
  region: v.string(),
  title: v.optional(v.string()),
  view: v.optional(v.picklist(['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'])),
  stacked: v.optional(v.boolean()),
  sparkline: v.optional(v.boolean()),
  setPeriodToTimeRange: v.optional(v.boolean()),
  liveData: v.optional(v.boolean()),
  stat: v.optional(stat),
  period: v.optional(period),
  legend: v.optional(v.strictObject({ position: v.picklist(['right', 'bottom', 'hidden']) })),
  yAxis: v.optional(v.strictObject({ left: v.optional(Axis), right: v.optional(Axis) })),
  annotations: v.optional(v.strictObject({ horizontal: v.array(Annotation) })),
  metrics: v.pipe(v.array(MetricLine), v.maxLength(500)),
});

const place = {
  x: v.optional(whole(0, 23)),
  y: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  width: v.optional(whole(1, 24)),
  height: v.optional(whole(1, 1_000)),
};

const Widget = v.variant('type', [
  v.strictObject({ type: v.literal('metric'), ...place, properties: MetricProperties }),
  v.strictObject({
    type: v.literal('text'),
    ...place,
    properties: v.strictObject({
      markdown: v.string(),
      background: v.optional(v.picklist(['transparent', 'solid'])),
    }),
  }),
  v.strictObject({
    type: v.literal('log'),
    ...place,
    properties: v.strictObject({
      region: v.string(),
      title: v.optional(v.string()),
      query: v.pipe(v.string(), v.regex(/^SOURCE '[.\-_/#A-Za-z0-9]{1,512}' \| /)),
      view: v.optional(v.picklist(['table', 'timeSeries', 'bar', 'pie'])),
    }),
  }),
  v.strictObject({
    type: v.literal('alarm'),
    ...place,
    properties: v.strictObject({
      title: v.optional(v.string()),
      alarms: v.pipe(v.array(v.pipe(v.string(), v.startsWith('arn:'))), v.minLength(1), v.maxLength(100)),
      sortBy: v.optional(v.picklist(['default', 'stateUpdatedTimestamp', 'timestamp'])),
      states: v.optional(v.array(v.picklist(['ALARM', 'INSUFFICIENT_DATA', 'OK']))),
    }),
  }),
]);

const Body = v.strictObject({
  start: v.optional(v.pipe(v.string(), v.regex(/^-P(T?\d+[HMDWS])+$/))),
  end: v.optional(v.string()),
  periodOverride: v.optional(v.picklist(['auto', 'inherit'])),
  widgets: v.pipe(v.array(Widget), v.maxLength(500)),
});

/**
 * Holds the body of a dashboard against CloudWatch's documented structure, as far as metric, text, log and alarm
 * widgets go.
 *
 * @returns a sentence for each fault, with the field's path
 */
export function dashboardFaults(body: string): readonly string[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Body), body);
  if (parsed.success) return overlaps(parsed.output.widgets);
  return parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the body'}: ${issue.message}`);
}

type Placed = v.InferOutput<typeof Widget>;

/**
 * Widgets that reach past the 24 columns, have only one coordinate, or lie upon another: CloudWatch would move them.
 */
function overlaps(widgets: readonly Placed[]): readonly string[] {
  const taken = new Set<string>();
  return widgets.flatMap(({ x, y, width = 6, height = 6 }, index) => {
    if (x === undefined && y === undefined) return [];
    if (x === undefined || y === undefined) return [`widgets.${index}: x and y go together`];
    if (x + width > 24) return [`widgets.${index}: reaches past the 24 columns`];
    const cells = Array.from(
      { length: width * height },
      (_, cell) => `${x + (cell % width)}.${y + Math.floor(cell / width)}`,
    );
    const upon = cells.some((cell) => taken.has(cell));
    for (const cell of cells) taken.add(cell);
    return upon ? [`widgets.${index}: lies upon another`] : [];
  });
}
