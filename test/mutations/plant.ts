import type { Copy } from './assembly.ts';

/** Plants a mistake in a source of one function, named by its folder under lambdas/. */
export const source = (folder: string, file: string, within: string, find: string, to: string) => (copy: Copy) =>
  copy.rebundle(folder, { file, within, find, to });

/** Plants a mistake in the definition of the state machine. */
export const way = (from: string | RegExp, to: string) => (copy: Copy) =>
  copy.rewrite(copy.resource('AWS::StepFunctions::StateMachine', 'Workflow'), 'DefinitionString', from, to);
