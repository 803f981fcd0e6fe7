import { type Window, weekdays } from './settings.ts';

const quarterMs = 15 * 60_000;
const quartersPerDay = 96;
const quartersPerWeek = 7 * quartersPerDay;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The quarter of an hour since the beginning of Monday, in a time zone. All offsets in use today are whole quarters.
 */
function quarterOfWeek(timeZone: string, at: number): number {
  const known = formats.get(timeZone);
  const format =
    known ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const short = parts.get('weekday')?.toLowerCase() ?? '';
  const day = (weekdays as readonly string[]).indexOf(short);
  const minutes = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
  return day * quartersPerDay + Math.floor(minutes / 15);
}

/** Whether a window is open at a quarter of the week. */
function covers({ days, from, to }: Window, quarter: number): boolean {
  const length = (to - from + quartersPerDay) % quartersPerDay || quartersPerDay;
  return days.some((day) => {
    const begins = weekdays.indexOf(day) * quartersPerDay + from;
    return (quarter - begins + quartersPerWeek) % quartersPerWeek < length;
  });
}

/**
 * Whether any window is open.
 *
 * @param windows absent: always open
 * @param now milliseconds since the epoch
 */
export function isInWindow(windows: readonly Window[] | undefined, now: number): boolean {
  return windows === undefined || windows.some((window) => covers(window, quarterOfWeek(window.timeZone, now)));
}

/**
 * Finds when the next window opens, in milliseconds since the epoch; now if one is open. Windows repeat every week, and
 * a change of the clock before then moves one by an hour.
 */
export function nextOpening(windows: readonly Window[] | undefined, now: number): number | undefined {
  if (windows === undefined || isInWindow(windows, now)) return now;
  const quarter = Math.floor(now / quarterMs) * quarterMs;
  const hour = 4 * quarterMs;
  const openings = windows.flatMap((window) => {
    const at = quarterOfWeek(window.timeZone, now);
    return window.days.flatMap((day) => {
      const begins = weekdays.indexOf(day) * quartersPerDay + window.from;
      const next = quarter + ((begins - at + quartersPerWeek) % quartersPerWeek) * quarterMs;
      return [next - hour, next, next + hour].filter((time) => time > now && isInWindow([window], time)).slice(0, 1);
    });
  });
  return openings.length === 0 ? undefined : Math.min(...openings);
}

/** The share of a week in which any window is open, above 0 and up to 1. */
export function openShare(windows: readonly Window[] | undefined): number {
  if (windows === undefined) return 1;
  // Windows of different time zones may overlap in part: the sum is close enough for a forecast.
  const open = windows.reduce((sum, { days, from, to }) => {
    return sum + days.length * ((to - from + quartersPerDay) % quartersPerDay || quartersPerDay);
  }, 0);
  return Math.min(1, open / quartersPerWeek);
}
