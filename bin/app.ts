import { App } from 'aws-cdk-lib';
import { AirlockStack } from '../lib/airlock-stack.ts';
import { checkRegion } from '../lib/config/check-region.ts';
import { ConfigError } from '../lib/config/config-error.ts';
import { loadSettings } from '../lib/config/settings.ts';
import { limitFaults } from '../lib/limits.ts';

// The CDK command line asks for a file of timings beside the template, which would make every synthesis differ.
Reflect.deleteProperty(process.env, 'CDK_PERF_COUNTERS_FILE');

/** Prints what is wrong and exits with 2, the code for bad input, without a stack trace. */
function refuse(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}

/** Removes the stack traces that no context key turns off: they would put the path of this checkout into the output. */
function forgetTraces(scope: App): void {
  for (const { node } of scope.node.findAll()) {
    for (const entry of node.metadata) Reflect.deleteProperty(entry, 'trace');
  }
}

const app = new App({
  analyticsReporting: false,
  context: {
    '@aws-cdk/aws-iam:minimizePolicies': true,
    // The CDK's own check does not name a field. Airlock's check runs after the synthesis.
    '@aws-cdk/core:stackResourceLimit': 0,
    'aws:cdk:disable-stack-trace': true,
    'aws:cdk:disable-creation-stack-traces': true,
  },
});
try {
  const { config, catalogue } = loadSettings({ config: app.node.tryGetContext('config') });
  checkRegion(config, process.env['CDK_DEFAULT_REGION']);
  new AirlockStack(app, 'Airlock', { config, catalogue });
  forgetTraces(app);
  const faults = app.synth().stacks.flatMap(({ template }) => limitFaults(template));
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `airlock.yaml: ${fault}`).join('\n'));
} catch (error) {
  refuse(error);
}
