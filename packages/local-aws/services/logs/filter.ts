/** FilterLogEvents: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
import { AwsError } from '../../gateway/service.ts';

/** One event of a log group. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly stream: string;
  readonly message: string;
}

/** What a caller looks for. */
interface Filter {
  readonly filterPattern?: string | undefined;
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  readonly limit?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** A page has at most 10,000 events and 1 MB. Source: API reference, FilterLogEvents. */
const mostEvents = 10_000;
const mostBytes = 1_048_576;
/** What an event counts beside its message, as in PutLogEvents. */
const overheadBytes = 26;

/**
 * One page of the events that match. A page may be partly full or empty while there are more: a call looks at 1 MB of
 * the group at most, so a caller must go on until no token comes back. A pattern has terms only, each of which must
 * occur.
 *
 * @throws AwsError for any other syntax, and for a token that no page had
 */
export function filterPage(events: readonly LogEvent[], filter: Filter) {
  const {
    filterPattern = '',
    startTime = 0,
    endTime = Number.POSITIVE_INFINITY,
    limit = mostEvents,
    nextToken,
  } = filter;
  if (/[^\w\s.:/"-]/.test(filterPattern)) {
    const message = `the filter pattern ${filterPattern} is not modelled here: only terms are`;
    throw new AwsError('InvalidParameterException', message);
  }
  const start = nextToken === undefined ? 0 : positionIn(nextToken, events.length);
  const terms = [...filterPattern.matchAll(/"([^"]+)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const found: { event: LogEvent; position: number }[] = [];
  let bytes = 0;
  let position = start;
  for (; position < events.length && found.length < limit; position++) {
    const event = events[position] as LogEvent;
    // Events outside the time are not looked at.
    if (event.timestamp < startTime || event.timestamp > endTime) continue;
    bytes += Buffer.byteLength(event.message) + overheadBytes;
    if (bytes > mostBytes && position > start) break;
    if (terms.every((term) => event.message.includes(term))) found.push({ event, position });
  }
  return {
    events: found.map(({ event: { timestamp, message, stream }, position: eventId }) => ({
      timestamp,
      message,
      logStreamName: stream,
      ingestionTime: timestamp,
      eventId: String(eventId),
    })),
    ...(position < events.length ? { nextToken: tokenOf(position) } : {}),
  };
}

function tokenOf(position: number): string {
  return `Bxkq6kVGFtq2y_Moigeqsc/${position}`;
}

function positionIn(token: string, length: number): number {
  const position = Number(/\/(\d+)$/.exec(token)?.[1]);
  if (token !== tokenOf(position) || position >= length) {
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  return position;
}
