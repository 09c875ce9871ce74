import assert from 'node:assert/strict';
import type { ConversationDoc } from '../../../../src/inbox/conversations/model.ts';
import { conversationSorts, decodePlace, toSortedPage } from '../../../../src/inbox/conversations/sorting.ts';
import { AppError } from '../../../../src/platform/errors.ts';
import { newId } from '../../../../src/platform/ids.ts';
import { encodeCursor } from '../../../../src/platform/pagination.ts';

const at = new Date('2026-11-23T09:00:00.000Z');
const waitingSince = new Date('2026-11-23T08:00:00.000Z');

const add = (fields: Partial<ConversationDoc> = {}): ConversationDoc => ({
  ...{ _id: newId(), clientId: newId(), contactId: newId(), channelId: newId(), status: 'open' },
  ...{ lastMessageAt: at, unreadCount: 0, createdAt: at, version: 1, ...fields },
});

const isRefused = (text: string, sort: (typeof conversationSorts)[number]): void => {
  const refused = (error: unknown): boolean => error instanceof AppError && error.code === 'invalid-input';
  assert.throws(() => decodePlace(text, sort), refused, `${sort} ${text}`);
};

describe('cursors of sorted conversations', () => {
  const cases = [
    ['recent', add(), { key: at }],
    ['unread', add({ unreadCount: 1 }), { part: 'unread', key: at }],
    ['unread', add(), { part: 'read', key: at }],
    ['waiting', add({ waitingSince }), { part: 'waiting', key: waitingSince }],
  ] as const;

  for (const [sort, last, place] of cases) {
    it(`${sort}, ${JSON.stringify(place)} › the place of the last one, in no other order`, () => {
      const { items, nextCursor } = toSortedPage([last, add()], 1, sort);
      assert.deepEqual(items, [last]);
      assert.ok(nextCursor !== null);
      assert.deepEqual(decodePlace(nextCursor, sort), { ...place, id: last._id });
      for (const other of conversationSorts) if (other !== sort) isRefused(nextCursor, other);
    });
  }

  it('what the list did not give out › refused', () => {
    const id = newId();
    for (const key of ['unread', 'unread yesterday', `unread  ${at.toISOString()}`, 'unread 2026-11-23'])
      isRefused(encodeCursor({ key, id }), 'unread');
    isRefused(encodeCursor({ key: `waiting ${at.toISOString()}`, id }), 'unread');
    isRefused(encodeCursor({ key: at, id }), 'waiting');
  });
});
