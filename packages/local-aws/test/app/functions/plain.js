// A function as a folder of files: nothing is bundled, the SDK is the runtime's.
const https = require('node:https');
const { later } = require('./later.js');

let background = 0;

exports.isolated = async () => {
  globalThis.leak = (globalThis.leak ?? 0) + 1;
  process.env.LEAK = 'here';
  return {
    leak: globalThis.leak,
    region: process.env.AWS_REGION,
    home: require('node:os').homedir(),
    task: process.cwd(),
  };
};

exports.outside = async (event) => {
  const ended = (error) => ({ code: error.code ?? error.cause?.code });
  if (event.by === 'fetch') return fetch('https://example.com/').then(() => 'reached', ended);
  if (event.by === 'socket') {
    const socket = require('node:net').connect({ host: 'example.com', port: 443 });
    return new Promise((resolve) => socket.on('error', (error) => resolve(ended(error))));
  }
  return new Promise((resolve) =>
    https.get('https://example.com/', resolve).on('error', (error) => resolve(ended(error))),
  );
};

exports.printing = async () => {
  process.stdout.write('{"level":"INFO","message":"a line of JSON"}\n');
  console.log('two\nlines');
  console.error(new Error('shown'));
};

exports.leaving = async () => {
  setTimeout(() => {
    background += 1;
  }, 1000);
  return background;
};

exports.waiting = async (event) => later(event.ms);

exports.throwing = async () => {
  setTimeout(() => {
    throw new RangeError('in a timer');
  }, 10);
  await later(1000);
};

exports.exiting = async () => process.exit(3);

exports.aborting = async () => {
  const signal = AbortSignal.timeout(1500);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason.name)));
};

exports.calling = async () => {
  const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
  const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  return Arn;
};

exports.late = async () => {
  setTimeout(() => exports.calling(), 3500);
  await later(10_000);
};

exports.failing = async () => {
  throw Object.assign(new Error('again'), { name: 'Again' });
};

exports.spawning = async () => require('node:child_process').execSync('true');

exports.old = (_event, _context, callback) => callback(null, 'done');

exports.undefinedAnswer = async () => undefined;

exports.rejecting = async () => {
  Promise.reject(new TypeError('no one cares'));
  await later(1000);
};

const { AsyncLocalStorage } = require('node:async_hooks');
const storage = new AsyncLocalStorage();

exports.context = async () =>
  storage.run('kept', () => new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 5)));
