import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ConfigurationError } from './configuration.ts';
import { run } from './main.ts';

/**
 * A request's fields before containerd's own arguments: the secret, the tree, the version and the number of arguments.
 */
const headFields = 4;

/** Only the machines of this process know it. */
const secret = randomUUID();
let listening: Promise<number> | undefined;

/**
 * The program that answers for containerd in a tree. It asks this process: a separate Node for each call would take
 * most of a script's time.
 *
 * @param tree the directory tree of the machine
 * @param version containerd's version
 */
export async function containerdProgram(tree: string, version: string): Promise<string> {
  listening ??= listen();
  const port = await listening;
  return `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port} || exit 70
printf '%s\\0' ${secret} '${tree}' ${version} $# "$@" >&3
read -r code lines <&3 || exit 70
while ((lines-- > 0)); do
  IFS= read -r line <&3
  printf '%s\\n' "$line" >&2
done
cat <&3
exit "$code"
`;
}

/** Opens a free port of 127.0.0.1. It does not keep the process alive. */
async function listen(): Promise<number> {
  const server: Server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return (server.address() as AddressInfo).port;
}

function serve(socket: Socket): void {
  let read = '';
  socket.unref();
  socket.setEncoding('utf8');
  // A script that is killed leaves its request behind.
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: string) => {
    read += piece;
    const fields = read.split('\0');
    if (fields.length <= headFields || fields.length <= headFields + Number(fields[headFields - 1])) return;
    socket.end(answer(fields));
  });
}

/** @returns the exit status and the number of lines of the standard error, these lines, and the standard output */
function answer([given, tree = '', version = '', count, ...words]: readonly string[]): string {
  if (given !== secret) return '70 0\n';
  try {
    const { stdout, stderr } = run(tree, version, words.slice(0, Number(count)));
    return `0 ${stderr.split('\n').length - 1}\n${stderr}${stdout}`;
  } catch (error) {
    const isExpected = error instanceof ConfigurationError;
    const lines = isExpected ? `containerd: ${error.message}` : String(error instanceof Error ? error.stack : error);
    return `${isExpected ? 1 : 70} ${lines.split('\n').length}\n${lines}\n`;
  }
}
