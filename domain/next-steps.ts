/** What happens after an event, by the code that the event has in `next`. */
export const nextStepSentences = {
  install: 'The command is sent as soon as the SSM agent is online.',
  command: 'The command runs on the node, and SSM reports its end.',
  prove: 'The cluster runs a proof pod and lifts the gate.',
  retry: 'The step is tried again, up to the limit of its outcome.',
  decide: 'The failure is recorded, and it is decided what happens to the node.',
  schedule: 'Pods may be scheduled onto the node.',
  substitute: 'The autoscaler launches a substitute.',
  'breaker-closes': 'The node waits behind its gate until the breaker closes, and is then tried again.',
  operator: 'A person looks at it; Airlock does nothing more by itself.',
  terminate: 'Auto Scaling terminates the instance.',
  verify: 'The node is verified again.',
  'roll-on': 'The rollout takes the next nodes, after the soak time if a wave is done.',
  end: 'The end of the launch is recorded and published.',
  nothing: 'Nothing.',
} as const;

/** The code of what happens after an event. */
export type NextStep = keyof typeof nextStepSentences;

/** Every code. */
export const nextSteps = Object.keys(nextStepSentences) as [NextStep, ...NextStep[]];
