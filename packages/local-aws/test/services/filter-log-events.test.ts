import { describe, expect, it } from 'vitest';
import { filterPage } from '../../services/logs/filter.ts';

const line = (timestamp: number, message: string) => ({ timestamp, stream: 's', message });

describe('a page of FilterLogEvents', () => {
  it('has the events of the time with each of the terms', () => {
    const events = [line(1, 'a b'), line(2, 'a'), line(3, 'a b'), line(4, 'a b')];
    const page = filterPage(events, { filterPattern: '"a" b', startTime: 2, endTime: 3 });
    expect(page.events.map(({ timestamp }) => timestamp)).toEqual([3]);
    expect(page).not.toHaveProperty('nextToken');
  });

  it('has at most the limit, and 10,000 events without one', () => {
    const events = Array.from({ length: 10_001 }, (_, at) => line(at, 'x'));
    expect(filterPage(events, {}).events.length).toBe(10_000);
    const { nextToken, events: first } = filterPage(events, { limit: 2 });
    const next = filterPage(events, { limit: 2, nextToken });
    expect([...first, ...next.events].map(({ eventId }) => eventId)).toEqual(['0', '1', '2', '3']);
  });

  it('looks at 1 MB of the group, and is empty with a token if none of that matches', () => {
    const events = [...Array.from({ length: 5 }, (_, at) => line(at, 'x'.repeat(300_000))), line(9, 'needle')];
    const pages = [filterPage(events, { filterPattern: 'needle' })];
    while (pages.at(-1)?.nextToken !== undefined)
      pages.push(filterPage(events, { filterPattern: 'needle', nextToken: pages.at(-1)?.nextToken }));
    expect(pages.map((page) => page.events.length)).toEqual([0, 1]);
  });

  it('has one event that is larger than a page', () => {
    const events = [line(1, 'x'.repeat(2_000_000)), line(2, 'y')];
    expect(filterPage(events, {}).events.map(({ timestamp }) => timestamp)).toEqual([1]);
  });

  it.each(['7', 'Bxkq6kVGFtq2y_Moigeqsc/99', ''])('is refused for the token "%s"', (nextToken) => {
    expect(() => filterPage([line(1, 'x')], { nextToken })).toThrow('The specified nextToken is invalid.');
  });

  it('is refused for a pattern that is not modelled', () => {
    expect(() => filterPage([], { filterPattern: '{ $.a = 1 }' })).toThrow('only terms are');
  });
});
