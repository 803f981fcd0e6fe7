import type { Sdk } from '../sdk.ts';
import type { WireRequest } from '../wire.ts';
import { awsJson } from './aws-json.ts';
import type { Codec } from './codec.ts';
import { query } from './query.ts';
import { restJson } from './rest-json.ts';
import { restXml } from './rest-xml.ts';
import { sqsQuery } from './sqs-query.ts';

/** The codec of a service's protocol. SQS has two; a form is the older one. */
export function codecOf({ service, protocol }: Sdk, { headers }: WireRequest): Codec {
  if (service === 'sqs' && headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return sqsQuery;
  switch (protocol) {
    case 'awsJson1_0':
    case 'awsJson1_1':
      return awsJson;
    case 'restJson1':
      return restJson;
    case 'restXml':
      return restXml;
    case 'ec2Query':
    case 'awsQuery':
      return query;
  }
}
