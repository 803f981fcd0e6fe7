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
  played: [deployment('gets a cluster what it has, and nothing of the event, even while the right is given')],
};

const written: Check = {
  says: 'takes the line; Airlock reads nothing from its logs. A metric that the line makes is counted, so an alarm can ring for nothing',
  played: [callers('a principal that writes into a log group of a function changes nothing but that log')],
};

/** What calls come to that reach a function, by the end of its construct's path. */
const functions: Readonly<Record<string, Check>> = {
  Admission: {
    says: 'asks EC2 about each instance that the event names, and admits those with our tag, once',
    played: [callers('has nothing admitted but what EC2 shows with our tag, and that once')],
  },
  Dispatch: {
    says: 'drops each message that does not bear the text which the run drew and the row keeps',
    played: [forged('cannot take the command of a node from it by his own message')],
  },
  Results: {
    says: 'asks SSM for the command, and answers for those alone that the ledger knows',
    played: [forged('answers nothing by his own result: SSM is asked, and what it does not know is put back alone')],
  },
  Remediation: {
    says: 'does what the row says: it counts a failure that the state machine noted, and ends what was judged',
    played: [forged('cannot have a command cancelled, a failure counted, an instance ended or let into service')],
  },
  Cancellation: {
    says: 'does nothing unless the row says that the run failed, or its time is up',
    played: [forged('cannot have a command cancelled, a failure counted, an instance ended or let into service')],
  },
  Terminations: {
    says: 'asks EC2, and ends only what EC2 shows as going away',
    played: [forged('cannot have the life of a node ended by a departure that EC2 does not show')],
  },
  Cluster: {
    says: 'does what the row says: it releases what was proven in the current attempt, and quarantines what failed',
    played: [
      forged('cannot have a node released before it is proven, nor quarantined before it has failed'),
      forged(
        'can repeat what the state machine did: a node that was released stays so, and one that failed is ended once',
      ),
    ],
  },
  Reconcile: {
    says: 'looks through the fleet, as it does every two minutes; it takes nothing from the event',
    played: [callers('has reconcile do what it does every two minutes, whatever the event says')],
  },
  Grant: {
    says: 'asks CloudFormation whether it is at that request, and refuses if it is not',
    played: [deployment('%s by %s with a forged %s')],
  },
  Prepare: {
    says: 'has no right in the cluster unless CloudFormation asks, and applies what it renders itself',
    played: [
      deployment('%s by %s with a forged %s'),
      deployment('gets a cluster what it has, and nothing of the event, even while the right is given'),
    ],
  },
  Find: {
    says: 'describes a cluster of `airlock.yaml`; its role may describe no other',
    played: [callers('gets from EKS what every reader gets of a cluster of airlock.yaml, and nothing of another one')],
  },
  Providerframeworkon: asked,
};

/** What calls come to that reach any other door, by type and action. */
const others: Readonly<Record<string, Check>> = {
  'states:StartExecution': {
    says: 'the first state asks the row for the name of this execution, and ends as `NotAdmitted`; names are drawn at random',
    played: [
      forged('has no node touched by his own input: each execution fails, and says why'),
      forged('takes none of them: the name is drawn at admission, and the node is released'),
    ],
  },
  'states:StopExecution': {
    says: 'the run stops and the gate stays; reconcile gives the node its end. The right is enough to keep nodes from being released',
    played: [callers('a principal that stops an execution leaves the gate shut, and the node gets its end')],
  },
  'states:SendTaskSuccess': {
    says: 'answers a state if it knows the token; the row has no proof, so the cluster function refuses the release',
    played: [
      callers('a principal that answers a token with its own proof has no node released: the ledger has no proof'),
    ],
  },
  'dynamodb:GetItem': {
    says: 'reads the row; nothing in it is a right',
    played: [
      ledger('reads there: a row holds nothing that is a right'),
      callers('a principal that answers a token with its own proof has no node released: the ledger has no proof'),
    ],
  },
  'ssm:SendCommand': {
    says: 'runs the document as root on the nodes that the right covers: it installs, proves or uninstalls what the catalogue pins. No state takes its result for ours',
    played: [
      callers(
        "a principal that sends Airlock's document to a node answers nothing by it: only the command of the claim counts",
      ),
    ],
  },
  'ssm:UpdateDocument': {
    says: 'makes another version; Airlock sends the version and the hash that were deployed',
    played: [
      documents('that was updated, with another default version, is not run: nodes get the version that was deployed'),
      documents('that was deleted and created again with another text runs nowhere, and the node keeps its gate'),
    ],
  },
  'logs:PutLogEvents': written,
};

/** Tests that play what a door's own policy denies, by action. */
export const denials: Readonly<Record<string, readonly Played[]>> = {
  'sqs:SendMessage': [
    {
      file: 'test/attacks/queues.test.ts',
      title: 'takes no message of a principal that has sqs:SendMessage alone, nor of a service without a rule of ours',
    },
  ],
  'sqs:ReceiveMessage': [{ file: 'test/attacks/queues.test.ts', title: 'gives its messages to its function alone' }],
  'dynamodb:UpdateItem': [ledger('writes nothing there by %s')],
  'dynamodb:PutItem': [
    ledger('writes nothing there by %s'),
    ledger('cannot replace or delete a row, or write into one that is neither a run nor a breaker'),
  ],
  'events:PutEvents': [
    bus("is denied on Airlock's bus by the bus itself"),
    bus('is denied to a service that calls for itself, and to a role that Airlock gave no such right'),
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
