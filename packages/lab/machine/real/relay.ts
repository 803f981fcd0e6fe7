import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/**
 * Gives a node, which has no network, one connection: a socket in a directory that it shares with the host leads to one
 * port of the host's loopback.
 *
 * @returns a function that closes it
 */
export async function openDoor(socket: string, port: number): Promise<() => Promise<void>> {
  rmSync(socket, { force: true });
  const server = createServer((inside) => {
    const outside = connect(port, '127.0.0.1');
    inside.pipe(outside);
    outside.pipe(inside);
    // A download that breaks off does so on both sides.
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy());
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(socket, resolve);
  });
  return () => new Promise((resolve) => void server.close(() => resolve()));
}
