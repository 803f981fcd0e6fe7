import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, inject, it } from 'vitest';
import { type Answers, type Ask, decideAnswers, type Given } from '../../cli/init/answers.ts';
import { readAnswer } from '../../cli/init/ask.ts';
import { type AccountReading, type FoundCluster, findingsOfInstances, profileForm } from '../../cli/init/reading.ts';
import { InitSchema } from '../../cli/init/report.ts';
import { commentedConfig, sampleSettings } from '../../lib/config/commented.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { airlock } from './airlock.ts';

const nothing: Given = { cluster: [], instanceProfile: [], pool: [], runtime: [] };
const demo: FoundCluster = { name: 'demo', instanceProfiles: ['demo_*'], kinds: ['karpenter'] };
const account = (...clusters: FoundCluster[]): AccountReading => ({ region: 'eu-central-1', clusters, notRead: [] });
const origins = ({ origins: all }: Answers) => all.map(({ field, value, from }) => `${field}: ${value} (${from})`);

describe('each value of airlock init', () => {
  it('comes from the account if it is clear there', async () => {
    const answers = await decideAnswers(nothing, account(demo), undefined);

    expect(origins(answers)).toEqual([
      'clusters: demo (account)',
      'pools: karpenter (account)',
      'runtimes: gvisor (assumed)',
      'instance profiles of demo: demo_* (account)',
    ]);
    expect(answers.gate).toBe('airlock.dev/bootstrap');
  });

  it('comes from its option before all else', async () => {
    const given: Given = { cluster: ['lab'], instanceProfile: ['x'], pool: ['terraform'], runtime: ['kata'] };
    const answers = await decideAnswers(given, account(demo), undefined);

    expect(origins(answers).every((one) => one.endsWith('(option)'))).toBe(true);
    expect(answers).toMatchObject({
      clusters: [{ name: 'lab', instanceProfiles: ['x'] }],
      kinds: ['terraform'],
      runtimes: ['kata'],
      gate: 'startup-taint.cluster-autoscaler.kubernetes.io/airlock',
    });
  });

  it('is asked for if the account has none or several, with the usual value', async () => {
    const asked: string[] = [];
    const ask: Ask = async (question, choices, usual) => {
      asked.push(`${question} ${choices.join('|')} [${usual}]`);
      return usual.split(',').slice(0, 1);
    };
    const answers = await decideAnswers(
      nothing,
      account({ ...demo, kinds: [], instanceProfiles: [] }, { ...demo, name: 'b' }),
      ask,
    );

    expect(asked).toEqual([
      'Which clusters in EKS? demo|b [demo,b]',
      expect.stringMatching(/^How are pools declared\? karpenter\|.* \[karpenter\]$/),
      'Which runtimes may nodes request? gvisor|kata|sysbox [gvisor]',
      'Which instance profiles have the nodes of demo?  [demo_*]',
    ]);
    expect(origins(answers).every((one) => one.endsWith('(answer)'))).toBe(true);
  });

  it('is what its autoscaler makes if there is neither an option nor a terminal, and then it is marked as assumed', async () => {
    const given: Given = { ...nothing, cluster: ['lab'], pool: ['karpenter', 'eksctl'] };
    const answers = await decideAnswers(given, account(), undefined);

    expect(origins(answers).at(-1)).toBe('instance profiles of lab: lab_*, eks-* (assumed)');
  });

  it('is missing if nothing is usual, and the message names the option and what could not be read', async () => {
    const group: Given = { ...nothing, cluster: ['lab'], pool: ['auto-scaling-group'] };
    await expect(decideAnswers(group, account(), undefined)).rejects.toThrow(
      /^option '--instance-profile' is not given, and no node of lab shows one; accepted: --instance-profile NAME/,
    );
    const blind = { ...account(), notRead: [{ resource: 'the clusters in EKS', reason: 'denied' }] };
    await expect(decideAnswers(nothing, blind, undefined)).rejects.toThrow(
      "option '--cluster' is not given, and no cluster was found; could not read the clusters in EKS: denied; accepted: --cluster NAME",
    );
    await expect(decideAnswers(nothing, account(demo, { ...demo, name: 'b' }), undefined)).rejects.toThrow(
      'and the account has demo, b; accepted: --cluster NAME',
    );
  });
});

describe('an answer', () => {
  it.each([
    ['', ['a', 'b'], 'b', ['b']],
    [' a , b ', ['a', 'b'], 'b', ['a', 'b']],
    ['x', [], '', ['x']],
    ['', [], '', 'An answer is needed.'],
    ['a,x', ['a', 'b'], '', 'x: unknown; accepted: a, b.'],
  ])('%j of %j, usually %j, is %j', (line, choices, usual, read) => {
    expect(readAnswer(line, choices, usual)).toEqual(read);
  });
});

describe('an instance', () => {
  it.each([
    ['arn:aws:iam::123456789012:instance-profile/demo_1234567890123', 'demo_*'],
    ['arn:aws:iam::123456789012:instance-profile/demo_nodes', 'demo_nodes'],
    ['arn:aws:iam::123456789012:instance-profile/eks-12345678-abcd-1234-abcd-1234567890ab', 'eks-*'],
    [
      'arn:aws:iam::123456789012:instance-profile/eksctl-demo-nodegroup-a-NodeInstanceProfile-Y4YKHLNINMXC',
      'eksctl-demo-nodegroup-a-NodeInstanceProfile-*',
    ],
    ['arn:aws:iam::123456789012:instance-profile/path/demo-workers', 'demo-workers'],
    ['arn:aws:iam::123456789012:instance-profile/demo-sandboxnodes', 'demo-sandboxnodes'],
  ])('with the profile %s gives %s', (arn, form) => {
    expect(profileForm(arn, 'demo')).toBe(form);
  });

  it('shows what launched it, and counts for its own cluster only', () => {
    const instance = (cluster: string, tags: Readonly<Record<string, string>>) => ({
      cluster,
      profileArn: undefined,
      tags,
    });
    const all = [
      instance('demo', { 'karpenter.sh/nodepool': 'a' }),
      instance('demo', { 'eks:nodegroup-name': 'b', 'aws:autoscaling:groupName': 'eks-b' }),
      instance('demo', { 'aws:autoscaling:groupName': 'c' }),
      instance('demo', { 'alpha.eksctl.io/nodegroup-name': 'd', 'eks:nodegroup-name': 'd' }),
      instance('other', {}),
    ];
    expect(findingsOfInstances('demo', all).kinds).toEqual([
      'auto-scaling-group',
      'eksctl',
      'karpenter',
      'managed-node-group',
    ]);
    expect(findingsOfInstances('other', all)).toEqual({ instanceProfiles: [], kinds: [] });
  });
});

describe('airlock init', () => {
  const folder = () => mkdtempSync(join(inject('scratch'), 'init-'));
  const blind = { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
  const words = ['--cluster', 'lab', '--pool', 'karpenter', '--runtime', 'kata'];

  it('writes a configuration and snippets that it then does not overwrite', async () => {
    const place = folder();
    const [config, pools] = [join(place, 'airlock.yaml'), join(place, 'pools')];
    const all = ['init', ...words, '--instance-profile', 'lab_*', '--config', config];
    const first = await airlock([...all, '--snippets', pools, '--json'], blind);

    expect(first.code).toBe(0);
    expect(first.err).toBe('');
    expect(v.parse(InitSchema, JSON.parse(first.out))).toMatchObject({ file: config, notRead: [] });
    expect(readdirSync(pools)).toEqual(['karpenter-kata.yaml']);
    expect(parseConfig(readFileSync(config, 'utf8')).clusters).toMatchObject([
      { name: 'lab', instanceProfiles: ['lab_*'] },
    ]);
    const again = await airlock(all, blind);
    expect(again.code).toBe(2);
    expect(again.out).toBe('');
    expect(again.err).toBe(`${config} is there already; accepted: --force to overwrite it, or another file\n`);
  });

  it('overwrites the unchanged sample, and states what it assumed because it could not look: the exit code is 3', async () => {
    const config = join(folder(), 'airlock.yaml');
    writeFileSync(config, commentedConfig(sampleSettings));
    const { code, out, err } = await airlock(['init', ...words, '--config', config], { ...blind, COLUMNS: '200' });

    expect(code).toBe(3);
    expect(err).toBe('');
    expect(out).toContain('instance profiles of lab: lab_*  (assumed; check it)');
    expect(out).toContain('could not read the clusters in EKS: ');
    expect(out).toContain('kind: EC2NodeClass');
    expect(parseConfig(readFileSync(config, 'utf8')).clusters[0]?.name).toBe('lab');
  });

  it('asks nothing without a terminal, and writes nothing if a value is missing or not accepted', async () => {
    const config = join(folder(), 'airlock.yaml');
    const missing = await airlock(['init', '--config', config], blind);
    const wrong = await airlock(
      ['init', '--cluster', 'a b', '--pool', 'karpenter', '--instance-profile', 'x', '--config', config],
      blind,
    );

    expect(missing.code).toBe(2);
    expect(missing.out).toBe('');
    expect(missing.err).toMatch(/^option '--cluster' is not given, and no cluster was found; could not read /);
    expect(wrong.code).toBe(2);
    expect(wrong.out).toBe('');
    expect(wrong.err).toContain('clusters.0.name: is "a b"; accepted: ');
    expect(existsSync(config)).toBe(false);
  });
});
