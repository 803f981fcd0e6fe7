import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { versionOf } from '../../domain/catalogue.ts';
import { readResult, resultLimit } from '../../domain/result.ts';
import { hostProgram, write } from '../../packages/lab/machines.ts';
import { simulatedCatalogue } from '../../packages/lab/releases.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { catalogue, nodes, resultOf, run, shipped } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();
/** The checksum that the document pins for these nodes. */
const pinned = versionOf(catalogue, 'gvisor', '20260928.0')?.artifacts.x86_64?.sha256;

describe('an archive', () => {
  it.for([
    ['with bzip2', []],
    ['with python3 if bzip2 is missing', ['bzip2']],
  ] as const)('that ends in .tar.bz2 is unpacked %s', async ([, without], { skip }) => {
    // The interpreter itself: the program that PATH names can be a launcher that searches PATH again.
    const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    }).stdout?.trim();
    if (hostProgram('bzip2') === undefined) skip('bzip2 is not installed on this machine, and makes the archive');
    if (without.length > 0 && !python) skip('python3 is not installed on this machine');
    const machine = await node.create({ without });
    if (without.length > 0) write(`${machine.tree}/usr/bin/python3`, `#!/bin/sh\nexec "${python}" "$@"\n`, 0o755);
    const document = assembleDocument(simulatedCatalogue(shipped, 'bz2'), 'gvisor', 'install');

    const ended = await machine.run({
      text: scriptOf(document),
      environment: { SSM_Version: '20260928.0' },
      timeoutSeconds: 60,
    });

    expect(resultOf(readShown(ended), ended.stderr).outcome).toBe('installed');
  });

  it('that was downloaded before a run was killed is not downloaded again', async () => {
    const machine = await node.create({ faults: ['disk-full-while-unpacking'] });
    await run(machine);
    const asked = [...node.mirror.requests.values()].reduce((sum, count) => sum + count, 0);

    await run(machine);

    expect([...node.mirror.requests.values()].reduce((sum, count) => sum + count, 0)).toBe(asked);
  });

  it('with a damaged part on the disk is downloaded again, once', async () => {
    const machine = await node.create();
    write(`${machine.tree}/var/lib/airlock/download.part`, 'not the beginning of it');
    write(`${machine.tree}/var/lib/airlock/download.of`, `${pinned}\n`);

    const { result, stderr } = await run(machine);

    expect(result.outcome).toBe('installed');
    expect(stderr.match(/step: download/g)).toHaveLength(2);
  });
});

describe('versions', () => {
  const versions = readFileSync(new URL('../../ssm-documents/node/versions.sh', import.meta.url), 'utf8');

  it.each([
    ['5.4.0-1109-aws', '5.6', true],
    ['5.15.0-1120-aws', '5.6', false],
    ['6.8.0', '6.8', false],
    ['6.8', '6.8.1', true],
    ['2.10.0', '2.9', false],
    ['2.08.1', '2.9', true],
    ['1.7.24', '1.7', false],
    ['unknown', '5.6', false],
  ])('%s is before %s: %s', async (one, other, expected) => {
    const machine = await node.create();

    const { stdout } = await machine.run({
      text: `#!/bin/bash\n${versions}\nif older '${one}' '${other}'; then echo true; else echo false; fi`,
      environment: {},
      timeoutSeconds: 5,
    });

    expect(stdout.trim()).toBe(String(expected));
  });
});

describe('the result line', () => {
  const shell = readFileSync(new URL('../../ssm-documents/node/result.sh', import.meta.url), 'utf8');

  it('is valid JSON and short, whatever a detail holds', async () => {
    const machine = await node.create();
    const detail = `a"b\\c\t\u0001\u00e9 $(id) \`id\` \${HOME} ${'"\\'.repeat(2_000)}`;
    const functions = shell.slice(shell.indexOf('# json_text'), shell.indexOf('# fail OUTCOME'));

    const { stdout } = await machine.run({
      text: `#!/bin/bash\nexport LC_ALL=C\nverb=install runtime=gvisor release=1 outcome=install-failed detail=$DETAIL handler=runsc sha256='' host_json=''
config_state=untouched restarts=0 sandbox_image='' evidence='' phase_order=()\n${functions}\nprint_result`,
      environment: { DETAIL: detail },
      timeoutSeconds: 5,
    });

    expect(stdout.length).toBeLessThanOrEqual(resultLimit);
    const result = resultOf(readResult(stdout), stdout);
    expect(result.detail).toContain('a"b\\c ??? $(id) `id` $');
  });
});
