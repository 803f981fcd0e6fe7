import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { assets } from './cluster.ts';

/** Prints which API server the tests run against, and refuses a folder that does not hold one. */
export default function setup(): void {
  process.stdout.write(`Kubernetes API: ${laneOf(assets)}\n`);
}

function laneOf(folder: string | undefined): string {
  if (folder === undefined) return 'stand-in (KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd)';
  for (const program of ['kube-apiserver', 'etcd']) {
    try {
      accessSync(join(folder, program), constants.X_OK);
    } catch (cause) {
      const accepted = 'a folder with the executables kube-apiserver and etcd, as setup-envtest makes one';
      throw new Error(`KUBEBUILDER_ASSETS: is ${folder}, which has no ${program}; accepted: ${accepted}`, { cause });
    }
  }
  const version = (program: string) => execFileSync(join(folder, program), ['--version']).toString().split('\n')[0];
  return `${version('kube-apiserver')} with ${version('etcd')}, from KUBEBUILDER_ASSETS`;
}
