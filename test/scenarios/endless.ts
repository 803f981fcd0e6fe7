import type { Machine } from '../../local/machine/machine.ts';
import { ModelledMachine } from '../../local/machine/modelled.ts';

/** A machine that never comes to the end of a script by itself. */
export async function endless(): Promise<Machine> {
  const machine = new ModelledMachine();
  return {
    kind: machine.kind,
    description: machine.description,
    handlers: () => machine.handlers(),
    destroy: () => machine.destroy(),
    run: async (script) => ({ ...(await machine.run(script)), durationMs: 10 * 3_600_000 }),
  };
}
