import { Agent, request } from 'undici';

/** Sends a request to a server on this machine, as the Kubernetes client does. */
export async function handler(event: { url: string; timeout?: number }): Promise<object> {
  const before = Date.now();
  const dispatcher = new Agent({ headersTimeout: event.timeout ?? 10_000, bodyTimeout: 10_000 });
  try {
    const { statusCode, body } = await request(event.url, { dispatcher });
    return { statusCode, text: await body.text(), took: Date.now() - before };
  } catch (error) {
    return { code: (error as { code?: string }).code };
  }
}
