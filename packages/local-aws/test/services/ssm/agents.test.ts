import { describe, expect } from 'vitest';
import { it } from './world.ts';

describe('an agent', () => {
  it('pings every five minutes, and is lost five minutes after its last ping', async ({
    world: { ssm, pass, node, agents },
  }) => {
    const id = await node();
    await pass(420_000);
    expect(await agents(id)).toMatchObject([
      { PingStatus: 'Online', LastPingDateTime: new Date('2026-11-21T09:05:10Z'), AgentVersion: '3.3.3050.0' },
    ]);
    ssm.agents.silence(id);
    await pass(180_000);
    expect((await agents(id))[0]?.PingStatus).toBe('Online');
    await pass(1000);
    expect((await agents(id))[0]?.PingStatus).toBe('ConnectionLost');
    await pass(3_600_000);
    expect(await agents(id)).toEqual([]);
  });

  it('of a stopped instance keeps its old ping until it is started again', async ({
    world: { machine, ec2, ssm, pass, node, agents },
  }) => {
    const id = await node();
    ec2.stop(id);
    await pass(60_000);
    ec2.start(id);
    await pass(60_000);
    const launched = ec2.instance(id).launchTime;
    ssm.agents.wake(id);
    expect((await agents(id))[0]?.LastPingDateTime?.getTime()).toBeLessThan(launched);
    ssm.registerAgent(id, { agentVersion: '3.3.3050.0', machine });
    expect((await agents(id))[0]?.LastPingDateTime?.getTime()).toBeGreaterThan(launched);
  });

  it('is absent from the answer if SSM does not know it; no timer runs for it', async ({
    world: { clock, call, node, agents },
  }) => {
    expect(await agents(await node(false))).toEqual([]);
    await node();
    const before = clock.now();
    await clock.run(() => false);
    expect(clock.now()).toBe(before);
    await expect(call('DescribeInstanceInformation', { MaxResults: 4 })).rejects.toThrow(/between 5 and 50/);
  });
});
