import * as v from 'valibot';

const addresses = (what: string, form: RegExp, example: string) =>
  v.optional(
    v.pipe(
      v.array(
        v.pipe(v.string(`${what}, for instance ${example}`), v.regex(form, `${what}, for instance ${example}`)),
        `a list of ${what}es`,
      ),
      v.maxLength(10, `at most 10 ${what}es`),
    ),
    [],
  );

const arn = (form: RegExp, what: string) => v.optional(v.pipe(v.string(what), v.regex(form, what)));

/** Who gets messages about failures and alarms. */
export const NotificationsSchema = v.pipe(
  v.strictObject(
    {
      /** An SNS topic of yours; without it the stack makes one. */
      topicArn: arn(
        /^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$/,
        'the ARN of an SNS topic, arn:aws:sns:<region>:<account>:<name>',
      ),
      email: addresses('mail address', /^[^\s@]{1,64}@[^\s@]{1,190}$/, 'oncall@example.com'),
      https: addresses('HTTPS address', /^https:\/\/[!-~]{1,500}$/, 'https://example.com/hook'),
      /**
       * `text` for mail and telephones; `chat` for Amazon Q Developer in chat applications, which posts to Slack and
       * Teams.
       */
      format: v.optional(v.picklist(['text', 'chat'], 'text or chat'), 'text'),
      /** A KMS key that encrypts the stack's topic. */
      kmsKeyArn: arn(/^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+$/, 'the ARN of a KMS key'),
      /** The address of this project's files: messages and alarms link to the runbooks under it. */
      docsUrl: v.optional(
        v.pipe(
          v.string('an address that begins with https:// and ends with a slash'),
          v.regex(/^https:\/\/[!-~]{1,200}\/$/, 'an address that begins with https:// and ends with a slash'),
        ),
      ),
    },
    'topicArn, email, https, format, kmsKeyArn and docsUrl are the fields of notifications',
  ),
  v.check(
    ({ topicArn, email, https, kmsKeyArn }) =>
      topicArn === undefined || (email.length === 0 && https.length === 0 && kmsKeyArn === undefined),
    'email, https and kmsKeyArn only without topicArn: a topic of yours has its own subscriptions and key',
  ),
);

/** The notifications of `airlock.yaml`, with defaults filled in. */
export type NotificationSettings = v.InferOutput<typeof NotificationsSchema>;
