import type { Machine } from '../../local/machine/machine.ts';
import { ModelledMachine } from '../../local/machine/modelled.ts';

/** What keeps every machine of a run from being proven, until it is mended. */
export class Cause {
  mended = false;

  /** Makes a machine that fails its proof for as long as the cause is there. */
  readonly machine = async (): Promise<Machine> => {
    const [bad, good] = [new ModelledMachine(['not-sandboxed']), new ModelledMachine()];
    const now = () => (this.mended ? good : bad);
    return {
      kind: 'modelled',
      description: bad.description,
      handlers: () => now().handlers(),
      run: (script) => now().run(script),
      destroy: async () => {},
    };
  };
}
