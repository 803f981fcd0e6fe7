import { createServer } from 'node:http';
import { flagsOf } from './flags.ts';

if (process.argv[2] === '--version') {
  process.stdout.write('etcd Version: none, but a stand-in\n');
  process.exit(0);
}
const flags = flagsOf([
  'data-dir',
  'listen-client-urls',
  'advertise-client-urls',
  'listen-peer-urls',
  'initial-advertise-peer-urls',
  'initial-cluster',
]);
const { port, hostname } = new URL(flags.get('listen-client-urls') ?? '');
createServer((_request, response) => response.end('{"health":"true"}')).listen(Number(port), hostname);
