/**
 * The rules for tags: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions and, for the
 * condition keys, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
 */
import type { Tag } from '@aws-sdk/client-ec2';
import { AwsError, type IamContext } from '../../gateway/service.ts';

/** A resource's most tags, without those of AWS. */
const mostTags = 50;
const longestKey = 128;
const longestValue = 256;

/** The tags of a request by key; a tag without a value has the empty one. */
export function tagsOf(tags: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** What policies see of the tags in a request. A request without tags has no key at all. */
export function requestTagContext(tags: Readonly<Record<string, string>>): IamContext {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  const values = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value] as const);
  return { 'aws:TagKeys': keys, ...Object.fromEntries(values) };
}

/** Throws AwsError for tags that no resource may get. */
export function refuseTags(tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).length === 0)
    throw new AwsError('MissingParameter', 'The request must contain the parameter Tags');
  for (const [key, value] of Object.entries(tags)) {
    if (key.toLowerCase().startsWith('aws:')) {
      throw new AwsError(
        'InvalidParameterValue',
        `Tag keys starting with 'aws:' are reserved for internal use: ${key}`,
      );
    }
    if (key === '' || [...key].length > longestKey)
      throw new AwsError('InvalidParameterValue', `Tag key is too long or empty: '${key}'. Maximum is ${longestKey}.`);
    if ([...value].length > longestValue)
      throw new AwsError('InvalidParameterValue', `Tag value exceeds the maximum length of ${longestValue} characters`);
  }
}

/** Throws AwsError if a resource would have more tags than it may. */
export function refuseTooMany(tags: Readonly<Record<string, string>>): void {
  const own = Object.keys(tags).filter((key) => !key.toLowerCase().startsWith('aws:'));
  if (own.length > mostTags)
    throw new AwsError(
      'TagLimitExceeded',
      `You've reached the limit on the number of tags that you can assign: ${mostTags}`,
    );
}
