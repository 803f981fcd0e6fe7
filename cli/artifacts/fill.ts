import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { describeFile, listMirroredFiles, type MirroredFile } from '../../domain/mirrored-files.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { print, styled } from '../output/text.ts';
import { deployedResources, resourceLike } from '../verify-aws/stack.ts';
import { mirrorBucket } from './artifacts.ts';
import { verifyFile } from './examine.ts';
import { type ArtifactOptions, FilledSchema } from './schema.ts';
import { bucketSource } from './store.ts';

/**
 * `airlock artifacts fill`: has the mirror's function fetch each file that is missing or has another content. It does what a deployment does, whose
 * function is not asked about a file that it once stored.
 */
export async function fillMirror({ config: path, json }: ArtifactOptions): Promise<ExitCode> {
  const { config, catalogue, versions } = loadSettings({ config: path });
  if (config.artifacts !== 'mirror')
    throw new UsageError(`artifacts: is ${JSON.stringify(config.artifacts)}; accepted: "mirror", which has a bucket`);
  const resources = await deployedResources();
  const bucket = mirrorBucket(resources);
  const source = bucketSource(new S3Client(), bucket);
  const name = resourceLike(resources, 'AWS::Lambda::Function', 'MirrorFill').physicalId;
  const files = [];
  let isBlind = false;
  for (const file of listMirroredFiles(catalogue, versions)) {
    const { state, reason: seen } = await verifyFile(file, source);
    if (state === 'verified') continue;
    isBlind ||= state === 'unknown';
    const reason = state === 'unknown' ? seen : await fetchAgain(name, file);
    files.push({
      runtime: file.runtime,
      version: file.version,
      arch: file.architecture,
      filled: reason === '',
      reason,
    });
  }
  if (json) printJson(FilledSchema, { version: 1, bucket, files });
  else {
    if (files.length === 0) print('every file is in the mirror');
    for (const { runtime, version, arch, filled, reason } of files)
      print(
        `${filled ? styled('green', '✔') : styled('red', '✘')} ${runtime} ${version} for ${arch}  ${reason}`.trimEnd(),
      );
  }
  if (isBlind) return exitCodes.couldNotLook;
  return files.every(({ filled }) => filled) ? exitCodes.fine : exitCodes.findings;
}

/** @returns why the function did not store the file; empty if it did */
async function fetchAgain(name: string, file: MirroredFile): Promise<string> {
  const { url, sha256, size } = file;
  const properties = { Name: describeFile(file), Url: url, Sha256: sha256 };
  const request = {
    RequestType: 'Update',
    ResourceProperties: size === undefined ? properties : { ...properties, Size: String(size) },
  };
  const { FunctionError, Payload = new Uint8Array() } = await lambda().send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(request)) }),
  );
  if (FunctionError === undefined) return '';
  const { errorMessage = FunctionError } = JSON.parse(Buffer.from(Payload).toString()) as { errorMessage?: string };
  return errorMessage;
}

/** A download takes minutes, and a second call would begin it again. */
function lambda(): LambdaClient {
  return new LambdaClient({ maxAttempts: 1, requestHandler: { requestTimeout: 16 * 60_000 } });
}
