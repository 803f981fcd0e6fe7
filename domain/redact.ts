/** The text that replaces a secret. */
const mask = 'REDACTED';

/**
 * The forms of secrets, each with what is left of it. A masked text matches none of them again. Repetitions that may
 * begin anywhere are bounded, because a node chooses the text and time must grow with its length only.
 */
const secrets: readonly (readonly [form: RegExp, left: string])[] = [
  // A private key or a certificate in PEM, or its base64.
  [/-----BEGIN [A-Z ]+-----(?:.*?-----END [A-Z ]+-----|.*$)/gs, mask],
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=]*/g, mask],
  // The user and the password of a URL.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)(?!REDACTED@)[^\s/@"']+@/gi, `$1${mask}@`],
  // What signs a presigned URL.
  [/(\bX-(?:Amz|Goog)-[A-Za-z-]{0,40}(?:Signature|Token|Credential)=)(?!REDACTED)[^&\s"']+/gi, `$1${mask}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, mask],
  // Tokens: EKS, JSON Web Tokens, and anything as long as the task token of a workflow.
  [/\bk8s-aws-v1\.[\w-]+/g, mask],
  [/\beyJ[\w-]{4,300}\.[\w-]+(?:\.[\w-]*)?/g, mask],
  [/(?<![\w+/=-])(?=[\w+/=-]*[0-9])(?=[\w+/=-]*[A-Z])(?=[\w+/=-]*[a-z])[\w+/=-]{200,}/g, mask],
  [/\b(Bearer|Basic)\s{1,5}(?!REDACTED)[\w+/=.~-]{4,}/gi, `$1 ${mask}`],
  // A value that its name calls a secret.
  [
    /((?:password|passwd|secret|token|api[-_]?key|credential)[\w-]{0,40}\\?["']?\s{0,5}[:=]\s{0,5}\\?["']?)(?!REDACTED|\.\.\.)[^\s"'\\,;&}]+/gi,
    `$1${mask}`,
  ],
];

/**
 * Masks what has the form of a secret: keys, tokens, passwords in URLs and named values. A secret without such a form
 * looks like any other text.
 */
export function redact(text: string): string {
  return secrets.reduce((rest, [form, left]) => rest.replaceAll(form, left), text);
}
