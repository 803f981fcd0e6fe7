// Records the simulated machine for the modelled one: npm run record:machines
import { writeFileSync } from 'node:fs';
import { startMirror } from '../../machine/mirror.ts';
import { type Recordings, recordingsFile } from '../../machine/modelled.ts';
import { record, recorded, script } from './recording.ts';

const mirror = await startMirror();
const recordings: Recordings = { script: [...script], machine: '', answers: {} };
for (const name of recorded) {
  const { description, answers } = await record(name, mirror);
  recordings.machine = description;
  recordings.answers[name] = answers;
  process.stdout.write(`${name}: ${answers.map(({ exitCode }) => exitCode).join(' ')}\n`);
}
writeFileSync(recordingsFile, `${JSON.stringify(recordings, undefined, 2)}\n`);
await mirror.close();
