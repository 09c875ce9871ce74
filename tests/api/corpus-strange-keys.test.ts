import assert from 'node:assert/strict';
import { useApi } from '../support/api.ts';
import { readAll } from '../support/corpus/answers.ts';
import { loadCorpus } from '../support/corpus/cases.ts';
import { deadBodies, runCorpus, silentLeavesOf } from '../support/corpus/run.ts';
import { withStrangeKeys } from '../support/corpus/strange.ts';
import { startTestProcessor } from '../support/processor.ts';

const secret = 'the app secret of the corpus';

describe('api › corpus with keys that nobody knows', function () {
  this.timeout(300_000);
  const running = useApi('corpus-strange-keys', {
    env: { WHATSAPP_APP_SECRETS: secret, RATE_LIMIT_PER_MINUTE: '0' },
  });

  it('an unknown key and __proto__ in every object of every case › shown, or on the list', async () => {
    const api = running();
    const processor = await startTestProcessor(api);
    try {
      const payloads = loadCorpus().filter(({ isGarbage, isFull }) => isFull && !isGarbage);
      assert.ok(payloads.length >= 90, String(payloads.length));
      const { user, posted } = await runCorpus({
        ...{ api, processor, payloads, secret },
        firstAt: Math.floor(Date.now() / 1_000) - 3_600,
        change: withStrangeKeys,
        arrange: (bodies) => bodies,
      });
      const shown = await readAll(user);
      assert.deepEqual(
        silentLeavesOf(posted, () => shown),
        [],
      );
      assert.deepEqual(await deadBodies(api), []);
    } finally {
      await processor.close();
    }
  });
});
