import * as v from 'valibot';

/** Schema versions that the agent accepts. */
const schemaVersions = ['1.0', '1.2', '2.0', '2.0.1', '2.0.2', '2.0.3', '2.2'] as const;

/** Schema versions whose steps this runner supports. */
const known = ['2.0', '2.0.1', '2.0.2', '2.0.3', '2.2'];

const ParameterSchema = v.looseObject({
  type: v.picklist(['String', 'StringList', 'Boolean', 'Integer', 'MapList', 'StringMap']),
  default: v.optional(v.unknown()),
  allowedPattern: v.optional(v.string()),
  interpolationType: v.optional(v.string()),
});

const StepSchema = v.looseObject({
  action: v.string(),
  name: v.string(),
  precondition: v.optional(v.record(v.string(), v.array(v.string()))),
  inputs: v.optional(v.record(v.string(), v.unknown()), {}),
});

/** One step of a document. */
export type Step = v.InferOutput<typeof StepSchema>;

const DocumentSchema = v.looseObject({
  schemaVersion: v.picklist(schemaVersions),
  parameters: v.optional(v.record(v.string(), ParameterSchema), {}),
  mainSteps: v.optional(v.array(StepSchema), []),
});

/** A Command document. */
export type Document = v.InferOutput<typeof DocumentSchema>;

/** A document that the agent refuses to run. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

/** @throws DocumentError if the agent, or this runner, does not accept the document */
export function readDocument(document: unknown): Document {
  const parsed = v.safeParse(DocumentSchema, document);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new DocumentError(`document: ${v.getDotPath(issue) ?? 'top'}: ${issue.message}`);
  }
  if (!known.includes(parsed.output.schemaVersion)) {
    throw new DocumentError(
      `document: schemaVersion: ${parsed.output.schemaVersion} is not simulated; accepted: ${known.join(', ')}`,
    );
  }
  return parsed.output;
}
