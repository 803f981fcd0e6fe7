import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { auditPage, eventsSchema } from '../../cli/pages/audit.ts';
import { awsErrorsPage } from '../../cli/pages/aws-errors.ts';
import { doorsPage } from '../../cli/pages/doors/page.ts';
import { faultsPage } from '../../cli/pages/faults.ts';
import { metricsPage } from '../../cli/pages/metrics.ts';
import { outcomesPage } from '../../cli/pages/outcomes.ts';
import { rightsPage } from '../../cli/pages/rights.ts';
import { defaultVersion } from '../../domain/catalogue.ts';
import { parametersFor, verbs } from '../../domain/parameters.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { assembleDocument } from '../../ssm-documents/assemble.ts';
import { catalogue, of, root, stackOf, template } from './synthesized.ts';

describe('documents', () => {
  it.each(of('AWS::SSM::Document'))(
    '%s: parameters are passed by the environment and are anchored',
    (_, { Properties }) => {
      const { schemaVersion, parameters, mainSteps } = JSON.parse(Properties['Content']);
      expect(schemaVersion).toBe('2.2');
      for (const parameter of Object.values<Record<string, string>>(parameters)) {
        expect(parameter['interpolationType']).toBe('ENV_VAR');
        const pattern = parameter['allowedPattern'];
        expect(parameter['allowedValues'] !== undefined || /^\^.*\$$/.test(pattern ?? '')).toBe(true);
      }
      expect(JSON.stringify(mainSteps)).not.toContain('{{');
      expect(Properties['Content'].length).toBeLessThanOrEqual(63 * 1024);
    },
  );

  it('are passed to dispatch with the hash of the text that CloudFormation deploys', () => {
    const [dispatch] = of('AWS::Lambda::Function').filter(([id]) => id.startsWith('DispatchFunction'));
    const variables = JSON.stringify(dispatch?.[1].Properties['Environment'].Variables.DOCUMENTS);
    const sent = of('AWS::SSM::Document').filter(([id]) => variables.includes(id));
    expect(sent).toHaveLength(2 * runtimes.length);
    for (const [id, { Properties }] of sent) {
      const hash = createHash('sha256').update(Properties['Content']).digest('hex');
      expect(variables.split(hash).length, id).toBe(2);
    }
  });

  it.each(['prove', 'refuse'])('get from airlock.yaml how to treat unknown hosts: %s', (policy) => {
    const stack = Template.fromStack(
      stackOf(`clusters: [{name: demo}]\nunknownHosts: ${policy}`).node.findChild('Airlock') as Stack,
    );

    const scripts = Object.values(stack.findResources('AWS::SSM::Document')).map(
      ({ Properties }) => Properties.Content,
    );
    const preflights = scripts.filter((script) => /(\\n|") *refuse_known_bad(\\n|")/.test(script));

    expect(preflights).toHaveLength(runtimes.length);
    for (const script of preflights) expect(script).toContain(`unknown_hosts=${policy} `);
  });

  it.each(runtimes)('of %s declare exactly the parameters that they are sent with', (runtime) => {
    const version = defaultVersion(catalogue, runtime);
    for (const verb of verbs) {
      const { parameters } = assembleDocument(catalogue, runtime, verb).content;
      expect(Object.keys(parameters), verb).toEqual(Object.keys(parametersFor(verb, { runtime, version })));
    }
  });
});

describe('pages that are generated from the code', () => {
  it.each([
    ['understand/aws-errors.md', awsErrorsPage()],
    ['contribute/fault-catalogue.md', faultsPage()],
    ['../airlock-events.schema.json', eventsSchema()],
    ['operate/audit.md', auditPage()],
    ['operate/metrics.md', metricsPage()],
    ['operate/outcomes.md', outcomesPage()],
    ['understand/doors.md', doorsPage(template)],
    ['understand/rights.md', rightsPage(template)],
  ])('%s is up to date with the code: npm run docs', (name, page) => {
    expect(readFileSync(join(root, 'docs', name), 'utf8')).toBe(page);
  });
});
