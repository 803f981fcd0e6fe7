import { type Machine, ModelledMachine } from '../../packages/lab/machines.ts';

/** The cause that keeps every machine of a run from being proven, until it is fixed. */
export class Cause {
  fixed = false;

  /** Creates a machine that fails its proof for as long as the cause exists. */
  readonly machine = async (): Promise<Machine> => {
    const [bad, good] = [new ModelledMachine(['not-sandboxed']), new ModelledMachine()];
    const now = () => (this.fixed ? good : bad);
    return {
      kind: 'modelled',
      description: bad.description,
      handlers: () => now().handlers(),
      // The cause disappears within one boot.
      run: async (script) => {
        const ended = await now().run(script);
        const [from, to] = await Promise.all([good.boot(), bad.boot()]);
        return { ...ended, stdout: ended.stdout.replaceAll(from.bootId, to.bootId) };
      },
      boot: () => bad.boot(),
      destroy: async () => {},
    };
  };
}
