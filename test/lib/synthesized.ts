import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { inject } from 'vitest';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { AirlockStack } from '../../lib/airlock-stack.ts';
import { parseConfig } from '../../lib/config/load.ts';

/** A resource of a template. */
interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read here in all its shapes
  readonly Properties: Record<string, any>;
}

export const root = join(import.meta.dirname, '..', '..');
/** The text of the synthesized template. */
export const text = readFileSync(join(inject('assembly'), 'Airlock.template.json'), 'utf8');
export const template = JSON.parse(text) as { readonly Resources: Record<string, Resource> };
/** Every resource of the template, with its logical id. */
export const all = Object.entries(template.Resources);
/** The resources of a type. */
export const of = (type: string) => all.filter(([, resource]) => resource.Type === type);
export const catalogue = parseCatalogue(readFileSync(join(root, 'ssm-documents', 'catalogue.yaml'), 'utf8'));

/** An app with the stack of a configuration. @param acknowledged whether its acknowledged findings stay so */
export function stackOf(config: string, acknowledged = true): App {
  const outdir = mkdtempSync(join(inject('scratch'), 'stack-'));
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new AirlockStack(app, 'Airlock', { config: parseConfig(config), catalogue });
  if (!acknowledged) {
    for (const construct of stack.node.findAll()) {
      const kept = construct.node.metadata.filter(({ type }) => type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
      construct.node.metadata.splice(0, construct.node.metadata.length, ...kept);
      Reflect.set(construct.node, '_metadata', kept);
    }
  }
  return app;
}
