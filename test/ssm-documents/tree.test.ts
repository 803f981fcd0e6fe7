import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hostProgram } from '../../packages/lab/machines.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { documentOf, nodes } from './node.ts';

const node = nodes();

/** Paths outside a tree that a traced run has written, created, renamed or deleted. */
async function touchedOutside(change: (text: string) => string): Promise<string[]> {
  const machine = await node.create();
  const trace = `${machine.tree}/trace`;
  const strace = hostProgram('strace') ?? '';
  // The agent's file becomes a wrapper that traces the real script; both are in the tree.
  const inner = `${machine.tree}/traced.sh`;
  const script = change(scriptOf(documentOf('install'))).replace("ROOT=''", `ROOT='${machine.tree}'`);
  const ended = await machine.run({
    text: [
      '#!/bin/bash',
      `cat >'${inner}' <<'AIRLOCK_END'`,
      script,
      'AIRLOCK_END',
      `chmod 700 '${inner}'`,
      `exec '${strace}' -f -qq -y -s 4096 -e trace=%file,fchmod,fchown,ftruncate -o '${trace}' '${inner}'`,
    ].join('\n'),
    environment: { SSM_Version: '20260928.0' },
    timeoutSeconds: 120,
  });
  expect(ended.stdout).toContain('"outcome":"installed"');
  return outside(readFileSync(trace, 'utf8'), machine.tree);
}

/** The calls of a trace; strace splits a call if another process made one in between. */
function callsOf(trace: string): string[] {
  const begun = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, pid = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (call.endsWith(' <unfinished ...>')) {
      begun.set(pid, call.slice(0, -' <unfinished ...>'.length));
      return [];
    }
    return [call.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? '')];
  });
}

/** Calls that change something, with every absolute path that they name; relative ones have their directory's path. */
function outside(trace: string, tree: string): string[] {
  const changing =
    /^(mkdir|rmdir|unlink|rename|link|symlink|chmod|fchmod|chown|fchown|lchown|truncate|ftruncate|mknod|mount|utime|creat|setxattr|removexattr)/;
  const found = new Set<string>();
  for (const call of callsOf(trace)) {
    const name = /^\w+/.exec(call)?.[0] ?? '';
    const opens = name.startsWith('open') && /O_(WRONLY|RDWR|CREAT|TRUNC)/.test(call);
    if (!(opens || changing.test(call)) || / = -1 /.test(call)) continue;
    for (const [, quoted, directory] of call.matchAll(/"([^"]*)"|<(\/[^>]*)>/g)) {
      const path = quoted ?? directory ?? '';
      if (!path.startsWith('/') || path === tree || path.startsWith(`${tree}/`)) continue;
      // A link's target is a text, not a changed file.
      if (name.startsWith('symlink') && quoted === path) continue;
      if (/^\/dev\/(null|tty|fd)|^\/proc\/self\//.test(path)) continue;
      found.add(`${name} ${path}`);
    }
  }
  return [...found];
}

describe('a simulated installation', () => {
  it('writes nothing outside its tree', async ({ skip }) => {
    if (hostProgram('strace') === undefined) skip('strace is not installed on this machine');

    expect(await touchedOutside((text) => text)).toEqual([]);
  });

  it('would be seen if it wrote outside', async ({ skip }) => {
    if (hostProgram('strace') === undefined) skip('strace is not installed on this machine');
    const stray = `/tmp/airlock-stray-${process.pid}`;

    const seen = await touchedOutside((text) =>
      text.replace(/^main\(\) \{$/m, () => `main() {\n  mkdir ${stray}\n  rmdir ${stray}\n`),
    );

    expect(seen).toContain(`mkdir ${stray}`);
  });

  it('needs no rights: it runs as an unprivileged user', ({ skip }) => {
    const setpriv = hostProgram('setpriv');
    const root = process.getuid?.() === 0;
    if (root && setpriv === undefined) skip('setpriv is not installed on this machine');
    const program = [process.execPath, fileURLToPath(new URL('unprivileged.ts', import.meta.url))];
    const dropped = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
    const [command = '', ...words] = root ? [setpriv ?? '', ...dropped, ...program] : program;

    const { stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', cwd: '/' });

    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'installed',
      restarts: 1,
      user: root ? 65534 : process.getuid?.(),
    });
  });
});
