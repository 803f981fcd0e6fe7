import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { Story } from './story.ts';

/** Prints the story of a launch for people. */
export function printStory({
  instanceId,
  nodeName,
  cluster,
  pool,
  launchedAt,
  runs,
  events,
  advice,
  links,
  notChecked,
}: Story): void {
  const width = outputWidth();
  print(wrap(`${styled('bold', instanceId)}  ${nodeName}`, width));
  print(wrap(`cluster ${cluster}, pool ${pool}, launched ${launchedAt}`, width));
  for (const [index, run] of runs.entries()) {
    const title = index === 0 ? 'launch' : `run ${index + 1}`;
    const end = ['', run.state].includes(run.outcome) ? run.state : `${run.state} as ${run.outcome}`;
    print(`\n${styled('bold', title)}  ${run.request}  ${end}`);
    if (run.detail !== '') print(wrap(run.detail, width, 2));
    for (const line of phaseBars(run.phases, width - 2)) print(`  ${line}`);
    if (run.decisions.length > 0) print('  decided:');
    for (const { at, what, why } of run.decisions) {
      print(wrap(`${timeOfDay(at).padEnd(8)}  ${what}${why === '' ? '' : `: ${why}`}`, width, 4));
    }
  }
  if (events.length > 0) print(`\n${styled('bold', 'events')}`);
  for (const { at, type, text } of events) print(wrap(`${at}  ${type}  ${text}`.trimEnd(), width, 2));
  if (links.length > 0) print(`\n${styled('bold', 'in the consoles of AWS')}`);
  for (const { name, url } of links) print(`  ${name}\n    ${url}`);
  if (advice.operator !== '') {
    print(`\n${styled('bold', 'what to do now')}`);
    print(wrap(`${advice.sentence} ${advice.cause}`, width, 2));
    print(wrap(advice.operator, width, 2));
  }
  for (const { resource, reason } of notChecked) print(`\n${wrap(`could not look at ${resource}: ${reason}`, width)}`);
}

/** The time of day of an ISO time, in UTC to the second; empty if it has none. */
function timeOfDay(at: string): string {
  return /T(\d\d:\d\d:\d\d)/.exec(at)?.[1] ?? '';
}

/**
 * Draws phases as bars on one axis from the launch to the last of them.
 *
 * @param width of a line, in columns
 */
export function phaseBars(phases: Story['runs'][number]['phases'], width: number): readonly string[] {
  const last = phases.at(-1);
  if (last === undefined) return [];
  const nameWidth = Math.max(...phases.map(({ name }) => name.length));
  const room = Math.max(width - nameWidth - 12, 10);
  const total = Math.max(last.atMs, 1);
  return phases.map(({ name, atMs, tookMs }) => {
    const start = Math.round(((atMs - tookMs) / total) * room);
    const end = Math.max(Math.round((atMs / total) * room), Math.min(start + 1, room));
    const bar = `${' '.repeat(start)}${'█'.repeat(end - start)}`.padEnd(room);
    return `${name.padEnd(nameWidth)}  ${bar}  ${(tookMs / 1_000).toFixed(1).padStart(6)} s`;
  });
}
