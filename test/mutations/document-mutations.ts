import { createHash } from 'node:crypto';
import type { ScenarioName } from '../scenarios/registry.ts';
import type { Copy } from './assembly.ts';
import type { Mutation } from './mutation.ts';

const document = 'AWS::SSM::Document';

/** Changes the text of the document that installs gVisor, and its hash in `dispatch`. */
function changeInstall(copy: Copy, change: (content: ReturnType<typeof JSON.parse>) => void): void {
  const { Properties } = copy.resource(document, 'Documentsgvisorinstall');
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const before: string = Properties['Content'];
  const content = JSON.parse(before);
  change(content);
  Properties['Content'] = JSON.stringify(content);
  copy.rewrite(
    copy.resource('AWS::Lambda::Function', 'DispatchFunction'),
    'Environment',
    hash(before),
    hash(Properties['Content']),
  );
}

const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in a document. */
export const documentMutations: readonly Mutation[] = [
  {
    name: 'allowedPattern unanchored',
    apply: (copy) => {
      changeInstall(copy, ({ parameters }) => {
        parameters.Version.allowedPattern = '[0-9]+(\\.[0-9]+)*';
      });
    },
    turnsRed: 'a parameter with a shell in it reaches no node',
  },
  {
    name: 'allowedValues dropped',
    apply: (copy) => {
      changeInstall(copy, ({ parameters }) => {
        delete parameters.Version.allowedValues;
      });
    },
    turnsRed: 'a parameter with a shell in it reaches no node',
  },
  {
    name: 'parameter not passed by the environment',
    apply: (copy) => {
      changeInstall(copy, ({ parameters }) => {
        delete parameters.Version.interpolationType;
      });
    },
    turnsRed: released,
  },
  {
    name: 'script ignores its proof',
    apply: (copy) => {
      changeInstall(copy, ({ mainSteps: [{ inputs }] }) => {
        const [text] = inputs.runCommand;
        if (!/^ *prove_on_host after$/m.test(text)) throw new Error('the script does not prove on the host');
        inputs.runCommand = [text.replace(/^ *prove_on_host after$/m, 'evidence=trusted')];
      });
    },
    turnsRed: 'a container that is on the host is found out by the script',
  },
];
