/** A test that plays an attack: its file, and the title as it stands there. */
export interface Played {
  readonly file: string;
  readonly title: string;
}

/** What a call comes to that no policy stops. */
export interface Check {
  /** What the code does about it, or what remains. */
  readonly says: string;
  readonly played: readonly Played[];
}

const forged = (title: string): Played => ({ file: 'test/attacks/forged.test.ts', title });
const callers = (title: string): Played => ({ file: 'test/attacks/callers.test.ts', title });
const ledger = (title: string): Played => ({ file: 'test/attacks/ledger.test.ts', title });
const documents = (title: string): Played => ({ file: 'test/attacks/documents.test.ts', title });
const bus = (title: string): Played => ({ file: 'test/attacks/bus.test.ts', title });
const deployment = (title: string): Played => ({ file: 'test/scenarios/deployment.test.ts', title });

const asked: Check = {
  says: 'asks our function what the event asks, and takes the answer to the address in the event: the function decides',
  played: [deployment('gets a cluster its own objects, and nothing from the event, even while the right is granted')],
};

const written: Check = {
  says: 'takes the line; Airlock reads nothing from its logs. A metric that the line makes is counted, so an alarm can ring for nothing',
  played: [callers("a principal that writes to a function's log group changes only that log")],
};

/** What calls come to that reach a function, by the end of its construct's path. */
const functions: Readonly<Record<string, Check>> = {
  Admission: {
    says: 'asks EC2 about each instance that the event names, and admits those with our tag, once',
    played: [callers('admits only what EC2 shows with our tag, and only once')],
  },
  Dispatch: {
    says: 'drops each message that does not bear the text which the run drew and the row keeps',
    played: [forged("cannot take a node's command with a forged message")],
  },
  Results: {
    says: 'asks SSM for the command, and answers for those alone that the ledger knows',
    played: [forged('answers nothing with a forged result: SSM is asked, and only what SSM does not know is deferred')],
  },
  Remediation: {
    says: 'does what the row says: it counts a failure that the state machine noted, and ends what was judged',
    played: [forged('cannot cancel a command, count a failure, terminate an instance or put one into service')],
  },
  Cancellation: {
    says: 'does nothing unless the row says that the run failed, or its time is up',
    played: [forged('cannot cancel a command, count a failure, terminate an instance or put one into service')],
  },
  Terminations: {
    says: 'asks EC2, and ends only what EC2 shows as going away',
    played: [forged("cannot end a node's launch with a termination that EC2 does not show")],
  },
  Cluster: {
    says: 'does what the row says: it releases what was proven in the current attempt, and quarantines what failed',
    played: [
      forged('cannot get a node released before it is proven, or quarantined before it fails'),
      forged('can repeat what the state machine did: a released node stays released, and a failed one ends once'),
    ],
  },
  Reconcile: {
    says: 'looks through the fleet, as it does every two minutes; it takes nothing from the event',
    played: [callers('makes reconcile do its regular work, whatever the event contains')],
  },
  Grant: {
    says: 'asks CloudFormation whether it is at that request, and refuses if it is not',
    played: [deployment('%s by %s with a forged %s')],
  },
  Prepare: {
    says: 'has no right in the cluster unless CloudFormation asks, and applies what it renders itself',
    played: [
      deployment('%s by %s with a forged %s'),
      deployment('gets a cluster its own objects, and nothing from the event, even while the right is granted'),
    ],
  },
  Find: {
    says: 'describes a cluster of `airlock.yaml`; its role may describe no other',
    played: [
      callers('gets from EKS what every reader gets for a cluster in airlock.yaml, and nothing for any other cluster'),
    ],
  },
  Providerframeworkon: asked,
};

/** What calls come to that reach any other door, by type and action. */
const others: Readonly<Record<string, Check>> = {
  'states:StartExecution': {
    says: 'the first state asks the row for the name of this execution, and ends as `NotAdmitted`; names are drawn at random',
    played: [
      forged('touches no node through its input: each execution fails and reports why'),
      forged('takes none of them: the name is drawn at admission, and the node is released'),
    ],
  },
  'states:StopExecution': {
    says: 'the run stops and the gate stays; reconcile gives the node its end. The right is enough to keep nodes from being released',
    played: [callers('a principal that stops an execution leaves the gate closed, and the node still reaches its end')],
  },
  'states:SendTaskSuccess': {
    says: 'answers a state if it knows the token; the row has no proof, so the cluster function refuses the release',
    played: [
      callers('a principal that answers a token with its own proof gets no node released: the ledger has no proof'),
    ],
  },
  'dynamodb:GetItem': {
    says: 'reads the row; nothing in it is a right',
    played: [
      ledger('can read the ledger: a record holds nothing that grants a right'),
      callers('a principal that answers a token with its own proof gets no node released: the ledger has no proof'),
    ],
  },
  'ssm:SendCommand': {
    says: 'runs the document as root on the nodes that the right covers: it installs, proves or uninstalls what the catalogue pins. No state takes its result for ours',
    played: [
      callers("a principal that sends Airlock's document to a node changes nothing: only the claimed command counts"),
    ],
  },
  'ssm:UpdateDocument': {
    says: 'makes another version; Airlock sends the version and the hash that were deployed',
    played: [
      documents('that was updated to another default version does not run: nodes get the deployed version'),
      documents('that was deleted and recreated with a different text runs nowhere, and the node keeps its gate'),
    ],
  },
  'logs:PutLogEvents': written,
};

/** Tests that play what a door's own policy denies, by action. */
export const denials: Readonly<Record<string, readonly Played[]>> = {
  'sqs:SendMessage': [
    {
      file: 'test/attacks/queues.test.ts',
      title: 'rejects a principal that only has sqs:SendMessage, and a service without one of our rules',
    },
  ],
  'sqs:ReceiveMessage': [{ file: 'test/attacks/queues.test.ts', title: 'delivers its messages only to its function' }],
  'dynamodb:UpdateItem': [ledger('writes nothing to the ledger with %s')],
  'dynamodb:PutItem': [
    ledger('writes nothing to the ledger with %s'),
    ledger('cannot replace or delete a record, or write to one that is neither a run nor a breaker'),
  ],
  'events:PutEvents': [
    bus("is denied on Airlock's bus by the bus itself"),
    bus('is denied to a service that calls for itself, and to a role that Airlock did not give the right'),
  ],
};

/**
 * What a call comes to that reaches a door.
 *
 * @param id the door's logical id without its hashes
 * @throws Error if no check says it
 */
export function checkOf(id: string, action: string): Check {
  const found =
    action === 'lambda:InvokeFunction'
      ? Object.entries(functions).find(([end]) => id.replace(/(Function|Event)$/, '').endsWith(end))?.[1]
      : others[action];
  if (found === undefined) throw new Error(`cli/pages/doors/checks.ts does not say what ${action} on ${id} comes to`);
  return found;
}
