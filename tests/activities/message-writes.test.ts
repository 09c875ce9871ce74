import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import type { Receipt } from '../../src/sending/messages/contract.ts';
import {
  decideClaim,
  decideWithdrawal,
  hasNotLeft,
  messageStatuses,
} from '../../src/sending/messages/lifecycle.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { messageModel } from '../../src/sending/messages/store/model.ts';
import {
  createMessageRepository,
  type MessageRepository,
} from '../../src/sending/messages/store/repository.ts';
import { toMessageView } from '../../src/sending/messages/view.ts';
import { createDispatchWrites } from '../../src/sending/messages/store/dispatch-writes.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { scopeOf, type ClientScope } from '../../src/platform/mongo.ts';
import { openTenantCollection } from '../../src/platform/tenant-collection.ts';
import { createTransactions } from '../../src/platform/transaction.ts';
import { buildMessage } from '../support/messages.ts';
import { connectTestDatabase, type TestDatabase } from '../support/mongo.ts';

const now = new Date('2026-11-23T09:00:00.000Z');

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

describe('message writes', () => {
  let database: TestDatabase;
  let messages: MessageRepository;
  before(async () => {
    database = await connectTestDatabase('message_writes', [messageModel]);
    messages = createMessageRepository(database.connection);
  });
  after(() => database?.close());

  async function insert(changes: Partial<MessageDoc>): Promise<MessageDoc> {
    const message = buildMessage(changes);
    assert.ok(await messages.insert(scopeOf(message.clientId), message));
    return message;
  }

  async function stored({ clientId, _id }: MessageDoc): Promise<MessageDoc> {
    const found = await messages.findById(scopeOf(clientId), _id);
    assert.ok(found);
    return found;
  }

  /** Every state of a call, combined with each status. */
  const states = messageStatuses.flatMap((status) =>
    [false, true].map((isCalling) => ({
      status,
      isCalling,
      dispatch: { attempt: 1, isCalling, attempts: [] },
    })),
  );

  it('a final status › counted once, by status and cause, however often it is written', async () => {
    const ends: string[] = [];
    const told = createMessageRepository(database.connection, ({ status, cause }) =>
      ends.push(`${status} ${cause}`),
    );
    const waiting = { gate: 'template', reason: 'paused', since: now } as const;
    const given = [
      [{ status: 'queued', waiting }, 'expired'],
      [{ status: 'scheduled' }, 'canceled'],
      [{ status: 'queued' }, 'failed'],
      [{ status: 'sending', dispatch: { attempt: 1, isCalling: true, attempts: [] } }, 'expired'],
      [{ status: 'sent' }, 'expired'],
    ] as const;
    for (const [changes, reason] of given) {
      const { clientId, _id } = await insert(changes);
      for (let time = 0; time < 2; time += 1) await told.withdraw(scopeOf(clientId), _id, { reason, now });
    }
    const { clientId, _id } = await insert({ status: 'unknown' });
    for (let time = 0; time < 2; time += 1) await told.expireUnknown(scopeOf(clientId), _id, now);
    assert.deepEqual(ends, [
      ...['expired template', 'canceled none', 'failed internal', 'unknown call'],
      'expired call',
    ]);
  });

  it('claim › every status, call state, expiry and time: the filter decides as decideClaim does', async () => {
    const times = [undefined, -1, 0, 1].map((ms) =>
      ms === undefined ? undefined : new Date(now.getTime() + ms),
    );
    const cases = states.flatMap((state) =>
      times.flatMap((expiresAt) =>
        times.map((sendAt) => ({
          ...state,
          ...(expiresAt === undefined ? {} : { expiresAt }),
          ...(sendAt === undefined ? {} : { sendAt }),
        })),
      ),
    );
    assert.equal(cases.length, 352);
    await Promise.all(
      cases.map(async (given) => {
        const { status, dispatch, expiresAt, sendAt } = given;
        const message = await insert(given);
        const expected = decideClaim(given, now);
        const claim = await messages.claim(scopeOf(message.clientId), message._id, { token: newUuid(), now });
        const name = JSON.stringify({ status, isCalling: dispatch.isCalling, expiresAt, sendAt });
        assert.equal(claim?.decision, expected, name);
        const after = await stored(message);
        assert.equal(after.dispatch.attempt, expected === 'call' ? 2 : 1, name);
        assert.equal(after.dispatch.isCalling, expected === 'call' || dispatch.isCalling, name);
        assert.equal(after.status, expected === 'call' ? 'sending' : status, name);
      }),
    );
  });

  it('claim › the same token again: same claim, same attempt; another token: ambiguous', async () => {
    const message = await insert({});
    const scope = scopeOf(message.clientId);
    const token = newUuid();
    for (let time = 0; time < 3; time += 1) {
      const claim = await messages.claim(scope, message._id, { token, now });
      assert.deepEqual([claim?.decision, claim?.message.dispatch.attempt], ['call', 1]);
    }
    const other = await messages.claim(scope, message._id, { token: newUuid(), now });
    assert.equal(other?.decision, 'ambiguous');
  });

  it('claim › released between the refused write and the read › taken, or not called', async () => {
    const message = await insert({});
    const scope = scopeOf(message.clientId);
    const holder = newUuid();
    await messages.claim(scope, message._id, { token: holder, now });
    const collection = openTenantCollection(messageModel, database.connection);
    const attempt = { number: 1, startedAt: now, endedAt: now, outcome: 'retry', code: 'x' } as const;
    const waiting = { gate: 'provider', reason: 'x', since: now } as const;
    const slow: typeof collection = {
      ...collection,
      async findOne(...query) {
        await messages.returnClaim(scope, message._id, { token: holder, attempt, waiting });
        return collection.findOne(...query);
      },
    };
    const token = newUuid();
    const claim = await createDispatchWrites(slow, async () => undefined).claim(scope, message._id, {
      token,
      now,
    });
    assert.equal(claim?.decision, 'call');
    const { dispatch } = await stored(message);
    assert.deepEqual(
      { token: dispatch.token, isCalling: dispatch.isCalling, attempt: dispatch.attempt },
      { token, isCalling: true, attempt: 2 },
    );
  });

  it('claim › many at once › one holds it', async () => {
    const message = await insert({});
    const claims = await Promise.all(
      Array.from({ length: 20 }, () =>
        messages.claim(scopeOf(message.clientId), message._id, { token: newUuid(), now }),
      ),
    );
    assert.equal(claims.filter((claim) => claim?.decision === 'call').length, 1);
    assert.equal((await stored(message)).dispatch.attempt, 1);
  });

  it('release › by its holder only', async () => {
    const message = await insert({});
    const scope = scopeOf(message.clientId);
    const token = newUuid();
    await messages.claim(scope, message._id, { token, now });
    const attempt = { number: 1, startedAt: now, endedAt: now, outcome: 'retry' as const, code: '130429' };
    const waiting = { gate: 'provider', reason: 'too fast, 130429', since: now } as const;
    await messages.returnClaim(scope, message._id, { token: newUuid(), attempt, waiting });
    assert.equal((await stored(message)).dispatch.isCalling, true);
    for (let time = 0; time < 2; time += 1)
      await messages.returnClaim(scope, message._id, { token, attempt, waiting });
    const released = await stored(message);
    assert.deepEqual([released.dispatch.isCalling, released.dispatch.attempts], [false, [attempt]]);
    assert.deepEqual([released.waiting, released.waits], [waiting, [waiting]]);
  });

  const cancel = (scope: ClientScope, id: Types.ObjectId) =>
    createTransactions(database.connection)((session) => messages.cancel(scope, id, now, session));

  it('cancel and withdraw › every status and call state: as hasNotLeft and decideWithdrawal decide', async () => {
    await Promise.all(
      states.map(async ({ status, dispatch }) => {
        const message = await insert({ status, dispatch });
        const isCanceled = await cancel(scopeOf(message.clientId), message._id);
        assert.equal(isCanceled, hasNotLeft(status, dispatch), status);
        assert.equal((await stored(message)).status, isCanceled ? 'canceled' : status);
        for (const reason of ['canceled', 'expired', 'failed'] as const) {
          const other = await insert({ status, dispatch });
          const answer = await messages.withdraw(scopeOf(other.clientId), other._id, { reason, now });
          const expected = decideWithdrawal(status, dispatch, reason);
          assert.equal(answer, expected, `${status} ${reason}`);
          const after = await stored(other);
          assert.equal(after.status, expected);
          assert.equal(after.statusHistory.length, expected === status ? 1 : 2);
        }
      }),
    );
  });

  const providerMessageId = 'wamid.permuted';
  const failure = { code: '131026', class: 'message', title: 't', detail: 'd', advice: 'a' };
  const receipts: readonly Receipt[] = [
    { word: 'sent', status: 'sent', providerMessageId, timestampMs: 1_000, pricing: { category: 'utility' } },
    { word: 'delivered', status: 'delivered', providerMessageId, timestampMs: 2_000 },
    { word: 'read', status: 'read', providerMessageId, timestampMs: 3_000 },
    { word: 'failed', status: 'failed', providerMessageId, timestampMs: 1_500, failure },
    { word: 'warmed up', status: null, providerMessageId, timestampMs: 2_500 },
  ];

  /** A message as clients see it, with its history in a normalised order. */
  function essence(message: MessageDoc): unknown {
    const { status, failure: shown, providerMessageId: id, statusHistory } = toMessageView(message);
    const history = statusHistory.map((entry) => JSON.stringify(entry));
    return { status, shown, id, pricing: message.pricing, history: history.toSorted() };
  }

  async function applyAll(orders: readonly (readonly Receipt[])[]): Promise<unknown[]> {
    return Promise.all(
      orders.map(async (order) => {
        const message = await insert({
          status: 'sent',
          providerMessageId,
          dispatch: { attempt: 1, isCalling: false, attempts: [] },
        });
        for (const receipt of order) {
          await messages.applyReceipts(scopeOf(message.clientId), message._id, [receipt]);
        }
        return essence(await stored(message));
      }),
    );
  }

  for (const count of [2, 3, 5]) {
    it(`receipts › every order of the first ${count}, one write each › the same document`, async () => {
      const orders = [...permutations(receipts.slice(0, count))];
      const [first, ...others] = await applyAll(orders);
      for (const [index, other] of others.entries()) {
        assert.deepEqual(other, first, orders[index + 1]?.map(({ word }) => word).join(', '));
      }
    });
  }

  it('receipts › repeated, or all in one write › the same document', async () => {
    const [once, twice] = await applyAll([receipts, [...receipts, ...receipts.toReversed()]]);
    assert.deepEqual(twice, once);
    const message = await insert({
      status: 'sent',
      providerMessageId,
      dispatch: { attempt: 1, isCalling: false, attempts: [] },
    });
    await messages.applyReceipts(scopeOf(message.clientId), message._id, [...receipts, ...receipts]);
    assert.deepEqual(essence(await stored(message)), once);
  });

  it('receipts and the outcome of the call › in any order › the same status, id and call state', async () => {
    const [sent, delivered, , failed] = receipts;
    assert.ok(sent && delivered && failed);
    const orders = [...permutations<'outcome' | Receipt>(['outcome', sent, delivered, failed])];
    await Promise.all(
      orders.map(async (order) => {
        const message = await insert({
          status: 'sending',
          dispatch: { attempt: 1, isCalling: true, attempts: [] },
        });
        const scope = scopeOf(message.clientId);
        for (const fact of order) {
          if (fact !== 'outcome') await messages.applyReceipts(scope, message._id, [fact]);
          else {
            const outcome = { kind: 'accepted', providerMessageId, isHeld: false } as const;
            const attempt = { number: 1, startedAt: now, endedAt: now, outcome: 'accepted' as const };
            await messages.recordOutcome(scope, message._id, { outcome, attempt });
          }
        }
        const { status, dispatch, ...rest } = await stored(message);
        assert.deepEqual(
          [status, rest.providerMessageId, dispatch.isCalling, dispatch.attempts.length],
          ['delivered', providerMessageId, false, 1],
        );
      }),
    );
  });

  it('receipts › no client can change another client’s message', async () => {
    const message = await insert({ status: 'sent' });
    const before = await stored(message);
    const other = scopeOf(buildMessage().clientId);
    await messages.applyReceipts(other, message._id, receipts);
    assert.equal(await cancel(other, message._id), false);
    assert.equal(await messages.claim(other, message._id, { token: newUuid(), now }), null);
    assert.equal(await messages.withdraw(other, message._id, { reason: 'failed', now }), null);
    assert.deepEqual(await stored(message), before);
  });
});
