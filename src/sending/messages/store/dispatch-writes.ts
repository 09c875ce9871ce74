import type { ClientSession, Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { ScopedBulkWriter, TenantCollection } from '../../../platform/tenant-collection.ts';
import {
  decideWithdrawal,
  datedFailure,
  statusesThatYieldTo,
  statusOfOutcome,
  unsentStatuses,
  type DispatchOutcome,
  type MessageFailure,
  type MessageStatus,
  type WithdrawReason,
} from '../lifecycle.ts';
import type { ScopedOperation } from '../../../platform/tenant-queries.ts';
import type { EndObserver } from '../observer.ts';
import { causeOfEnd } from '../rules.ts';
import { createClaims, createReaddressing, createWaits } from './claim-writes.ts';
import { createEchoReplacement, type ReplaceEcho } from './echo-writes.ts';
import { pushAttempt, pushRewording, statusEntry } from './entries.ts';
import {
  hasHistoryRoom,
  type DispatchAttempt,
  type MessageContent,
  type MessageDoc,
  type StatusEntry,
} from './model.ts';
import { tokensOfContent } from './search.ts';

/** The writes around the provider call: claims, outcomes, withdrawals and deadlines. */
export function createDispatchWrites(
  messages: TenantCollection<MessageDoc>,
  writeBulk: ScopedBulkWriter<MessageDoc>,
  onEnded: EndObserver = () => undefined,
) {
  return {
    ...createClaims(messages),
    ...createWaits(messages),
    ...createReaddressing(messages),
    ...createOutcomes(writeBulk, createEchoReplacement(messages)),
    ...createWithdrawals(messages, onEnded),
    ...createDeadlines(messages, onEnded),
  };
}

function createOutcomes(writeBulk: ScopedBulkWriter<MessageDoc>, replaceEcho: ReplaceEcho) {
  return {
    /** Stores the outcome of call number `attempt`. Idempotent; does not overrule an earlier receipt. */
    async recordOutcome(
      scope: ClientScope,
      _id: Types.ObjectId,
      { outcome, attempt }: { outcome: DispatchOutcome; attempt: DispatchAttempt },
    ): Promise<void> {
      const status = statusOfOutcome[outcome.kind];
      const call = { _id, 'dispatch.attempt': attempt.number };
      const accepted =
        outcome.kind === 'accepted' ? { providerMessageId: outcome.providerMessageId } : undefined;
      const failure =
        outcome.kind === 'rejected' ? datedFailure(attempt.endedAt, outcome.failure) : undefined;
      const failed = failure === undefined ? {} : { $max: { failure } };
      const writes: ScopedOperation<MessageDoc>[] = [
        {
          updateOne: {
            filter: { ...call, status: { $in: statusesThatYieldTo(status) } },
            update: {
              $set: { status, ...accepted },
              ...failed,
              $push: { statusHistory: statusEntry(status, attempt.endedAt, rawOfOutcome(outcome)) },
            },
          },
        },
        {
          updateOne: {
            filter: { ...call, 'dispatch.isCalling': true },
            update: {
              $set: { 'dispatch.isCalling': false, ...accepted },
              ...failed,
              $push: { 'dispatch.attempts': pushAttempt(attempt) },
            },
          },
        },
      ];
      const { providerMessageId } = accepted ?? {};
      await replaceEcho(scope, { _id, providerMessageId }, () => writeBulk(scope, writes));
    },
  };
}

function createWithdrawals(messages: TenantCollection<MessageDoc>, onEnded: EndObserver) {
  return {
    /** Cancels a message that has certainly not left; false if it may have left or was closed before. */
    async cancel(
      scope: ClientScope,
      _id: Types.ObjectId,
      now: Date,
      session: ClientSession,
    ): Promise<boolean> {
      const written = await messages.updateOne(
        scope,
        { _id, status: { $in: [...unsentStatuses] }, 'dispatch.isCalling': false },
        { $set: { status: 'canceled' }, $push: { statusHistory: statusEntry('canceled', now) } },
        { session },
      );
      return written.modifiedCount === 1;
    },

    /**
     * Closes a message that will not be dispatched again; one with a call under way becomes `unknown`. Returns its
     * status after that; null if it does not exist.
     */
    async withdraw(
      scope: ClientScope,
      _id: Types.ObjectId,
      withdrawal: { reason: WithdrawReason; failure?: MessageFailure | undefined; now: Date },
    ): Promise<MessageStatus | null> {
      const { reason, failure, now } = withdrawal;
      for (;;) {
        const message = await messages.findOne(scope, { _id });
        if (message === null) return null;
        const status = decideWithdrawal(message.status, message.dispatch, reason);
        if (status === message.status) return status;
        const { isCalling } = message.dispatch;
        const written = await messages.updateOne(
          scope,
          { _id, status: message.status, 'dispatch.isCalling': isCalling },
          {
            $set: { status },
            ...(status === 'failed' && failure !== undefined
              ? { $max: { failure: datedFailure(now, failure) } }
              : {}),
            $push: { statusHistory: statusEntry(status, now, failure && { code: failure.code }) },
          },
        );
        // Lost a race: decide again. This terminates, because a status only moves forward.
        if (written.modifiedCount !== 1) continue;
        const end = message.dispatch.isCalling ? 'unknown' : reason;
        onEnded({ status: end, cause: causeOfEnd(end, { waiting: message.waiting, failure }) });
        return status;
      }
    },
  };
}

/** What a person changes of a scheduled message. */
export interface ScheduledChange {
  readonly sendAt?: Date | undefined;
  readonly words?: MessageContent | undefined;
  readonly by: Types.ObjectId;
  readonly now: Date;
}

/** Changes of scheduled messages, and expiry of unknown outcomes. */
function createDeadlines(messages: TenantCollection<MessageDoc>, onEnded: EndObserver) {
  return {
    /**
     * Changes a scheduled message, held or not; null if it is no longer scheduled, its time was changed hundreds of times,
     * or it expires before the new one. `before` is the message as read in the transaction.
     */
    changeScheduled(
      scope: ClientScope,
      { _id, content, acceptedContent = content }: Pick<MessageDoc, '_id' | 'content' | 'acceptedContent'>,
      { sendAt, words, by, now }: ScheduledChange,
      session: ClientSession,
    ): Promise<MessageDoc | null> {
      const entry = { ...statusEntry('scheduled', now), raw: { sendAt: sendAt?.toISOString() } };
      const rewording = { at: now, from: content.text ?? '', by };
      return messages.findOneAndUpdate(
        scope,
        {
          ...{ _id, status: 'scheduled', 'dispatch.isCalling': false },
          ...(sendAt === undefined
            ? {}
            : {
                ...hasHistoryRoom,
                $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: sendAt } }],
              }),
        },
        {
          $set: {
            ...(sendAt === undefined ? {} : { sendAt }),
            ...(words === undefined
              ? {}
              : { content: words, acceptedContent, searchTokens: tokensOfContent(words) }),
          },
          // A new time is judged by all gates again; new words wait where the message waits.
          $unset: sendAt === undefined ? {} : { waiting: '' },
          $push: {
            ...(sendAt === undefined ? {} : { statusHistory: entry }),
            ...(words === undefined ? {} : { reworded: pushRewording(rewording) }),
          },
        },
        { returnDocument: 'after', session },
      );
    },

    /** Expires a message whose outcome is still unknown; a later receipt overrules this. */
    async expireUnknown(scope: ClientScope, _id: Types.ObjectId, now: Date): Promise<MessageStatus | null> {
      const raw = { reason: 'outcome unknown at the deadline' };
      const written = await messages.updateOne(
        scope,
        { _id, status: 'unknown' },
        { $set: { status: 'expired' }, $push: { statusHistory: statusEntry('expired', now, raw) } },
      );
      if (written.modifiedCount === 1) onEnded({ status: 'expired', cause: 'call' });
      const message = await messages.findOne(scope, { _id }, { projection: { status: 1 } });
      return message?.status ?? null;
    },
  };
}

function rawOfOutcome(outcome: DispatchOutcome): StatusEntry['raw'] {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.isHeld ? { held: true } : {};
    case 'rejected':
      return { code: outcome.failure.code, detail: outcome.failure.detail };
    case 'unknown':
      return { reason: outcome.reason, ...(outcome.code === undefined ? {} : { code: outcome.code }) };
  }
}
