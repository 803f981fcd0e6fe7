import { findModels, ModelWatch } from '../../../packages/local-aws/models.ts';
import type { Invariant } from './invariant.ts';

const folder = findModels(process.env);
/** One run at a time plays in this process. */
const watch = folder === undefined ? undefined : new ModelWatch(folder);

/** Every request and every answer is as AWS's own models have it, if this machine has them. */
export const asModelled: Invariant = {
  name: "a call that AWS's models do not have",
  violations: () => watch?.take() ?? [],
};
