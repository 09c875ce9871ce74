import assert from 'node:assert/strict';
import type { WebhookItem } from '../../../src/whatsapp/events.ts';
import type { UnknownWord } from '../../../src/whatsapp/known-words.ts';
import { originOf } from '../../../src/webhooks/source.ts';
import { createUnknownWords } from '../../../src/webhooks/unknown-words/recorder.ts';

describe('names that the product does not know', () => {
  const clock = { now: () => new Date(0) };
  const logger = { warn: () => undefined } as unknown as Parameters<typeof createUnknownWords>[0]['logger'];
  const status = (word: string): WebhookItem =>
    ({ kind: 'status', word }) as unknown as Extract<WebhookItem, { kind: 'status' }>;

  it('one business invents thousands › some of them are kept, and those of others as well', async () => {
    const stored: UnknownWord[] = [];
    const noteSeen = (seen: readonly UnknownWord[]) => Promise.resolve(void stored.push(...seen));
    const words = createUnknownWords({ words: { noteSeen }, clock, logger });
    for (let count = 0; count < 5_000; count += 1) words.note(status(`noise_${count}`), 'client:loud');
    for (let count = 0; count < 30; count += 1) words.note(status(`news_${count}`), 'client:quiet');
    words.note(status('noise_4999'), 'client:quiet');
    await words.flush();
    const names = stored.map(({ word }) => word);
    assert.equal(names.filter((name) => name.startsWith('noise_')).length, 51);
    assert.equal(names.filter((name) => name.startsWith('news_')).length, 30);
    assert.equal(names.filter((name) => name === 'other').length, 1);
  });

  it('everybody with an address invents names › what Meta names is kept all the same', async () => {
    const stored: UnknownWord[] = [];
    const noteSeen = (seen: readonly UnknownWord[]) => Promise.resolve(void stored.push(...seen));
    const words = createUnknownWords({ words: { noteSeen }, clock, logger });
    for (let count = 0; count < 5_000; count += 1)
      words.note(status(`noise_${count}`), originOf(`client:${Math.floor(count / 50)}`));
    words.note(status('unproved'), originOf('unverified:1'));
    words.note(status('large'), originOf('large:client:1001'));
    words.note(status('news'), originOf('number:1'));
    await words.flush();
    const names = stored.map(({ word }) => word);
    assert.equal(names.length, 502);
    assert.deepEqual(names.slice(500), ['other', 'news']);
  });

  it('everybody invents names › no more than a thousand, and `other`', async () => {
    const stored: UnknownWord[] = [];
    const noteSeen = (seen: readonly UnknownWord[]) => Promise.resolve(void stored.push(...seen));
    const words = createUnknownWords({ words: { noteSeen }, clock, logger });
    for (let count = 0; count < 5_000; count += 1)
      words.note(status(`noise_${count}`), `number:${Math.floor(count / 50)}`);
    await words.flush();
    assert.equal(stored.length, 1_001);
  });
});
