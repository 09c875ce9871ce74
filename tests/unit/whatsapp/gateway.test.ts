import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCloudApiGateway } from '../../../src/whatsapp/cloud-api.ts';
import type { Gateway } from '../../../src/whatsapp/gateway.ts';
import { buildMessageBody } from '../../../src/whatsapp/payload.ts';

const sender = { phoneNumberId: '1000 / 2', accessToken: 'the token' };
const body = buildMessageBody({
  messageId: '0123456789abcdef01234567',
  attempt: 1,
  address: { to: '+15550001111' },
  payload: { type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } },
});

interface Call {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface Provider {
  readonly origin: string;
  readonly calls: readonly Call[];
  stop(): Promise<void>;
}

/** A provider that notes each whole request before it reacts. */
async function startProvider(react: (response: ServerResponse, call: Call) => void): Promise<Provider> {
  const calls: Call[] = [];
  const onRequest: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const call = { method, url, headers, text: Buffer.concat(chunks).toString() };
      calls.push(call);
      react(response, call);
    });
  };
  const server = createServer(onRequest);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('Cloud API gateway', () => {
  let provider: Provider | undefined;
  let gateway: Gateway | undefined;

  const connect = (apiUrl: string, timeoutMs = 5_000): Gateway => {
    gateway = createCloudApiGateway({ apiUrl, apiVersion: 'v25.0', timeoutMs, connections: 2 });
    return gateway;
  };

  afterEach(async () => {
    await provider?.stop();
    await gateway?.close();
    provider = undefined;
    gateway = undefined;
  });

  it('all connections busy until the last moment to begin has passed › not reached, and the provider never sees it', async () => {
    const accept = (response: ServerResponse) => response.end('{"messages":[{"id":"wamid.9"}]}');
    const waiting: ServerResponse[] = [];
    let isBusy = true;
    provider = await startProvider((response) => (isBusy ? waiting.push(response) : accept(response)));
    const given = connect(provider.origin);
    const busy = [given.send(sender, body), given.send(sender, body)];
    const late = given.send(sender, body, { beginByMs: performance.now() + 50 });
    const inTime = given.send(sender, body, { beginByMs: performance.now() + 60_000 });
    await sleep(200);
    isBusy = false;
    waiting.forEach(accept);
    await Promise.all(busy);
    assert.deepEqual(await late, {
      ...{ kind: 'not-reached', code: 'BEGUN_TOO_LATE' },
      reason: 'the call waited too long for a free connection',
    });
    assert.equal((await inTime).kind, 'accepted');
    assert.equal(provider.calls.length, 3);
  });

  it('a message goes out › one POST with token, JSON and our opaque id, and the answer is read', async () => {
    provider = await startProvider((response) => response.end('{"messages":[{"id":"wamid.9"}]}'));
    const answer = await connect(`${provider.origin}/proxy/`).send(sender, body);
    assert.deepEqual(answer, { kind: 'accepted', providerMessageId: 'wamid.9', isHeld: false });
    const [call, ...others] = provider.calls;
    assert.deepEqual(others, []);
    assert.equal(call?.method, 'POST');
    assert.equal(call?.url, '/proxy/v25.0/1000%20%2F%202/messages');
    assert.equal(call?.headers.authorization, 'Bearer the token');
    assert.equal(call?.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(call?.text ?? ''), body);
  });

  it('a refusal with Retry-After › both are handed on', async () => {
    provider = await startProvider((response) => {
      response.writeHead(429, { 'retry-after': '9' }).end('{"error":{"code":130429,"message":"slow down"}}');
    });
    const answer = await connect(provider.origin).send(sender, body);
    assert.equal(answer.kind, 'rejected');
    assert.deepEqual([answer.error.code, answer.retryAfterMs], [130429, 9_000]);
    assert.equal(provider.calls.length, 1);
  });

  it('nobody listens › never reached, so that another call is harmless', async () => {
    const gone = await startProvider(() => undefined);
    await gone.stop();
    assert.deepEqual(await connect(gone.origin).send(sender, body), {
      kind: 'not-reached',
      reason: 'the connection was refused',
      code: 'ECONNREFUSED',
    });
  });

  it('a name with several addresses where nobody listens › never reached', async () => {
    const gone = await startProvider(() => undefined);
    await gone.stop();
    const answer = await connect(gone.origin.replace('127.0.0.1', 'localhost')).send(sender, body);
    assert.deepEqual(answer, {
      kind: 'not-reached',
      reason: 'the connection was refused',
      code: 'ECONNREFUSED',
    });
  });

  it('a name that does not exist › never reached', async () => {
    const answer = await connect('http://no-such-name.invalid').send(sender, body);
    assert.equal(answer.kind, 'not-reached');
  });

  it('the connection is cut after the request › unknown, and the request is not repeated', async () => {
    provider = await startProvider((response) => response.socket?.destroy());
    const answer = await connect(provider.origin).send(sender, body);
    assert.deepEqual(answer, {
      kind: 'unknown',
      reason: 'the connection closed before an answer',
      code: 'UND_ERR_SOCKET',
    });
    assert.equal(provider.calls.length, 1);
  });

  it('the connection is cut in the middle of the answer › unknown, one request', async () => {
    provider = await startProvider((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"messages":', () => response.socket?.destroy());
    });
    const answer = await connect(provider.origin).send(sender, body);
    assert.equal(answer.kind, 'unknown');
    assert.equal(provider.calls.length, 1);
  });

  it('no answer in time › unknown, one request', async () => {
    provider = await startProvider(() => undefined);
    const answer = await connect(provider.origin, 300).send(sender, body);
    assert.deepEqual(answer, {
      kind: 'unknown',
      reason: 'no answer came in time',
      code: 'UND_ERR_HEADERS_TIMEOUT',
    });
    assert.equal(provider.calls.length, 1);
  });

  it('an answer that stops half-way › unknown, one request', async () => {
    provider = await startProvider((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"messages":');
    });
    const answer = await connect(provider.origin, 300).send(sender, body);
    assert.deepEqual(answer, {
      kind: 'unknown',
      reason: 'the answer stopped before its end',
      code: 'UND_ERR_BODY_TIMEOUT',
    });
    assert.equal(provider.calls.length, 1);
  });

  it('something that does not speak HTTP › unknown, one request', async () => {
    provider = await startProvider((response) => response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const answer = await connect(provider.origin).send(sender, body);
    assert.equal(answer.kind, 'unknown');
    assert.equal(provider.calls.length, 1);
  });

  it('after the gateway was closed › it does not throw', async () => {
    provider = await startProvider((response) => response.end('{}'));
    const closed = connect(provider.origin);
    await closed.close();
    gateway = undefined;
    assert.equal((await closed.send(sender, body)).kind, 'unknown');
    assert.equal(provider.calls.length, 0);
  });
});
