import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { STSClient } from '@aws-sdk/client-sts';
import { inject } from 'vitest';
import type { Reach } from '../../cli/breaker.ts';
import { synthesize } from '../../cli/synthesize.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { serve } from '../../packages/local-aws/server.ts';

let operated: Promise<string> | undefined;

/** The assembly of the sample airlock.yaml with the role of the local cloud's operator among its operators. */
export function withOperator(): Promise<string> {
  operated ??= synthesizeOperated();
  return operated;
}

async function synthesizeOperated(): Promise<string> {
  const folder = mkdtempSync(join(inject('scratch'), 'operated-'));
  const sample = readFileSync(join(import.meta.dirname, '..', '..', 'airlock.yaml'), 'utf8');
  const config = join(folder, 'airlock.yaml');
  writeFileSync(config, sample.replace('operators: []', 'operators: [Operator]'));
  const assembly = join(folder, 'cdk.out');
  await synthesize({ assembly, config, catalogue: inject('catalogue') });
  return assembly;
}

/** Gives an operator access to a simulation's account over its endpoint, as the command line has it. */
export async function asOperator<T>(world: Simulation, act: (reach: Reach) => Promise<T>): Promise<T> {
  const served = await serve(world.cloud);
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } =
    served.environment as Record<string, string>;
  const config = {
    endpoint: AWS_ENDPOINT_URL ?? '',
    region: AWS_REGION ?? 'eu-central-1',
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
      ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
    },
  };
  try {
    return await act({
      dynamoDb: new DynamoDBClient(config),
      events: new EventBridgeClient(config),
      sts: new STSClient(config),
      bus: world.cloud.resource('Bus/Bus/Resource').ref,
      table: world.cloud.resource('Ledger/Table/Resource').ref,
    });
  } finally {
    await served.close();
  }
}
