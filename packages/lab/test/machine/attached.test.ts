import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Script } from '../../../local-aws/agent.ts';
import { AttachedMachine } from '../../machine/attached.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-attached-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The node is this machine; its temporary folder is one of our own. */
const run = (script: Partial<Script>, command?: string) =>
  new AttachedMachine(command ?? `TMPDIR=${folder} NODE={node} sh`, 'ip-10-0-0-1.eu-central-1.compute.internal').run({
    text: '',
    environment: {},
    timeoutSeconds: 20,
    ...script,
  });

it('a script runs on the node that the command names, with its parameters in the environment and no input', async () => {
  const value = `it's "quoted" $HOME \`id\``;
  const text = '#!/bin/bash\nprintf "%s|%s|%s" "$NODE" "$SSM_Value" "$(cat)"\necho err >&2\n';

  const ended = await run({ text, environment: { SSM_Value: value } });

  expect(ended).toMatchObject({ exitCode: 0, timedOut: false, stderr: 'err\n' });
  expect(ended.stdout).toBe(`ip-10-0-0-1.eu-central-1.compute.internal|${value}|`);
});

it("its exit status is the script's, and its file is removed afterwards", async () => {
  const ended = await run({ text: '#!/bin/sh\necho "$0"\nexit 42' });

  expect(ended.exitCode).toBe(42);
  expect(ended.stdout).toContain('_script.sh');
  expect(existsSync(ended.stdout.trim())).toBe(false);
});

it('a script whose time is up is killed on the node, with the status that the agent expects for that', async () => {
  expect((await run({ text: '#!/bin/sh\nexec sleep 60', timeoutSeconds: 1 })).exitCode).toBe(137);
});

it('a command that does not reach the node ends with its own status and message', async () => {
  const ended = await run({ text: 'x'.repeat(100_000) }, 'echo "no such container: {node}" >&2; exit 1');

  expect(ended).toMatchObject({
    exitCode: 1,
    stderr: 'no such container: ip-10-0-0-1.eu-central-1.compute.internal\n',
  });
});

it('a name that could be more than a name is not put into a command', () => {
  expect(() => new AttachedMachine('x {node}', 'a; reboot')).toThrow(
    'the node name a; reboot is not valid in Kubernetes',
  );
});
