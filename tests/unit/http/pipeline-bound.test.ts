import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createPipelineBound } from '../../../src/http/pipeline-bound.ts';
import type { Logger } from '../../../src/platform/logger.ts';

describe('requests ahead of their answers', () => {
  it('thousands in one chunk › the rest of it is not even parsed', async () => {
    const logger = { warn: () => undefined } as unknown as Logger;
    const isTooFarAhead = createPipelineBound(logger);
    let parsed = 0;
    const server = createServer((request, response) => {
      parsed += 1;
      isTooFarAhead(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
    await once(socket, 'close');
    server.close();
    assert.equal(parsed, 17);
  });
});
