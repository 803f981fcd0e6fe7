import type { DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { here } from '../../gateway/service.ts';
import { Ec2 } from '../../services/ec2/ec2.ts';
import { quotasOf } from '../../services/states/quotas.ts';
import { PermissiveAws, someone } from './permissive.ts';
import { Bench } from './states/machine.ts';

/** Makes a call until it is refused. @returns how many calls passed, and the refusal */
async function untilRefused(call: () => Promise<unknown>, most = 5_000): Promise<{ passed: number; code: string }> {
  for (let passed = 0; passed < most; passed++) {
    try {
      await call();
    } catch (error) {
      return { passed, code: (error as { code: string }).code };
    }
  }
  throw new Error(`${most} calls passed`);
}

// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
describe('Step Functions in a region that is not one of the three large ones', () => {
  const pass = { Only: { Type: 'Pass', End: true } };
  const waits = { Only: { Type: 'Wait', Seconds: 3_600, End: true } };

  it('starts 800 executions at once and 150 a second, and refuses the others', async () => {
    const bench = new Bench();
    bench.states.quotas.StateTransition = { burst: 1e6, perSecond: 1e6 };
    const machine = await bench.machine(waits);
    expect(await untilRefused(() => bench.start(machine))).toEqual({ passed: 800, code: 'ThrottlingException' });
    await bench.clock.run(() => false, bench.clock.now() + 2_000);
    expect(await untilRefused(() => bench.start(machine))).toEqual({ passed: 300, code: 'ThrottlingException' });
    bench.states.stop();
  });

  it('delays the transitions beyond 800 a second, and loses none', async () => {
    const bench = new Bench();
    bench.states.quotas.StartExecution = { burst: 1e6, perSecond: 1e6 };
    const machine = await bench.machine(pass);
    const began = bench.clock.now();
    for (let count = 0; count < 2_400; count++) await bench.start(machine);
    await bench.clock.run(() => bench.states.running === 0);
    const ends = bench.states.executions().map(({ stopDate }) => (stopDate?.getTime() ?? 0) - began);
    expect(bench.states.executions().every(({ status }) => status === 'SUCCEEDED')).toBe(true);
    expect(ends.filter((ms) => ms === 0)).toHaveLength(800);
    expect(Math.max(...ends)).toBe(2_000);
  });

  it('accepts 1,500 of each answer to a token at once', async () => {
    const bench = new Bench();
    const answer = (name: string, input: object) =>
      untilRefused(() =>
        bench.aws.call(someone, 'states', name, { taskToken: 'x', ...input }).catch((error: { code: string }) => {
          if (error.code !== 'InvalidToken') throw error;
        }),
      );
    const throttled = { passed: 1_500, code: 'ThrottlingException' };
    expect(await answer('SendTaskSuccess', { output: '{}' })).toEqual(throttled);
    expect(await answer('SendTaskFailure', {})).toEqual(throttled);
    expect(await answer('SendTaskHeartbeat', {})).toEqual(throttled);
  });

  it('describes 250 executions at once and 10 a second', async () => {
    const bench = new Bench();
    const executionArn = await bench.start(await bench.machine(pass));
    const look = () => bench.aws.call(someone, 'states', 'DescribeExecution', { executionArn });
    expect(((await look()) as DescribeExecutionCommandOutput).executionArn).toBe(executionArn);
    expect(await untilRefused(look)).toEqual({ passed: 249, code: 'ThrottlingException' });
  });

  it('has other numbers in the three large regions', () => {
    expect(quotasOf('eu-west-1').StartExecution).toEqual({ burst: 1_300, perSecond: 300 });
    expect(quotasOf('eu-central-1').StartExecution).toEqual({ burst: 800, perSecond: 150 });
  });
});

// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
describe('DescribeInstances', () => {
  it('passes 100 times at once and 20 times a second; 50 and 10 without filter, ids and pages', async () => {
    const clock = new VirtualClock();
    const aws = new PermissiveAws(clock);
    aws.add(new Ec2({ clock, env: here, emit: () => {} }).service);
    const filtered = () =>
      aws.call(someone, 'ec2', 'DescribeInstances', { Filters: [{ Name: 'instance-id', Values: ['i-1'] }] });
    const all = () => aws.call(someone, 'ec2', 'DescribeInstances', {});
    expect(await untilRefused(filtered)).toEqual({ passed: 100, code: 'RequestLimitExceeded' });
    expect(await untilRefused(all)).toEqual({ passed: 50, code: 'RequestLimitExceeded' });
    await clock.run(() => false, clock.now() + 1_000);
    expect((await untilRefused(filtered)).passed).toBe(20);
    expect((await untilRefused(all)).passed).toBe(10);
  });
});
