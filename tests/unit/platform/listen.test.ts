import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { listenOn as listenInSandbox } from '../../../sandbox/listen.ts';
import { freePort } from '../../../scripts/servers/ports.ts';
import { listenOn as listenInProduct } from '../../../src/platform/listen.ts';

const listenOns = {
  'the product': listenInProduct,
  'the sandbox': async (server: Server, port: number, host: string) => {
    const { url, stop } = await listenInSandbox(server, port, host);
    return { port: Number(new URL(url).port), stop };
  },
};

const hello = () => createHttpServer((_request, response) => response.end('hello'));
const textAt = async (host: string, port: number) => (await fetch(`http://${host}:${port}/`)).text();

for (const [who, listenOn] of Object.entries(listenOns)) {
  describe(`${who} listens`, () => {
    it('on localhost › both loopback addresses answer, and neither after the stop', async () => {
      const server = hello();
      const { port, stop } = await listenOn(server, await freePort(null, assert.fail), 'localhost');
      for (const host of ['127.0.0.1', '[::1]', 'localhost']) assert.equal(await textAt(host, port), 'hello');
      const stopped = stop();
      server.closeAllConnections();
      await stopped;
      for (const host of ['127.0.0.1', '[::1]']) await assert.rejects(textAt(host, port));
    });

    it('on an address › that one only', async () => {
      const server = hello();
      const { port, stop } = await listenOn(server, 0, '127.0.0.1');
      assert.equal(await textAt('127.0.0.1', port), 'hello');
      await assert.rejects(textAt('[::1]', port));
      const stopped = stop();
      server.closeAllConnections();
      await stopped;
    });

    it('on localhost, ::1 taken by another program › refused, and 127.0.0.1 is free again', async () => {
      const other = createServer().listen(0, '::1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await assert.rejects(listenOn(hello(), port, 'localhost'), { code: 'EADDRINUSE' });
      await assert.rejects(textAt('127.0.0.1', port));
      other.close();
    });
  });
}
