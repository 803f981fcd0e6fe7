import { readFileSync } from 'node:fs';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { simulatedCatalogue, startMirror } from '../../packages/lab/releases.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';

// A separate program, so that a test can run it as another user: one installation, and its result with the user's
// number.
const text = readFileSync(new URL('../../ssm-documents/catalogue.yaml', import.meta.url), 'utf8');
const catalogue = simulatedCatalogue(parseCatalogue(text));
const mirror = await startMirror();
const machine = await SimulatedMachine.create({}, mirror);
const { stdout } = await machine.run({
  text: scriptOf(assembleDocument(catalogue, 'gvisor', 'install')),
  environment: { SSM_Version: '20260928.0' },
  timeoutSeconds: 60,
});
console.log(JSON.stringify({ ...JSON.parse(stdout), user: process.getuid?.() }));
await machine.destroy();
await mirror.close();
