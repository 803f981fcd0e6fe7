import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeCgroups } from './cgroups.ts';
import { realDirectory } from './roots.ts';

const nodes = () => join(realDirectory(), 'running');

/** Creates a node's directory and records its owner process. */
export function claimDirectory(id: string): string {
  const directory = join(nodes(), id);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'owner'), `${process.pid} ${startOf(process.pid)}`);
  return directory;
}

/** Deletes what nodes left behind whose creator died. Their processes and mounts died with it. */
export async function sweepStale(): Promise<void> {
  if (!existsSync(nodes())) return;
  for (const id of readdirSync(nodes())) {
    const directory = join(nodes(), id);
    const [pid = '', start] = ownerOf(directory).split(' ');
    if (start === undefined || startOf(Number(pid)) === start) continue;
    await new NodeCgroups(id).remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

function ownerOf(directory: string): string {
  try {
    return readFileSync(join(directory, 'owner'), 'utf8');
  } catch {
    // Another process created it a moment ago, or has deleted it.
    return '';
  }
}

/** When a process started, in ticks since the boot: a pid by itself may have been reused. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return 'gone';
  }
}
