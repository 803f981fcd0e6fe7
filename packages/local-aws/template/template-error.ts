/** A template that the local cloud cannot run: it is malformed, or uses what is not known here. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
