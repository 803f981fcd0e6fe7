import type { ScenarioName } from '../scenarios/registry.ts';
import type { Mutation } from './mutation.ts';
import { way } from './plant.ts';

const released: ScenarioName = 'two tagged launches are released';

/** Mistakes in the state machine. */
export const workflowMutations: readonly Mutation[] = [
  {
    name: 'a success does not close the breaker',
    apply: way('":state":{"S":"closed"}', '":state":{"S":"open"}'),
    turnsRed: 'while the breaker is open one node is tried at a time, and a success closes it',
  },
  {
    name: 'the time-out of an installation goes past its cancellation',
    apply: way(/"Next":"Cancel"(?=,"Comment":"Records in the ledger why)/, '"Next":"DecideDisposition"'),
    turnsRed: 'an installation that still runs at the deadline is cancelled and awaited',
  },
  {
    name: 'retrier on the wrong error name',
    apply: way('[\\"download-failed\\"]'.replaceAll('\\', ''), '["DownloadFailed"]'),
    turnsRed: 'a failed download is tried three times',
  },
  {
    name: 'catcher for everything dropped from Install',
    apply: way(
      /,\{"ErrorEquals":\["States.ALL"\],"Assign":\{"failure":"(?:[^"\\]|\\.)*","nonce":"[^"]*"\},"Next":"RecordCause"\}\](?=,"Next":"Release")/,
      ']',
    ),
    turnsRed: 'an installation that still runs at the deadline is cancelled and awaited',
  },
  {
    name: "token time-out shorter than the document's",
    apply: way(/"TimeoutSeconds":"[^"]*"/, '"TimeoutSeconds":60'),
    turnsRed: 'an agent that comes after ten minutes is not too late',
  },
  {
    name: 'wrong JSONata path: the answer of the cluster function',
    apply: way('"receipt":"{% $states.result %}"', '"receipt":"{% $states.result.Payload %}"'),
    turnsRed: released,
  },
  {
    name: 'wrong JSONata path: the node of the row',
    apply: way('$parse($states.result.Attributes.launch.S)', '$parse($states.result.Attributes.Launch.S)'),
    turnsRed: released,
  },
  {
    name: "a message without the run's nonce",
    apply: way('"nonce":"{% $nonce %}"', '"nonce":"none"'),
    turnsRed: released,
  },
  {
    name: 'a message without its token',
    apply: way(',"token":"{% $states.context.Task.Token %}"', ''),
    turnsRed: released,
  },
  {
    name: 'an execution that waits for no token',
    apply: way('sqs:sendMessage.waitForTaskToken', 'sqs:sendMessage'),
    turnsRed: released,
  },
];
