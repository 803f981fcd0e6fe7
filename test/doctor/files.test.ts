import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../cli/doctor/report.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { manifestsAsYaml } from '../../kubernetes/yaml.ts';
import { changed, codesOf, config, examine, gateOf, parameters, root, startupTaint, written } from './files.ts';

describe('doctor --pre', () => {
  it.each([
    ...runtimes.map((runtime) => `karpenter/${runtime}.yaml`),
    'managed-node-group/template.yaml',
    'auto-scaling-group/template.yaml',
  ])('finds nothing in the example %s', (example) => {
    const diagnosis = examine([join(root, 'examples', example)], config(gateOf(example)), parameters);

    expect(diagnosis.checked.length).toBe(1);
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.notChecked).toEqual([]);
    expect(exitCodeOf(diagnosis, 'warning')).toBe(0);
  });

  it('leaves pools alone that have no mark of Airlock', () => {
    const other = changed('karpenter/gvisor.yaml', [
      [0, ['spec', 'tags']],
      [0, ['spec', 'userData'], 'true'],
      [1, ['spec', 'template', 'metadata', 'labels']],
      [1, ['spec', 'template', 'spec', 'startupTaints']],
    ]);

    const { checked } = examine([other, join(root, 'examples', 'karpenter', 'kata.yaml')]);
    expect(checked).toEqual([expect.stringMatching(/^NodePool airlock-kata in /)]);
  });
});

describe('what doctor --pre cannot look at', () => {
  it('is what the EC2NodeClass of a NodePool would say, if no file has it', () => {
    const [, pool] = readFileSync(join(root, 'examples', 'karpenter', 'kata.yaml'), 'utf8').split('\n---\n');
    const { findings, notChecked } = examine([written('pool.yaml', pool ?? '')]);

    expect(findings).toEqual([]);
    expect(notChecked.flatMap(({ codes }) => codes)).toEqual([
      'AL0002',
      'AL0005',
      'AL0007',
      'AL0008',
      'AL0009',
      'AL0010',
      'AL0021',
      'AL0022',
      'AL0023',
    ]);
    expect(notChecked[0]?.reason).toMatch(/^the EC2NodeClass airlock-kata was not found in /);
  });

  it('is a parameter without a value, and --parameter gives it one', () => {
    const file = join(root, 'examples', 'auto-scaling-group', 'template.yaml');
    const reason = 'the parameter InstanceProfileArn has no value; accepted: --parameter InstanceProfileArn=VALUE';

    const { ImageId } = parameters;
    expect(examine([file], config(startupTaint), { ImageId }).notChecked).toEqual([
      { codes: ['AL0009'], resource: expect.any(String), reason },
    ]);
    const other = { ImageId, InstanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/others' };
    expect(codesOf(examine([file], config(startupTaint), other))).toEqual(['AL0009']);
  });

  it('is a file without a pool of Airlock', () => {
    const diagnosis = examine([join(root, 'examples', 'pods', 'untrusted-job.yaml')]);

    expect(codesOf(diagnosis)).toEqual([]);
    expect(exitCodeOf(diagnosis, 'error')).toBe(3);
    expect(diagnosis.notChecked[0]?.reason).toMatch(
      /^no pool with the tag, the label or the gate of Airlock was found/,
    );
  });
});

describe('a RuntimeClass in a file', () => {
  const pool = join(root, 'examples', 'karpenter', 'gvisor.yaml');
  const classes = (change: (text: string) => string) =>
    written('manifests.yaml', change(manifestsAsYaml(renderManifests({ runtimes: ['gvisor'] }))));

  it('is fine as Airlock renders it', () => {
    const { checked, findings } = examine([pool, classes((text) => text)]);
    expect(checked.length).toBe(2);
    expect(findings).toEqual([]);
  });

  it('blocks scale-up by a selector that no pool declares', () => {
    const file = classes((text) =>
      text.replace('airlock.dev/runtime: gvisor', 'node-restriction.kubernetes.io/airlock-runtime: gvisor'),
    );
    expect(codesOf(examine([pool, file]))).toEqual(['AL0012']);
  });

  it('must not tolerate the gate', () => {
    const file = classes((text) =>
      text.replace('scheduling:\n', 'scheduling:\n  tolerations: [{ operator: Exists }]\n'),
    );
    expect(codesOf(examine([pool, file]))).toEqual(['AL0013']);
  });
});
