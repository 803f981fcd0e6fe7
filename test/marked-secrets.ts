/** Secrets in the forms that logs have them, each with a mark that must not be left. */
export const markedSecrets: Readonly<Record<string, string>> = {
  'a password in a URL': 'https://user:MARKED@mirror.example/kata.tar',
  'a password by its name': 'password=MARKED',
  'a secret in JSON': '{"client_secret": "MARKED"}',
  'a secret in quoted JSON': String.raw`{\"token\":\"MARKED\"}`,
  'a header': 'Authorization: Bearer MARKED.x',
  'an access key': 'AKIAMARKEDMARKEDMARK',
  'a presigned URL': 'https://b.example/x?X-Amz-Signature=MARKED&X-Amz-Security-Token=MARKED',
  'a JSON Web Token': 'eyJhbGciOiJSUzI1NiJ9.MARKED.MARKED',
  'a token for EKS': 'k8s-aws-v1.MARKED',
  'a private key': '-----BEGIN PRIVATE KEY-----\nMARKED\n-----END PRIVATE KEY-----',
  'a certificate in base64': 'LS0tLS1CRUdJTiBMARKED',
  'a task token': `AQCa1${'MARKED'.repeat(50)}`,
};
