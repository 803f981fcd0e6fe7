/** A configuration that Airlock rejects. The message names each field, the value seen and the accepted form. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
