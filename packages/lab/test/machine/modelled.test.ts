import { describe, expect, it } from 'vitest';
import { readResult } from '../../../../domain/result.ts';
import { scriptOf } from '../../../../ssm-documents/assemble.ts';
import { documentOf, nodes } from '../../../../test/ssm-documents/node.ts';
import { ModelledMachine, recordings } from '../../machine/modelled.ts';
import { answersOf, askedOf, essence, faultsOf, type Recorded, recorded, script, spoil } from './recording.ts';

const node = nodes();

/** The model of a recording: a version that fails is known by its number, and not by the machine. */
function modelOf(name: Recorded): ModelledMachine {
  const faults = name === 'kata-fails' ? [] : faultsOf(name);
  return new ModelledMachine(faults, (version) => name.endsWith('-fails') && version === askedOf(name));
}

describe('a modelled machine', () => {
  it.each(recorded)('answers as the simulated machine does: %s', async (name) => {
    const simulated = await node.create({ faults: faultsOf(name) });

    const real = await answersOf(simulated, name, undefined, undefined, () => spoil(simulated));
    const model = await answersOf(modelOf(name), name);

    expect(model.map(essence)).toEqual(real.map(essence));
  });

  it('was recorded with every verb, and names the recorded machine', () => {
    expect(recordings().script).toEqual(script);
    expect(Object.keys(recordings().answers)).toEqual(recorded);
    expect(new ModelledMachine().description).toContain('simulated (containerd 2.2.1');
  });

  it('has its own boot id, and takes the checksum from the text that it runs', async () => {
    const [one, other] = await Promise.all(
      [new ModelledMachine(), new ModelledMachine()].map((machine) => answersOf(machine)),
    );
    const bootIds = [one, other].map((answers) => /"bootId":"([^"]+)"/.exec(answers?.[1]?.stdout ?? '')?.[1]);

    expect(new Set(bootIds).size).toBe(2);
    const sums = await answersOf(new ModelledMachine(), 'none', '20260928.0', (text) =>
      text.replace(/artifact_sha256=[0-9a-f]{64}/g, `artifact_sha256=${'a'.repeat(64)}`),
    );
    expect(sums[1]?.stdout).toContain(`"sha256":"${'a'.repeat(64)}"`);
  });

  it('refuses what was not recorded: two faults, another version on a machine with a fault, another script', async () => {
    expect(() => new ModelledMachine(['disk-full', 'kill-mode'])).toThrow('not disk-full and kill-mode');

    const faulty = new ModelledMachine(['cloud-init-degraded']);
    await answersOf(faulty, 'cloud-init-degraded');
    await expect(answersOf(faulty, 'cloud-init-degraded', '20260921.0')).rejects.toThrow(
      'no change of version was recorded',
    );
    const machine = new ModelledMachine();
    await expect(machine.run({ text: 'echo hi', environment: {}, timeoutSeconds: 5 })).rejects.toThrow(
      'only the documents install and prove of gVisor and Kata',
    );
  });

  it('keeps the version that it has if another one fails, as the simulated machine does', () => {
    const proofs = ['switch-fails', 'kata-switch-fails'].map((name) =>
      recordings().answers[name]?.map(({ stdout }) => readResult(stdout)),
    );
    const details = proofs.map((answers) => answers?.map((read) => (read.ok ? read.result.detail : read.reason)));
    expect(details.map((all) => all?.[2])).toEqual([
      expect.stringContaining('the node has 20260921.0 of gvisor'),
      expect.stringContaining('the node has 4.1.0 of kata'),
    ]);
  });

  it("waits for a dead kubelet as long as the command's time allows", async () => {
    const lasting = async (seconds: string) => {
      const text = scriptOf(documentOf('install'));
      const environment = { SSM_Version: '20260928.0', SSM_Seconds: seconds };
      const ended = await new ModelledMachine(['kubelet-dead']).run({ text, environment, timeoutSeconds: 1 });
      return Math.round(ended.durationMs / 1_000);
    };

    expect(await lasting('900')).toBe(811);
    expect(await lasting('120')).toBe(61);
  });

  it('answers each document that is deployed', () => {
    for (const verb of ['install', 'prove'] as const) {
      expect(documentOf(verb).content.mainSteps[0].inputs.runCommand.join('\n')).toContain(
        `verb=${verb} runtime=gvisor version=\${SSM_Version:-}`,
      );
    }
  });
});
