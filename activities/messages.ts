import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { Types } from 'mongoose';
import { scopeOf } from '../src/platform/mongo.ts';
import { createDispatch } from '../src/sending/dispatch/dispatch.ts';
import type { ErrorEffects } from '../src/sending/dispatch/effects.ts';
import {
  attemptOf,
  messageMissing,
  tellInbox,
  type AttemptRetry,
  type AttemptEnd,
  type DispatchDeps,
  type Missing,
  type Target,
} from '../src/sending/dispatch/steps.ts';
import {
  heartbeatTimeoutMs,
  type DispatchResult,
  type MessageActivities,
  type MessageRef,
} from '../src/sending/messages/contract.ts';
import type { MessageRepository } from '../src/sending/messages/use-cases.ts';
import { withHeartbeats } from './heartbeats.ts';

export interface MessageActivityDeps extends DispatchDeps {
  readonly messages: MessageRepository;
  readonly effects: ErrorEffects;
}

const targetOf = ({ clientId, messageId }: MessageRef): Target => ({
  scope: scopeOf(Types.ObjectId.createFromHexString(clientId)),
  id: Types.ObjectId.createFromHexString(messageId),
});

const missing = ({ message, type }: Missing): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

const failureOf = ({ message, type, delayMs, isWait }: AttemptRetry): ApplicationFailure =>
  ApplicationFailure.create({
    message,
    type,
    nextRetryDelay: delayMs,
    ...(isWait ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });

/** Maps an attempt's end to a result, or to a failure that makes the server retry the activity. */
function resultOf(end: AttemptEnd): DispatchResult {
  if (end.kind === 'again') throw failureOf(end);
  if (end.kind === 'missing') throw missing(end);
  return end;
}

/** The activities of a message's workflow. All may be repeated: the claim ensures that only one attempt calls. */
export function createMessageActivities(deps: MessageActivityDeps): MessageActivities {
  const { messages, effects, clock } = deps;
  const dispatch = createDispatch(deps);
  return {
    dispatch: async ({ channelId: _channelId, ...ref }) =>
      resultOf(await withHeartbeats(heartbeatTimeoutMs, () => dispatch(targetOf(ref)))),

    async recordOutcome({ outcome, attempt, ...ref }) {
      const { scope, id } = targetOf(ref);
      const at = clock.now();
      await messages.recordOutcome(scope, id, { outcome, attempt: attemptOf(attempt, at, at, outcome) });
      const message = await messages.findById(scope, id);
      if (message !== null) await tellInbox(deps, { message, outcome, at });
    },

    async followFailure({ failure, ...ref }) {
      const { scope, id } = targetOf(ref);
      await effects.afterFailure(scope, id, failure);
    },

    async applyReceipts({ receipts, ...ref }) {
      const { scope, id } = targetOf(ref);
      await messages.applyReceipts(scope, id, receipts);
      await effects.afterReceipts(scope, id, receipts);
    },

    async expireUnknown(ref) {
      const { scope, id } = targetOf(ref);
      const status = await messages.expireUnknown(scope, id, clock.now());
      if (status === null) throw missing(messageMissing);
      return status;
    },

    async withdraw({ reason, failure, ...ref }) {
      const { scope, id } = targetOf(ref);
      const status = await messages.withdraw(scope, id, { reason, failure, now: clock.now() });
      if (status === null) throw missing(messageMissing);
      return status;
    },
  };
}
