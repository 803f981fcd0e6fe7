/** A test that plays an attack: its file and title. */
export interface Played {
  readonly file: string;
  readonly title: string;
}

/** What follows a call that no policy stops. */
export interface Check {
  /** What the code does about the call, or what remains. */
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
  says: "invokes Airlock's function with the event, and sends the answer to the address in the event; the function decides",
  played: [deployment('gets a cluster its own objects, and nothing from the event, even while the right is granted')],
};

const written: Check = {
  says: 'stores the line; Airlock reads nothing from its logs. A metric in the line is counted, so it can raise a false alarm',
  played: [callers("a principal that writes to a function's log group changes only that log")],
};

/** What follows calls that reach a function, by the end of its construct path. */
const functions: Readonly<Record<string, Check>> = {
  Admission: {
    says: 'asks EC2 about each instance that the event names, and admits those with the Airlock tag, once',
    played: [callers('admits only what EC2 shows with our tag, and only once')],
  },
  Dispatch: {
    says: 'drops each message without the nonce in the run record',
    played: [forged("cannot take a node's command with a forged message")],
  },
  Results: {
    says: 'asks SSM about the command, and answers only for commands in the ledger',
    played: [forged('answers nothing with a forged result: SSM is asked, and only what SSM does not know is deferred')],
  },
  Remediation: {
    says: 'acts on the run record: it counts a failure that the state machine recorded, and terminates the instance only after the decision',
    played: [forged('cannot cancel a command, count a failure, terminate an instance or put one into service')],
  },
  Cancellation: {
    says: 'does nothing unless the record shows that the run failed or its time is up',
    played: [forged('cannot cancel a command, count a failure, terminate an instance or put one into service')],
  },
  Terminations: {
    says: 'asks EC2, and ends only the runs of instances that EC2 shows as going away',
    played: [forged("cannot end a node's launch with a termination that EC2 does not show")],
  },
  Cluster: {
    says: 'acts on the run record: it releases a node that was proven in the current attempt, and quarantines one that failed',
    played: [
      forged('cannot get a node released before it is proven, or quarantined before it fails'),
      forged('can repeat what the state machine did: a released node stays released, and a failed one ends once'),
    ],
  },
  Reconcile: {
    says: 'scans the fleet, as it does every two minutes; it reads nothing from the event',
    played: [callers('makes reconcile do its regular work, whatever the event contains')],
  },
  Grant: {
    says: 'asks CloudFormation whether that request is in progress, and refuses if it is not',
    played: [deployment('%s by %s with a forged %s')],
  },
  Prepare: {
    says: 'has no right in the cluster unless CloudFormation requests it, and applies only what it renders itself',
    played: [
      deployment('%s by %s with a forged %s'),
      deployment('gets a cluster its own objects, and nothing from the event, even while the right is granted'),
    ],
  },
  Find: {
    says: 'describes a cluster in `airlock.yaml`; its role may describe no other',
    played: [
      callers('gets from EKS what every reader gets for a cluster in airlock.yaml, and nothing for any other cluster'),
    ],
  },
  Providerframeworkon: asked,
};

/** What follows calls that reach any other door, by type and action. */
const others: Readonly<Record<string, Check>> = {
  'states:StartExecution': {
    says: 'the first state looks for the name of this execution in the record, and ends as `NotAdmitted`; names are random',
    played: [
      forged('touches no node through its input: each execution fails and reports why'),
      forged('takes none of them: the name is drawn at admission, and the node is released'),
    ],
  },
  'states:StopExecution': {
    says: 'the run stops and the gate stays; reconcile ends the run. The right is enough to keep nodes from being released',
    played: [callers('a principal that stops an execution leaves the gate closed, and the node still reaches its end')],
  },
  'states:SendTaskSuccess': {
    says: 'answers a state if the caller has the token; the record has no proof, so the cluster function refuses the release',
    played: [
      callers('a principal that answers a token with its own proof gets no node released: the ledger has no proof'),
    ],
  },
  'dynamodb:GetItem': {
    says: 'reads the record, which contains no credentials',
    played: [
      ledger('can read the ledger: a record holds nothing that grants a right'),
      callers('a principal that answers a token with its own proof gets no node released: the ledger has no proof'),
    ],
  },
  'ssm:SendCommand': {
    says: 'runs the document as root on the nodes that the right covers: it installs, proves or uninstalls what the catalogue pins. No state accepts its result',
    played: [
      callers("a principal that sends Airlock's document to a node changes nothing: only the claimed command counts"),
    ],
  },
  'ssm:UpdateDocument': {
    says: 'creates another version; Airlock sends the deployed version with its hash',
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
 * What follows a call that reaches a door.
 *
 * @param id the door's logical id without its hashes
 * @throws Error if no check covers it
 */
export function checkOf(id: string, action: string): Check {
  const found =
    action === 'lambda:InvokeFunction'
      ? Object.entries(functions).find(([end]) => id.replace(/(Function|Event)$/, '').endsWith(end))?.[1]
      : others[action];
  if (found === undefined) throw new Error(`cli/pages/doors/checks.ts has no entry for ${action} on ${id}`);
  return found;
}
