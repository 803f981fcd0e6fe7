import { hang, link, outputWidth, print, styled, wrap } from '../output/text.ts';
import type { Story } from './story.ts';

/** Prints the story of a launch for people. */
export function printStory(story: Story): void {
  for (const line of storyLines(story, outputWidth())) print(line);
}

/**
 * The story of a launch for people. What to do now is at the end, so that it is in sight.
 *
 * @param width of a line, in columns. An address longer than that stays whole.
 */
export function storyLines(story: Story, width: number): readonly string[] {
  const { instanceId, nodeName, cluster, pool, launchedAt, runs, events, links, notChecked } = story;
  return [
    wrap(`${styled('bold', instanceId)}  ${nodeName}`, width),
    wrap(`cluster ${cluster}, pool ${pool}, launched ${launchedAt}`, width),
    ...runs.flatMap((run, index) => runLines(run, index, width)),
    ...(events.length > 0 ? ['', styled('bold', 'events')] : []),
    ...events.map(({ at, type, text }) => hang(`  ${timeOfDay(at)}  `, `${type}  ${text}`.trimEnd(), width)),
    ...(links.length > 0 ? ['', styled('bold', 'in the consoles of AWS')] : []),
    ...links.map(({ name, url }) => `  ${link(name, url)}`),
    ...notChecked.flatMap(({ resource, reason }) => ['', wrap(`could not look at ${resource}: ${reason}`, width)]),
    ...adviceLines(story, width),
  ].flatMap((line) => line.split('\n'));
}

function runLines(run: Story['runs'][number], index: number, width: number): readonly string[] {
  const title = index === 0 ? 'launch' : `run ${index + 1}`;
  const end = run.outcome === '' || run.outcome === run.state ? run.state : `${run.state} as ${run.outcome}`;
  return [
    '',
    wrap(`${styled('bold', title)}  ${run.request}  ${end}`, width),
    ...(run.detail === '' ? [] : [wrap(run.detail, width, 2)]),
    ...phaseBars(run.phases, width - 2).map((line) => `  ${line}`),
    ...(run.decisions.length > 0 ? ['  decided:'] : []),
    ...run.decisions.map(({ at, what, why }) =>
      hang(`    ${timeOfDay(at).padEnd(8)}  `, why === '' ? what : `${what}: ${why}`, width),
    ),
  ];
}

function adviceLines({ advice }: Story, width: number): readonly string[] {
  const { sentence, cause, operator, command, retry, link: page } = advice;
  if (operator === '') return [];
  return [
    '',
    styled('bold', 'what to do now'),
    wrap(`${sentence} ${cause}`, width, 2),
    wrap(operator, width, 2),
    ...(command === '' ? [] : [`  $ ${command}`]),
    ...(retry === '' ? [] : ['  Once the cause is gone:', `  $ ${retry}`]),
    `  More: ${page}`,
  ];
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
    const start = Math.min(Math.round(((atMs - tookMs) / total) * room), room - 1);
    const end = Math.max(Math.round((atMs / total) * room), Math.min(start + 1, room));
    const bar = `${' '.repeat(start)}${'█'.repeat(end - start)}`.padEnd(room);
    return `${name.padEnd(nameWidth)}  ${bar}  ${(tookMs / 1_000).toFixed(1).padStart(6)} s`;
  });
}
