import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commentedConfig, sampleSettings } from '../../lib/config/commented.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { defaultConfig } from '../../lib/config/settings.ts';
import { synthesize } from '../synthesize.ts';
import { auditPage, eventsSchema } from './audit.ts';
import { awsErrorsPage } from './aws-errors.ts';
import { commandsPage } from './commands.ts';
import { configSchema } from './config-schema.ts';
import { doorsPage } from './doors/page.ts';
import { faultsPage } from './faults.ts';
import { findingsPage } from './findings.ts';
import { metricsPage } from './metrics.ts';
import { operatorRightsPage } from './operator-rights.ts';
import { outcomesPage } from './outcomes.ts';
import { rightsPage } from './rights.ts';

/** Writes the pages that are generated from the code. A test fails if they are older than the code. */
const assembly = mkdtempSync(join(tmpdir(), 'airlock-docs-'));
try {
  await synthesize({ assembly });
  const template = JSON.parse(readFileSync(join(assembly, 'Airlock.template.json'), 'utf8')) as unknown;
  const root = join(import.meta.dirname, '..', '..');
  const docs = join(root, 'docs');
  writeFileSync(join(root, 'airlock.schema.json'), configSchema());
  // A configuration of your own stays as it is.
  const [cluster] = loadConfig(defaultConfig).clusters;
  if (cluster?.name === sampleSettings.clusters[0]?.name) writeFileSync(defaultConfig, commentedConfig(sampleSettings));
  writeFileSync(join(root, 'airlock-events.schema.json'), eventsSchema());
  writeFileSync(join(docs, 'operate', 'audit.md'), auditPage());
  writeFileSync(join(docs, 'understand', 'aws-errors.md'), awsErrorsPage());
  writeFileSync(join(docs, 'operate', 'commands.md'), commandsPage());
  writeFileSync(join(docs, 'operate', 'findings.md'), findingsPage());
  writeFileSync(join(docs, 'contribute', 'fault-catalogue.md'), faultsPage());
  writeFileSync(join(docs, 'operate', 'metrics.md'), metricsPage());
  writeFileSync(join(docs, 'operate', 'operator-rights.md'), operatorRightsPage());
  writeFileSync(join(docs, 'operate', 'outcomes.md'), outcomesPage());
  writeFileSync(join(docs, 'understand', 'doors.md'), doorsPage(template));
  writeFileSync(join(docs, 'understand', 'rights.md'), rightsPage(template));
} finally {
  rmSync(assembly, { recursive: true });
}
