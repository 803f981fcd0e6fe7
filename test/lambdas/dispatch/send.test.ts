import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Order, Sent } from '../../../lambdas/adapters/commands.ts';
import { deliver } from '../../../lambdas/dispatch/send.ts';

const order = (count: number): Order => ({
  document: 'airlock-gvisor-install-abc',
  documentHash: 'ab'.repeat(32),
  parameters: { Version: '20260928.0' },
  instanceIds: Array.from({ length: count }, (_, at) => `i-${at}`),
  batchId: 'b1',
  deliverySeconds: 120,
});

/** SSM with its refusals: a call with a bad id fails completely. */
function ssm(bad: Readonly<Record<string, 'gone' | 'untagged'>>, throttles = 0, namesIds = true) {
  const calls: (readonly string[])[] = [];
  let throttlesLeft = throttles;
  const send = async ({ instanceIds }: Order): Promise<Sent> => {
    calls.push(instanceIds);
    if (throttlesLeft-- > 0) return { ok: false, why: 'throttled', refused: [], message: 'Rate exceeded' };
    if (instanceIds.some((id) => bad[id] === 'untagged'))
      return { ok: false, why: 'denied', refused: [], message: 'not authorized' };
    const gone = instanceIds.filter((id) => bad[id] === 'gone');
    if (gone.length > 0)
      return { ok: false, why: 'invalid-instance', refused: namesIds ? gone : [], message: 'invalid' };
    return { ok: true, commandId: `c${calls.length}`, at: '2026-11-21T09:00:00.000Z' };
  };
  return { calls, sending: { send, time: { sleep: async () => {}, random: () => 1 } } };
}

describe('one command for many nodes', () => {
  it('is one call if all instances are good', async () => {
    const { calls, sending } = ssm({});
    const { sent } = await deliver(order(50), sending);
    expect(calls).toHaveLength(1);
    expect(sent[0]?.instanceIds).toHaveLength(50);
  });

  it('drops what InvalidInstanceId names and sends to the others', async () => {
    const { calls, sending } = ssm({ 'i-3': 'gone' });
    const delivery = await deliver(order(8), sending);
    expect(calls).toHaveLength(2);
    expect(delivery.unreachable).toEqual(['i-3']);
    expect(delivery.sent.flatMap((one) => one.instanceIds)).toHaveLength(7);
  });

  it.each([true, false])(
    'reaches all but a terminated and an untagged instance, each once (ids named: %s)',
    async (named) => {
      const { sending } = ssm({ 'i-3': 'gone', 'i-6': 'untagged' }, 0, named);
      const delivery = await deliver(order(8), sending);
      expect(delivery.unreachable).toEqual(['i-3']);
      expect(delivery.denied.map(({ instanceId }) => instanceId)).toEqual(['i-6']);
      const reached = delivery.sent.flatMap((one) => one.instanceIds);
      expect(reached.toSorted()).toEqual(['i-0', 'i-1', 'i-2', 'i-4', 'i-5', 'i-7']);
    },
  );

  it('is sent once if the document was changed, and every instance gets that error', async () => {
    const { sending } = ssm({});
    let calls = 0;
    const send = async (): Promise<Sent> => {
      calls++;
      return { ok: false, why: 'document-changed', refused: [], message: 'document hash does not match' };
    };
    const delivery = await deliver(order(3), { ...sending, send });
    expect(calls).toBe(1);
    expect(delivery.denied.map(({ instanceId, outcome }) => [instanceId, outcome])).toEqual(
      ['i-0', 'i-1', 'i-2'].map((id) => [id, 'document-changed']),
    );
  });

  it('retries five throttled calls', async () => {
    const { calls, sending } = ssm({}, 5);
    const { sent } = await deliver(order(2), sending);
    expect(calls).toHaveLength(6);
    expect(sent).toHaveLength(1);
  });

  it('gives up in the end, and reports that nothing was sent', async () => {
    const { calls, sending } = ssm({}, 1_000);
    const delivery = await deliver(order(2), sending);
    expect(calls).toHaveLength(8);
    expect(delivery).toMatchObject({ sent: [], throttled: ['i-0', 'i-1'] });
  });

  it('reaches every good instance exactly once and names every bad one, whatever is bad', async () => {
    const state = fc.constantFrom('good', 'good', 'gone', 'untagged');
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 50 }), fc.boolean(), async (states, named) => {
        const bad = Object.fromEntries(states.flatMap((one, at) => (one === 'good' ? [] : [[`i-${at}`, one]])));
        const { sending } = ssm(bad as Record<string, 'gone' | 'untagged'>, 0, named);
        const delivery = await deliver(order(states.length), sending);
        const of = (wanted: string) => states.flatMap((one, at) => (one === wanted ? [`i-${at}`] : []));
        expect(delivery.sent.flatMap((one) => one.instanceIds).toSorted()).toEqual(of('good').toSorted());
        expect([...delivery.unreachable].toSorted()).toEqual(of('gone').toSorted());
        expect(delivery.denied.map(({ instanceId }) => instanceId).toSorted()).toEqual(of('untagged').toSorted());
      }),
    );
  });
});
