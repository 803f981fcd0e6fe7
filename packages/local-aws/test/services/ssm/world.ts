import type {
  DescribeInstanceInformationCommandOutput,
  ListCommandInvocationsCommandOutput,
  SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { test as base } from 'vitest';
import type { AgentMachine, Ended, Script } from '../../../agent/machine.ts';
import { runDocument } from '../../../agent/run-document.ts';
import { VirtualClock } from '../../../clock.ts';
import { here } from '../../../gateway/service.ts';
import { Ec2 } from '../../../services/ec2/ec2.ts';
import type { ServiceEvent } from '../../../services/service-event.ts';
import { Ssm } from '../../../services/ssm/ssm.ts';
import { make, PermissiveAws, someone } from '../permissive.ts';

/** The text of the document `install` of each test. */
export const Content = {
  schemaVersion: '2.2',
  description: 'a test',
  parameters: {
    Version: { type: 'String', allowedPattern: '^[0-9.]{1,8}$', interpolationType: 'ENV_VAR' },
    Verb: { type: 'String', default: 'a', allowedValues: ['a', 'b'] },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'run',
      inputs: { timeoutSeconds: '600', runCommand: ['#!/bin/bash', 'true'] },
    },
  ],
};

/**
 * An SSM with a document, an EC2 whose instances it knows, and machines on which a script ends as the test requires.
 */
async function ssmWorld() {
  const clock = new VirtualClock(Date.parse('2026-11-21T09:00:00Z'));
  const aws = new PermissiveAws(clock);
  const events: ServiceEvent[] = [];
  const scripts: Script[] = [];
  let ended: Partial<Ended> = {};
  const machine: AgentMachine = {
    async run(script) {
      scripts.push(script);
      return { exitCode: 0, timedOut: false, stdout: 'out', stderr: '', durationMs: 20_000, ...ended };
    },
  };
  const ec2 = new Ec2({ clock, env: here, emit: () => {} });
  const ssm = new Ssm({ clock, env: here, ec2, emit: (event) => events.push(event), runDocument });
  aws.add(ssm.service);
  await make(aws, ssm.resourceTypes, 'AWS::SSM::Document', { Name: 'install', Content, DocumentType: 'Command' });

  const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
  const call = (operation: string, input: object) => aws.call(someone, 'ssm', operation, input);
  return {
    clock,
    aws,
    ec2,
    ssm,
    events,
    scripts,
    machine,
    pass,
    call,
    /** Sets how every script ends from now on. */
    ends(how: Partial<Ended>): void {
      ended = how;
    },
    /** An instance that has run for ten seconds, with or without an agent. @returns its id */
    async node(online = true): Promise<string> {
      const id = ec2.launch({ tags: { runtime: 'orders' } });
      await pass(10_000);
      if (online) ssm.registerAgent(id, { agentVersion: '3.3.3050.0', machine });
      return id;
    },
    async send(InstanceIds: string[], more: object = {}): Promise<string> {
      const input = { DocumentName: 'install', InstanceIds, Parameters: { Version: ['1.2'] }, ...more };
      const output = (await call('SendCommand', input)) as SendCommandCommandOutput;
      return output.Command?.CommandId ?? '';
    },
    async invocations(CommandId: string) {
      const input = { CommandId, Details: true };
      const output = (await call('ListCommandInvocations', input)) as ListCommandInvocationsCommandOutput;
      return output.CommandInvocations ?? [];
    },
    async agents(...Values: string[]) {
      const input = { Filters: [{ Key: 'InstanceIds', Values }], MaxResults: 50 };
      const output = (await call('DescribeInstanceInformation', input)) as DescribeInstanceInformationCommandOutput;
      return output.InstanceInformationList ?? [];
    },
  };
}

/** A test with its own such simulation. */
export const it = base.extend('world', ssmWorld);
