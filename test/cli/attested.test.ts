import { describe, expect, it } from 'vitest';
import { attestationOf, compareAttested, type GitHubCli, releaseAssetOf } from '../../cli/artifacts/attested.ts';
import type { MirroredFile } from '../../domain/mirrored-files.ts';

const repository = 'kata-containers/kata-containers';
const name = 'kata-static-4.2.0-amd64.tar.zst';
const sha256 = 'a'.repeat(64);
const file: MirroredFile = {
  ...{ runtime: 'kata', version: '4.2.0', architecture: 'x86_64', sha256 },
  url: `https://github.com/${repository}/releases/download/4.2.0/${name}`,
};

/** The GitHub CLI that verified a statement in the form of GitHub's release attestations. */
const verified =
  (subject: readonly object[], predicate: object = {}): GitHubCli =>
  async () =>
    JSON.stringify({
      attestation: { bundle: {} },
      verificationResult: {
        mediaType: 'application/vnd.dev.sigstore.verificationresult+json;version=0.1',
        signature: { certificate: { subjectAlternativeName: 'https://dotcom.releases.github.com' } },
        statement: {
          _type: 'https://in-toto.io/Statement/v1',
          subject: [{ uri: `pkg:github/${repository}@4.2.0`, digest: { sha1: 'c'.repeat(40) } }, ...subject],
          predicateType: 'https://in-toto.io/attestation/release/v0.2',
          predicate: { repository, tag: '4.2.0', releaseId: '1', ownerId: '2', ...predicate },
        },
      },
    });
const failing =
  (error: object): GitHubCli =>
  () =>
    Promise.reject(Object.assign(new Error('Command failed: gh release verify 4.2.0'), error));

describe('a pinned file and what GitHub signed for its release', () => {
  it.each<[string, GitHubCli, string, string]>([
    ['the pinned checksum', verified([{ name, digest: { sha256 } }]), 'attested', ''],
    [
      'another checksum',
      verified([{ name, digest: { sha256: 'b'.repeat(64) } }]),
      'wrong',
      `GitHub signed sha256 ${'b'.repeat(64)}; the catalogue pins ${sha256}`,
    ],
    [
      'the checksum for another file',
      verified([{ name: 'kata-tools-static-4.2.0-amd64.tar.zst', digest: { sha256 } }]),
      'wrong',
      `names no ${name}`,
    ],
    ['no file', verified([]), 'wrong', `names no ${name}`],
    [
      'the file of another release',
      verified([{ name, digest: { sha256 } }], { tag: '4.1.0' }),
      'wrong',
      `is of ${repository} 4.1.0, not of ${repository} 4.2.0`,
    ],
    [
      'the file of another repository',
      verified([{ name, digest: { sha256 } }], { repository: 'someone/kata-containers' }),
      'wrong',
      'is of someone/kata-containers 4.2.0',
    ],
    ['no gh', failing({ code: 'ENOENT' }), 'unknown', 'gh is not installed; accepted: the GitHub CLI'],
    [
      'no attestation',
      failing({ code: 1, stderr: 'no attestations for tag 4.2.0 (sha1:cccc)\n' }),
      'unknown',
      'gh release verify: no attestations for tag 4.2.0 (sha1:cccc)',
    ],
    ['something else', async () => '{}', 'unknown', 'gh release verify: '],
  ])('%s', async (_, gh, state, reason) => {
    const seen = await attestationOf(file, gh);
    expect(seen.state).toEqual(state);
    expect(seen.reason).toContain(reason);
    expect(seen.reason.split('\n')).toHaveLength(1);
  });

  it('asks for the release by its tag and repository', async () => {
    const asked: (readonly string[])[] = [];
    await attestationOf(file, (words) => {
      asked.push(words);
      return verified([])(words);
    });
    expect(asked).toEqual([['release', 'verify', '4.2.0', '--repo', repository, '--format', 'json']]);
  });

  it.each([
    'https://storage.googleapis.com/gvisor/releases/release/20260928.0/x86_64/gvisor.tar.zstd',
    'https://github.com/google/gvisor/releases/download/release-20260928.0/gvisor-aarch64.tar.zstd',
    'https://github.com/nestybox/sysbox/releases/download/v0.7.1/sysbox-ce_0.7.1.linux_amd64.deb',
  ])('is unsigned, and not asked for, at %s', async (url) => {
    const asked = await attestationOf({ ...file, url }, failing({}));
    expect(asked.state).toBe('unsigned');
  });

  it.each([
    `https://github.com.example.com/${repository}/releases/download/4.2.0/${name}`,
    `https://github.com/${repository}/releases/download/4.2.0/../${name}`,
    `https://github.com/${repository}/releases/latest`,
  ])('is none of a release at %s', (url) => {
    expect(releaseAssetOf(url)).toBeUndefined();
  });
});

it('what could not be looked at ends with 3, and never reads as fine', async () => {
  expect(await compareAttested({ json: true }, failing({ code: 'ENOENT' }))).toBe(3);
});
