import type { Copy } from './assembly.ts';
import { clusterMutations } from './cluster-mutations.ts';
import type { ScenarioName } from './scenarios.ts';
import { sweepMutations } from './sweep-mutations.ts';

/** A mistake that is planted in a copy of the assembly, and the scenario that must see it. */
export interface Mutation {
  readonly name: string;
  readonly apply: (copy: Copy) => void | Promise<void>;
  readonly turnsRed: ScenarioName;
}

const queue = 'AWS::SQS::Queue';
const policy = 'AWS::SQS::QueuePolicy';
const rule = 'AWS::Events::Rule';
const machine = 'AWS::StepFunctions::StateMachine';
const mapping = 'AWS::Lambda::EventSourceMapping';
const document = 'AWS::SSM::Document';
const iam = 'AWS::IAM::Policy';

const way = (from: string | RegExp, to: string) => (copy: Copy) =>
  copy.rewrite(copy.resource(machine, 'Way'), 'DefinitionString', from, to);
const source = (name: string, file: string, from: string | RegExp, to: string) => (copy: Copy) =>
  copy.rebundle(name, file, from, to);
const install = (copy: Copy) => copy.resource(document, 'Documentsgvisorinstall');
const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in the template. */
const templateMutations: readonly Mutation[] = [
  {
    name: 'policy statement dropped: SendCommand to instances',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'CommandsDispatchRole').Properties['PolicyDocument'];
      Statement.splice(
        Statement.findIndex(({ Condition }: { Condition?: object }) =>
          JSON.stringify(Condition)?.includes('resourceTag'),
        ),
        1,
      );
    },
    turnsRed: released,
  },
  {
    name: 'tag condition renamed',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'CommandsDispatchRole').Properties['PolicyDocument'];
      for (const one of Statement)
        if (one.Condition?.StringLike) one.Condition = { StringLike: { 'ssm:resourceTag/airlock-runtime': '*' } };
    },
    turnsRed: released,
  },
  {
    name: 'tag condition dropped',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'CommandsDispatchRole').Properties['PolicyDocument'];
      for (const one of Statement) if (one.Condition?.StringLike) delete one.Condition;
    },
    turnsRed: 'a batch goes on without a node that is gone and one that lost its tag',
  },
  {
    name: 'queue policy missing: launches',
    apply: (copy) => copy.drop(policy, 'AdmissionLaunchesQueue'),
    turnsRed: released,
  },
  { name: 'queue policy missing: results', apply: (copy) => copy.drop(policy, 'ResultsQueue'), turnsRed: released },
  {
    name: 'queue policy missing: dead letters of launches',
    apply: (copy) => copy.drop(policy, 'AdmissionLaunchesDeadLetters'),
    turnsRed: 'events that a queue does not take are kept as dead letters',
  },
  {
    name: 'queue policy missing: dead letters of results',
    apply: (copy) => copy.drop(policy, 'ResultsDeadLetters'),
    turnsRed: 'results that a queue does not take are kept as dead letters',
  },
  {
    name: 'queue policy missing: departures',
    apply: (copy) => copy.drop(policy, 'DeparturesQueue'),
    turnsRed: 'an instance that goes away ends at once',
  },
  {
    name: 'rule leaves instances out that shut down',
    apply: (copy) => {
      const pattern = copy.resource(rule, 'DeparturesEnded').Properties['EventPattern'];
      pattern.detail.state = pattern.detail.state.filter((state: string) => state !== 'shutting-down');
    },
    turnsRed: 'an instance that goes away ends at once',
  },
  {
    name: "rule's detail-type misspelt: spot",
    apply: (copy) => copy.rewrite(copy.resource(rule, 'DeparturesInterrupted'), 'EventPattern', 'Warning', 'Notice'),
    turnsRed: 'an instance that is about to be taken away ends at once',
  },
  {
    name: "rule's detail-type misspelt: scale-in",
    apply: (copy) =>
      copy.rewrite(
        copy.resource(rule, 'DeparturesScaledIn'),
        'EventPattern',
        'terminate Lifecycle',
        'terminating Lifecycle',
      ),
    turnsRed: 'an instance that is about to be taken away ends at once',
  },
  {
    name: 'a success does not close the breaker',
    apply: way('":closed":{"S":"closed"}', '":closed":{"S":"open"}'),
    turnsRed: 'while the breaker is open one node is tried at a time, and a success closes it',
  },
  {
    name: 'tag condition renamed: TerminateInstances',
    apply: (copy) => {
      const { Statement } = copy.resource(iam, 'ReplacingReplaceRole').Properties['PolicyDocument'];
      for (const one of Statement)
        if (one.Condition?.StringLike?.['ec2:ResourceTag/airlock:runtime'])
          one.Condition = { StringLike: { 'ec2:ResourceTag/airlock-runtime': '*' } };
    },
    turnsRed: 'a node that failed is replaced where its pool says so',
  },
  {
    name: 'the time-out of an installation goes past its cancellation',
    apply: way('"Next":"Halt"', '"Next":"Quarantine"'),
    turnsRed: 'an installation that still runs at the deadline is cancelled and awaited',
  },
  {
    name: "queue policy for another rule's ARN",
    apply: (copy) => {
      const { Statement } = copy.resource(policy, 'AdmissionLaunchesQueue').Properties['PolicyDocument'];
      const [id] = copy.all(rule).find(([name]) => name.startsWith('ResultsEnded')) ?? [];
      for (const one of Statement)
        if (one.Condition.ArnEquals) one.Condition.ArnEquals = { 'aws:SourceArn': { 'Fn::GetAtt': [id, 'Arn'] } };
    },
    turnsRed: released,
  },
  {
    name: "rule's detail-type misspelt: launches",
    apply: (copy) =>
      copy.rewrite(copy.resource(rule, 'AdmissionRunning'), 'EventPattern', 'State-change', 'State-Change'),
    turnsRed: released,
  },
  {
    name: 'rule matches the other command event',
    apply: (copy) =>
      copy.rewrite(
        copy.resource(rule, 'ResultsEnded'),
        'EventPattern',
        'EC2 Command Invocation Status',
        'EC2 Command Status',
      ),
    turnsRed: released,
  },
  {
    name: "rule's document prefix misspelt",
    apply: (copy) => copy.rewrite(copy.resource(rule, 'ResultsEnded'), 'EventPattern', 'airlock-', 'airlock_'),
    turnsRed: released,
  },
  {
    name: 'rule leaves failed commands out',
    apply: (copy) => {
      const pattern = copy.resource(rule, 'ResultsEnded').Properties['EventPattern'];
      pattern.detail.status = pattern.detail.status.filter((status: string) => status !== 'Failed');
    },
    turnsRed: 'a proof that fails ends in quarantine',
  },
  {
    name: "audit rule's source misspelt",
    apply: (copy) => copy.rewrite(copy.resource(rule, 'AuditTold'), 'EventPattern', 'airlock', 'air-lock'),
    turnsRed: released,
  },
  {
    name: 'log group policy missing',
    apply: (copy) => copy.drop('AWS::Logs::ResourcePolicy', 'Audit'),
    turnsRed: released,
  },
  {
    name: 'log group policy names the group without its streams',
    apply: (copy) => copy.rewrite(copy.resource('AWS::Logs::ResourcePolicy', 'Audit'), 'PolicyDocument', ':*"}', '"}'),
    turnsRed: released,
  },
  {
    name: 'retrier on the wrong error name',
    apply: way('[\\"download-failed\\"]'.replaceAll('\\', ''), '["DownloadFailed"]'),
    turnsRed: 'a failed download is tried three times',
  },
  {
    name: 'retrier for a Node that is not there yet on the wrong name',
    apply: way(/\{"ErrorEquals":\["NotYet"\]/, '{"ErrorEquals":["NotYetError"]'),
    turnsRed: 'a node whose kubelet comes after five minutes is released',
  },
  {
    name: 'catcher that takes everything dropped from Install',
    apply: way(
      /,\{"ErrorEquals":\["States.ALL"\],"Assign":\{"failure":"[^"]*(?:\\.[^"]*)*"\},"Next":"Judge"\}\],"Assign":\{"installation"/,
      '],"Assign":{"installation"',
    ),
    turnsRed: 'a proof that fails ends in quarantine',
  },
  {
    name: "token time-out shorter than the document's",
    apply: way(/"TimeoutSeconds":"[^"]*"/, '"TimeoutSeconds":60'),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'wrong JSONata path: the answer of the cluster function',
    apply: way('$states.result.Payload', '$states.result.payload'),
    turnsRed: released,
  },
  {
    name: 'wrong JSONata path: the node of the input',
    apply: way('"node":"{% $states.input.node %}","request":"{%', '"node":"{% $states.input.Node %}","request":"{%'),
    turnsRed: released,
  },
  {
    name: 'the installation is not handed on',
    apply: way('"installation":"{% $states.result %}"', '"installation":"{% $states.input %}"'),
    turnsRed: released,
  },
  {
    name: 'a message without its token',
    apply: way('"token":"{% $states.context.Task.Token %}",', ''),
    turnsRed: released,
  },
  {
    name: 'an execution that waits for no token',
    apply: way('sqs:sendMessage.waitForTaskToken', 'sqs:sendMessage'),
    turnsRed: released,
  },
  {
    name: 'batch failure not reported: the mapping does not ask for it',
    apply: (copy) => {
      delete copy.resource(mapping, 'CommandsDispatch').Properties['FunctionResponseTypes'];
    },
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'dead after three looks',
    apply: (copy) => {
      copy.resource(queue, 'CommandsQueue').Properties['RedrivePolicy'].maxReceiveCount = 3;
    },
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'visibility too short for the function',
    apply: (copy) => {
      copy.resource(queue, 'CommandsQueue').Properties['VisibilityTimeout'] = 20;
    },
    turnsRed: released,
  },
  {
    name: 'allowedPattern unanchored',
    apply: (copy) => {
      install(copy).Properties['Content'].parameters.Release.allowedPattern = '[0-9]+(\\.[0-9]+)*';
    },
    turnsRed: 'a parameter with a shell in it reaches no node',
  },
  {
    name: 'allowedValues dropped',
    apply: (copy) => {
      delete install(copy).Properties['Content'].parameters.Release.allowedValues;
    },
    turnsRed: 'a parameter with a shell in it reaches no node',
  },
  {
    name: 'parameter not handed over by the environment',
    apply: (copy) => {
      delete install(copy).Properties['Content'].parameters.Release.interpolationType;
    },
    turnsRed: released,
  },
  {
    name: 'script ignores its proof',
    apply: (copy) => {
      const { inputs } = install(copy).Properties['Content'].mainSteps[0];
      const at = inputs.runCommand.indexOf('  prove_on_host after');
      if (at < 0) throw new Error('the script does not prove on the host');
      inputs.runCommand[at] = '  evidence=trusted';
    },
    turnsRed: 'a container that is on the host is found out by the script',
  },
  {
    name: 'access entry for another group',
    apply: (copy) => {
      copy.resource('AWS::EKS::AccessEntry', 'ClusterdemoEntry').Properties['KubernetesGroups'] = ['airlock:keepers'];
    },
    turnsRed: released,
  },
  {
    name: 'environment variable missing',
    apply: (copy) => {
      delete copy.resource('AWS::Lambda::Function', 'ResultsSettle').Properties['Environment'].Variables.LEDGER_TABLE;
    },
    turnsRed: released,
  },
];

/** Mistakes in the sources of functions. */
const sourceMutations: readonly Mutation[] = [
  {
    name: 'the breaker never opens',
    apply: source(
      'replace',
      'domain/breaker.ts',
      "if (state === 'open' || failed.length < failures) return false;",
      'return failed.length > 1_000;',
    ),
    turnsRed: 'three failures open the breaker, and the alarm and an event say so',
  },
  {
    name: 'an open breaker holds nothing back',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'if (!isOpen(breaker)) return undefined;',
      'if (breaker !== null) return undefined;',
    ),
    turnsRed: 'while the breaker is open one node is tried at a time, and a success closes it',
  },
  {
    name: 'the end of a cancelled command is not awaited',
    apply: source('halt', 'lambdas/halt/handler.ts', 'if (said.ended)', 'if (said.ended || said)'),
    turnsRed: 'an installation that still runs at the deadline is cancelled and awaited',
  },
  {
    name: 'batch failure not reported: dispatch says nothing',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      'return { batchItemFailures: failures };',
      'return { batchItemFailures: [] };',
    ),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'batch failure not reported: settle says nothing',
    apply: source(
      'settle',
      'lambdas/settle/handler.ts',
      'return { batchItemFailures: failures };',
      'return { batchItemFailures: [] };',
    ),
    turnsRed: 'a result that SSM does not show yet is read seconds later',
  },
  {
    name: 'ledger write unconditional',
    apply: source(
      'dispatch',
      'lambdas/adapters/ledger.ts',
      "over?.token === undefined ? 'attribute_not_exists(#token)'",
      "over?.token === undefined ? 'attribute_exists(instanceId) OR attribute_not_exists(instanceId)'",
    ),
    turnsRed: 'a message that SQS delivers twice sends one command',
  },
  {
    name: 'dispatch without claim',
    apply: source(
      'dispatch',
      'lambdas/dispatch/handler.ts',
      /claim\(\{ \.\.\.message[^)]*\)[^)]*\)[^)]*\}\),/,
      'Promise.resolve(Boolean(message && batchId && document && onlineAt && at && rowName)),',
    ),
    turnsRed: released,
  },
  {
    name: 'a claim is not looked for before it is sent again',
    apply: source(
      'dispatch',
      'lambdas/adapters/commands.ts',
      'page.Commands?.find((command) => command.Comment === batchId)',
      'page.Commands?.find(() => false)',
    ),
    turnsRed: 'a claim whose command was sent is looked for, and found',
  },
  {
    name: 'the comment does not carry the batch',
    apply: source('dispatch', 'lambdas/adapters/commands.ts', 'Comment: order.batchId,', ''),
    turnsRed: 'a result that is known before its command is noted settles the node',
  },
  {
    name: "an agent's version is not looked at",
    apply: source(
      'dispatch',
      'lambdas/dispatch/decide.ts',
      'if (isOlder(agent.version, firstSafeAgent)) {',
      'if (isOlder(agent.version, "0")) {',
    ),
    turnsRed: 'an agent that is too old gets no command',
  },
  {
    name: 'a node waits for ever for its agent',
    apply: source(
      'dispatch',
      'lambdas/dispatch/decide.ts',
      'if (left > (lastLook + shortestWait) * 1000)',
      'if (left > 0)',
    ),
    turnsRed: 'an agent that never comes is agent-never-came',
  },
  {
    name: 'a refused call is not split',
    apply: source(
      'dispatch',
      'lambdas/dispatch/send.ts',
      '} else if (ids.length > 1) {',
      '} else if (ids.length > 1_000) {',
    ),
    turnsRed: 'a batch goes on without a node that is gone and one that lost its tag',
  },
  {
    name: 'a throttled call is an error',
    apply: source(
      'dispatch',
      'lambdas/adapters/commands.ts',
      "if (error.name === 'ThrottlingException')",
      "if (error.name === 'Throttling')",
    ),
    turnsRed: 'a throttled SendCommand is sent once',
  },
  {
    name: 'settle does not check the command id',
    apply: source(
      'settle',
      'lambdas/settle/decide.ts',
      'row.commandId === commandId ||',
      'row.commandId !== undefined ||',
    ),
    turnsRed: "a stranger's command settles nothing",
  },
  {
    name: 'settle knows commands by their noted id alone',
    apply: source('settle', 'lambdas/settle/decide.ts', 'row.batchId === standing.comment', 'false'),
    turnsRed: 'a result that is known before its command is noted settles the node',
  },
  {
    name: 'proof result ignored',
    apply: source(
      'settle',
      'lambdas/settle/decide.ts',
      /const succeeded = [\s\S]*?if \(succeeded && \([^)]*\)\) \{\n(\s*return \{ answer: 'success', installation: installationOf\(row, commandId, result, )outcome/,
      "if (verb === 'install' && host !== undefined) {\n return { answer: 'success', installation: installationOf(row, commandId, result, 'installed'",
    ),
    turnsRed: 'a proof that fails ends in quarantine',
  },
  {
    name: 'admit takes every cluster',
    apply: source('admit', 'lambdas/admit/decide.ts', '|| !config.clusters.includes(cluster)', ''),
    turnsRed: 'launches that are not ours are left alone',
  },
  {
    name: 'admit takes launches without our tag',
    apply: source(
      'admit',
      'lambdas/admit/decide.ts',
      "if (tag === undefined) return { verdict: 'not-ours', because: 'no-tag' };",
      "if (tag === undefined) return judge(launch, { ...candidate, tags: { ...candidate.tags, [runtimeTag]: 'gvisor' } }, config, now);",
    ),
    turnsRed: 'launches that are not ours are left alone',
  },
  {
    name: "execution's name drawn by lot",
    apply: source(
      'admit',
      'lambdas/admit/admit-all.ts',
      /return executionName\(node\.instanceId, node\.launchedAt, 'install', 1\);/,
      "return executionName(node.instanceId, node.launchedAt, 'install', Math.floor(Math.random() * 1e9));",
    ),
    turnsRed: 'an admission that dies after StartExecution starts no second',
  },
  {
    name: 'settled tokens are not noted, and a second event is answered again',
    apply: source('settle', 'lambdas/settle/settle-node.ts', 'if (row.settledToken === row.token) return;', ''),
    turnsRed: 'events that come three times start one execution',
  },
  {
    name: 'a runtime tag is not looked up',
    apply: source(
      'admit',
      'lambdas/admit/decide.ts',
      'const asked = requestOf(tag, config.releases);',
      "const asked = requestOf('gvisor', config.releases);",
    ),
    turnsRed: 'a tag with a shell in it is refused',
  },
  {
    name: 'receipt not checked: any Node of that name is the launch',
    apply: source(
      'cluster',
      'lambdas/cluster/lookup.ts',
      'if (node.providerId !== launch.providerId) {',
      "if (node.providerId === '') {",
    ),
    turnsRed: 'a Node of the same name that is another instance keeps its gate',
  },
  {
    name: 'an outage of the cluster ends the way',
    apply: source(
      'cluster',
      'lambdas/cluster/patience.ts',
      'if (error instanceof Unreachable) {',
      "if (error instanceof Unreachable) {\n        throw new Ended('cluster-unreachable', error.message);",
    ),
    turnsRed: 'a cluster that is down for two minutes delays the release',
  },
];

/** All of them, in the order of the table. */
export const mutations: readonly Mutation[] = [
  ...templateMutations,
  ...sourceMutations,
  ...sweepMutations,
  ...clusterMutations,
];
