/** A configuration that cannot be used. Its message names each field, the value seen and the accepted form. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
