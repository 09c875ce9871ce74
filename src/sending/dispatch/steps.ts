import { ApplicationFailure, Context } from '@temporalio/activity';
import { Types } from 'mongoose';
import type { ChannelService } from '../../channels/service.ts';
import type { ErrorEffects } from './effects.ts';
import type { GateFactsReader } from '../gates/facts.ts';
import type { MessageRef } from '../messages/contract.ts';
import type { DispatchOutcome } from '../messages/lifecycle.ts';
import type { DispatchObserver } from '../messages/observer.ts';
import type { MessageRepository } from '../messages/store/repository.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { scopeOf, type ClientScope } from '../../platform/mongo.ts';
import type { SendRates } from '../../rates/service.ts';
import type { Gateway } from '../../whatsapp/gateway.ts';
import { insist } from './insist.ts';

export interface MessageActivityDeps {
  readonly messages: MessageRepository;
  readonly channels: Pick<ChannelService, 'senderOf'>;
  readonly facts: GateFactsReader;
  readonly rates: SendRates;
  readonly effects: ErrorEffects;
  readonly gateway: Pick<Gateway, 'send'>;
  /** Told about each dispatch, where somebody measures it. */
  readonly observer?: DispatchObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Target {
  readonly scope: ClientScope;
  readonly id: Types.ObjectId;
}

export const targetOf = ({ clientId, messageId }: MessageRef): Target => ({
  scope: scopeOf(Types.ObjectId.createFromHexString(clientId)),
  id: Types.ObjectId.createFromHexString(messageId),
});

/** Thrown when there is nothing to act on: the message was deleted, or never was. */
export const missing = (): ApplicationFailure =>
  ApplicationFailure.nonRetryable('There is no such message in the database.', 'message-missing');

export const attemptOf = (number: number, startedAt: Date, endedAt: Date, outcome: DispatchOutcome) => ({
  number,
  startedAt,
  endedAt,
  outcome: outcome.kind,
  ...(outcome.kind === 'rejected' ? { code: outcome.failure.code } : {}),
});

/** Stores an outcome; false when the database stays away, so that the workflow has to store it. */
export async function record(
  { messages, clock, logger }: Pick<MessageActivityDeps, 'messages' | 'clock' | 'logger'>,
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
