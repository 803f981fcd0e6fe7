import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { listMirroredFiles, type MirroredFile } from '../../domain/mirrored-files.ts';
import { runtimeTraits } from '../../domain/runtimes.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { printAttested } from './print-attested.ts';
import { type ArtifactOptions, type AttestedFile, AttestedSchema } from './schema.ts';

/** A file of a release on GitHub. */
interface ReleaseAsset {
  readonly repository: string;
  readonly tag: string;
  readonly name: string;
}

/** Reads the address of a file. Returns undefined if it is none of a release on GitHub. */
export function releaseAssetOf(url: string): ReleaseAsset | undefined {
  const form = /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\/releases\/download\/([\w.-]+)\/([\w.-]+)$/;
  const [, repository, tag, name] = form.exec(url) ?? [];
  return repository === undefined || tag === undefined || name === undefined ? undefined : { repository, tag, name };
}

/** What `gh release verify --format json` prints of a statement whose signature holds. */
const VerifiedSchema = v.object({
  verificationResult: v.object({
    statement: v.object({
      subject: v.array(
        v.object({ name: v.optional(v.string()), digest: v.optional(v.record(v.string(), v.string()), {}) }),
      ),
      predicate: v.object({ repository: v.string(), tag: v.string() }),
    }),
  }),
});

/** Runs the GitHub CLI. @returns its standard output. @throws if it ends with another code than 0 */
export type GitHubCli = (words: readonly string[]) => Promise<string>;

const gitHubCli: GitHubCli = async (words) =>
  (await promisify(execFile)('gh', words, { maxBuffer: 16 * 2 ** 20, timeout: 120_000 })).stdout;

/** Compares one pin with what GitHub signed for its release. */
export async function attestationOf(file: MirroredFile, gh: GitHubCli): Promise<AttestedFile> {
  const { runtime, version, architecture: arch, url, sha256 } = file;
  const asset = releaseAssetOf(url);
  const seen = (state: AttestedFile['state'], reason: string) => ({
    runtime,
    version,
    arch,
    url,
    sha256,
    state,
    reason,
  });
  if (asset === undefined || asset.repository !== runtimeTraits[runtime].upstream.signedReleases) {
    return seen('unsigned', 'upstream signs no file there');
  }
  const { repository, tag, name } = asset;
  try {
    const output = await gh(['release', 'verify', tag, '--repo', repository, '--format', 'json']);
    const { statement } = v.parse(VerifiedSchema, JSON.parse(output)).verificationResult;
    if (statement.predicate.repository !== repository || statement.predicate.tag !== tag) {
      const other = `${statement.predicate.repository} ${statement.predicate.tag}`;
      return seen('wrong', `the attestation is of ${other}, not of ${repository} ${tag}`);
    }
    const signed = statement.subject.find((one) => one.name === name)?.digest['sha256'];
    if (signed === undefined) return seen('wrong', `the attestation of ${repository} ${tag} names no ${name}`);
    if (signed !== sha256) return seen('wrong', `GitHub signed sha256 ${signed}; the catalogue pins ${sha256}`);
    return seen('attested', '');
  } catch (error) {
    return seen('unknown', reasonOf(error));
  }
}

/** Why the GitHub CLI gave no statement, in one line. */
function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: unknown; message: string };
  if (code === 'ENOENT')
    return 'gh is not installed; accepted: the GitHub CLI with gh release verify (https://cli.github.com)';
  const said = typeof stderr === 'string' ? stderr.trim().split('\n').at(-1) : '';
  return `gh release verify: ${said || message}`;
}

/** `airlock artifacts attested`: compares the pins with what GitHub signed for upstream's releases. */
export async function compareAttested({ config, json }: ArtifactOptions, gh = gitHubCli): Promise<ExitCode> {
  const { catalogue, versions } = loadSettings({ config });
  const files: AttestedFile[] = [];
  for (const file of listMirroredFiles(catalogue, versions)) files.push(await attestationOf(file, gh));
  if (json) printJson(AttestedSchema, { version: 1, files });
  else printAttested(files);
  if (files.some(({ state }) => state === 'unknown')) return exitCodes.couldNotLook;
  return files.some(({ state }) => state === 'wrong') ? exitCodes.findings : exitCodes.fine;
}
