import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Types } from 'mongoose';
import { fetchNumberAnswersSoon } from '../../../src/channels/numbers/answers.ts';

describe('asking the provider about a number', function () {
  this.timeout(20_000);

  it('it never answers › away after five seconds, so that a request ends', async () => {
    const never = async (): Promise<never> => {
      await wait(60_000, undefined, { ref: false });
      throw new Error('nobody waits this long');
    };
    const startedMs = performance.now();
    const answers = await fetchNumberAnswersSoon(
      { describeNumber: never, describeAccount: never, findInAccount: never },
      {
        ...{ phoneNumberId: '1', wabaId: '2', accessToken: 'x' },
        scope: { clientId: new Types.ObjectId() },
      },
    );
    assert.equal(answers.number.kind, 'away');
    const seconds = (performance.now() - startedMs) / 1_000;
    assert.ok(seconds > 4 && seconds < 15, `${seconds} s`);
  });
});
