import assert from 'node:assert/strict';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { Types } from 'mongoose';
import type { ChannelService } from '../src/channels/service.ts';
import {
  failureTypeOf,
  type DispatchResult,
  type MessageActivities,
  type MessageRef,
} from '../src/messages/contract.ts';
import type { DispatchOutcome } from '../src/messages/lifecycle.ts';
import type { DispatchObserver } from '../src/messages/observer.ts';
import { decideAfterCall } from '../src/messages/rules.ts';
import type { Claim, MessageDoc, MessageRepository } from '../src/messages/repository.ts';
import type { Clock } from '../src/platform/clock.ts';
import { newUuid, randomFraction } from '../src/platform/ids.ts';
import type { Logger } from '../src/platform/logger.ts';
import { scopeOf, type ClientScope } from '../src/platform/mongo.ts';
import type { Gateway, Sender } from '../src/whatsapp/gateway.ts';
import { buildTemplateBody, type MessageBody } from '../src/whatsapp/payload.ts';
import { insist } from './insist.ts';

export interface MessageActivityDeps {
  readonly messages: MessageRepository;
  readonly channels: ChannelService;
  readonly gateway: Pick<Gateway, 'send'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Nobody watches without it. */
  readonly observer?: DispatchObserver;
}

interface Target {
  readonly scope: ClientScope;
  readonly id: Types.ObjectId;
}

const targetOf = ({ clientId, messageId }: MessageRef): Target => ({
  scope: scopeOf(Types.ObjectId.createFromHexString(clientId)),
  id: Types.ObjectId.createFromHexString(messageId),
});

/** Thrown when there is nothing to act on: the message was deleted, or never was. */
const missing = (): ApplicationFailure =>
  ApplicationFailure.nonRetryable('There is no such message in the database.', 'message-missing');

/** The activities of a message's workflow. Each may be run again at any time; see the claim in the repository. */
export function createMessageActivities(deps: MessageActivityDeps): MessageActivities {
  const { messages, clock } = deps;
  return {
    async dispatch({ channelId, ...ref }): Promise<DispatchResult> {
      const target = targetOf(ref);
      const token = newUuid();
      // Before the claim: what fails here can simply be tried again.
      const sender = await findSender(deps, target.scope, channelId);
      const claim = await insist(() => messages.claim(target.scope, target.id, { token, now: clock.now() }));
      if (claim === null) throw missing();
      return claim.decision === 'call'
        ? callProvider(deps, target, { message: claim.message, sender, token })
        : withoutCall(deps, target, claim);
    },

    async recordOutcome({ outcome, attempt, ...ref }) {
      const { scope, id } = targetOf(ref);
      const at = clock.now();
      await messages.recordOutcome(scope, id, { outcome, attempt: attemptOf(attempt, at, at, outcome) });
    },

    async applyReceipts({ receipts, ...ref }) {
      const { scope, id } = targetOf(ref);
      await messages.applyReceipts(scope, id, receipts);
    },

    async withdraw({ reason, failure, ...ref }) {
      const { scope, id } = targetOf(ref);
      const status = await messages.withdraw(scope, id, { reason, failure, now: clock.now() });
      if (status === null) throw missing();
      return status;
    },
  };
}

const attemptOf = (number: number, startedAt: Date, endedAt: Date, outcome: DispatchOutcome) => ({
  number,
  startedAt,
  endedAt,
  outcome: outcome.kind,
  ...(outcome.kind === 'rejected' ? { code: outcome.failure.code } : {}),
});

/** The claim was refused: says where the message stands instead of calling. */
async function withoutCall(
  deps: MessageActivityDeps,
  { scope, id }: Target,
  claim: Claim,
): Promise<DispatchResult> {
  const { dispatch, status, providerMessageId, failure } = claim.message;
  const { attempt } = dispatch;
  if (claim.decision === 'ambiguous') {
    // A worker took the claim and died before it stored what came of it. The call is never repeated blindly.
    const outcome: DispatchOutcome = { kind: 'unknown', reason: 'the worker was lost during the call' };
    deps.observer?.outcomeKnown(claim.message, outcome);
    const isRecorded = await record(deps, { scope, id }, { outcome, attempt, startedAt: dispatch.startedAt });
    return { kind: 'dispatched', outcome, attempt, isRecorded };
  }
  if (claim.decision === 'expire') {
    const expired = await deps.messages.withdraw(scope, id, { reason: 'expired', now: deps.clock.now() });
    return { kind: 'settled', status: expired ?? status, attempt };
  }
  return {
    kind: 'settled',
    status,
    attempt,
    ...(providerMessageId === undefined ? {} : { providerMessageId }),
    ...(failure === undefined ? {} : { failure }),
  };
}

async function findSender(
  { channels }: MessageActivityDeps,
  scope: ClientScope,
  id: string,
): Promise<Sender> {
  const channel = await insist(() => channels.findById(scope, Types.ObjectId.createFromHexString(id)));
  if (channel === null) throw ApplicationFailure.nonRetryable('The channel was deleted.', 'channel-missing');
  return channels.senderOf(channel);
}

interface ClaimedCall {
  readonly message: MessageDoc;
  readonly sender: Sender;
  readonly token: string;
}

/** Makes the one call that the claim allows, and stores or throws what follows from the answer. */
async function callProvider(
  deps: MessageActivityDeps,
  target: Target,
  call: ClaimedCall,
): Promise<DispatchResult> {
  const { message, sender, token } = call;
  const { attempt, startedAt } = message.dispatch;
  deps.observer?.callBegins(message);
  const answer = await deps.gateway.send(sender, bodyOf(message));
  const next = decideAfterCall(answer, attempt, randomFraction());
  if (next.kind === 'done') {
    deps.observer?.outcomeKnown(message, next.outcome);
    const isRecorded = await record(deps, target, { outcome: next.outcome, attempt, startedAt });
    return { kind: 'dispatched', outcome: next.outcome, attempt, isRecorded };
  }
  const endedAt = deps.clock.now();
  await insist(() =>
    deps.messages.release(target.scope, target.id, {
      token,
      attempt: {
        number: attempt,
        startedAt: startedAt ?? endedAt,
        endedAt,
        outcome: 'retry',
        code: next.code,
      },
    }),
  );
  throw ApplicationFailure.create({
    message: `${next.title}: next call in ${Math.ceil(next.delayMs / 1_000)} s`,
    type: failureTypeOf(next.code),
    nextRetryDelay: next.delayMs,
  });
}

function bodyOf(message: MessageDoc): MessageBody {
  const { _id, to, content, dispatch } = message;
  assert(to !== undefined && content.template !== undefined, 'an outbound template message has both');
  return buildTemplateBody({
    messageId: _id.toHexString(),
    attempt: dispatch.attempt,
    to,
    template: content.template,
  });
}

/** Stores an outcome; false when the database stays away, so that the workflow has to store it. */
async function record(
  { messages, clock, logger }: MessageActivityDeps,
  { scope, id }: Target,
  call: { outcome: DispatchOutcome; attempt: number; startedAt: Date | undefined },
): Promise<boolean> {
  const { outcome, attempt, startedAt } = call;
  const endedAt = clock.now();
  try {
    await insist(() =>
      messages.recordOutcome(scope, id, {
        outcome,
        attempt: attemptOf(attempt, startedAt ?? endedAt, endedAt, outcome),
      }),
    );
    return true;
  } catch (error) {
    const { workflowExecution } = Context.current().info;
    logger.warn(
      { workflowId: workflowExecution?.workflowId, error },
      'outcome not stored: the workflow stores it',
    );
    return false;
  }
}
