import assert from 'node:assert/strict';
import { withinSearchTime } from '../../../src/platform/search-time.ts';

const failure = (code: number) => Object.assign(new Error('refused'), { code });

describe('the time of a search', () => {
  it('the database gives it up › search-too-broad, with the cause', async () => {
    await assert.rejects(
      withinSearchTime(() => Promise.reject(failure(50))),
      { code: 'search-too-broad', cause: failure(50) },
    );
  });

  it('another failure › as it is', async () => {
    for (const error of [failure(91), new Error('a bug'), 'text'])
      await assert.rejects(
        withinSearchTime(() => Promise.reject(error)),
        (thrown) => thrown === error,
      );
  });
});
