import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import type { MessageView } from '../../src/sending/messages/schemas.ts';
import type { Answer } from '../support/crm-client.ts';
import { statusesOf, useMessagingApi } from '../support/messaging-api.ts';
import { outcomeOf, startCorrespondence, type Correspondence } from '../support/stored-messages.ts';
import { setWindow } from '../support/windows.ts';

const hourMs = 3_600_000;

const failure = (changes: Partial<NonNullable<MessageDoc['failure']>> = {}) => ({
  ...{ code: '131042', class: 'sender', title: 'There is a payment problem', detail: '', advice: '' },
  ...changes,
});
const failed = (changes: Partial<MessageDoc> = {}): Partial<MessageDoc> => ({
  ...{ status: 'failed', failure: failure(), ...changes },
});
const freeForm: Partial<MessageDoc> = {
  messageType: 'text',
  content: { text: 'Yes', payload: { type: 'text', text: { body: 'Yes', preview_url: false } } },
};

type Bulk = {
  readonly retried: readonly { readonly id: string; readonly retryId: string }[];
  readonly skipped: readonly { readonly id: string; readonly code: string; readonly detail: string }[];
  readonly nextCursor: string | null;
};

describe('retries of messages', function () {
  this.timeout(60_000);
  const api = useMessagingApi('message-retries');
  let ours: Correspondence;

  beforeEach(async () => {
    ours = await startCorrespondence(api());
  });

  const update = (collection: string, id: Types.ObjectId, $set: object) =>
    api().collection(collection).updateOne({ _id: id }, { $set });

  function retry(
    id: string,
    { key, mayDuplicate, as = ours }: { key?: string; mayDuplicate?: boolean; as?: Correspondence } = {},
  ): Promise<Answer<MessageView>> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    const body = mayDuplicate === undefined ? {} : { mayDuplicate };
    return as.user.call(`/api/messages/${id}/retry`, { method: 'POST', body, headers });
  }

  describe('of one', () => {
    it('failed › 201, a new message with the same content; each names the other', async () => {
      const id = await ours.store(
        failed({ category: 'utility', priority: 3, repliesTo: new Types.ObjectId() }),
      );
      const made = await retry(id);
      assert.equal(outcomeOf(made), '201');
      assert.equal(made.headers.get('location'), `/api/messages/${made.body.id}`);
      assert.deepEqual(
        { status: made.body.status, retryOf: made.body.retryOf, failure: made.body.failure },
        { status: 'queued', retryOf: id, failure: null },
      );
      const [was, is] = [await ours.stored(id), await ours.stored(made.body.id)];
      for (const field of [
        'content',
        'contactId',
        'conversationId',
        'channelId',
        'to',
        'templateName',
      ] as const) {
        assert.deepEqual(is[field], was[field], field);
      }
      assert.deepEqual(
        { category: is.category, priority: is.priority, repliesTo: is.repliesTo },
        { category: was.category, priority: was.priority, repliesTo: was.repliesTo },
      );
      assert.equal(is.createdBy?.toHexString(), ours.user.userId);
      const first = await ours.user.getMessage(id);
      assert.deepEqual([first.status, first.retriedBy], ['failed', made.body.id]);
      assert.equal(first.failure?.code, '131042');
      const retriedBy = new Types.ObjectId(made.body.id);
      assert.deepEqual(await ours.auditOf(id), [
        [`message.retried by ${ours.user.userId}`, { retriedBy: null }, { retriedBy }],
      ]);
    });

    for (const [what, fields] of [
      ['template', {}],
      ['free-form', freeForm],
    ] as const) {
      it(`${what} › its conversation moves to the top of the list`, async () => {
        const id = await ours.store(failed(fields));
        const { conversationId } = await ours.stored(id);
        await setWindow(api(), conversationId.toHexString(), hourMs);
        const old = new Date(Date.now() - 24 * hourMs);
        await update('conversations', conversationId, { lastMessageAt: old });
        assert.equal(outcomeOf(await retry(id)), '201');
        const _id = conversationId;
        const conversation = await api().collection('conversations').findOne({ _id });
        assert.ok(conversation?.['lastMessageAt'] > old);
      });
    }

    it('a second time › 409 that names the new message; retrying that one › 201', async () => {
      const id = await ours.store(failed());
      const made = await retry(id);
      const again = await retry(id);
      assert.equal(outcomeOf(again), '409 already-retried');
      assert.equal((again.body as { retriedBy?: unknown }).retriedBy, made.body.id);
      await update('messages', new Types.ObjectId(made.body.id), failed());
      const next = await retry(made.body.id);
      assert.deepEqual([outcomeOf(next), next.body.retryOf], ['201', made.body.id]);
      assert.equal((await ours.stored(next.body.id)).retryNumber, 2);
    });

    it('the same Idempotency-Key › always the same answer', async () => {
      const id = await ours.store(failed());
      const made = await retry(id, { key: 'k-1' });
      await update('messages', new Types.ObjectId(made.body.id), failed({ retriedBy: new Types.ObjectId() }));
      const again = await retry(id, { key: 'k-1' });
      assert.deepEqual([outcomeOf(again), again.body], ['201', made.body]);
      const other = await ours.store(failed());
      assert.equal(outcomeOf(await retry(other, { key: 'k-1' })), '422 idempotency-key-reused');
      assert.equal((await ours.retriesOf(other)).length, 0);
    });

    it('its audit event cannot be stored › 500, and nothing is stored', async () => {
      const id = await ours.store(failed());
      const refuse = (validator: object) =>
        api().api.core.mongo.db?.command({ collMod: 'audit_events', validator });
      await refuse({ action: { $ne: 'message.retried' } });
      try {
        assert.equal((await retry(id)).status, 500);
      } finally {
        await refuse({});
      }
      assert.deepEqual(await ours.retriesOf(id), []);
      assert.equal((await ours.stored(id)).retriedBy, undefined);
      assert.equal(outcomeOf(await retry(id)), '201');
      // The test's own two.
      for (const seen of api().takeViolations()) assert.match(seen, /^collMod on audit_events/);
    });

    it('twenty at once › one new message; with one key, all get the same answer', async () => {
      const id = await ours.store(failed());
      const answers = await Promise.all(Array.from({ length: 20 }, () => retry(id)));
      assert.deepEqual(statusesOf(answers as never), [201, ...Array.from({ length: 19 }, () => 409)]);
      const [only, ...others] = await ours.retriesOf(id);
      assert.deepEqual(others, []);
      for (const { body } of answers) assert.match(JSON.stringify(body), new RegExp(String(only?._id)));
      assert.equal((await ours.auditOf(id)).length, 1);

      const keyed = await ours.store(failed());
      const same = await Promise.all(Array.from({ length: 20 }, () => retry(keyed, { key: 'k-3' })));
      assert.deepEqual(
        statusesOf(same as never),
        Array.from({ length: 20 }, () => 201),
      );
      assert.equal(new Set(same.map(({ body }) => body.id)).size, 1);
      assert.equal((await ours.retriesOf(keyed)).length, 1);
    });

    it('unknown › 409 until the caller accepts a possible duplicate', async () => {
      const id = await ours.store({ status: 'unknown' });
      assert.equal(outcomeOf(await retry(id)), '409 may-duplicate');
      assert.equal(outcomeOf(await retry(id, { mayDuplicate: false })), '409 may-duplicate');
      assert.equal((await ours.retriesOf(id)).length, 0);
      assert.equal(outcomeOf(await retry(id, { mayDuplicate: true })), '201');
      assert.equal((await ours.user.getMessage(id)).status, 'unknown');
      const [[, , said] = []] = await ours.auditOf(id);
      assert.equal((said as { mayDuplicate?: boolean } | undefined)?.mayDuplicate, true);
    });

    for (const status of [
      'scheduled',
      'queued',
      'sending',
      'sent',
      'delivered',
      'read',
      'canceled',
      'expired',
    ] as const) {
      it(`${status} › 409, nothing is created`, async () => {
        const id = await ours.store({ status });
        assert.equal(outcomeOf(await retry(id, { mayDuplicate: true })), '409 wrong-state');
        assert.equal((await ours.retriesOf(id)).length, 0);
      });
    }

    // New channels, because the API caches known ones for two seconds.
    const [away, paused] = [new Types.ObjectId(), new Types.ObjectId()];
    const addChannel = async (_id: Types.ObjectId, state: string) => {
      const like = await api()
        .collection('channels')
        .findOne({ _id: new Types.ObjectId(ours.user.channelId) }, { projection: { place: 0 } });
      const names = { phoneNumberId: _id.toHexString(), webhookKeyHash: _id.toHexString() };
      return api()
        .collection('channels')
        .insertOne({ ...like, _id, ...names, state });
    };
    const unread = 'appointment_reminder';
    const setTemplates = ($set: object) =>
      api()
        .collection('templates')
        .updateMany({ clientId: new Types.ObjectId(ours.user.clientId) }, { $set });
    const refusals: readonly (readonly [string, Partial<MessageDoc>, () => Promise<unknown>, string])[] = [
      [
        'to a contact who has opted out',
        {},
        () => update('contacts', ours.contactId, { optInStatus: 'opted-out' }),
        'contact-opted-out',
      ],
      [
        'to a contact on the block list',
        {},
        () => update('contacts', ours.contactId, { isBlocked: true }),
        'contact-blocked',
      ],
      [
        'that is free-form while the window is closed',
        freeForm,
        () => setWindow(api(), ours.conversationId.toHexString(), -1_000),
        'window-closed',
      ],
      ...['rejected', 'pending', 'draft', 'disabled', 'in-appeal'].map(
        (status) =>
          [
            `of a template that is ${status}`,
            { templateName: unread },
            () => setTemplates({ status }),
            'template-not-approved',
          ] as const,
      ),
      [
        'by a channel that is disconnected',
        { channelId: away },
        () => addChannel(away, 'disconnected'),
        'channel-disconnected',
      ],
      [
        'of a template that was deleted, by a channel that is paused',
        { channelId: paused, templateName: 'gone' },
        () => addChannel(paused, 'paused'),
        'template-not-approved',
      ],
    ];
    for (const [what, changes, close, code] of refusals) {
      it(`one ${what} › 409 ${code}, nothing is created`, async () => {
        const id = await ours.store(failed(changes));
        await close();
        assert.equal(outcomeOf(await retry(id)), `409 ${code}`);
        assert.equal((await ours.retriesOf(id)).length, 0);
        assert.equal((await ours.user.getMessage(id)).retriedBy, null);
      });
    }

    it('free-form in an open window, by a paused channel › 201: it waits for the channel', async () => {
      await setWindow(api(), ours.conversationId.toHexString(), hourMs);
      await update('channels', new Types.ObjectId(ours.user.channelId), { state: 'paused' });
      const id = await ours.store(failed(freeForm));
      assert.equal(outcomeOf(await retry(id)), '201');
    });

    it('of a template that is paused › 201: it waits for the template', async () => {
      const id = await ours.store(failed({ templateName: unread }));
      await setTemplates({ status: 'paused' });
      assert.equal(outcomeOf(await retry(id)), '201');
    });

    it('an inbound message, another client’s, an unknown one › 404', async () => {
      const theirs = await startCorrespondence(api());
      const foreign = await theirs.store(failed());
      const inbound = await ours.store({ direction: 'inbound', senderType: 'contact', status: 'received' });
      for (const id of [foreign, inbound, new Types.ObjectId().toHexString()]) {
        assert.equal(outcomeOf(await retry(id)), '404 not-found');
      }
      assert.equal((await theirs.retriesOf(foreign)).length, 0);
    });
  });

  describe('of many', () => {
    const retryMany = async (body: object, as = ours): Promise<Bulk> => {
      const answer = await as.user.call<Bulk>('/api/messages/retry', { method: 'POST', body });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };
    const at = (second: number) => new Date(Date.parse('2026-11-23T09:00:00Z') + second * 1_000);
    const idsOf = ({ retried }: Bulk) => retried.map(({ id }) => id);

    it('by class, code, channel, template and time › those that match, oldest first', async () => {
      const second = await ours.store(failed({ timestamp: at(2) }));
      const first = await ours.store(failed({ timestamp: at(1) }));
      const other = failure({ code: '131026', class: 'recipient' });
      const recipient = await ours.store(failed({ failure: other, timestamp: at(3) }));
      const named = await ours.store(failed({ failure: other, templateName: 'other', timestamp: at(4) }));
      const elsewhere = await ours.store(
        failed({ failure: failure({ code: '1' }), channelId: new Types.ObjectId(), timestamp: at(5) }),
      );
      await ours.store({ status: 'sent', failure: failure(), timestamp: at(1) });
      const status = 'failed';
      const nothing = { retried: [], skipped: [], nextCursor: null };
      assert.deepEqual(await retryMany({ status, class: 'template' }), nothing);
      assert.deepEqual(await retryMany({ status, channelId: new Types.ObjectId().toHexString() }), nothing);
      assert.deepEqual(await retryMany({ status: 'unknown', mayDuplicate: true }), nothing);
      assert.deepEqual(await retryMany({ status, since: at(6).toISOString() }), nothing);
      assert.deepEqual(await retryMany({ status, until: at(1).toISOString() }), nothing);

      assert.deepEqual(idsOf(await retryMany({ status, class: 'sender', code: '131042' })), [first, second]);
      const [[done] = []] = await ours.auditOf(second);
      assert.equal(done, `message.retried by ${ours.user.userId}`);
      assert.deepEqual(idsOf(await retryMany({ status, code: '131026', templateName: 'hello_world' })), [
        recipient,
      ]);
      const since = at(4).toISOString();
      const until = at(5).toISOString();
      const skipped = await retryMany({ status, since, until, templateName: 'other' });
      assert.deepEqual(
        skipped.skipped.map(({ id, code }) => [id, code]),
        [[named, 'template-not-approved']],
      );
      const lost = await retryMany({ status, code: '1' });
      assert.deepEqual(
        lost.skipped.map(({ id, code }) => [id, code]),
        [[elsewhere, 'not-found']],
      );
    });

    it('results › one new message each; a second request creates none', async () => {
      const ids = [
        await ours.store(failed({ timestamp: at(1) })),
        await ours.store(failed({ timestamp: at(2) })),
      ];
      const { retried } = await retryMany({ status: 'failed' });
      assert.deepEqual(idsOf({ retried, skipped: [], nextCursor: null }), ids);
      for (const { id, retryId } of retried) {
        const [made, ...others] = await ours.retriesOf(id);
        assert.deepEqual([made?._id.toHexString(), others], [retryId, []]);
        assert.equal(made?.createdBy?.toHexString(), ours.user.userId);
      }
      assert.deepEqual((await retryMany({ status: 'failed' })).retried, []);
    });

    it('a page whose answer was lost, repeated › only the rest, skipped ones again, no message twice', async () => {
      const skipped = await ours.store(failed({ templateName: 'gone', timestamp: at(1) }));
      const first = await ours.store(failed({ timestamp: at(2) }));
      const later = await ours.store(failed({ timestamp: at(3) }));
      const page = { status: 'failed', limit: 2, until: at(9).toISOString() };
      const lost = await retryMany(page);
      const again = await retryMany(page);
      assert.deepEqual([idsOf(lost), idsOf(again)], [[first], [later]]);
      for (const told of [lost, again])
        assert.deepEqual(
          told.skipped.map(({ id }) => id),
          [skipped],
        );
      const { retriedBy } = await ours.user.getMessage(first);
      assert.equal(retriedBy, lost.retried[0]?.retryId);
      for (const id of [first, later]) assert.equal((await ours.retriesOf(id)).length, 1);
    });

    it('a message that could not be sent › skipped with the reason, the others continue', async () => {
      const refused = await ours.store(failed({ templateName: 'order_update', timestamp: at(1) }));
      const fine = await ours.store(failed({ timestamp: at(2) }));
      const clientId = new Types.ObjectId(ours.user.clientId);
      await api()
        .collection('templates')
        .updateOne({ clientId, name: 'order_update' }, { $set: { status: 'disabled' } });
      const outcome = await retryMany({ status: 'failed' });
      assert.deepEqual(
        [idsOf(outcome), outcome.skipped.map(({ id, code }) => [id, code])],
        [[fine], [[refused, 'template-not-approved']]],
      );
      assert.equal((await ours.retriesOf(refused)).length, 0);
    });

    it('unknown ones › skipped with the reason unless mayDuplicate is set', async () => {
      const id = await ours.store({ status: 'unknown' });
      assert.deepEqual(
        (await retryMany({ status: 'unknown' })).skipped.map(({ code }) => code),
        ['may-duplicate'],
      );
      assert.deepEqual(idsOf(await retryMany({ status: 'unknown', mayDuplicate: true })), [id]);
    });

    it('page by page › each message once, and an end, even if more than a page is skipped at one time', async () => {
      const opted = await startCorrespondence(api());
      const ids: string[] = [];
      for (let n = 0; n < 7; n += 1) {
        // Of the same moment, and every third cannot be sent again.
        const lost = n % 3 === 0 ? { templateName: 'gone' } : {};
        ids.push(await opted.store(failed({ timestamp: at(1), ...lost })));
      }
      const seen: string[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const page: Bulk = await retryMany(
          { status: 'failed', limit: 2, until: at(2).toISOString(), ...(cursor === null ? {} : { cursor }) },
          opted,
        );
        seen.push(...idsOf(page), ...page.skipped.map(({ id }) => id));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor !== null && pages < 10);
      assert.deepEqual([pages, seen.toSorted()], [4, ids.toSorted()]);
      const skippedAlone = await retryMany({ status: 'failed', limit: 1, until: at(2).toISOString() }, opted);
      assert.equal(skippedAlone.skipped.length, 1);
      assert.notEqual(skippedAlone.nextCursor, null);
    });

    it('an answer from before the contact opted out › skipped among many; alone, whoever retries it decides', async () => {
      const person = await startCorrespondence(api());
      const id = await person.store(failed(freeForm));
      const { to } = await person.stored(id);
      const windowFrom = { at: new Date(), keys: [`tel:${to}`] };
      await api()
        .collection('conversations')
        .updateOne(
          { _id: person.conversationId },
          { $set: { windowExpiresAt: new Date(Date.now() + 3_600_000), windowFrom } },
        );
      await api()
        .collection('contacts')
        .updateOne({ _id: person.contactId }, { $set: { optInStatus: 'opted-out' } });
      const { retried, skipped } = await retryMany({ status: 'failed' }, person);
      assert.deepEqual([retried, skipped.map(({ code }) => code)], [[], ['contact-opted-out']]);
      const alone = await person.user.call<MessageView>(`/api/messages/${id}/retry`, { method: 'POST' });
      assert.equal(alone.status, 201);
      assert.equal((await person.stored(alone.body.id)).afterOptOut, true);
    });

    it('repeated with its Idempotency-Key › the first answer, although its messages are retried by now', async () => {
      const id = await ours.store(failed());
      const body = { status: 'failed' };
      const headers = { 'idempotency-key': 'bulk-1' };
      const call = () => ours.user.call<Bulk>('/api/messages/retry', { method: 'POST', body, headers });
      const first = await call();
      assert.deepEqual(idsOf(first.body), [id]);
      assert.deepEqual((await call()).body, first.body);
      assert.deepEqual(idsOf(await retryMany(body)), []);
    });

    it('an invalid cursor › 400', async () => {
      const body = { status: 'failed', cursor: 'nonsense' };
      const answer = await ours.user.call('/api/messages/retry', { method: 'POST', body });
      assert.equal(outcomeOf(answer), '400 invalid-input');
      assert.match(JSON.stringify(answer.body), /body\.cursor/);
    });

    it('messages of another client › not included', async () => {
      const theirs = await startCorrespondence(api());
      const id = await theirs.store(failed());
      const { channelId } = theirs.user;
      for (const filter of [{}, { channelId }]) {
        assert.deepEqual((await retryMany({ status: 'failed', ...filter })).retried, []);
      }
      assert.equal((await theirs.retriesOf(id)).length, 0);
    });
  });
});
