import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { invoker } from '../app/invoker.ts';
import { sampleFunction, synthesize } from '../app/sample.ts';

describe('a function that talks to a server on this machine with undici', () => {
  let cloud: LocalCloud;
  let server: Server;
  let url: string;
  const clock = new VirtualClock();
  const invoke = invoker(() => cloud, clock);

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks = ['slow', ' but', ' sure'];
      const next = () => {
        const chunk = chunks.shift();
        if (chunk === undefined) return response.end();
        response.write(chunk);
        return setTimeout(next, 60);
      };
      if (request.url === '/broken') request.socket.destroy();
      else setTimeout(next, 60);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const assembly = synthesize((stack: Stack) => {
      sampleFunction(stack, 'fetching', 'handler', { functionName: 'fetching', entry: 'fetching.ts' });
    });
    cloud = await LocalCloud.deploy(assembly, { clock });
  });
  afterAll(async () => {
    await cloud.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is not timed out by virtual time while the server works', async () => {
    expect(await invoke('fetching', { url })).toEqual({
      error: undefined,
      payload: { statusCode: 200, text: 'slow but sure', took: 0 },
    });
  });

  it('gets the error of a broken connection, and time continues after it', async () => {
    expect((await invoke('fetching', { url: `${url}/broken` })).payload).toEqual({ code: 'UND_ERR_SOCKET' });
    const before = clock.now();
    await clock.run(() => false, before + 1000);
    expect(clock.now()).toBe(before + 1000);
  });

  it('reaches no server elsewhere', async () => {
    expect((await invoke('fetching', { url: 'http://example.com/' })).payload).toEqual({ code: 'ENOTFOUND' });
  });
});
