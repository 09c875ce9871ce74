import assert from 'node:assert/strict';
import { useApi } from '../support/api.ts';
import { peopleIn } from '../support/corpus/answers.ts';
import { loadCorpus } from '../support/corpus/cases.ts';
import {
  deadBodies,
  outlineOf,
  runCorpus,
  shuffled,
  silentLeavesOf,
  type CorpusRun,
} from '../support/corpus/run.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

const secret = 'the app secret of the corpus';

describe('api › corpus of what people write', function () {
  this.timeout(300_000);
  const running = useApi('corpus', { env: { WHATSAPP_APP_SECRETS: secret, RATE_LIMIT_PER_MINUTE: '0' } });
  const payloads = loadCorpus('messages');
  const seed = Date.now() % 100_000;
  let processor: TestProcessor;
  let ordered: CorpusRun;
  let mixed: CorpusRun;

  before(async () => {
    const api = running();
    processor = await startTestProcessor(api);
    const firstAt = Math.floor(Date.now() / 1_000) - 3_600;
    const setUp = { api, processor, payloads, secret, firstAt };
    ordered = await runCorpus({ ...setUp, arrange: (bodies) => bodies });
    mixed = await runCorpus({ ...setUp, arrange: (bodies) => shuffled([...bodies, ...bodies], seed) });
  });
  after(() => processor?.close());

  it('at least ninety payloads', () => {
    assert.ok(payloads.length >= 90, String(payloads.length));
    assert.equal(new Set(payloads.map(({ name }) => name)).size, payloads.length, 'names are unique');
  });

  it('every payload › every leaf is shown, or on the list of what is not', () => {
    const silent = silentLeavesOf(ordered.posted, (bodies) => peopleIn(ordered.people, bodies));
    assert.deepEqual(silent, []);
  });

  it('only garbage › becomes a dead letter, and every garbage does', async () => {
    const garbage = [ordered, mixed, mixed].flatMap(({ posted }) =>
      posted.flatMap(({ payload, bodies }) => (payload.isGarbage ? bodies : [])),
    );
    assert.deepEqual(await deadBodies(running()), garbage.toSorted());
  });

  it('what a person wrote › a lead, an open window, unread; anything else › none of them', () => {
    for (const { payload, bodies } of ordered.posted) {
      if (payload.isGarbage) continue;
      const conversations = peopleIn(ordered.people, bodies).flatMap((person) => person.conversations);
      assert.ok(conversations.length > 0, `${payload.name}: no conversation`);
      const isWritten = conversations.some(
        ({ leadId, windowExpiresAt, unreadCount }) =>
          leadId !== null || windowExpiresAt !== null || unreadCount !== 0,
      );
      assert.equal(isWritten, payload.isWritten, payload.name);
    }
  });

  it('a list › each message has a text, a file or a mark of what happened, and never the source', () => {
    for (const { listed } of ordered.people) {
      for (const item of listed) {
        const { type, text } = item['content'] as Readonly<Record<string, unknown>>;
        const isReadable =
          [text, item['revokedAt'], item['editedAt']].some((part) => part !== null) ||
          ['image', 'video', 'audio', 'document', 'sticker', 'reaction'].includes(String(type)) ||
          item['senderType'] === 'system';
        assert.ok(isReadable, JSON.stringify(item));
        assert.ok(!('source' in item) && !('versions' in item));
      }
    }
  });

  it('no time is in the future, and none opens a window for longer than a day', () => {
    const latest = new Date(Date.now() + 60_000).toISOString();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const timesOf = (field: string, items: readonly Readonly<Record<string, unknown>>[]) =>
      items.flatMap(({ [field]: time }) => (typeof time === 'string' ? [time] : []));
    const messages = ordered.people.flatMap((person) => person.messages);
    const conversations = ordered.people.flatMap((person) => person.conversations);
    const times = [...timesOf('timestamp', messages), ...timesOf('lastMessageAt', conversations)];
    assert.ok(times.length > payloads.length);
    assert.deepEqual(
      times.filter((time) => time > latest),
      [],
    );
    assert.deepEqual(
      timesOf('windowExpiresAt', conversations).filter((time) => time > tomorrow),
      [],
    );
  });

  it('repeated and shuffled › the same as once and in order', () => {
    assert.equal(mixed.people.length, ordered.people.length);
    for (const [index, once] of ordered.posted.entries()) {
      const twice = mixed.posted[index] ?? assert.fail('not posted');
      assert.deepEqual(
        outlineOf(peopleIn(mixed.people, twice.bodies), twice),
        outlineOf(peopleIn(ordered.people, once.bodies), once),
        `${once.payload.name} (seed ${seed})`,
      );
    }
  });
});
