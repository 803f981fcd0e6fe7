import type { SchemaViolation } from '../check.ts';
import type { Model, Sdk } from '../sdk.ts';
import type { AwsError } from '../service.ts';
import type { WireRequest, WireResponse } from '../wire.ts';

/** A decoded request. */
interface Decoded {
  /** For instance `SendCommand`. */
  readonly operation: string;
  /** In the format of the SDK's commands. */
  readonly input: unknown;
  /** The first mismatch with the schema, found before the SDK's readers drop it. */
  readonly violation: SchemaViolation | undefined;
}

/** Reads requests and writes answers in one wire protocol. */
export interface Codec {
  /** @returns `undefined` if the request names no operation of the service */
  decode(sdk: Sdk, request: WireRequest): Decoded | undefined;
  encode(sdk: Sdk, model: Model, output: unknown, requestId: string): WireResponse;
  encodeError(sdk: Sdk, request: WireRequest, error: AwsError, requestId: string): WireResponse;
}
