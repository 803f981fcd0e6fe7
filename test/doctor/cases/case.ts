import type { Diagnosis } from '../../../domain/findings.ts';

type Look = () => Diagnosis | Promise<Diagnosis>;

/** What shows that a finding is right: each look is at something real or a faithful copy of it. */
export interface FindingCase {
  /** The misconfigurations that have to bring the finding, and no other, by what is wrong. */
  readonly broken: Readonly<Record<string, Look>>;
  /** The right configurations that have to bring none. */
  readonly right: Readonly<Record<string, Look>>;
  /** Looks that fail. */
  readonly blind: Readonly<Record<string, Look>>;
}
