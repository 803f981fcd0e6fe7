import type { Copy } from './assembly.ts';
import type { Mutation } from './mutations.ts';
import type { ScenarioName } from './scenarios.ts';

const document = 'AWS::SSM::Document';

const install = (copy: Copy) => copy.resource(document, 'Documentsgvisorinstall');
const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in a document. */
export const documentMutations: readonly Mutation[] = [
  {
    name: 'allowedPattern unanchored',
    apply: (copy) => {
      install(copy).Properties['Content'].parameters.Release.allowedPattern = '[0-9]+(\\.[0-9]+)*';
    },
    turnsRed: 'a parameter with a shell in it reaches no node',
  },
  {
    name: 'allowedValues dropped',
    apply: (copy) => {
      delete install(copy).Properties['Content'].parameters.Release.allowedValues;
    },
    turnsRed: 'a parameter with a shell in it reaches no node',
  },
  {
    name: 'parameter not handed over by the environment',
    apply: (copy) => {
      delete install(copy).Properties['Content'].parameters.Release.interpolationType;
    },
    turnsRed: released,
  },
  {
    name: 'script ignores its proof',
    apply: (copy) => {
      const { inputs } = install(copy).Properties['Content'].mainSteps[0];
      const [text] = inputs.runCommand;
      if (!/^ *prove_on_host after$/m.test(text)) throw new Error('the script does not prove on the host');
      inputs.runCommand = [text.replace(/^ *prove_on_host after$/m, 'evidence=trusted')];
    },
    turnsRed: 'a container that is on the host is found out by the script',
  },
];
