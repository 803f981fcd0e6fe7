// Examples from
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-runShellScript
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentOf } from '../../../../test/ssm-documents/node.ts';
import { type Ended, runDocument, type Script } from '../../../local-aws/agent.ts';
import type { Machine } from '../../machine/machine.ts';
import { SimulatedMachine } from '../../machine/simulated.ts';

/** A machine that records what it is given and gives set answers. */
function scripted(...answers: Partial<Ended>[]): Machine & { readonly scripts: Script[] } {
  const scripts: Script[] = [];
  return {
    kind: 'modelled',
    description: 'answers as told',
    scripts,
    run: async (script) => {
      scripts.push(script);
      return { exitCode: 0, timedOut: false, stdout: '', stderr: '', durationMs: 5, ...(answers.shift() ?? {}) };
    },
    handlers: async () => undefined,
    destroy: async () => {},
  };
}

function shell(name: string, inputs: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  return { action: 'aws:runShellScript', name, inputs: { runCommand: ['echo a', 'echo b'], ...inputs }, ...more };
}

function document(...mainSteps: unknown[]) {
  return { schemaVersion: '2.2', mainSteps };
}

async function names(answers: Partial<Ended>[], ...steps: unknown[]) {
  const machine = scripted(...answers);
  const result = await runDocument(document(...steps), {}, { machine, commandId: 'c-1' });
  const ran = result.plugins.filter(({ statusDetails }) => statusDetails !== 'Skipped').map(({ name }) => name);
  return { status: result.status, ran, scripts: machine.scripts, result };
}

describe('a step', () => {
  it('is its lines, joined, with the command id in its environment', async () => {
    const { scripts } = await names([], shell('a'));

    expect(scripts[0]).toMatchObject({ text: 'echo a\necho b', environment: { SSM_COMMAND_ID: 'c-1' } });
  });

  it.each([
    ['5', 5],
    [172_800, 172_800],
    ['4', 3_600],
    [172_801, 3_600],
    ['soon', 3_600],
    ['12.5', 12],
    [undefined, 3_600],
  ])('with timeoutSeconds %s may take %i s', async (timeoutSeconds, seconds) => {
    const { scripts } = await names([], shell('a', { timeoutSeconds }, { timeoutSeconds: 77 }));

    expect(scripts[0]?.timeoutSeconds).toBe(seconds);
  });

  it.each([
    [0, 'Success'],
    [168, 'Success'],
    [169, 'Failed'],
    [137, 'TimedOut'],
    [1, 'Failed'],
  ])('that ends with %i is %s', async (exitCode, status) => {
    const { result } = await names([{ exitCode }], shell('a'));

    expect(result.plugins[0]).toMatchObject({ status, responseCode: exitCode });
    expect(result.status).toBe(status);
  });

  it('that failed reports so at the end of its stderr', async () => {
    const { result } = await names([{ exitCode: 3, stdout: 'out', stderr: 'err\n' }], shell('a'));

    expect(result.plugins[0]?.stderr).toBe('err\nfailed to run commands: exit status 3');
    expect(result.plugins[0]?.output).toContain('out\n----------ERROR-------\nerr');
  });

  it('that asks for a reboot runs again', async () => {
    const { scripts, status } = await names([{ exitCode: 194 }], shell('a'));

    expect(scripts).toHaveLength(2);
    expect(status).toBe('Success');
  });

  it('of an unknown plugin fails', async () => {
    expect((await names([], { action: 'aws:softwareInventory', name: 'a', inputs: {} })).status).toBe('Failed');
  });
});

describe('the step after a failed one', () => {
  it('runs by default', async () => {
    expect(await names([{ exitCode: 1 }], shell('a'), shell('b'))).toMatchObject({ status: 'Failed', ran: ['a', 'b'] });
  });

  it('does not run if the inputs say onFailure: exit', async () => {
    expect((await names([{ exitCode: 1 }], shell('a', { onFailure: 'exit' }), shell('b'))).ran).toEqual(['a']);
  });

  it('runs if onFailure is beside the inputs: the agent does not read it there', async () => {
    expect((await names([{ exitCode: 1 }], shell('a', {}, { onFailure: 'exit' }), shell('b'))).ran).toEqual(['a', 'b']);
  });

  it('always runs if it is the finally step', async () => {
    const steps = [shell('a', { onFailure: 'exit' }), shell('b'), shell('c', { finallyStep: true })];

    expect((await names([{ exitCode: 1 }], ...steps)).ran).toEqual(['a', 'c']);
  });

  it.each([168, 169])('does not run after %i', async (exitCode) => {
    expect((await names([{ exitCode }], shell('a'), shell('b'))).ran).toEqual(['a']);
  });

  it('does not run if a success should end the document', async () => {
    expect((await names([], shell('a', { onSuccess: 'exit' }), shell('b'))).ran).toEqual(['a']);
  });
});

describe('a document', () => {
  it('is Failed rather than TimedOut', async () => {
    expect((await names([{ exitCode: 137 }, { exitCode: 1 }], shell('a'), shell('b'))).status).toBe('Failed');
    expect((await names([{ exitCode: 137 }, {}], shell('a'), shell('b'))).status).toBe('TimedOut');
  });

  it('with another schema is refused', async () => {
    const machine = scripted();
    const result = await runDocument(
      { schemaVersion: '9.9', mainSteps: [shell('a')] },
      {},
      { machine, commandId: 'c' },
    );

    expect(result.status).toBe('Failed');
    expect(machine.scripts).toEqual([]);
  });
});

describe('a precondition', () => {
  const when = (precondition: unknown) => shell('a', {}, { precondition });

  it("that holds lets the step run, whatever the case of the platform's name", async () => {
    expect((await names([], when({ StringEquals: ['platformType', 'Linux'] }))).scripts).toHaveLength(1);
  });

  it('that does not hold skips the step, which is a success', async () => {
    const { scripts, status, result } = await names([], when({ StringEquals: ['platformType', 'Windows'] }));

    expect(scripts).toHaveLength(0);
    expect(status).toBe('Success');
    expect(result.plugins[0]?.statusDetails).toBe('Skipped');
  });

  it.each([
    [{ StringLike: ['platformType', 'Lin*'] }],
    [{ StringEquals: ['platformType'] }],
    [{ StringEquals: ['platformType', 'Linux', 'x'] }],
  ])('that the agent does not understand fails the step: %j', async (precondition) => {
    expect(await names([], when(precondition))).toMatchObject({ status: 'Failed', scripts: [] });
  });

  it('needs schema 2.2', async () => {
    const machine = scripted();
    const old = { schemaVersion: '2.0', mainSteps: [when({ StringEquals: ['platformType', 'Linux'] })] };

    expect((await runDocument(old, {}, { machine, commandId: 'c' })).status).toBe('Failed');
  });
});

describe('metacharacters in a parameter, on a machine', () => {
  let machine: SimulatedMachine;
  beforeEach(async () => {
    machine = await SimulatedMachine.create({});
  });
  afterEach(() => machine.destroy());

  const careless = (interpolationType?: string) => ({
    schemaVersion: '2.2',
    parameters: { Name: { type: 'String', ...(interpolationType === undefined ? {} : { interpolationType }) } },
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'a',
        inputs: {
          runCommand: interpolationType === undefined ? ['echo {{ Name }}'] : ['echo {{ Name }}', 'echo "$SSM_Name"'],
        },
      },
    ],
  });
  const evil = (tree: string) => `x; echo y >${tree}/evil`;

  it('run if the value is inserted into the text', async () => {
    await runDocument(careless(), { Name: [evil(machine.tree)] }, { machine, commandId: 'c' });

    expect(existsSync(`${machine.tree}/evil`)).toBe(true);
  });

  it('run on an agent that does not know ENV_VAR, although the document requests it', async () => {
    const options = { machine, commandId: 'c', agentVersion: '3.3.987.0' };
    await runDocument(careless('ENV_VAR'), { Name: [evil(machine.tree)] }, options);

    expect(existsSync(`${machine.tree}/evil`)).toBe(true);
  });

  it('cannot run from the environment', async () => {
    const result = await runDocument(careless('ENV_VAR'), { Name: [evil(machine.tree)] }, { machine, commandId: 'c' });

    expect(existsSync(`${machine.tree}/evil`)).toBe(false);
    expect(result.plugins[0]?.stdout).toBe(`{{ Name }}\n${evil(machine.tree)}\n`);
  });

  it("do not reach the node with Airlock's own document, whose pattern is anchored", async () => {
    const result = await runDocument(
      documentOf('install').content,
      { Version: [evil(machine.tree)] },
      { machine, commandId: 'c' },
    );

    expect(result.status).toBe('Failed');
    expect(result.plugins[0]?.output).toContain('does not match allowedPattern');
    expect(existsSync(`${machine.tree}/var/log/airlock.log`)).toBe(false);
    expect(existsSync(`${machine.tree}/evil`)).toBe(false);
  });

  it('a shebang on the first line is honoured', async () => {
    const step = shell('a', { runCommand: ['#!/bin/bash', '[[ one == o* ]] && echo bash'] });

    const { plugins } = await runDocument(document(step), {}, { machine, commandId: 'c' });

    expect(plugins[0]?.stdout).toBe('bash\n');
  });

  it('a script that takes too long is killed with all the processes it started', async () => {
    const result = await runDocument(
      document(shell('a', { timeoutSeconds: 5, runCommand: ['echo first', 'sleep 60 & sleep 60'] })),
      {},
      { machine: { ...scripted(), run: (script) => machine.run({ ...script, timeoutSeconds: 1 }) }, commandId: 'c' },
    );

    expect(result).toMatchObject({ status: 'TimedOut', plugins: [{ responseCode: 137, stdout: 'first\n' }] });
    expect(result.plugins[0]?.statusDetails).toBe('Execution Timed Out');
  });
});
