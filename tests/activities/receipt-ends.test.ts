import assert from 'node:assert/strict';
import {
  describeBesides,
  describeReceipt,
  errorEnds,
  type Beside,
  type ErrorEnd,
} from '../../scripts/docs/error-ends.ts';
import type { ChannelDoc } from '../../src/channels/store/model.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { toFailure } from '../../src/sending/messages/rules.ts';
import {
  runActivity,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

type Received = ErrorEnd & { readonly asReceipt: NonNullable<ErrorEnd['asReceipt']> };

const received = errorEnds.filter((end): end is Received => end.asReceipt !== null);

describe('every error of the provider, in a receipt', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  for (const end of received) {
    it(`${end.name} › ${describeReceipt(end)}; ${describeBesides(end)}; the same when repeated`, async () => {
      const given = await stage.sendable('+15550001150', {
        ...{ status: 'sent', providerMessageId: 'wamid.1', timestamp: new Date() },
      });
      const { code, detail = '' } = end.example;
      const failure = toFailure({ code, title: 'Title', detail });
      const receipt = {
        ...{ word: 'failed', status: 'failed' as const, providerMessageId: 'wamid.1', timestampMs: 1_000 },
        failure,
      };
      for (let time = 0; time < 2; time += 1) {
        await runActivity(stage.deps, 'applyReceipts', { ...given.input, receipts: [receipt] });
        await runActivity(stage.deps, 'followFailure', { ...given.input, failure });
      }
      const stored = await stage.stored(given);
      assert.deepEqual(
        { status: stored.status, code: stored.failure?.code, class: stored.failure?.class },
        { status: 'failed', code: String(code), class: end.asReceipt.class },
      );
      await assertAutomaticRetry(end, given);
      await assertBesides(end, given);
      assert.deepEqual(await stage.callsFor(given), []);
    });
  }

  async function assertAutomaticRetry(
    { asReceipt: { automaticRetry } }: Received,
    { message }: Sendable,
  ): Promise<void> {
    const followers = await stage.collection<MessageDoc>('messages').find({ retryOf: message._id }).toArray();
    assert.deepEqual(
      followers.map(({ status, retryNumber }) => [status, retryNumber]),
      automaticRetry === null ? [] : [['scheduled', 1]],
    );
    for (const { sendAt, timestamp } of followers) {
      assert.equal((sendAt?.getTime() ?? 0) - timestamp.getTime(), automaticRetry?.afterMs);
    }
  }

  const has = ({ besides }: ErrorEnd, kind: Beside['kind']): boolean =>
    besides.some((beside) => beside.kind === kind);

  /** Effects that the table does not name must not have happened. */
  async function assertBesides(end: ErrorEnd, { scope, message }: Sendable): Promise<void> {
    const { channelId, contactId, conversationId, templateName: name } = message;
    const channel = await stage.collection<ChannelDoc>('channels').findOne({ _id: channelId });
    assert.ok(channel);
    const isPaused = has(end, 'channel-paused');
    assert.equal(channel.state, isPaused ? 'paused' : 'active');
    assert.equal(channel.pause?.code, isPaused ? String(end.example.code) : undefined);
    assert.equal(channel.usesMarketingEndpoint, has(end, 'marketing-endpoint') ? true : undefined);
    const contact = await stage.collection('contacts').findOne({ _id: contactId });
    assert.equal(contact?.['marketingStopped'], has(end, 'marketing-stopped') ? true : undefined);
    assert.equal(
      contact?.['numberSuspect']?.code,
      has(end, 'number-suspect') ? String(end.example.code) : undefined,
    );
    const conversation = await stage.collection('conversations').findOne({ _id: conversationId });
    assert.equal(conversation?.['windowExpiresAt'] <= new Date(), has(end, 'window-closed'));
    const rate = await stage.deps.rates.channelRate({ scope, channelId, perSecond: channel.sendsPerSecond });
    const isSlowed = end.besides.some((beside) => beside.kind === 'slower' && beside.whose === 'channel');
    assert.equal(rate.slowedAt !== null, isSlowed);
    const template = await stage.collection('templates').findOne({ channelId, name });
    const beside = end.besides.find(({ kind }) => kind === 'template');
    const becomes = beside?.kind === 'template' ? beside.becomes : null;
    assert.deepEqual(
      [template?.['status'], template?.['needsSync']],
      [becomes === null || becomes === 'resync' ? 'approved' : becomes, becomes === null ? undefined : true],
    );
  }
});
