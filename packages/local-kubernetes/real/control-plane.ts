import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RealClock } from '../../local-aws/clock.ts';
import { serverCertificate } from '../certificate.ts';
import { ask, type Connection } from '../client.ts';
import { apiServerFlags, type ControlPlanePlan, etcdFlags, filesOf } from './flags.ts';

/** How long a process may take to become ready, and how often it is polled, in milliseconds. */
const startMs = 90_000;
const pollAgainMs = 100;
/** How long a process may take to exit by itself, in milliseconds. */
const endMs = 10_000;
/** What an API server creates for itself after it begins to answer; it is not reliable before that. */
const bootstrapped = [
  '/api/v1/namespaces/default',
  '/api/v1/namespaces/kube-system',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
];
/** How much of a process's last output goes into the message when it fails. */
const tail = 4_000;

/** A control plane did not start. The message contains the process's last output. */
export class ControlPlaneFailed extends Error {
  override readonly name = 'ControlPlaneFailed';
}

/** The running processes: an interrupted test run leaves none behind. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A separate etcd and kube-apiserver, on loopback, in a temporary folder. */
export class ControlPlane {
  readonly endpoint: string;
  readonly caPem: string;
  /** The output of `kube-apiserver --version`. */
  readonly version: string;
  readonly #processes: readonly ChildProcess[];
  readonly #folder: string;

  private constructor(endpoint: string, caPem: string, version: string, processes: ChildProcess[], folder: string) {
    this.endpoint = endpoint;
    this.caPem = caPem;
    this.version = version;
    this.#processes = processes;
    this.#folder = folder;
  }

  /**
   * Starts both and waits until the API is ready.
   *
   * @param assets the folder with `etcd` and `kube-apiserver`
   * @param reviewer the kubeconfig of the webhook that reviews tokens
   * @param adminToken a token that the webhook accepts for a member of `system:masters`
   * @throws ControlPlaneFailed
   */
  static async start(assets: string, reviewer: string, adminToken: string): Promise<ControlPlane> {
    const folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
    const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
    const plan: ControlPlanePlan = { folder, etcdPort, peerPort, apiPort };
    const { ca, certificate, key } = await serverCertificate();
    const account = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const files = filesOf(folder);
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.key, key, { mode: 0o600 });
    writeFileSync(files.accountKey, account.privateKey, { mode: 0o600 });
    writeFileSync(files.accountPublicKey, account.publicKey);
    writeFileSync(files.reviewer, reviewer, { mode: 0o600 });

    const processes: ChildProcess[] = [];
    try {
      const program = join(assets, 'kube-apiserver');
      const { stdout } = await promisify(execFile)(program, ['--version']);
      const etcd = run(join(assets, 'etcd'), etcdFlags(plan), processes);
      await ready(etcd, async () => (await fetch(`http://127.0.0.1:${etcdPort}/health`)).ok);
      const server = run(program, apiServerFlags(plan), processes);
      const endpoint = `https://127.0.0.1:${apiPort}`;
      const admin: Connection = { endpoint, caPem: ca, token: adminToken, clock: new RealClock() };
      await ready(server, async () => {
        const answers = await Promise.all(bootstrapped.map((path) => ask(admin, 'GET', path)));
        return answers.every(({ code }) => code === 200);
      });
      return new ControlPlane(endpoint, ca, stdout.trim(), processes, folder);
    } catch (error) {
      await end(processes, folder);
      throw error;
    }
  }

  stop(): Promise<void> {
    return end(this.#processes, this.#folder);
  }
}

interface Running {
  readonly child: ChildProcess;
  said(): string;
}

function run(program: string, flags: readonly string[], processes: ChildProcess[]): Running {
  const child = spawn(program, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  processes.unshift(child);
  let said = '';
  const hear = (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-tail);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', (error) => hear(Buffer.from(error.message)));
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return { child, said: () => said };
}

async function ready({ child, said }: Running, asks: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + startMs;
  while (!(await asks().catch(() => false))) {
    const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (ended || Date.now() > until) {
      const how = ended ? 'ended' : `was not ready after ${startMs / 1_000} s`;
      throw new ControlPlaneFailed(`${child.spawnfile} ${how}; its last output: ${said()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollAgainMs));
  }
}

/** Ends the latest process first: an API server without its etcd would wait for it. */
async function end(processes: readonly ChildProcess[], folder: string): Promise<void> {
  for (const child of processes) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), endMs);
    await gone;
    clearTimeout(late);
  }
  rmSync(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no loopback port is free');
  return address.port;
}
