import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { Address } from '../../gates/recipient.ts';
import { decideClaim, unsentStatuses, type ClaimDecision } from '../lifecycle.ts';
import { pushAttempt, pushRewording, pushWait, statusEntry } from './entries.ts';
import type { DispatchAttempt, MessageContent, MessageDoc, WaitingState } from './model.ts';
import { tokensOfContent } from './search.ts';

export interface Claim {
  /** `readdressed`: the message has another recipient than the claimant expects. */
  readonly decision: ClaimDecision | 'readdressed';
  readonly message: MessageDoc;
}

interface Claimant {
  readonly token: string;
  readonly now: Date;
  readonly isToSuspect?: boolean;
  /** The address of the call; any if missing. */
  readonly address?: Address;
}

interface Readdress {
  readonly from: Address;
  readonly to: Address;
  readonly at: Date;
  readonly by?: Types.ObjectId;
}

export function createClaims(messages: TenantCollection<MessageDoc>) {
  return {
    /**
     * Takes the exclusive right to call the provider for this address. Idempotent for the same `token`. Null if there is
     * no such message.
     */
    async claim(
      scope: ClientScope,
      _id: Types.ObjectId,
      { token, now, isToSuspect = false, address }: Claimant,
    ): Promise<Claim | null> {
      for (;;) {
        const claimed = await messages.findOneAndUpdate(
          scope,
          {
            _id,
            status: { $in: [...unsentStatuses] },
            'dispatch.isCalling': false,
            ...(address === undefined ? {} : filterOf(address)),
            // Negated, so that a message without these times matches.
            expiresAt: { $not: { $lte: now } },
            sendAt: { $not: { $gt: now } },
          },
          {
            $set: {
              status: 'sending',
              'dispatch.isCalling': true,
              'dispatch.token': token,
              'dispatch.startedAt': now,
              ...(isToSuspect ? { 'dispatch.isToSuspect': true } : {}),
            },
            $unset: { waiting: 1, ...(isToSuspect ? {} : { 'dispatch.isToSuspect': 1 }) },
            $inc: { 'dispatch.attempt': 1 },
            $push: { statusHistory: statusEntry('sending', now) },
          },
          { returnDocument: 'after' },
        );
        if (claimed !== null) return { decision: 'call', message: claimed };
        const message = await messages.findOne(scope, { _id });
        if (message === null) return null;
        const { isCalling, token: holder } = message.dispatch;
        if (isCalling && holder === token) return { decision: 'call', message };
        const decision = decideClaim(message, now);
        if (decision === 'call' && address !== undefined && !hasAddress(message, address))
          return { decision: 'readdressed', message };
        // `call`: the claim was released meanwhile. Only the attempt that stored its token may call, so try again.
        if (decision !== 'call') return { decision, message };
      }
    },

    /**
     * Releases the claim after an answer that allows another attempt, or without `attempt` because no call was made; no
     * effect if another token holds it.
     */
    async returnClaim(
      scope: ClientScope,
      _id: Types.ObjectId,
      { token, attempt, waiting }: { token: string; attempt?: DispatchAttempt; waiting: WaitingState },
    ): Promise<void> {
      await messages.updateOne(
        scope,
        { _id, 'dispatch.isCalling': true, 'dispatch.token': token },
        {
          $set: { 'dispatch.isCalling': false, waiting },
          $push: {
            ...(attempt === undefined ? {} : { 'dispatch.attempts': pushAttempt(attempt) }),
            waits: pushWait(waiting),
          },
          // Attempts count calls.
          ...(attempt === undefined ? { $inc: { 'dispatch.attempt': -1 } } : {}),
        },
      );
    },
  };
}

/** Why messages wait that have not left. */
export function createWaits(messages: TenantCollection<MessageDoc>) {
  return {
    /** The message waits longer for the same: its history stays as it is. */
    async prolongWait(
      scope: ClientScope,
      _id: Types.ObjectId,
      { gate, since }: Pick<WaitingState, 'gate' | 'since'>,
      until: Date,
    ): Promise<void> {
      await messages.updateOne(
        scope,
        { _id, 'waiting.gate': gate, 'waiting.since': since, 'dispatch.isCalling': false },
        { $set: { 'waiting.until': until } },
      );
    },

    /** Stores why a message waits, if it has not left. */
    async noteWaiting(scope: ClientScope, _id: Types.ObjectId, waiting: WaitingState): Promise<void> {
      await messages.updateOne(
        scope,
        { _id, status: { $in: [...unsentStatuses] }, 'dispatch.isCalling': false },
        { $set: { waiting }, $push: { waits: pushWait(waiting) } },
      );
    },
  };
}

const maxChangesKept = 20;

export function createReaddressing(messages: TenantCollection<MessageDoc>) {
  return {
    /**
     * Gives an unsent message another recipient, and keeps the one at acceptance. Idempotent; null if the message was
     * addressed to neither, has left or is in a call.
     */
    async readdress(
      scope: ClientScope,
      _id: Types.ObjectId,
      { from, to, at, by }: Readdress,
    ): Promise<MessageDoc | null> {
      const found = await messages.findOne(scope, { _id });
      if (found === null || hasAddress(found, to)) return found;
      const entry = { at, from: textOf(from), to: textOf(to), ...(by === undefined ? {} : { by }) };
      const gone = to.to === undefined ? 'to' : 'recipientUserId';
      return messages.findOneAndUpdate(
        scope,
        { _id, status: { $in: [...unsentStatuses] }, 'dispatch.isCalling': false, ...filterOf(from) },
        {
          $set: { ...to, ...(found.acceptedFor === undefined ? { acceptedFor: from } : {}) },
          $unset: { [gone]: '' },
          $push: { readdressed: { $each: [entry], $slice: -maxChangesKept } },
        },
        { returnDocument: 'after' },
      );
    },

    /** Gives an unsent message other words, and keeps those at acceptance. Null if it has changed, left or is in a call. */
    reword(
      scope: ClientScope,
      { _id, content: from, acceptedContent }: MessageDoc,
      { to, at }: { readonly to: MessageContent; readonly at: Date },
    ): Promise<MessageDoc | null> {
      const text = from.text ?? '';
      return messages.findOneAndUpdate(
        scope,
        {
          ...{ _id, status: { $in: [...unsentStatuses] }, 'dispatch.isCalling': false },
          'content.text': text,
        },
        {
          $set: {
            ...{ content: to, searchTokens: tokensOfContent(to) },
            ...(acceptedContent === undefined ? { acceptedContent: from } : {}),
          },
          $push: { reworded: pushRewording({ at, from: text }) },
        },
        { returnDocument: 'after' },
      );
    },
  };
}

const textOf = ({ to, recipientUserId }: Address): string => to ?? recipientUserId ?? '';

const filterOf = ({ to, recipientUserId }: Address) =>
  to === undefined ? { recipientUserId, to: { $exists: false } } : { to };

const hasAddress = (
  message: Pick<MessageDoc, 'to' | 'recipientUserId'>,
  { to, recipientUserId }: Address,
): boolean => message.to === to && (to !== undefined || message.recipientUserId === recipientUserId);
