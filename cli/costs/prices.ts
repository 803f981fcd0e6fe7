/** The price of one unit. */
export interface Price {
  readonly item: string;
  /** US dollars for `per` of it, in US East (N. Virginia), without the free tier. */
  readonly dollars: number;
  readonly per: number;
  /** How the page names `per`. */
  readonly each: string;
  /** AWS's own page. */
  readonly page: string;
  /**
   * The text that confirms the price, and its date. AWS's pages load their tables by script, so most prices are
   * confirmed by a text that quotes them.
   */
  readonly seen: { readonly at: string; readonly of: string };
}

/** When the prices were looked up. */
export const pricesOf = '2026-11-28';

const seen = {
  states: { at: 'https://aws.amazon.com/step-functions/pricing/', of: "AWS's own page" },
  lambda: { at: 'https://cloudchipr.com/blog/aws-lambda-pricing', of: '2024' },
  sqs: { at: 'https://cloudburn.io/blog/amazon-sqs-pricing', of: 'March 2026' },
  dynamoDb: { at: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing', of: 'July 2025' },
  events: { at: 'https://cloudburn.io/blog/amazon-eventbridge-pricing', of: 'March 2026' },
  cloudWatch: { at: 'https://cloudburn.io/blog/amazon-cloudwatch-pricing', of: 'February 2026' },
};

const page = (service: string) => `https://aws.amazon.com/${service}/pricing/`;

/** The prices of everything that Airlock uses. */
export const prices: readonly Price[] = [
  {
    item: 'state transitions',
    dollars: 25,
    per: 1e6,
    each: 'a million',
    page: page('step-functions'),
    seen: seen.states,
  },
  { item: 'function invocations', dollars: 0.2, per: 1e6, each: 'a million', page: page('lambda'), seen: seen.lambda },
  { item: 'gigabyte seconds', dollars: 13.3334, per: 1e6, each: 'a million', page: page('lambda'), seen: seen.lambda },
  { item: 'queue requests', dollars: 0.4, per: 1e6, each: 'a million', page: page('sqs'), seen: seen.sqs },
  {
    item: 'table write units',
    dollars: 0.625,
    per: 1e6,
    each: 'a million',
    page: page('dynamodb'),
    seen: seen.dynamoDb,
  },
  {
    item: 'table read units',
    dollars: 0.125,
    per: 1e6,
    each: 'a million',
    page: page('dynamodb'),
    seen: seen.dynamoDb,
  },
  { item: 'events', dollars: 1, per: 1e6, each: 'a million', page: page('eventbridge'), seen: seen.events },
  {
    item: 'megabytes of logs',
    dollars: 0.5,
    per: 1e3,
    each: 'a thousand',
    page: page('cloudwatch'),
    seen: seen.cloudWatch,
  },
  { item: 'alarms', dollars: 0.1, per: 1, each: 'a month', page: page('cloudwatch'), seen: seen.cloudWatch },
  { item: 'metrics', dollars: 0.3, per: 1, each: 'a month', page: page('cloudwatch'), seen: seen.cloudWatch },
];
