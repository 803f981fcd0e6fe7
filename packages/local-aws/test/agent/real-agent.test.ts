// The answers of amazon-ssm-agent 3.3.0.0 to the same documents: its docparser, RunPlugins and runscript plugin
// (agent/framework/docparser, agent/framework/runpluginutil/runpluginutil.go, agent/plugins/runscript/runscript.go)
import { describe, expect, it } from 'vitest';
import { cutStream } from '../../agent/output.ts';
import { reportOf } from '../../agent/report.ts';
import { runDocument } from '../../agent/run-document.ts';
import type { Ended, Script } from '../../agent.ts';

const ended = (exitCode: number, more: Partial<Ended> = {}): Ended => ({
  exitCode,
  timedOut: false,
  stdout: 'out',
  stderr: 'err',
  durationMs: 1,
  ...more,
});

async function run(steps: readonly unknown[], answers: readonly number[] = [], parameters = {}, sent = {}) {
  const scripts: Script[] = [];
  const left = [...answers];
  const machine = {
    run: async (script: Script) => {
      scripts.push(script);
      return ended(left.shift() ?? 0);
    },
  };
  const document = { schemaVersion: '2.2', parameters, mainSteps: steps };
  const result = await runDocument(document, sent, { machine, commandId: 'c', agentVersion: '3.3.0.0' });
  const ends = result.plugins.map(({ status, statusDetails }) => (statusDetails === 'Skipped' ? 'Skipped' : status));
  return { result, scripts, ends };
}

const step = (name: string, inputs: object = {}, more: object = {}) => ({
  action: 'aws:runShellScript',
  name,
  inputs: { runCommand: ['echo'], ...inputs },
  ...more,
});

describe('the report of a script', () => {
  it('has the reason of a failure at the end of stderr, on the same line if the script left one open', () => {
    expect(reportOf('a', ended(3))).toMatchObject({
      status: 'Failed',
      stderr: 'errfailed to run commands: exit status 3',
      output: 'out\n----------ERROR-------\nerrfailed to run commands: exit status 3',
    });
  });

  it('is a failure with -1 if a signal killed it, on a host whose sh replaces itself with the script', () => {
    const report = reportOf('a', ended(-1, { stderr: '' }));

    expect(report).toMatchObject({
      status: 'Failed',
      responseCode: -1,
      stderr: 'failed to run commands: signal: killed',
    });
  });

  it('names the skipping of further steps in both streams, but not in the output of the listing', () => {
    const added = '\nStep was found to have onFailure property. Further document steps will be skipped.';
    const plain = reportOf('a', ended(1));

    expect(reportOf('a', ended(1), 'exit')).toEqual({
      ...plain,
      stdout: `out${added}`,
      stderr: `${plain.stderr}${added}`,
    });
    expect(reportOf('a', ended(1), 'successAndExit')).toMatchObject({ status: 'Success', responseCode: 168 });
    expect(reportOf('a', ended(137), 'exit')).toEqual(reportOf('a', ended(137)));
  });

  it.each([
    [168, 'Success', 'out', '', 'succeeded'],
    [169, 'Failed', 'out\n----------ERROR-------\nerrfailed to run commands: exit status 169', 'err', 'Failed'],
  ])('that ends the document with %i is %s', (exitCode, status, output, stderr, as) => {
    const report = reportOf('a', ended(exitCode));

    expect(report).toMatchObject({ status, responseCode: exitCode, output });
    expect(report.stdout).toBe(
      `out\nStep exited with code ${exitCode}. Therefore, marking step as ${as}. Further document steps will be skipped.`,
    );
    expect(report.stderr.startsWith(stderr)).toBe(true);
  });

  it('has a replacement character for each byte of a character that was cut', () => {
    expect(cutStream(`x${'\u00e9'.repeat(12_000)}`).slice(11_988, 11_992)).toBe('\u00e9\u00e9\ufffd-');
    expect(cutStream(`x${'\u{1f642}'.repeat(6_000)}`).replaceAll('\u{1f642}', '')).toBe(
      'x\ufffd\ufffd\ufffd--output truncated--',
    );
  });
});

describe('the steps after one', () => {
  it.each([
    [{ onFailure: 'exit' }, {}, 1, ['Failed', 'Skipped', 'Skipped']],
    [{ onFailure: 'exit' }, {}, 137, ['TimedOut', 'Success', 'Success']],
    [{ onFailure: 'successAndExit' }, {}, 1, ['Success', 'Skipped', 'Skipped']],
    [{ onFailure: 'exit' }, { finallyStep: true }, 1, ['Failed', 'Skipped', 'Success']],
    [{ onFailure: 'exit' }, { finallyStep: 'True' }, 1, ['Failed', 'Skipped', 'Skipped']],
    [{ onSuccess: 'exit' }, { finallyStep: 'true' }, 0, ['Success', 'Skipped', 'Success']],
    [{}, {}, 168, ['Success', 'Skipped', 'Skipped']],
    [{}, {}, 169, ['Failed', 'Skipped', 'Skipped']],
  ])('with %j and %j that ended with %i: %j', async (first, others, exitCode, ends) => {
    expect((await run([step('a', first), step('b', others), step('c', others)], [exitCode])).ends).toEqual(ends);
  });
});

describe('the inputs of a script', () => {
  const list = { L: { type: 'StringList', default: ['x', '<y>'] } };

  it.each([
    ['one text instead of a list', 'echo', 'Failed'],
    ['a list inside the list', ['{{ L }}'], 'Failed'],
    ['a number', [1], 'Failed'],
    ['a list in place of the lines', '{{ L }}', 'Success'],
    ['nothing', null, 'Success'],
  ])('with %s as runCommand', async (_, runCommand, status) => {
    expect((await run([step('a', { runCommand })], [], list)).result.status).toBe(status);
  });

  it('have a list inside a text as JSON, as Go writes it', async () => {
    const { scripts } = await run([step('a', { runCommand: ['echo {{ L }} {{\u00a0L}}'] })], [], list);

    expect(scripts[0]?.text).toBe('echo ["x","\\u003cy\\u003e"] {{\u00a0L}}');
  });

  it('may add to the environment, but not change the command ID', async () => {
    const { scripts } = await run([step('a', { environment: { X: 'a', SSM_COMMAND_ID: 'mine' } })]);

    expect(scripts[0]?.environment).toEqual({ X: 'a', SSM_COMMAND_ID: 'c' });
  });

  it.each([
    [5.9, 5],
    ['5.9', 5],
    ['+7', 7],
    ['1e3', 1_000],
    [' 5', 3_600],
    ['0x10', 3_600],
    ['Infinity', 3_600],
    [true, 3_600],
    ['172800.5', 172_800],
  ])('with the timeoutSeconds %j allow %i s', async (timeoutSeconds, seconds) => {
    expect((await run([step('a', { timeoutSeconds })])).scripts[0]?.timeoutSeconds).toBe(seconds);
  });
});

describe('a precondition', () => {
  it.each([
    [['Linux', 'platformType'], 'Success', ''],
    [['platformType', 'Windows'], 'Skipped', `unsatisfied preconditions: '"StringEquals": [platformType, Windows]'`],
    [['{{ A }}', 'b'], 'Skipped', 'unsatisfied preconditions'],
    [['{{ A }}', 'a'], 'Success', ''],
    [['{{ A }}', '{{ A }}'], 'Failed', "operator's arguments can't be identical"],
    [['platformType', 'platformType'], 'Failed', '[platformType platformType]'],
    [['platformType', '{{ A }}'], 'Failed', "can't contain document parameters"],
    [['a', 'b'], 'Failed', 'at least one of operator'],
    [['{{ A }}', '{{ssm:x}}'], 'Failed', "can't contain SSM parameters"],
    [['a'], 'Failed', 'accepts exactly 2 arguments'],
  ])('%j is %s', async (StringEquals, end, message) => {
    const parameters = { A: { type: 'String', default: 'a' } };
    const { ends, result } = await run([step('a', {}, { precondition: { StringEquals } })], [], parameters);

    expect(ends).toEqual([end]);
    expect(result.plugins[0]?.output).toContain(message);
  });

  it('that is not met skips the step, whatever else the agent cannot evaluate', async () => {
    const precondition = { StringLike: ['a', 'b'], StringEquals: ['platformType', 'Windows'] };

    expect((await run([step('a', {}, { precondition })])).ends).toEqual(['Skipped']);
  });
});

it('a document without steps is refused', async () => {
  expect((await run([])).result.status).toBe('Failed');
});
