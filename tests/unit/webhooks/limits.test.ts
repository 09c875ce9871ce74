import assert from 'node:assert/strict';
import { AppError } from '../../../src/platform/errors.ts';
import { createChannelLimits } from '../../../src/webhooks/limits.ts';

const isLimited = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'too-many-requests' && (error.retryAfterSeconds ?? 0) > 0;

describe('webhook limits', () => {
  const limits = () =>
    createChannelLimits({ requestsPerMinute: 3, bytesPerMinute: 100, unknownKeysPerMinute: 2 });

  it('requests of a channel › limited, and another channel is not', async () => {
    const { countRequest } = limits();
    for (let count = 0; count < 3; count += 1) await countRequest('a', 1);
    await assert.rejects(countRequest('a', 1), isLimited);
    await countRequest('b', 1);
  });

  it('bytes of a channel, declared or not › limited', async () => {
    const { countRequest, countBytes } = limits();
    await countRequest('a', 60);
    await countBytes('a', 40);
    await assert.rejects(countBytes('a', 1), isLimited);
    await assert.rejects(countRequest('a', 1), isLimited);
    await countRequest('b', 100);
    await assert.rejects(countRequest('c', 101), isLimited);
  });

  it('a network that tries unknown keys › limited, except for keys that were found lately', async () => {
    const { countUnknown, mayLookUp, noteKnown } = limits();
    noteKnown('known');
    for (let count = 0; count < 2; count += 1) {
      await mayLookUp('network', `wrong ${count}`);
      await countUnknown('network');
    }
    await assert.rejects(mayLookUp('network', 'wrong again'), isLimited);
    await mayLookUp('network', 'known');
    await mayLookUp('another network', 'wrong again');
  });
});
