/** What one unit of something costs. */
export interface Price {
  readonly item: string;
  /** US dollars for `per` of it, in US East (N. Virginia), without the free tier. */
  readonly dollars: number;
  readonly per: number;
  /** How the page names `per`. */
  readonly each: string;
  readonly page: string;
}

/** When the prices were looked up, and where: AWS's own pages could not be read then, so each was found in public texts that quote them. */
export const pricesOf = '2026-11-28';

const page = (service: string) => `https://aws.amazon.com/${service}/pricing/`;

/** The prices of all that Airlock uses. */
export const prices: readonly Price[] = [
  { item: 'state transitions', dollars: 25, per: 1e6, each: 'a million', page: page('step-functions') },
  { item: 'function invocations', dollars: 0.2, per: 1e6, each: 'a million', page: page('lambda') },
  { item: 'gigabyte seconds', dollars: 13.3334, per: 1e6, each: 'a million', page: page('lambda') },
  { item: 'queue requests', dollars: 0.4, per: 1e6, each: 'a million', page: page('sqs') },
  { item: 'table write units', dollars: 0.625, per: 1e6, each: 'a million', page: page('dynamodb') },
  { item: 'table read units', dollars: 0.125, per: 1e6, each: 'a million', page: page('dynamodb') },
  { item: 'events', dollars: 1, per: 1e6, each: 'a million', page: page('eventbridge') },
  { item: 'megabytes of logs', dollars: 0.5, per: 1e3, each: 'a thousand', page: page('cloudwatch') },
  { item: 'alarms', dollars: 0.1, per: 1, each: 'a month', page: page('cloudwatch') },
  { item: 'metrics', dollars: 0.3, per: 1, each: 'a month', page: page('cloudwatch') },
];
