import type { Types } from 'mongoose';
import type { Refusal } from '../../channels/rules.ts';
import type { ChannelDoc } from '../../channels/directory.ts';
import { assertThrough } from '../../consent/statements/inbound.ts';
import type { ConsentStatements } from '../../consent/statements/statements.ts';
import type { SuspectNumbers } from '../../people/contacts/numbers.ts';
import { addressOfMessage, placeOf } from '../gates/recipient.ts';
import { hasFailed, type Receipt } from '../messages/contract.ts';
import type { MessageFailure } from '../messages/lifecycle.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SendRates } from '../../rates/send-rates.ts';
import { automaticRetryAfter, planRetry, ruleFor, type ErrorRule } from '../../whatsapp/error-classes.ts';
import type { AutomaticRetryRule } from '../../whatsapp/error-rule.ts';
import type { RejectedError } from '../../whatsapp/gateway.ts';

interface TemplateKey {
  readonly channelId: Types.ObjectId;
  readonly name: string;
  readonly language: string;
}

export interface ErrorEffectDeps {
  readonly messages: { findById(scope: ClientScope, id: Types.ObjectId): Promise<MessageDoc | null> };
  readonly channels: {
    findById(scope: ClientScope, id: Types.ObjectId): Promise<ChannelDoc | null>;
    pauseByProvider(scope: ClientScope, id: Types.ObjectId, refusal: Refusal): Promise<void>;
    useMarketingEndpoint(scope: ClientScope, id: Types.ObjectId): Promise<void>;
  };
  readonly templates: {
    noteProviderError(scope: ClientScope, template: TemplateKey, code: number): Promise<void>;
  };
  readonly consent: Pick<ConsentStatements, 'stopMarketing'>;
  readonly numbers: Pick<SuspectNumbers, 'suspect'>;
  readonly conversations: {
    closeWindow(scope: ClientScope, id: Types.ObjectId, at: Date): Promise<void>;
  };
  readonly rates: Pick<SendRates, 'slowDown' | 'penalisePair'>;
  readonly automaticRetries: {
    schedule(scope: ClientScope, failed: MessageDoc, rule: AutomaticRetryRule): Promise<void>;
  };
  readonly clock: Clock;
}

export type ErrorEffects = ReturnType<typeof createErrorEffects>;

/**
 * The effects of a provider's error beyond its message: pauses, slowdowns, opt-outs, automatic retries. All of them
 * are idempotent.
 */
export function createErrorEffects(deps: ErrorEffectDeps) {
  /** The effects that apply whether or not the message is tried again. */
  async function closeGates(scope: ClientScope, message: MessageDoc, error: KnownError): Promise<void> {
    const { channelId } = message;
    const { rule, code } = error;
    if (rule.class === 'sender' || rule.class === 'credentials') {
      await deps.channels.pauseByProvider(scope, channelId, pauseOf(rule, code, deps.clock.now()));
    }
    if (rule.class === 'marketing-endpoint') await deps.channels.useMarketingEndpoint(scope, channelId);
    const template = templateOf(message);
    if (rule.template !== undefined && template !== null) {
      await deps.templates.noteProviderError(scope, template, code);
    }
    if (rule.slows === 'channel') {
      const channel = await deps.channels.findById(scope, channelId);
      const perSecond = channel?.sendsPerSecond;
      if (perSecond !== undefined) await deps.rates.slowDown({ scope, channelId, perSecond });
    }
  }

  async function afterFailure(
    scope: ClientScope,
    id: Types.ObjectId,
    failure: MessageFailure,
  ): Promise<void> {
    const error = knownErrorOf(failure);
    if (error === null) return;
    const message = await deps.messages.findById(scope, id);
    // A receipt may have overruled the failure meanwhile: then it has no effects.
    if (message === null || message.status !== 'failed') return;
    await closeGates(scope, message, error);
    const { rule } = error;
    if (rule.stopsMarketing === true) {
      const eventId = `${id.toHexString()}:${error.code}`;
      const statement = { source: 'whatsapp', at: deps.clock.now(), eventId };
      assertThrough(await deps.consent.stopMarketing(scope, message.contactId, statement));
    }
    if (rule.suspectsNumber === true && message.to !== undefined) {
      const number = { contactId: message.contactId, phoneNumber: message.to };
      const at = failedAtOf(message) ?? deps.clock.now();
      await deps.numbers.suspect(scope, number, { code: String(error.code), at });
    }
    if (rule.class === 'window') {
      await deps.conversations.closeWindow(scope, message.conversationId, deps.clock.now());
    }
    // A provider message id means that the provider accepted the message, so the failure came by receipt.
    const automaticRetry = automaticRetryAfter(
      rule,
      message.providerMessageId === undefined ? 'answer' : 'receipt',
    );
    // The business sent it from its phone, and sees there that it failed.
    const isOurs = message.senderType !== 'phone';
    if (automaticRetry !== null && isOurs)
      await deps.automaticRetries.schedule(scope, message, automaticRetry);
  }

  return {
    /** After the provider refused a call, when the message will be tried again. */
    async afterRefusal(scope: ClientScope, message: MessageDoc, error: RejectedError): Promise<void> {
      const rule = ruleFor(error);
      await closeGates(scope, message, { rule, code: error.code });
      if (rule.slows !== 'pair') return;
      const { attempt } = message.dispatch;
      const delayMs = planRetry({ rule, attempt, jitter: 0 }) ?? 0;
      const until = new Date(deps.clock.now().getTime() + delayMs);
      const address = addressOfMessage(message);
      if (address === null) return;
      const pair = { channelId: message.channelId, contactId: placeOf(address) };
      await deps.rates.penalisePair(scope, pair, until);
    },

    /** After a message failed for good. */
    afterFailure,

    /** After receipts were stored: `failed` ones have the same effects as a refusal. */
    async afterReceipts(scope: ClientScope, id: Types.ObjectId, receipts: readonly Receipt[]): Promise<void> {
      for (const { failure } of receipts.filter(hasFailed)) await afterFailure(scope, id, failure);
    },
  };
}

/** When the message failed, by the provider's clock if a receipt said so; the same on every repetition. */
const failedAtOf = ({ statusHistory }: MessageDoc): Date | undefined =>
  statusHistory.findLast(({ status }) => status === 'failed')?.timestamp;

interface KnownError {
  readonly rule: ErrorRule;
  readonly code: number;
}

/** The provider's error behind a failure; null if the failure has another cause. */
function knownErrorOf({ code, detail }: MessageFailure): KnownError | null {
  const number = Number(code);
  return Number.isInteger(number) ? { rule: ruleFor({ code: number, detail }), code: number } : null;
}

const pauseOf = (rule: ErrorRule, code: number, now: Date): Refusal => ({
  class: rule.class === 'credentials' ? 'credentials' : 'sender',
  code: String(code),
  reason: `${rule.title}, ${code}. ${rule.advice}`,
  ...(rule.pauseMs === undefined ? {} : { until: new Date(now.getTime() + rule.pauseMs) }),
});

const templateOf = ({ channelId, templateName, content }: MessageDoc): TemplateKey | null =>
  templateName === undefined || content.template === undefined
    ? null
    : { channelId, name: templateName, language: content.template.language.code };
