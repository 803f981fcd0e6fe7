import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { fileFault, type MirroredFile, type StoredFile } from '../../domain/mirrored-files.ts';
import type { ListedArtifact } from './schema.ts';
import type { ArtifactSource } from './store.ts';

/** What a look at one file brought. */
type Seen = Pick<ListedArtifact, 'state' | 'reason' | 'mirroredAt'> & { readonly size?: number | undefined };

/** Looks at what is stated about a file. A source that states nothing is not asked. */
export async function stateOf(file: MirroredFile, source: ArtifactSource): Promise<ListedArtifact> {
  if (source.state === undefined) return listed(file, { state: 'pinned', reason: '', mirroredAt: '' });
  try {
    const stored = await source.state(file);
    const reason = fileFault(file, stored);
    return listed(file, {
      state: reason === undefined ? 'mirrored' : 'wrong',
      reason: reason ?? '',
      mirroredAt: stored?.storedAt ?? '',
      size: stored?.size,
    });
  } catch (error) {
    return listed(file, { state: 'unknown', reason: (error as Error).message, mirroredAt: '' });
  }
}

/** Reads a file, hashes it, and compares it with the catalogue. What is stated about it decides nothing. */
export async function verifyFile(file: MirroredFile, source: ArtifactSource): Promise<ListedArtifact> {
  try {
    const stored = await source.state?.(file);
    const body = await source.read(file);
    if (body === undefined) return listed(file, wrong('it is not there', stored));
    const { sha256, size } = await hashOf(body);
    if (sha256 !== file.sha256) {
      return listed(file, { ...wrong(`it has sha256 ${sha256}; the catalogue pins ${file.sha256}`, stored), size });
    }
    return listed(file, { state: 'verified', reason: '', mirroredAt: stored?.storedAt ?? '', size });
  } catch (error) {
    return listed(file, { state: 'unknown', reason: (error as Error).message, mirroredAt: '' });
  }
}

function wrong(reason: string, stored: StoredFile | undefined): Seen {
  return { state: 'wrong', reason, mirroredAt: stored?.storedAt ?? '' };
}

async function hashOf(body: Readable): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

function listed({ runtime, version, architecture, url, sha256, size }: MirroredFile, seen: Seen): ListedArtifact {
  const { state, reason, mirroredAt } = seen;
  const known = seen.size ?? size ?? null;
  return { runtime, version, arch: architecture, url, sha256, size: known, state, reason, mirroredAt };
}
