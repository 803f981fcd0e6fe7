import * as v from 'valibot';
import { publicKeyOf } from '../adapters/receipt-key.ts';

/** The request of the CDK's provider framework. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: v.object({ Key: v.string() }),
});

/** The answer to it. */
interface Answer {
  readonly PhysicalResourceId: string;
  readonly Data?: { readonly KeyId: string; readonly Pem: string };
}

/** Reads the public key that receipts can be checked with, when the stack is deployed. */
export async function handler(event: unknown): Promise<Answer> {
  const { RequestType, ResourceProperties } = v.parse(RequestSchema, event);
  const { Key } = ResourceProperties;
  if (RequestType === 'Delete') return { PhysicalResourceId: Key };
  const { keyId, pem } = await publicKeyOf(Key);
  return { PhysicalResourceId: Key, Data: { KeyId: keyId, Pem: pem } };
}
