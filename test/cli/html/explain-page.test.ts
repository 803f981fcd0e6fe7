import { describe, expect, it } from 'vitest';
import { consoleLinks } from '../../../cli/explain/links.ts';
import { storyPage } from '../../../cli/explain/page.ts';
import { type Story, storyOf } from '../../../cli/explain/story.ts';
import { html } from '../../../cli/html/markup.ts';
import { writePage } from '../../../cli/html/page.ts';
import { outcomeOf } from '../../../domain/outcomes.ts';
import { failedRun, releasedRun } from '../fixtures/runs.ts';
import { activeParts, hostile, textIn, textsIn } from './hostile.ts';

const at = '2026-11-21T10:00:00.000Z';
const deployment = {
  stateMachine: 'arn:aws:states:eu-central-1:123456789012:stateMachine:Airlock',
  group: '/aws/events/Airlock/audit-1',
};
const audit = [{ time: at, type: 'Node Quarantined', detail: { outcome: 'proof-failed', detail: 'no sandbox' } }];
const notChecked = [{ resource: 'the audit log group', reason: 'not authorized' }];
const released = storyOf([releasedRun(1)], audit, { notChecked: [], deployment });
const failed = storyOf([failedRun(2, 'proof-failed', 'no sandbox')], audit, { notChecked, deployment });

describe('the page about a launch', () => {
  it.each([
    ['released', released],
    ['failed', failed],
  ])('escapes every text of a story that is %s', (_, story) => {
    const marked: Story = { ...hostile(story), version: 1 };
    const text = storyPage(marked, at);

    expect(activeParts(text)).toEqual([]);
    const shown = textIn(text);
    const state = marked.runs.at(-1);
    // The receipt is shown as JSON, the disposition as a decision, and times of decisions without their date.
    const { runs, links: _links, ...rest } = marked;
    const others = runs.map(({ receipt: _receipt, disposition: _disposition, decisions, ...run }) => ({
      ...run,
      decisions: decisions.map(({ what, why }) => [what, why]),
    }));
    for (const one of [...textsIn(rest), ...textsIn(others)]) expect(shown).toContain(one);
    expect(shown).toContain(JSON.stringify(state?.receipt, undefined, 2));
  });

  it('has the reason, what to do now and what could not be looked at before everything else', () => {
    const text = textIn(storyPage(failed, at));
    const places = [outcomeOf('proof-failed').operator, 'no sandbox', 'not authorized', 'Decision'].map((one) =>
      text.toLowerCase().indexOf(one.toLowerCase()),
    );
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(places).not.toContain(-1);
  });

  it('asks for nothing to be done about a launch that was released', () => {
    expect(textIn(storyPage(released, at))).not.toContain('What to do now');
  });

  it('has one bar for each phase, and its words for people who cannot see them', () => {
    const text = storyPage(released, at);
    const phases = released.runs[0]?.phases ?? [];
    expect(text.match(/<rect /g)).toHaveLength(phases.length);
    for (const { name, tookMs } of phases) expect(text).toContain(`${name} after ${(tookMs / 1_000).toFixed(1)} s`);
  });

  it('shows a launch that has reached no phase, and one that has no Node', () => {
    const { receipt: _, installation: __, onlineAt: ___, sentAt: ____, outcome: _____, ...young } = releasedRun(3);
    const { endedAt: _e, ending: _f, launch: _g, ...run } = young;
    const text = textIn(storyPage(storyOf([run], [], { notChecked: [], deployment }), at));
    expect(text).toContain('It has reached no phase yet.');
    expect(text).toContain(run.instanceId);
  });
});

describe('decisions', () => {
  const decided = (story: Story) => story.runs[0]?.decisions.map(({ what }) => what);

  it('of a release end with the proof', () => {
    expect(decided(released)).toEqual([
      'admit the launch for gvisor@20260928.0',
      'send install to the node',
      'accept the proof (installed)',
      'end the run as released',
    ]);
    expect(released.runs[0]?.decisions.at(-1)?.why).toBe('the pod airlock-system/proof-1 ran with gvisor after 1.6 s');
  });

  it('of a failure have its cause and its disposition', () => {
    expect(decided(failed)).toEqual([
      'admit the launch for gvisor@20260928.0',
      'send install to the node',
      'fail the run as proof-failed',
      'keep the node behind its gate',
      'end the run as quarantined, gate kept',
    ]);
  });

  it('of a refused launch name the refusal', () => {
    const { request: _, ...run } = releasedRun(4);
    const refused = { outcome: 'unknown-runtime', detail: 'the tag asks for gvisr' } as const;
    expect(storyOf([{ ...run, refused }], [], { notChecked: [], deployment }).runs[0]?.decisions[0]).toMatchObject({
      what: 'refuse the launch as unknown-runtime',
      why: 'the tag asks for gvisr',
    });
  });
});

describe('links to the consoles', () => {
  const [run] = [releasedRun(1)];

  it('lead to the instance, the execution, the command and the query, in the region of the stack', () => {
    const links = consoleLinks([run], deployment, run.launchedAt);
    expect(links.map(({ name }) => name.split(' ')[0])).toEqual(['instance', 'execution', 'command', 'its']);
    const base = 'https://eu-central-1.console.aws.amazon.com';
    expect(links.map(({ url }) => url).slice(0, 3)).toEqual([
      `${base}/ec2/home?region=eu-central-1#InstanceDetails:instanceId=${run.instanceId}`,
      `${base}/states/home?region=eu-central-1#/v2/executions/details/${encodeURIComponent(`arn:aws:states:eu-central-1:123456789012:execution:Airlock:${run.execution}`)}`,
      `${base}/systems-manager/run-command/${run.commandId}/${run.instanceId}?region=eu-central-1`,
    ]);
  });

  it('open the query with its group and time, in the notation of the console', () => {
    const url = consoleLinks([run], deployment, run.launchedAt).at(-1)?.url ?? '';
    expect(url).toContain("#logsV2:logs-insights$3FqueryDetail$3D~(end~'2026-11-22T09*3a00*3a00.000Z~start~'2026");
    expect(url).toContain(`*22${run.instanceId}*22`);
    expect(url.endsWith("~source~(~'*2faws*2fevents*2fAirlock*2faudit-1))")).toBe(true);
  });

  it('have the host of their partition, and are left out if it is not known', () => {
    const hostIn = (partition: string) =>
      consoleLinks([run], { ...deployment, stateMachine: deployment.stateMachine.replace('aws', partition) }, at)[0]
        ?.url;
    expect(hostIn('aws-cn')).toContain('https://eu-central-1.console.amazonaws.cn/');
    expect(hostIn('aws-moon')).toBeUndefined();
  });
});

describe('markup', () => {
  it('escapes text, joins lists and keeps pieces of HTML', () => {
    expect(String(html`<a title="${'"<&>\''}">${[html`<b>`, '<i>', 1]}</a>`)).toBe(
      '<a title="&quot;&lt;&amp;&gt;&#39;"><b>&lt;i&gt;1</a>',
    );
  });
});

it('a page that cannot be written is wrong usage, and the message has the option, the file and the accepted form', () => {
  expect(() => writePage('/nonexistent/node.html', '')).toThrow(
    "option '--html' names '/nonexistent/node.html', which cannot be written (ENOENT); accepted: a file in a folder that exists",
  );
});
