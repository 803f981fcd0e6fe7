import { describe, expect, it } from 'vitest';
import { readResult } from '../../domain/result.ts';
import type { MachineFault } from '../../packages/lab/faults.ts';
import { recordings } from '../../packages/lab/machines.ts';
import { type RealFault, type RealMachine, realFaults } from '../../packages/lab/real-machines.ts';
import { secondsFor } from '../../packages/lab/test/machine/recording.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { expectAsBefore, expectInstalled, onNode, snapshot, supplyOf } from './installation.ts';
import { newest } from './targets.ts';

/** A node's answers to everything that the model was recorded with, as far as they do not differ from node to node. */
async function answersOf(machine: RealMachine, fault: MachineFault | 'none', { kind = 'sandboxed' }: RealFault) {
  const { document } = await supplyOf(kind);
  const answers = [];
  for (const verb of recordings().script) {
    const ended = await machine.run({
      text: scriptOf(document(verb)),
      environment: { SSM_Version: '20260928.0', SSM_Seconds: secondsFor(fault) },
      timeoutSeconds: 120,
    });
    answers.push({ verb, exitCode: ended.exitCode, ...answerIn(ended.stdout) });
  }
  return answers;
}

function answerIn(stdout: string) {
  const read = readResult(stdout);
  if (!read.ok) throw new Error(read.reason);
  const { outcome, config, restarts, handler, phases } = read.result;
  return { outcome, config, restarts, handler, phases: Object.keys(phases) };
}

const recorded = (fault: MachineFault | 'none') =>
  (recordings().answers[fault] ?? []).map(({ verb, exitCode, stdout }) => ({ verb, exitCode, ...answerIn(stdout) }));

const cases: readonly (readonly [MachineFault | 'none', RealFault])[] = [
  ['none', {}],
  ...(Object.entries(realFaults) as [MachineFault, RealFault][]),
];

describe('a real node answers as its model was recorded, and is unchanged if nothing was installed', () => {
  it.each(cases)('%s', async (fault, planted) => {
    const idle = fault === 'containerd-dead';
    await onNode(newest, { ...planted.options, kind: planted.kind ?? 'sandboxed', idle }, async (machine) => {
      const before = await snapshot(machine);
      const configuration = await machine.configuration();

      const answers = await answersOf(machine, fault, planted);

      expect(answers).toEqual(recorded(fault));
      const after = await snapshot(machine);
      const last = answers.at(-1);
      if (last?.exitCode === 0) expectInstalled(after, before);
      // A daemon that does not start with any configuration cannot be restored.
      else if (fault !== 'containerd-never-returns') expectAsBefore(after, before);
      if (last?.exitCode !== 0) expect(await machine.configuration()).toBe(configuration);
      if (answers.every(({ restarts }) => restarts === 0)) expect(after.daemon).toEqual(before.daemon);
    });
  });
});
