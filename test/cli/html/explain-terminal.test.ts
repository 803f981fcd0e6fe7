import { expect, it } from 'vitest';
import { phaseBars, storyLines } from '../../../cli/explain/print.ts';
import { storyOf } from '../../../cli/explain/story.ts';
import { outcomeOf } from '../../../domain/outcomes.ts';
import { failedRun } from '../fixtures/runs.ts';

const deployment = { stateMachine: 'arn:aws:states:eu-central-1:123456789012:stateMachine:Airlock', group: '/aws/a' };
const detail =
  'a container with the handler runsc is not in gVisor: it runs on the host kernel; containerd was restored (command 309e3b10-8330-4040-81c2-00c043cc12a4)';
const run = failedRun(2, 'proof-failed', detail, { ending: 'held' });
const rerun = {
  ...failedRun(2, 'proof-failed', detail, { sentMs: 302_000, onlineMs: 301_000, readyMs: 60_000, endMs: 305_000 }),
  launchedAt: `${run.launchedAt} 0001`,
  recordedAt: new Date(Date.parse(run.launchedAt) + 300_000).toISOString(),
};
const audit = [{ time: '2026-11-21T09:00:48.000Z', type: 'Node Held', detail: { outcome: 'proof-failed', detail } }];
const story = storyOf([run, rerun], audit, {
  notChecked: [{ resource: 'the audit log group /aws/a', reason: 'not authorized to perform: logs:FilterLogEvents' }],
  deployment,
});

it.each([60, 80, 200])(
  'a story of %i columns has no longer line, except for addresses and commands, and nothing is cut',
  (width) => {
    const lines = storyLines(story, width);
    expect(lines.filter((line) => line.length > width && !/https:\/\/|^ {2}\$ /.test(line))).toEqual([]);
    const text = lines.join(' ').replaceAll(/\s+/g, ' ');
    for (const part of [detail, ...story.runs.flatMap(({ decisions }) => decisions.map(({ what }) => what))])
      expect(text).toContain(part);
    expect(lines.join('')).not.toContain('\u001b');
  },
);

it('a story ends with what to do now: in words, the next command, and where to read more', () => {
  const lines = storyLines(story, 200).map((line) => line.trim());
  expect(lines.slice(lines.indexOf(outcomeOf('proof-failed').operator))).toEqual([
    outcomeOf('proof-failed').operator,
    `$ aws ssm list-command-invocations --instance-id ${run.instanceId} --details`,
    'Once the cause is gone:',
    `$ npx airlock retry ${run.instanceId}`,
    'More: docs/operate/outcomes.md#proof-failed',
  ]);
});

it('the lines of an event and of a decision begin below its text, not below its time', () => {
  const lines = storyLines(story, 60);
  const at = lines.findIndex((line) => line.startsWith('  09:00:48  Node Held'));
  expect(lines[at + 1]).toMatch(/^ {12}\S/);
});

it('the phases of a run that repeats work begin with the run', () => {
  expect(story.runs[1]?.phases.map(({ name, atMs }) => [name, atMs])).toEqual([
    ['agent online', 1_000],
    ['command sent', 2_000],
    ['proof-failed', 5_000],
  ]);
});

it('a short phase at the end of a long axis has a bar, too', () => {
  const phases = [
    { name: 'agent online', atMs: 360_000, tookMs: 360_000 },
    { name: 'released', atMs: 360_500, tookMs: 500 },
  ];
  for (const line of phaseBars(phases, 60)) expect(line).toContain('█');
});
