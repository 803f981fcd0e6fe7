import { App } from 'aws-cdk-lib';
import { AirlockStack } from '../lib/airlock-stack.ts';
import { ConfigError } from '../lib/config/config-error.ts';
import { loadSettings } from '../lib/config/settings.ts';
import { limitFaults } from '../lib/limits.ts';

// The command line asks for a file of timings beside the template, which would make no two syntheses alike.
Reflect.deleteProperty(process.env, 'CDK_PERF_COUNTERS_FILE');

/** Says what is wrong and ends with 2, the code for bad input, without a trace that no one needs. */
function refuse(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}

/** Takes the traces away that no context turns off: they would put the folder of this checkout into the output. */
function forgetTraces(scope: App): void {
  for (const { node } of scope.node.findAll()) {
    for (const entry of node.metadata) Reflect.deleteProperty(entry, 'trace');
  }
}

const app = new App({
  analyticsReporting: false,
  context: {
    '@aws-cdk/aws-iam:minimizePolicies': true,
    // CDK's own check names no field; ours comes after the synthesis.
    '@aws-cdk/core:stackResourceLimit': 0,
    'aws:cdk:disable-stack-trace': true,
    'aws:cdk:disable-creation-stack-traces': true,
  },
});
try {
  const { config, catalogue } = loadSettings({ config: app.node.tryGetContext('config') });
  new AirlockStack(app, 'Airlock', { config, catalogue });
  forgetTraces(app);
  const faults = app.synth().stacks.flatMap(({ template }) => limitFaults(template));
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `airlock.yaml: ${fault}`).join('\n'));
} catch (error) {
  refuse(error);
}
