import assert from 'node:assert/strict';
import { askAgainMs } from '../../../../src/sending/dispatch/unread.ts';

describe('a message that waits for what is unread', () => {
  it('asks again after a second, then when it has waited three times as long, 30 s later at most', () => {
    let waitedMs = 250;
    const pauses = Array.from({ length: 7 }, () => {
      const pauseMs = askAgainMs(waitedMs);
      waitedMs += pauseMs;
      return pauseMs;
    });
    assert.deepEqual(pauses, [1_000, 2_500, 7_500, 22_500, 30_000, 30_000, 30_000]);
  });

  it('a clock that went back › a second', () => {
    assert.equal(askAgainMs(-5_000), 1_000);
  });
});
