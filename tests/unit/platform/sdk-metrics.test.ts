import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { bindAddressOf, chooseSdkMetricsAddress, joinSdkMetrics } from '../../../src/platform/sdk-metrics.ts';
import { captureLog } from '../../support/logger.ts';

const page = { contentType: 'text/plain', render: () => Promise.resolve('own 1\n\n') };

async function withSdk(listener: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('metrics of the Temporal SDK', () => {
  it('the page › asked for › has both parts, whichever addresses the SDK listens on', async () => {
    await withSdk(
      (request, response) => response.end(request.url === '/metrics' ? 'temporal_x 2\n' : 'wrong'),
      async (port) => {
        for (const host of ['127.0.0.1', '0.0.0.0']) {
          const joined = joinSdkMetrics(page, { host, port }, captureLog().logger);
          assert.deepEqual(
            [joined.contentType, await joined.render()],
            ['text/plain', 'own 1\ntemporal_x 2\n'],
          );
        }
      },
    );
  });

  it('the SDK refuses › the own part alone, and the log says why', async () => {
    await withSdk(
      (_request, response) => response.writeHead(500).end('temporal_x 2\n'),
      async (port) => {
        const log = captureLog();
        assert.equal(await joinSdkMetrics(page, { host: '127.0.0.1', port }, log.logger).render(), 'own 1\n');
        assert.deepEqual(
          log.lines().map(({ level, message }) => ({ level, message })),
          [{ level: 'warn', message: 'the metrics of the Temporal SDK could not be read' }],
        );
      },
    );
  });

  it('no port is asked for › a free one that only this host reaches; otherwise the one asked for', async () => {
    const chosen = await chooseSdkMetricsAddress('0.0.0.0', 0);
    assert.equal(chosen.host, '127.0.0.1');
    assert.ok(chosen.port > 0);
    assert.deepEqual(await chooseSdkMetricsAddress('0.0.0.0', 4004), { host: '0.0.0.0', port: 4004 });
    assert.equal(bindAddressOf({ host: '::', port: 1 }), '[::]:1');
  });

  it('the host is a name › its address, which is all that the SDK takes', async () => {
    const { host, port } = await chooseSdkMetricsAddress('localhost', 4004);
    assert.ok(isIP(host) > 0, host);
    assert.equal(port, 4004);
  });
});
