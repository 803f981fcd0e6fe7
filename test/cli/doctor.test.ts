import { describe, expect, it } from 'vitest';
import { changed, config, folder } from '../doctor/files.ts';
import { airlock } from './airlock.ts';

describe('airlock doctor', () => {
  it('says each finding in one place with its fix, at 60 columns and without colour in a pipe', async () => {
    const file = changed('karpenter/gvisor.yaml', [[1, ['spec', 'template', 'spec', 'startupTaints']]]);
    const environment = { ...process.env, COLUMNS: '60', NO_COLOR: undefined, FORCE_COLOR: undefined };
    const { code, out, err } = await airlock(['doctor', '--pre', file, '--config', config()], environment);

    expect(code).toBe(1);
    expect(err).toBe('');
    expect(out).toContain('AL0001 error\n  NodePool airlock-gvisor in');
    expect(out).toContain('startupTaints: [{ key: airlock.dev/bootstrap, effect: NoSchedule }]');
    expect(out).toMatch(/1 error, 0 warnings; looked at 1 resource\n$/);
    expect(out).not.toContain('\u001b');
    const prose = out.split('\n').filter((line) => !line.startsWith('    ') && line.trim().includes(' '));
    expect(prose.filter((line) => line.length > 60 && !line.includes(folder))).toEqual([]);
  });

  it('prints one object with --json, and the exit code follows the threshold and the selection', async () => {
    const file = changed('karpenter/gvisor.yaml', [[0, ['spec', 'metadataOptions', 'httpPutResponseHopLimit'], 2]]);
    const words = ['doctor', '--pre', file, '--config', config(), '--json'];
    const [usual, errors, skipped] = await Promise.all([
      airlock(words),
      airlock([...words, '--threshold', 'error']),
      airlock([...words, '--skip', 'AL0001,AL0008']),
    ]);

    expect(usual.code).toBe(1);
    expect(errors.code).toBe(0);
    expect(skipped.code).toBe(0);
    expect(JSON.parse(usual.out)).toMatchObject({
      version: 1,
      findings: [{ code: 'AL0008', level: 'warning', seen: 'is 2' }],
    });
    expect(JSON.parse(skipped.out).findings).toEqual([]);
  });

  it.each([
    [['--pre'], "'--pre' is given without a file; accepted: "],
    [
      ['--only', 'AL9999', '--list'],
      'option \'--only\' is "AL9999"; accepted: a code of airlock doctor --list, or pools',
    ],
    [['--pre', 'x', '--parameter', 'x'], "argument 'x' is invalid. Accepted is NAME=VALUE."],
  ])('%j is refused with 2, in one line and without a stack', async (words, message) => {
    const { code, out, err } = await airlock(['doctor', ...words]);

    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('says how a shell is set up for AWS if it is not', async () => {
    const bare = { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
    const [nowhere, anonymous] = await Promise.all([
      airlock(['status'], bare),
      airlock(['status'], { ...bare, AWS_REGION: 'eu-central-1' }),
    ]);

    expect(nowhere.code).toBe(3);
    expect(nowhere.err).toMatch(/^No AWS region is set; accepted: AWS_REGION/);
    expect(anonymous.code).toBe(3);
    expect(anonymous.err).toMatch(/^No AWS credentials were found; accepted: /);
  });

  it('shows the stack of an error with --debug only', async () => {
    const { code, err } = await airlock(['doctor', '--only', 'x', '--debug']);
    expect(code).toBe(2);
    expect(err).toMatch(/^UsageError: option .*\n {4}at /);
  });
});
