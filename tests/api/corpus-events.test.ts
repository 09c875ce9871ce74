import assert from 'node:assert/strict';
import { useApi } from '../support/api.ts';
import { readAll, type AllAnswers } from '../support/corpus/answers.ts';
import { loadCorpus } from '../support/corpus/cases.ts';
import { deadBodies, runCorpus, shuffled, silentLeavesOf, type CorpusRun } from '../support/corpus/run.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

const secret = 'the app secret of the corpus';

describe('api › corpus of what WhatsApp reports', function () {
  this.timeout(300_000);
  const running = useApi('corpus-events', {
    env: { WHATSAPP_APP_SECRETS: secret, RATE_LIMIT_PER_MINUTE: '0' },
  });
  const payloads = loadCorpus('events');
  const seed = Date.now() % 100_000;
  let processor: TestProcessor;
  let ordered: CorpusRun;
  let mixed: CorpusRun;
  let shown: AllAnswers;
  let shownMixed: AllAnswers;

  before(async () => {
    const api = running();
    processor = await startTestProcessor(api);
    const firstAt = Math.floor(Date.now() / 1_000) - 3_600;
    const setUp = { api, processor, payloads, secret, firstAt };
    ordered = await runCorpus({ ...setUp, arrange: (bodies) => bodies });
    mixed = await runCorpus({ ...setUp, arrange: (bodies) => shuffled([...bodies, ...bodies], seed) });
    // Receipts that came before their message wait for it.
    await api
      .collection('webhook_events')
      .updateMany({ status: 'parked' }, { $set: { nextAttemptAt: new Date() } });
    await processor.drain();
    shown = await readAll(ordered.user);
    shownMixed = await readAll(mixed.user);
  });
  after(() => processor?.close());

  it('at least forty payloads', () => {
    assert.ok(payloads.length >= 40, String(payloads.length));
    assert.equal(new Set(payloads.map(({ name }) => name)).size, payloads.length, 'names are unique');
  });

  it('every payload › every leaf is shown, or on the list of what is not', () => {
    assert.deepEqual(
      silentLeavesOf(ordered.posted, () => shown),
      [],
    );
  });

  it('nothing › becomes a dead letter, and nothing waits', async () => {
    assert.deepEqual(await deadBodies(running()), []);
    const waiting = await running()
      .collection('webhook_events')
      .find({ status: { $ne: 'done' } })
      .toArray();
    assert.deepEqual(
      waiting.map(({ lastError }) => lastError as unknown),
      [],
    );
  });

  it('windows, leads, unread › only by calls of a person', () => {
    const { conversations } = shown;
    const written = conversations.filter(
      ({ leadId, windowExpiresAt }) => leadId !== null || windowExpiresAt !== null,
    );
    assert.equal(written.length, payloads.filter(({ isWritten }) => isWritten).length);
  });

  it('repeated and shuffled › nothing doubles', () => {
    for (const list of ['contacts', 'conversations', 'messages', 'events'] as const)
      assert.equal(shownMixed[list].length, shown[list].length, `${list} (seed ${seed})`);
    const outline = ({ messages }: AllAnswers) =>
      messages.map(({ messageType, direction, senderType, status }) =>
        [messageType, direction, senderType, status].join(' '),
      );
    assert.deepEqual(outline(shownMixed).toSorted(), outline(shown).toSorted(), `seed ${seed}`);
  });
});
