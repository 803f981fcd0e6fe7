import { stringify } from 'yaml';
import { actingCommands, policyOfCommand, policyOfCommands, rulesOfCommand } from '../acts/rights.ts';
import { stackName } from '../verify-aws/stack.ts';
import { wrapProse } from './wrap.ts';

const placeholders = {
  prefix: (service: string) => `arn:aws:${service}:REGION:ACCOUNT:`,
  stack: stackName,
  table: 'TABLE',
  bus: stackName,
  reconcile: 'RECONCILE',
};

/** `docs/operate/operator-rights.md`: the least rights of each command that acts. */
export function operatorRightsPage(): string {
  const rows = actingCommands.map((command) => {
    const actions = policyOfCommand(command, placeholders).Statement.map(({ Sid }) => `\`${Sid}\``);
    const rules = rulesOfCommand(command).map(
      ({ resources = [], verbs }) => `${resources.join(', ')}: ${verbs.join(', ')}`,
    );
    return `| \`${command}\` | ${actions.join(', ')} | ${rules.length === 0 ? 'none' : rules.join('; ')} |`;
  });
  return wrapProse(`# Rights of an operator

What a person needs to run the commands that act. They use your own AWS credentials and your own kubeconfig, and never Airlock's identity.
\`npm run docs\` makes this page from [\`cli/acts/rights.ts\`](../../cli/acts/rights.ts). A test runs each command with exactly these rights, and sees it refused
without any one of them.

Two things must come together in AWS. The role needs the policy below, and \`operators\` in \`airlock.yaml\` must name the role: the ledger's and the bus's own
policies deny everyone else, whatever IAM grants them. A right to write the ledger reaches the attribute \`operatorAct\` of run records, \`rolloutAct\` of rollouts, the state of breakers, and nothing else.

| command | statements below | in the cluster |
|---|---|---|
${rows.join('\n')}

Without \`BeginAtOnce\`, a run that you ask for begins with the next pass of reconcile, within two minutes.

## In AWS

\`REGION\`, \`ACCOUNT\`, \`TABLE\` (the ledger's table) and \`RECONCILE\` (the name of the function) differ in each account.
\`aws cloudformation list-stack-resources --stack-name ${stackName}\` shows the last two.

\`\`\`json
${JSON.stringify(policyOfCommands(placeholders), undefined, 2)}
\`\`\`

## In a cluster

\`release\`, \`quarantine\` and \`uninstall\` change a Node. Kubernetes cannot narrow \`patch\` to single fields, so give this role only to people who may change any
Node.

\`\`\`yaml
${stringify(operatorClusterRole()).trimEnd()}
\`\`\`
`);
}

/** The ClusterRole with the rights of every act. */
function operatorClusterRole(): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'airlock-operator' },
    rules: rulesOfCommand('uninstall'),
  };
}
