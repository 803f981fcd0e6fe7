/** A template that the local cloud cannot run: it is malformed, or uses something unsupported. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
