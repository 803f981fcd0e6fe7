import type { RolloutDraw } from './draw-rollout.ts';

/** A node that a rollout took out of service while it took pods. */
export interface Take {
  readonly instanceId: string;
  readonly at: number;
  /** The version that it gets, or gives way to. */
  readonly to: string;
  /** The instances of the pool that took no pods then, this one included. */
  readonly out: readonly string[];
  /** How many of them there may be. */
  readonly most: number;
}

/** An act that an operator did: one that was refused is none. */
export interface DoneAct {
  readonly at: number;
  readonly act: string;
  readonly to?: string | undefined;
}

/** A deployment that is complete. */
export interface DeployedVersion {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly version: string;
}

/** What is seen of a run's rollout. */
export interface WatchedRollout {
  readonly draw: RolloutDraw;
  /** When the first deployment began, in milliseconds since the epoch. */
  readonly began: number;
  readonly takes: readonly Take[];
  readonly acts: DoneAct[];
  readonly deployed: DeployedVersion[];
}
