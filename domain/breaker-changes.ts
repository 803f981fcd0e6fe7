import type { Breaker, Scope } from './breaker.ts';
import type { Change } from './ledger-change.ts';

const isClosed = '(attribute_not_exists(#state) OR #state = :closed)';
const startWindow = {
  by: ['remediation'],
  set: ['cluster', 'pool', 'version', 'expiresAt', 'windowStart', 'failed', 'passed'],
  remove: ['openedAt'],
  fixed: { closed: 'closed', passed: 0 },
} as const;

/** The changes of a breaker. */
export const breakerChanges = {
  startFirstWindow: { ...startWindow, condition: `attribute_not_exists(#windowStart) AND ${isClosed}` },
  startNextWindow: { ...startWindow, condition: `#windowStart = :wasStart AND ${isClosed}` },
  addFailure: {
    by: ['remediation'],
    condition: `#windowStart = :wasStart AND ${isClosed}`,
    set: ['cluster', 'pool', 'version', 'expiresAt'],
    add: ['failed'],
    fixed: { closed: 'closed' },
  },
  open: {
    by: ['remediation'],
    condition: `#windowStart = :windowStart AND ${isClosed}`,
    set: ['state', 'openedAt'],
    remove: ['publishedAt'],
    fixed: { state: 'open', closed: 'closed' },
  },
  recordOpeningPublished: {
    by: ['remediation'],
    condition: '#state = :open AND attribute_not_exists(#publishedAt)',
    set: ['publishedAt'],
    fixed: { open: 'open' },
  },
  takeProbe: {
    by: ['dispatch'],
    condition: '#state = :open AND (attribute_not_exists(#probe) OR #probeUntil < :now)',
    set: ['probe', 'probeUntil'],
    fixed: { open: 'open' },
  },
  dropProbe: {
    by: ['remediation', 'terminations'],
    condition: '#probe = :probe',
    remove: ['probe', 'probeUntil'],
  },
  countSuccess: {
    by: ['workflow'],
    set: ['state', 'cluster', 'pool', 'version', 'expiresAt'],
    remove: ['probe', 'probeUntil'],
    add: ['passed'],
    fixed: { state: 'closed', passed: 1 },
  },
  /** Operators make it, with their own roles. */
  close: {
    by: [],
    condition: '#state = :open',
    set: ['state'],
    remove: ['probe', 'probeUntil'],
    fixed: { state: 'closed', open: 'open' },
  },
} as const satisfies Readonly<Record<string, Change<keyof Breaker | keyof Scope | 'expiresAt'>>>;
