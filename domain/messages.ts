import * as v from 'valibot';
import { NodeSchema, RequestSchema } from './node.ts';
import { FailureSchema, InstallationSchema } from './receipt.ts';

/** The input of an execution: one admitted node, and what it shall have or why it cannot have it. */
export const AdmissionSchema = v.object({
  node: NodeSchema,
  request: v.optional(RequestSchema),
  /** Present where the node is ours but what it asks for is not to be had. */
  refused: v.optional(FailureSchema),
});

/** The input of an execution. */
export type Admission = v.InferOutput<typeof AdmissionSchema>;

/** One message in the commands queue: a node that waits for its installation, and the token of the state that waits for it. */
export const CommandMessageSchema = v.object({ token: v.string(), node: NodeSchema, request: RequestSchema });

/** One message in the commands queue. */
export type CommandMessage = v.InferOutput<typeof CommandMessageSchema>;

/** What the state machine asks of a `cluster` function. */
export const ClusterCallSchema = v.variant('action', [
  v.object({ action: v.literal('release'), node: NodeSchema, installation: InstallationSchema }),
  v.object({ action: v.literal('quarantine'), node: NodeSchema, failure: FailureSchema }),
]);

/** What the state machine asks of a `cluster` function. */
export type ClusterCall = v.InferOutput<typeof ClusterCallSchema>;

/** The name of the error by which a `cluster` function says that a release has to wait; the state machine asks again. */
export const notYet = 'NotYet';
