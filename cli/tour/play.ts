import { basename } from 'node:path';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import { correctPool, misspelled, tagIn } from './pool-file.ts';

/** What the tour is played on. */
export interface TourStage {
  /** The pool's declaration, with its mistake. */
  readonly file: string;
  /** Launches an instance with this value of the tag airlock:runtime, and waits until its launch has ended. */
  launch(runtime: string): Promise<{ readonly instanceId: string; readonly outcome: string }>;
  /** Terminates an instance, as an autoscaler does with a node that it no longer needs, and waits until it is gone. */
  terminate(instanceId: string): Promise<void>;
  /** Runs `airlock` with these words before the person's eyes. @returns its exit code */
  run(words: readonly string[]): Promise<number>;
  /** Waits until the person goes on; returns at once without a terminal. */
  goOn(what: string): Promise<void>;
}

/** The tour ended otherwise than it says. */
export class TourFailed extends Error {
  override readonly name = 'TourFailed';
}

/**
 * Breaks a node, and leads through finding out why and correcting it. After each step it checks what is then true: how
 * a launch ended, what a command answered, what the file has.
 *
 * @throws TourFailed if something else is true
 */
export async function playTour(stage: TourStage): Promise<void> {
  const { file } = stage;
  say(
    '1. A node breaks',
    `Your pool is declared in ${file}, and its tag has a mistake. An instance is launched from it.`,
  );
  const broken = await stage.launch(tagIn(file));
  check(broken.outcome === 'unknown-runtime', `${broken.instanceId} ended as ${broken.outcome || 'nothing'}`);

  say(
    '2. Is everything fine?',
    'An alarm rang. Look at the fleet: which node needs a person, and which code has its launch?',
  );
  await command(stage, ['status'], 1);

  say('3. Why?', `Read the story of ${broken.instanceId}: its phases, the cause, and what to do now.`);
  await command(stage, ['explain', broken.instanceId], 1);

  say('4. Where?', 'The cause is in the declaration of the pool. Look for the file, the field and the value in it.');
  await command(stage, ['doctor', '--pre', file, '--only', 'AL0007'], 1);

  say('5. Correct it', `Correct the tag in ${file}. If you leave it as it is, the tour corrects it.`);
  await stage.goOn(`(correct ${basename(file)})`);
  if (tagIn(file) === misspelled) {
    correctPool(file);
    print(wrap(`The tour corrected ${file}.`, outputWidth(), 2));
  }
  await command(stage, ['doctor', '--pre', file], 0);

  say(
    '6. Replace the node',
    'The broken node goes, and the autoscaler launches another from the corrected declaration.',
  );
  await stage.goOn('(replace the node)');
  await stage.terminate(broken.instanceId);
  const good = await stage.launch(tagIn(file));
  check(good.outcome === 'released', `${good.instanceId} ended as ${good.outcome || 'nothing'}`);

  say(
    '7. Is it over?',
    'The fleet is fine if the exit code is 0, and the story of the new node ends with its release.',
  );
  await command(stage, ['status'], 0);
  await command(stage, ['explain', good.instanceId], 0);
  say('That was the tour', 'docs/operate/outcomes.md lists every way in which a launch can end, with what you do.');
}

async function command(stage: TourStage, words: readonly string[], expected: number): Promise<void> {
  await stage.goOn(`$ npx airlock ${words.join(' ')}`);
  const code = await stage.run(words);
  check(code === expected, `airlock ${words.join(' ')} ended with ${code} instead of ${expected}`);
  const meaning = code === 0 ? 'all is well' : 'something is wrong, and the output names it';
  print(styled('dim', `exit code ${code}: ${meaning}`));
}

function say(title: string, text: string): void {
  print(`\n${styled('bold', title)}`);
  print(wrap(text, outputWidth(), 2));
}

function check(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new TourFailed(otherwise);
}
