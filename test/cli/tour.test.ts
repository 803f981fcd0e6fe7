import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { misfitOf } from '../../cli/start/options.ts';
import { playTour, type TourStage } from '../../cli/tour/play.ts';
import { misspelled, tagIn, writeWrongPool } from '../../cli/tour/pool-file.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { serve } from '../../packages/local-aws/server.ts';
import { cluster, gate, launch, pass, settle, startSimulation } from '../scenarios/scenario.ts';
import { airlockAlone } from './airlock.ts';

/** A stage on the virtual clock, on which commands run as a shell runs them. */
async function stageOf(): Promise<{ stage: TourStage; codes: (number | null)[] }> {
  const world = await startSimulation([], async () => new ModelledMachine());
  const { environment, close } = await serve(world.cloud);
  onTestFinished(close);
  const file = join(mkdtempSync(join(inject('scratch'), 'tour-')), 'pools.yaml');
  writeWrongPool(file, { name: 'sandboxed', cluster, gate, instanceProfile: 'demo-nodes' });
  const codes: (number | null)[] = [];
  const stage: TourStage = {
    file,
    launch: async (runtime) => {
      const node = await launch(world, { tags: { 'airlock:runtime': runtime } });
      await settle(world);
      return { instanceId: node.instanceId, outcome: world.report(node).outcome };
    },
    terminate: async (instanceId) => {
      const gone = world.nodes.find((node) => node.instanceId === instanceId)?.terminate();
      await pass(world, 20_000);
      await gone;
    },
    run: async (words) => {
      const running = airlockAlone(words, { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment });
      let isDone = false;
      void running.finally(() => {
        isDone = true;
      });
      while (!isDone) {
        await pass(world, 10);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const { code } = await running;
      codes.push(code);
      return code ?? -1;
    },
    goOn: async () => {},
  };
  return { stage, codes };
}

describe('the tour', () => {
  it('breaks a node, leads to the cause with two commands, and ends with a healthy fleet', async () => {
    const { stage, codes } = await stageOf();

    expect(tagIn(stage.file)).toBe(misspelled);
    await playTour(stage);
    expect(codes).toEqual([1, 1, 1, 0, 0, 0]);
    expect(tagIn(stage.file)).toBe('gvisor');
  }, 240_000);

  it('takes your own correction, and ends early if it is wrong', async () => {
    const { stage } = await stageOf();
    const wrong: TourStage = {
      ...stage,
      run: async (words) => (words[0] === 'doctor' && !words.includes('--only') ? 0 : 1),
      goOn: async (what) => {
        if (what.startsWith('(correct'))
          writeFileSync(stage.file, readFileSync(stage.file, 'utf8').replace(misspelled, 'kvm'));
      },
    };

    await expect(playTour(wrong)).rejects.toThrow(/^i-[0-9a-f]+ ended as unknown-runtime$/);
    expect(tagIn(stage.file)).toBe('kvm');
  });
});

describe('airlock start --tour', () => {
  it.each([
    [{ json: true }, '--json'],
    [{ keep: true }, '--keep'],
    [{ fault: ['not-sandboxed'] }, '--fault'],
    [{ clock: 'virtual' }, '--clock virtual'],
    [{ machine: 'real' }, '--machine'],
  ] as const)('is refused with %j', (change, option) => {
    const usual = {
      runtime: 'gvisor',
      nodes: 3,
      clock: 'real',
      machine: 'simulated',
      fault: [],
      json: false,
      keep: false,
    } as const;
    expect(misfitOf({ ...usual, tour: true, ...change })).toBe(
      `option '--tour' is given with '${option}'; accepted: --tour alone, or with --config`,
    );
    expect(misfitOf({ ...usual, tour: true })).toBeUndefined();
  });
});
