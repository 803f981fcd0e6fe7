import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from '../../lib/config/load.ts';

function faultsOf(text: string): string[] {
  try {
    parseConfig(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('airlock.yaml', () => {
  it('comes with a sample that is valid and says what the defaults are', () => {
    const sample = loadConfig(join(import.meta.dirname, '../../airlock.yaml'));
    expect(sample).toEqual(parseConfig('clusters: [{name: demo}]'));
  });

  it.each([
    ['', 'clusters: is missing and has no default; accepted: a list of clusters, each with its name'],
    ['clusters: [{}]', 'clusters.0.name: is missing and has no default; accepted: the name of a cluster'],
    ['clusters: demo', 'clusters: is "demo"; accepted: a list of clusters, each with its name'],
    ['clusters: [demo]', 'clusters.0: is "demo"; accepted: name, endpoint, certificateAuthority'],
    ['clusters: [{name: a}]\nproof: maybe', 'proof: is "maybe"; accepted: pod or host'],
    ['clusters: []', 'clusters: is []; accepted: at least one cluster'],
    [
      'clusters: [{name: "a b"}]',
      'clusters.0.name: is "a b"; accepted: the name of a cluster: up to 100 letters, digits, - and _',
    ],
    ['clusters: [{name: a, region: x}]', 'clusters.0.region: unknown field; accepted: name, endpoint'],
    ['clusters: [{name: a}, {name: a}]', 'accepted: each cluster once'],
    [
      'clusters: [{name: a, endpoint: "http://x", certificateAuthority: LS0tLS1CRUdJTiAAAA}]',
      'clusters.0.endpoint: is "http://x"; accepted: an https address',
    ],
    ['clusters: [{name: a, endpoint: "https://x"}]', 'accepted: endpoint and certificateAuthority together'],
    ['clusters: [{name: a}]\nmanifests: gitops', 'manifests: is "gitops"; accepted: apply or manual'],
    ['clusters: [{name: a, private: "yes"}]', 'clusters.0.private: is "yes"; accepted: true or false'],
    [
      'clusters: [{name: a, private: true, endpoint: "https://x", certificateAuthority: LS0tLS1CRUdJTiAAAA}]',
      'accepted: private only where EKS knows the cluster',
    ],
    [
      'clusters: [{name: a, network: {vpc: vpc-01234567, subnets: [subnet-01234567], securityGroup: sg-01234567}}]',
      'accepted: network only beside endpoint',
    ],
    [
      'clusters: [{name: a, endpoint: "https://x", certificateAuthority: LS0tLS1CRUdJTiAAAA, network: {vpc: vpc-01234567, subnets: [a], securityGroup: sg-01234567}}]',
      'clusters.0.network.subnets.0: is "a"; accepted: an id, subnet-0123456789abcdef0',
    ],
    [
      'clusters: [{name: a}]\nruntimes: {gvisr: {}}',
      'runtimes.gvisr: is "gvisr"; accepted: a runtime: one of gvisor, kata, sysbox',
    ],
    [
      'clusters: [{name: a}]\nruntimes: {gvisor: {release: 2.5}}',
      'runtimes.gvisor.release: is 2.5; accepted: a release in quotes',
    ],
    [
      'clusters: [{name: a}]\ndeadlineMinutes: 3',
      'deadlineMinutes: is 3; accepted: a whole number of minutes from 5 to 120',
    ],
    ['clusters: [{name: a}]\ngate: "a b"', 'gate: is "a b"; accepted: a taint key'],
    [
      'clusters: [{name: a}]\nonFailure: shrug',
      'onFailure: is "shrug"; accepted: quarantine, replace or replace-then-quarantine',
    ],
    ['clusters: [{name: a}]\npools: [{onFailure: replace}]', 'pools.0.name: is missing and has no default'],
    ['clusters: [{name: a}]\npools: [{name: b}, {name: b}]', 'accepted: each pool once'],
    [
      'clusters: [{name: a}]\npools: [{name: b, gate: c}]',
      'pools.0.gate: unknown field; accepted: name, onFailure, deadlineMinutes and launchHook are the fields of a pool',
    ],
    [
      'clusters: [{name: a}]\npools: [{name: b, deadlineMinutes: 121}]',
      'pools.0.deadlineMinutes: is 121; accepted: a whole number of minutes from 5 to 120',
    ],
    [
      'clusters: [{name: a}]\npools: [{name: b, launchHook: "a b"}]',
      'pools.0.launchHook: is "a b"; accepted: the name of a launch hook: up to 255 letters, digits, -, _ and /',
    ],
    [
      'clusters: [{name: a}]\nbreaker: {failures: 1}',
      'breaker.failures: is 1; accepted: a whole number of nodes from 2 to 100',
    ],
    ['clusters: [{name: a}]\nunknownHosts: maybe', 'unknownHosts: is "maybe"; accepted: prove or refuse'],
    [
      'clusters: [{name: a}]\nlogRetentionDays: 8',
      'logRetentionDays: is 8; accepted: a period that CloudWatch Logs knows',
    ],
    ['clusters: [{name: a}]\nalarmTopicArn: me', 'alarmTopicArn: is "me"; accepted: the ARN of an SNS topic'],
    ['clusters: [{name: a}]\ndeadline: 3', 'deadline: unknown field; accepted: clusters, runtimes'],
    ['clusters: [', 'line 1, column'],
  ])('is refused with the field, the value and the accepted form: %j', (text, message) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(message)]);
  });

  it('tells every fault at once', () => {
    expect(faultsOf('clusters: [{name: a}]\ngate: ""\ndeadlineMinutes: 1')).toHaveLength(2);
  });
});
