import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** The files of a TLS server on loopback, and the authority that its clients trust. All PEM. */
export interface ServerCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** TLS is checked against the machine's own time, whatever the local cloud's clock shows, so the validity is wide. */
const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T00:00:00Z') };

const ofClusters = new Map<string, Promise<ServerCertificate>>();

/** The certificate for a cluster name. The simulations of one process share it, because creating keys takes time. */
export function clusterCertificate(clusterName: string): Promise<ServerCertificate> {
  const made = ofClusters.get(clusterName) ?? serverCertificate();
  ofClusters.set(clusterName, made);
  return made;
}

/** Creates a certificate authority that nothing else trusts, and its certificate for 127.0.0.1. */
export async function serverCertificate(): Promise<ServerCertificate> {
  const authorityKeys = await keys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=local kubernetes',
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const serverKeys = await keys();
  const server = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: 'CN=kube-apiserver',
    issuer: authority.subject,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const exported = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
  return {
    ca: authority.toString('pem'),
    certificate: server.toString('pem'),
    key: x509.PemConverter.encode(exported, x509.PemConverter.PrivateKeyTag),
  };
}

function keys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
type CryptoKeyPair = webcrypto.CryptoKeyPair;
