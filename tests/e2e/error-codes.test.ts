import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import {
  describeAnswer,
  describeBesides,
  describeReceipt,
  errorEnds,
  type Beside,
  type ErrorEnd,
} from '../../scripts/docs/error-ends.ts';
import { placeOf } from '../../src/sending/gates/recipient.ts';
import type { ChannelDoc } from '../../src/channels/store/model.ts';
import type { AutomaticRetryRule } from '../../src/whatsapp/error-rule.ts';
import type { TimelineView } from '../../src/sending/messages/actions/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { setErrorStage, type ErrorCase, type ErrorStage, type Provocation } from '../support/error-stage.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

/** Errors that Meta reports by receipt; the other codes as receipts are in tests/activities/receipt-ends.test.ts. */
const reportedByReceipt = [
  '2',
  '130429',
  '131000',
  '131016',
  '133004',
  '135000',
  '130472',
  '131026',
  '131047',
  '131049',
  '131050',
  '131052',
  '131053',
  '131053 with 429 or 5xx of the media’s host',
  '132015',
];

/** Longer waits are compared, not awaited. */
const maxWaitedMs = 10_000;

/** Pauses that a health check ends, not a user. */
const resumedByProduct = ['131042', '190'];

type Way = 'answer' | 'too many answers' | 'receipt' | 'disabled while held';
interface Play {
  readonly end: ErrorEnd;
  readonly way: Way;
  readonly by: Provocation;
}

const isExhaustible = ({ asAnswer: end }: ErrorEnd): boolean => end.kind === 'waits' && end.calls !== null;

const plays: readonly Play[] = [
  ...errorEnds.map((end): Play => {
    // The stored template has the state, and reading it again reports the same.
    const refusals = end.asAnswer.kind === 'held' && end.asAnswer.gate === 'template' ? 0 : 1;
    return { end, way: 'answer', by: { refusals } };
  }),
  ...errorEnds.filter(isExhaustible).map((end): Play => {
    const calls = end.asAnswer.kind === 'waits' ? (end.asAnswer.calls ?? 0) : 0;
    return { end, way: 'too many answers', by: { refusals: calls } };
  }),
  ...errorEnds
    .filter(({ name }) => reportedByReceipt.includes(name))
    .map((end): Play => ({ end, way: 'receipt', by: 'receipt' })),
  ...errorEnds
    .filter(({ asAnswer: end }) => end.kind === 'held' && end.gate === 'template')
    .map((end): Play => ({ end, way: 'disabled while held', by: { refusals: 0 } })),
];

describe('e2e › every error of the provider', function () {
  this.timeout(100_000);
  const stack = useStack('error-codes', { env: { CHANNELS_MAX_PER_CLIENT: '500' } });
  let stage: ErrorStage;
  let outcomes: readonly Promise<Error | null>[] = [];

  before(async function () {
    this.timeout(90_000);
    stage = await setErrorStage(stack());
    const cases = await stage.provoke(plays);
    // All in parallel, because each waits for seconds.
    outcomes = cases.map((found, index) =>
      follow(found, plays[index]?.way ?? 'answer').then(
        () => null,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      ),
    );
  });
  after(() => stage?.close());

  for (const [index, { end, way }] of plays.entries()) {
    it(`${end.name} › ${way} › ${wordsOf(end, way)}`, async () => {
      const error = await outcomes[index];
      if (error !== null && error !== undefined) throw error;
    });
  }

  async function follow(found: ErrorCase, way: Way): Promise<void> {
    const { end } = found;
    if (way === 'receipt') {
      await assertFailed(found, {
        errorClass: end.asReceipt?.class,
        calls: 1,
        automaticRetry: end.asReceipt?.automaticRetry,
      });
      return assertBesides(found);
    }
    if (way === 'disabled while held') return assertDisabled(found);
    const { asAnswer } = end;
    switch (asAnswer.kind) {
      case 'failed':
        await assertFailed(found, {
          errorClass: end.class,
          calls: 1,
          automaticRetry: asAnswer.automaticRetry,
        });
        return assertBesides(found);
      case 'held':
        return assertHeld(found, asAnswer.gate);
      case 'marketing-endpoint':
        await assertSentAfter(found, asAnswer.afterMs);
        return assertBesides(found);
      case 'waits': {
        const [firstMs = 0] = asAnswer.waitsMs;
        if (way === 'too many answers') {
          const calls = asAnswer.calls ?? 0;
          return assertFailed(found, {
            errorClass: end.class,
            calls,
            automaticRetry: asAnswer.automaticRetry,
          });
        }
        if (firstMs > maxWaitedMs) await assertWaits(found, firstMs);
        else await assertSentAfter(found, firstMs);
        return assertBesides(found);
      }
    }
  }

  interface Failed {
    readonly errorClass: string | undefined;
    readonly calls: number;
    readonly automaticRetry: AutomaticRetryRule | null | undefined;
  }

  async function assertFailed(
    found: ErrorCase,
    { errorClass, calls, automaticRetry }: Failed,
  ): Promise<void> {
    const stored = await stage.messageOf(found, 'failed', ({ status }) => status === 'failed');
    const { failure } = await stage.user.getMessage(found.messageId);
    assert.deepEqual([failure?.code, failure?.class], [String(found.end.example.code), errorClass]);
    assert.equal(failure?.advice, found.end.advice);
    assert.equal((await stack().ledgerOf(found.messageId)).length, calls);
    if (automaticRetry === null || automaticRetry === undefined) {
      assert.equal(stored.retriedBy, undefined);
      return;
    }
    const follower = await stage.followerOf(found);
    assert.equal(follower.status, 'scheduled');
    assert.equal(follower.retryNumber, 1);
    assert.deepEqual(follower.content, stored.content);
    const aheadMs = (follower.sendAt?.getTime() ?? 0) - follower.timestamp.getTime();
    assert.equal(aheadMs, automaticRetry.afterMs);
    assert.deepEqual(await stack().ledgerOf(follower._id.toHexString()), []);
  }

  async function timelineOf(found: ErrorCase): Promise<TimelineView> {
    const answer = await stage.user.call<TimelineView>(`/api/messages/${found.messageId}/timeline`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  const isWaiting = ({ status, waiting, dispatch }: MessageDoc): boolean =>
    status === 'sending' && waiting !== undefined && !dispatch.isCalling;

  /** For this case, the wait itself is compared. */
  async function assertWaits(found: ErrorCase, waitMs: number): Promise<void> {
    await stage.messageOf(found, 'waits', isWaiting);
    const { status, attempts, waitingFor } = await timelineOf(found);
    assert.deepEqual(
      { status, attempts, gate: waitingFor?.gate },
      { status: 'sending', attempts: 1, gate: 'provider' },
    );
    assert.equal(waitingFor?.reason, `${found.end.title}, ${found.end.example.code}`);
    const aheadMs = Date.parse(waitingFor.until ?? '') - Date.parse(waitingFor.since);
    assert.ok(aheadMs >= waitMs - 1_000 && aheadMs <= waitMs * 1.25 + 2_000, `${aheadMs} ms`);
    assert.equal((await stack().ledgerOf(found.messageId)).length, 1);
  }

  /** Refused once, then sent by the second call, not too early. */
  async function assertSentAfter(found: ErrorCase, waitMs: number): Promise<void> {
    await stage.messageOf(found, 'read', ({ status }) => status === 'read');
    const [first, second, ...others] = await stack().ledgerOf(found.messageId);
    assert.deepEqual(others, []);
    assert.deepEqual([first?.wamid === null, second?.wamid === null], [true, false]);
    const gapMs = Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '');
    assert.ok(gapMs >= waitMs - 50, `${gapMs} ms`);
    if (found.end.asAnswer.kind !== 'marketing-endpoint') return;
    assert.deepEqual([first?.edge, second?.edge], [undefined, 'marketing_messages']);
  }

  async function assertHeld(found: ErrorCase, gate: 'channel' | 'template'): Promise<void> {
    await stage.messageOf(found, 'held', isWaiting);
    const { status, waitingFor } = await timelineOf(found);
    assert.deepEqual(
      { status, gate: waitingFor?.gate, until: waitingFor?.until },
      { status: 'sending', gate, until: null },
    );
    assert.equal(waitingFor?.reason, `${gate} paused: ${found.end.title}, ${found.end.example.code}`);
    await assertBesides(found);
    assert.equal((await stack().ledgerOf(found.messageId)).length, 1);
    await (gate === 'channel' ? resumeChannel(found) : approveTemplate(found));
    await stage.messageOf(found, 'read', (message) => message.status === 'read');
    const calls = await stack().ledgerOf(found.messageId);
    assert.deepEqual(
      calls.map(({ wamid }) => wamid === null),
      [true, false],
      'held, then sent exactly once',
    );
  }

  async function resumeChannel({ end, channelId }: ErrorCase): Promise<void> {
    const _id = new Types.ObjectId(channelId);
    if (!resumedByProduct.includes(end.name)) {
      const path = `/api/channels/${channelId}/resume`;
      const resumed = await stage.user.call<{ state: string }>(path, { method: 'POST' });
      assert.deepEqual([resumed.status, resumed.body.state], [200, 'active']);
      return;
    }
    const channels = stack().collection<ChannelDoc>('channels');
    // The first health check is due after a minute: here it is due now.
    await channels.updateOne({ _id }, { $set: { 'pause.nextCheckAt': new Date() } });
    await waitFor('the product resumes the channel', async () => {
      const channel = await channels.findOne({ _id });
      return channel?.state === 'active' && channel.stateReason === undefined && channel.pause === undefined;
    });
  }

  const approveTemplate = (found: ErrorCase): Promise<void> => reviewTemplate(found, 'APPROVED');

  async function reviewTemplate({ wabaId, templateName }: ErrorCase, status: string): Promise<void> {
    const path = `/templates/${wabaId}/${templateName}`;
    const told = await stack().control(path, { method: 'PUT', body: { status } });
    assert.equal(told.status, 200, JSON.stringify(told.body));
  }

  /** Messages that wait for a template do not wait until they expire when it is disabled. */
  async function assertDisabled(found: ErrorCase): Promise<void> {
    await stage.messageOf(found, 'held', isWaiting);
    await reviewTemplate(found, 'DISABLED');
    const { failure } = await stage.messageOf(found, 'failed', ({ status }) => status === 'failed');
    assert.deepEqual([failure?.code, failure?.class], ['template-not-approved', 'template']);
    assert.match(failure?.title ?? '', /is disabled$/);
    assert.equal((await stack().ledgerOf(found.messageId)).length, 1, 'no further call');
  }

  async function assertBesides(found: ErrorCase): Promise<void> {
    for (const beside of found.end.besides) {
      await waitFor(`${found.end.name}: ${JSON.stringify(beside)}`, () => isBeside(found, beside), {
        everyMs: 200,
      });
    }
    if (found.end.besides.some(({ kind }) => kind === 'channel-paused')) return;
    const channel = await channelOf(found);
    assert.equal(channel?.state, 'active', 'the channel stays active');
  }

  const channelOf = ({ channelId }: ErrorCase): Promise<ChannelDoc | null> =>
    stack()
      .collection<ChannelDoc>('channels')
      .findOne({ _id: new Types.ObjectId(channelId) });

  async function isBeside(found: ErrorCase, beside: Beside): Promise<boolean> {
    const { end, channelId } = found;
    const channel = await channelOf(found);
    const message = await stage.messageOf(found, 'stored', () => true);
    const findOne = (name: string, filter: object) => stack().collection(name).findOne(filter);
    switch (beside.kind) {
      case 'channel-paused': {
        const { pause } = channel ?? {};
        const minMs = (pause?.until?.getTime() ?? 0) - (pause?.since.getTime() ?? 0);
        return (
          channel?.state === 'paused' &&
          channel.stateReason?.startsWith(`${end.title}, ${end.example.code}. `) === true &&
          pause?.code === String(end.example.code) &&
          (beside.atLeastMs === null ? pause.until === undefined : Math.abs(minMs - beside.atLeastMs) < 1_000)
        );
      }
      case 'marketing-endpoint':
        return channel?.usesMarketingEndpoint === true;
      case 'template':
        return isTemplateSo(found, beside.becomes);
      case 'slower': {
        if (beside.whose === 'pair') {
          const pair = await findOne('pair_rates', {
            contactId: placeOf({ to: message.to ?? '' }),
          });
          return pair?.['blockedUntil'] > message.timestamp;
        }
        const rate = await findOne('channel_rates', { _id: new Types.ObjectId(channelId) });
        return rate?.['factor'] < 1;
      }
      case 'marketing-stopped':
        return (await findOne('contacts', { _id: message.contactId }))?.['marketingStopped'] === true;
      case 'number-suspect': {
        const contact = await findOne('contacts', { _id: message.contactId });
        return contact?.['numberSuspect']?.code === String(end.example.code);
      }
      case 'window-closed': {
        const conversation = await findOne('conversations', { _id: message.conversationId });
        return conversation?.['windowExpiresAt'] <= new Date();
      }
    }
  }

  /** The refusal is in the audit. A state that it reports is trusted; if in doubt, the product asks the provider. */
  async function isTemplateSo(found: ErrorCase, becomes: 'paused' | 'disabled' | 'resync'): Promise<boolean> {
    const { _id, status, providerTemplateId, needsSync } = await stage.templateOf(found);
    const filter = { action: 'template.refused', 'target.id': _id };
    if ((await stack().collection('audit_events').findOne(filter)) === null) return false;
    if (becomes !== 'resync') return status === becomes;
    return status === 'approved' && providerTemplateId !== undefined && needsSync === undefined;
  }
});

function wordsOf(end: ErrorEnd, way: Way): string {
  if (way === 'disabled while held') return 'failed without a further call';
  if (way === 'receipt') return `${describeReceipt(end)}; ${describeBesides(end)}`;
  return way === 'answer' ? `${describeAnswer(end)}; ${describeBesides(end)}` : 'failed in the end';
}
